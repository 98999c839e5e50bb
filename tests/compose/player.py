"""Plays the sample season in the `watch` container while the stack around it is disturbed.

Says on its output when a pass begins; `prove.py` disturbs then. What an operator would do is done here: ask again while
the API server or its database is away, and run a pass again that ended red.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from kybaocao.demo.play import Clock, play_against
from kybaocao.embedded.api import AirflowApi

PATIENCE_SECONDS, AGAIN_SECONDS = 1500, 10


class PatientApi(AirflowApi):
    """An operator who does not give up."""

    def _call(self, method: str, path: str, body: Any, token: str | None) -> Any:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return super()._call(method, path, body, token)
            except RuntimeError as error:
                said = str(error)
                if method == "POST" and ": 409 " in said:  # the first try was taken, its answer lost
                    return {}
                is_away = any(
                    word in said for word in (": 500 ", ": 502", ": 503", "keeps failing", "urlopen", "refused")
                )
                if not is_away or time.monotonic() > until:
                    raise
            time.sleep(2)

    def trigger(self, dag: str, run: str, conf: dict[str, Any]) -> None:
        self.conf = conf
        print(f"begins {run}", flush=True)
        super().trigger(dag, run, conf)

    def wait_for_run(self, dag: str, run: str, **how: Any) -> str:
        """As the parent, but a pass that ended red is run again until one is not."""
        until, number = time.monotonic() + PATIENCE_SECONDS, 0
        state = super().wait_for_run(dag, run, **{"timeout_seconds": PATIENCE_SECONDS} | how)
        while state == "failed" and time.monotonic() < until:
            number += 1
            print(f"        {run} ended red; again ({number})", flush=True)
            time.sleep(AGAIN_SECONDS)
            again = f"{run}_lan_{number}"
            super().trigger(dag, again, self.conf)
            state = super().wait_for_run(dag, again, **{"timeout_seconds": PATIENCE_SECONDS} | how)
        return state


def main() -> int:
    url = "http://api-server:8080"
    people = ("admin", "lanhdao", "ubndtinh")
    return play_against(*(PatientApi(url, one, os.environ[f"{one.upper()}_PASSWORD"]) for one in people), Clock())


if __name__ == "__main__":
    sys.exit(main())

"""The SMTP window: for how long a letter that the server has taken is not yet recorded as sent.

A process that dies within it leaves one letter in doubt, which leaves once more under its Message-ID. The letters are
those that open a cycle of every agency; the mail server is one in memory, so only our own part is measured.
"""

from __future__ import annotations

import os
import shutil
import statistics
import time
from typing import Any

from kybaocao.embedded.system import REPOSITORY
from kybaocao.home import Home
from kybaocao.stages.deliver_mail import deliver_mail
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.database import open_store
from kybaocao.store.outbox import Message
from tests.bench.cycle_pass import CYCLE
from tests.bench.journal import OPENED


class _Server:
    """Takes everything, and notes when it took and when it was asked next."""

    def __init__(self) -> None:
        self.windows_ms: list[float] = []
        self._taken_at = 0.0

    def send(self, message: Message) -> None:
        """The acceptance of a letter is recorded before the next one is begun, in one transaction."""
        if self._taken_at:
            self.windows_ms.append((time.perf_counter() - self._taken_at) * 1000)
        self._taken_at = time.perf_counter()


def measure_window() -> dict[str, Any]:
    """Milliseconds for each letter, with the beginning of the next one, on SQLite and this disk."""
    root = REPOSITORY / "var" / "bench" / "window"
    shutil.rmtree(root, ignore_errors=True)
    os.environ["KYBAOCAO_HOME"] = str(root)
    os.environ.pop("KYBAOCAO_DB_URL", None)
    open_store(Home.from_environment()).upgrade()
    p = Pass.begin(CYCLE, OPENED, is_replay=True)
    run_pass(p)
    server = _Server()
    deliver_mail(p, lambda: server)
    found = sorted(server.windows_ms)
    return {
        "what": "from the acceptance of a letter to the record of it",
        "letters": len(found),
        "median_ms": round(statistics.median(found), 1),
        "longest_ms": round(found[-1], 1),
        "claims": [{"what": "median_ms", "value": round(statistics.median(found), 1), "at_most": 100}],
    }

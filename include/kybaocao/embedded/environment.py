"""Airflow's settings for a command that asks Airflow something."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kybaocao.embedded.system import System
from kybaocao.home import Home


@contextmanager
def use_airflow_settings(home: Home) -> Iterator[None]:
    """Airflow's settings as the embedded system has them, where this shell has none of its own.

    Without any, Airflow gets a folder of its own for as long as it is asked: it writes into its home when it loads.
    """
    with tempfile.TemporaryDirectory(prefix="kybaocao-airflow-", ignore_cleanup_errors=True) as folder:
        before = dict(os.environ)
        if "AIRFLOW__CORE__AUTH_MANAGER" not in os.environ:
            found = System(home.root).read_environment()
            os.environ.update({name: value for name, value in found.items() if name.startswith("AIRFLOW")})
        if not (Path(os.environ.get("AIRFLOW_HOME") or "/nonexistent") / "airflow.cfg").is_file():
            os.environ["AIRFLOW_HOME"] = folder
        os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)

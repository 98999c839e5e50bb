"""Fields of log lines: which cycle, agency and version a line is about, whoever writes it."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext


def log_about(**fields: str | int) -> AbstractContextManager[object]:
    """Within, every log line has these fields, under Airflow: it logs by structlog, and has loaded it.

    A command without Airflow writes plain lines, and would only wait for the import.
    """
    contextvars = sys.modules.get("structlog.contextvars")
    return contextvars.bound_contextvars(**fields) if contextvars else nullcontext()

"""How often a task is tried, how long one try may take, and how many run at once: arguments of the DAG's tasks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from kybaocao.adapters.hanging import read_task_limit
from kybaocao.home import is_replay_system
from kybaocao.settings import check_settings
from kybaocao.workbook.reader_slots import count_readers

check_settings()  # the file of the DAGs cannot be imported with a wrong one: each is a line of its import error
Settings = dict[str, Any]

# In a replay nothing is out of reach for a while, so that there is nothing to wait for.
RETRIES: Settings = {"retries": 2, "retry_delay": dt.timedelta(seconds=1 if is_replay_system() else 20)}
# A task that hangs is stopped, and its error is a sentence of ours (`hanging`). Not by default_args: the question to
# the human would take it for the time that he has.
LIMIT: Settings = {"execution_timeout": read_task_limit()}
# Once, when the letters are due again; then the task is red, and passes of their own try again (store/outbox.py).
MAIL_RETRIES: Settings = {
    "retries": 1,
    "retry_delay": dt.timedelta(minutes=1),
    "execution_timeout": 3 * read_task_limit(),
}
# Results are read whole; unfolded, each would cost a request to the API server for every key.
WHOLE: Settings = {"multiple_outputs": False, **LIMIT}
ONE_AT_A_TIME: Settings = {"max_active_tis_per_dag": 1, **WHOLE}
ONE_MAILER: Settings = ONE_AT_A_TIME | MAIL_RETRIES  # of what depends on the mail server


def limit_rows() -> Settings:
    """For `validate`: a row mostly waits for Airflow, so many keep every reader of files busy.

    One agency's work is stopped after the usual limit (`hanging.limit_agency`), so that a row goes on to the others.
    The readers themselves are bounded where they are started (workbook/reader_slots.py), for all passes, cycles and
    commands of the machine together.
    """
    return {"max_active_tis_per_dag": 4 * count_readers(), **WHOLE, "execution_timeout": 3 * read_task_limit()}

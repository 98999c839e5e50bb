"""Airflow's own alarms: a mail to the operators when a task is red for good, or when a pass does not end.

Neither may do harm: whatever goes wrong here is logged and forgotten.  A mail the server does not take is put
into the outbox and goes out with a later pass.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
from typing import Any
from urllib.parse import quote

from airflow.sdk import BaseNotifier
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

log = logging.getLogger(__name__)

# Mail is tried for an hour; a pass that needs half of it deserves a look.
PASS_LIMIT_SECONDS = 1800
LIMIT_SETTING = "KYBAOCAO_PASS_LIMIT_SECONDS"


class TaskAlarm(BaseNotifier):  # type: ignore[misc]
    """One mail for each task that failed after its last try."""

    def notify(self, context: Any) -> None:
        try:
            self._tell(context)
        except Exception:
            log.exception("the alarm about a failed task could not be sent")

    def _tell(self, context: Any) -> None:
        from kybaocao.alarms import Advice, FailedTask, find_advice, write_task_alarm

        ti, dag, task = context["ti"], context["dag"], context["task"]
        error = context.get("exception")
        map_index = getattr(ti, "map_index", -1)
        map_index = -1 if map_index is None else int(map_index)
        failed = FailedTask(
            run=ti.run_id,
            task=ti.task_id,
            name=getattr(task, "task_display_name", "") or ti.task_id,
            row=getattr(ti, "rendered_map_index", None) or (f"dòng {map_index}" if map_index >= 0 else ""),
            map_index=map_index,
            attempts=int(getattr(ti, "try_number", 1) or 1),
            error=_describe(error),
            log_url=str(getattr(ti, "log_url", "")),
        )
        p = _begin(ti.dag_id)
        advice = find_advice(dag.doc_md or "", ti.task_id)
        if remedy := getattr(error, "advice", ""):  # the error itself knows better than the table
            advice = Advice("lượt được gọi với thông tin không dùng được", remedy)
        _send(p, write_task_alarm(p, failed, advice))


def pass_deadline() -> DeadlineAlert:
    """Every pass is to end within the limit, counted from when it was queued."""
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=dt.timedelta(seconds=_limit_seconds()),
        callback=AsyncCallback(tell_slow_pass),
        name="luot_cham",
    )


async def tell_slow_pass(context: Any) -> None:
    """Runs in the triggerer when a pass has not ended in time; one that only waits for the human is not late."""
    run = context["dag_run"]
    try:
        await asyncio.to_thread(_tell_slow_pass, run)
    except Exception:
        log.exception("the alarm about a slow pass could not be sent")


def _tell_slow_pass(run: dict[str, Any]) -> None:
    from airflow.configuration import conf

    from kybaocao.alarms import list_active, waits_for_human, write_pass_alarm

    dag_id, run_id = run["dag_id"], run["dag_run_id"]
    states = _list_states(dag_id, run_id)
    if waits_for_human(states):
        return
    url = f"{conf.get('api', 'base_url', fallback='').rstrip('/')}/dags/{dag_id}/runs/{quote(run_id)}"
    begun = dt.datetime.fromisoformat(str(run.get("queued_at") or run["run_after"]))
    p = _begin(dag_id)
    limit = dt.timedelta(seconds=_limit_seconds())
    _send(p, write_pass_alarm(p, run_id, begun, limit, list_active(states), url))


def _list_states(dag_id: str, run_id: str) -> dict[str, str | None]:
    """task -> state of a run; empty when Airflow does not tell: the mail goes out all the same."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    try:
        return dict(RuntimeTaskInstance.get_task_states(dag_id=dag_id, run_ids=[run_id]).get(run_id, {}))
    except Exception:
        log.warning("the states of %s %s are unknown", dag_id, run_id, exc_info=True)
        return {}


def _limit_seconds() -> float:
    return float(os.environ.get(LIMIT_SETTING) or PASS_LIMIT_SECONDS)


def _begin(cycle: str) -> Any:
    from kybaocao.passes import Pass

    return Pass.begin(cycle, dt.datetime.now(dt.UTC))


def _describe(error: object) -> str:
    from kybaocao.findings import shorten

    if isinstance(error, BaseException):
        error = f"{type(error).__name__}: {error}"
    return shorten(" ".join(str(error or "xem nhật ký").split()), 300)


def _send(p: Any, message: Any) -> None:
    from kybaocao.adapters.smtp import open_smtp
    from kybaocao.stages.delivery import PostponedError
    from kybaocao.store.outbox import add_message

    if message is None:
        log.warning("no operator can be written to; see nguoi_nhan.yaml")
        return
    try:
        with open_smtp(p.home.root, p.plan.require_recipients().reply_to.email) as connect:
            connect().send(message)
    except (OSError, PostponedError) as error:
        log.warning("the mail server does not take it (%s); the alarm waits in the outbox", error)
        with p.store.write() as connection:
            add_message(connection, message, at=p.as_of)

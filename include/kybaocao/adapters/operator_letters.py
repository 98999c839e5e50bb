"""A letter to the operators when a task has failed for good. Passes that do not move on are found by `pass_watch`.

Whatever goes wrong here is logged and changes nothing else.  A letter that the mail server does not take is put into
the outbox and goes out with a later pass.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from airflow.sdk import BaseNotifier

log = logging.getLogger(__name__)


class FailureLetter(BaseNotifier):  # type: ignore[misc]
    """One letter for each task that failed after its last try; the DAG's `on_failure_callback`.

    Airflow calls `notify` in the process of the task, with the task's context.
    """

    def notify(self, context: Any) -> None:
        try:
            self._write(context)
        except Exception:
            log.exception("the letter about a failed task could not be sent")

    def _write(self, context: Any) -> None:
        from kybaocao.mail.operator_letters import Advice, FailedTask, find_advice, write_task_alarm

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
        p = begin_now(ti.dag_id)
        advice = find_advice(dag.doc_md or "", ti.task_id)
        if remedy := getattr(error, "advice", ""):  # the error itself knows better than the table
            advice = Advice("lượt được gọi với thông tin không dùng được", remedy)
        send_at_once(p, write_task_alarm(p, failed, advice))


def begin_now(cycle: str) -> Any:
    """The pass that a letter of this moment is written for."""
    from kybaocao.stages.support.passes import Pass

    return Pass.begin(cycle, dt.datetime.now(dt.UTC))


def _describe(error: object) -> str:
    from kybaocao.findings import shorten

    if isinstance(error, BaseException):
        error = f"{type(error).__name__}: {error}"
    return shorten(" ".join(str(error or "xem nhật ký").split()), 300)


def send_at_once(p: Any, message: Any) -> None:
    """Send a letter without the outbox; queue it there when the mail server does not take it.

    Raises what the store raises then.
    """
    from kybaocao.adapters.smtp import open_smtp
    from kybaocao.stages.deliver_mail import PostponedError, RefusedError
    from kybaocao.store.outbox import add_message

    if message is None:
        log.warning("no operator can be written to; see nguoi_nhan.yaml")
        return
    try:
        with open_smtp(p.home.root, p.plan.require_recipients().reply_to.email) as connect:
            connect().send(message)
    except (OSError, PostponedError, RefusedError) as error:
        log.warning("the mail server does not take it (%s); the letter waits in the outbox", error)
        with p.store.write() as connection:
            add_message(connection, message, at=p.as_of)

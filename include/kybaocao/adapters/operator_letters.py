"""A letter to the operators when a task has failed for good. Passes that do not move on are found by `pass_watch`.

Whatever goes wrong here is logged and changes nothing else.  A letter that the mail server does not take is put into
the outbox and goes out with a later pass, if the task is still red then.  That the mail server itself takes nothing is
no letter: it would arrive when that is over. It is said by the red task and by `status`.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from airflow.sdk import BaseNotifier

log = logging.getLogger(__name__)

LOST = (
    "tiến trình chạy tác vụ không còn hoạt động (bị dừng đột ngột hoặc máy khởi động lại), nên Airflow đã đóng tác vụ"
)


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
        if getattr(error, "is_about_mail_server", False):
            log.warning("no letter about a mail server that takes none: it would arrive when that is over")
            return
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
        advice = find_advice(dag.doc_md or "", failed.name)
        if remedy := getattr(error, "advice", ""):  # the error itself knows better than the table
            advice = Advice(getattr(error, "meaning", ""), remedy)
        send_at_once(p, write_task_alarm(p, failed, advice))


def begin_now(cycle: str) -> Any:
    """The pass that a letter of this moment is written for."""
    from kybaocao.stages.support.passes import Pass

    return Pass.begin(cycle, dt.datetime.now(dt.UTC))


def _describe(error: object) -> str:
    from sqlalchemy.exc import DBAPIError

    from kybaocao.findings import shorten
    from kybaocao.store.troubles import describe_trouble

    if isinstance(error, DBAPIError) and (trouble := describe_trouble(error)):
        return shorten(trouble, 300)
    if "heartbeat" in str(error):  # Airflow's own words, when the process is gone
        return LOST
    if getattr(error, "advice", ""):  # a sentence of ours
        return shorten(str(error), 300)
    if isinstance(error, BaseException):
        error = f"{type(error).__name__}: {error}"
    return shorten(" ".join(str(error or "xem nhật ký").split()), 300)


def send_at_once(p: Any, message: Any) -> None:
    """Send a letter without the outbox; queue it there when the mail server does not take it.

    Raises what the store raises then.
    """
    from kybaocao.stages.deliver_mail import PostponedError, RefusedError
    from kybaocao.store.outbox import add_message

    try:
        send_now(p, message)
    except (OSError, PostponedError, RefusedError) as error:
        log.warning("the mail server does not take it (%s); the letter waits in the outbox", error)
        with p.store.write() as connection:
            add_message(connection, message, at=p.as_of)


def send_now(p: Any, message: Any) -> None:
    """Send a letter, or raise what the mail server makes of it: OSError, PostponedError or RefusedError."""
    from kybaocao.adapters.smtp import open_smtp
    from kybaocao.mail.sender import name_senders

    if message is None:
        log.warning("no operator can be written to; see nguoi_nhan.yaml")
        return
    with open_smtp(p.home.root, p.plan.require_recipients().reply_to.email, name_senders(p.plan)) as connect:
        connect().send(message)


def is_over(message: Any) -> bool:
    """Whether what a letter in the outbox reports is over by now. Only a task can ask; unknown counts as not over.

    A failed task may have been cleared since. Letters about passes were queued by earlier versions of this system;
    the watch writes them anew while there is something to report.
    """
    from kybaocao.mail.operator_letters import HOLD_KIND, PASS_KIND, TASK_KIND, read_reported_task

    if message.kind in (HOLD_KIND, PASS_KIND):
        return True
    reported = read_reported_task(message) if message.kind == TASK_KIND else None
    if reported is None:
        return False
    try:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        states = RuntimeTaskInstance.get_task_states(
            dag_id=message.cycle, task_ids=[reported.task], run_ids=[reported.run]
        ).get(reported.run, {})
    except Exception:
        log.warning("whether the task of %s is still red is unknown", message.key, exc_info=True)
        return False
    name = reported.task if reported.map_index < 0 else f"{reported.task}_{reported.map_index}"
    return bool(states.get(name) != "failed")

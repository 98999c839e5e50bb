"""What each task of the cycle DAG calls: a pass begun from small arguments, one stage, a small result.

Everything that travels between tasks is an id, a count or a moment; figures stay in the store.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn

from airflow.sdk import Asset
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from kybaocao.adapters.hanging import limit_agency, name_hanging, read_task_limit
from kybaocao.adapters.milestones import ZONE
from kybaocao.adapters.operator_letters import is_over
from kybaocao.adapters.rows import Row, divide_into_rows, end_row, list_agencies, log_agency
from kybaocao.log_fields import log_about
from kybaocao.plan.cycles import Cycle, Phase
from kybaocao.plan.load import find_plan
from kybaocao.stages.support.passes import Pass, WrongInputError, choose_moment
from kybaocao.store.database import SYSTEM

log = logging.getLogger(__name__)

Opened = dict[str, Any]


def _resume(opened: Opened) -> Pass:
    """The pass that `open_pass` began: same moment, whatever the clock says now."""
    return _begin(opened, opened["as_of"])


def _begin(opened: Opened, as_of: str) -> Pass:
    who = {"actor": opened.get("actor", SYSTEM), "run": opened.get("run", "")}  # an older version did not say it
    return Pass.begin(opened["cycle"], dt.datetime.fromisoformat(as_of), is_replay=opened["is_replay"], **who)


TAG = "ky-bao-cao"  # of every DAG of ours
_PHASES = {Phase.UPCOMING: "kỳ chưa mở", Phase.OPEN: "kỳ đang mở", Phase.CLOSED: "kỳ đã đóng"}


def name_tags(cycle: Cycle, now: dt.datetime | None = None) -> list[str]:
    """What the list of DAGs is filtered by: ours, and where the cycle stands."""
    return [TAG, _PHASES[cycle.find_phase((now or dt.datetime.now(ZONE)).astimezone(ZONE))]]


class RefusedInputError(AirflowFailException):  # type: ignore[misc]
    """What the run was asked for with is wrong: trying again is useless. `advice` goes into the operators' mail."""

    meaning = "lượt được gọi với thông tin không dùng được"

    def __init__(self, error: WrongInputError) -> None:
        super().__init__(str(error))
        self.advice = error.advice


class MailServerError(AirflowException):  # type: ignore[misc]
    """The mail server takes nothing. The red task and `status` say so; no letter could."""

    is_about_mail_server = True


@name_hanging
def open_pass(cycle: str, dag_run: Any = None) -> Opened:
    """Fix the pass's moment, note who asked for it, open the cycle when it is due, warn the operators.

    Raises RefusedInputError at once when the run was asked for with something a pass cannot use.
    """
    from kybaocao.stages.open_pass import open_pass as open_at_moment
    from kybaocao.store.passes import record_pass

    now = dt.datetime.now(dt.UTC)
    try:
        moment, is_replay = choose_moment(dag_run.conf or {}, find_plan(cycle), now)
    except WrongInputError as error:
        raise RefusedInputError(error) from None
    actor = dag_run.triggering_user_name or SYSTEM
    p = Pass.begin(cycle, moment, is_replay=is_replay, actor=actor, run=dag_run.run_id)
    p.home.close_to_others()
    p.store.upgrade()
    kind = str(getattr(dag_run.run_type, "value", dag_run.run_type))
    with p.store.write() as connection:
        record_pass(connection, cycle, run=dag_run.run_id, kind=kind, actor=actor, as_of=moment, begun_at=now)
    done = open_at_moment(p)
    for warning in done.warnings:
        log.warning("%s", warning)
    return {
        "cycle": cycle,
        "as_of": p.as_of.isoformat(),
        "is_replay": is_replay,
        "actor": actor,
        "run": dag_run.run_id,
        "forms_issued": done.forms_issued,
        "warnings": done.warnings,
    }


@name_hanging
def collect(opened: Opened) -> list[Row]:
    """Agencies with a version to judge, as rows."""
    from kybaocao.stages.collect import collect_files
    from kybaocao.stages.support.operator_warnings import warn_of_untaken

    p = _resume(opened)
    collected = collect_files(p)
    warn_of_untaken(p)
    log.info(
        "new versions: %d, identical: %d, still being copied: %s",
        collected.new,
        collected.duplicates,
        ", ".join(collected.unsettled) or "none",
    )
    for failure in collected.failed:
        with log_about(agency=failure.partition("/")[0]):
            log.warning("not taken: %s", failure)
    if collected.left:
        log.warning("left for the next pass, more than one agency hands in at once: %d", collected.left)
    return divide_into_rows(collected.waiting)


@name_hanging
def validate(agencies: Row, opened: Opened) -> dict[str, int]:
    """Judge each agency of a row by itself; a retry judges only what is not judged yet."""
    from kybaocao.stages.support.outcomes import describe_judged, describe_row
    from kybaocao.stages.support.row_groups import serve_each
    from kybaocao.stages.validate import count_verdicts, judge_agency, list_judged, list_unjudged

    p, row = _resume(opened), list_agencies(agencies)

    def judge(agency: str) -> None:
        with limit_agency(read_task_limit().total_seconds()):
            judged = judge_agency(p, agency)
        if len(row) > 1:
            log_agency(p, agency, describe_judged(judged))

    served = serve_each(list_unjudged(p, row), judge)
    judged = list_judged(p, row)
    describe = describe_row if len(row) > 1 else describe_judged
    end_row(p, row, served.errors, describe(judged))
    return count_verdicts(judged)


@name_hanging
def aggregate(opened: Opened, ti: Any = None) -> list[Row]:
    """Agencies with a reminder step due, as rows; the snapshot's id goes beside it under the key "snapshot"."""
    from kybaocao.stages.aggregate import aggregate_returns

    result = aggregate_returns(_resume(opened))
    log.info("accepted: %d of %d", result.accepted, result.expected)
    ti.xcom_push(key="snapshot", value=result.snapshot)
    return divide_into_rows(result.to_escalate)


@name_hanging
def escalate(agencies: Row, opened: Opened) -> dict[str, int]:
    """Take the steps that are due for each agency of a row; how often each step was taken."""
    from kybaocao.stages.escalate import escalate_agencies
    from kybaocao.stages.support.outcomes import describe_steps

    p, row = _resume(opened), list_agencies(agencies)
    served = escalate_agencies(p, row)
    for agency, steps in served.done.items():
        log_agency(p, agency, describe_steps(p.plan.require_ladder(), Counter(steps)))
    taken = Counter(step for steps in served.done.values() for step in steps)
    end_row(p, row, served.errors, describe_steps(p.plan.require_ladder(), taken))
    return dict(taken)


@name_hanging
def deliver_mail(opened: Opened | None, ti: Any = None) -> dict[str, int]:
    """Write the reminder letters and send what waits. Fails (and is retried) when no mail server is reached.

    It comes whatever failed before it; without an opened pass there is no moment to send anything at.
    """
    if opened is None:
        raise AirflowSkipException("Lượt này chưa mở được; thư đang chờ sẽ do lượt sau gửi.")
    return _deliver(_resume(opened), ti)


def _deliver(p: Pass, ti: Any) -> dict[str, int]:
    from kybaocao.adapters.smtp import open_smtp
    from kybaocao.mail.sender import name_senders
    from kybaocao.stages.deliver_mail import send_everything
    from kybaocao.store.audit_chain import keep_head
    from kybaocao.store.passes import end_pass

    with open_smtp(p.home.root, p.plan.require_recipients().reply_to.email, name_senders(p.plan)) as connect:
        delivered = send_everything(p, connect, _choose_clock(p, int(getattr(ti, "try_number", 1) or 1)), is_over)
    keep_head(p.store, p.home.audit_head)
    if p.store.run:
        with p.store.write() as connection:
            end_pass(connection, p.cycle.id, p.store.run, dt.datetime.now(dt.UTC))
    if delivered.error:
        raise MailServerError(
            f"Máy chủ thư không nhận: {delivered.error}. Còn {delivered.waiting} thư chờ; không thư nào mất, "
            "hệ thống tự mở lượt gửi tiếp."
        )
    return {"sent": delivered.sent, "refused": delivered.refused}


def _choose_clock(p: Pass, attempt: int) -> Callable[[], dt.datetime]:
    """The moment of an attempt to send: a retry works at the pass's moment, but the pauses between attempts pass.

    A replay has no clock; there each retry comes as long after the pass as the retries of the DAG do.
    """
    if p.is_replay:
        return lambda: p.as_of + dt.timedelta(minutes=2 ** (min(attempt, 10) - 1) - 1)
    return lambda: dt.datetime.now(dt.UTC)


@name_hanging
def compile_report(opened: Opened, snapshot: int, is_asked: str, run_id: Any = None) -> int:
    """The version to publish, or to ask about again; skipped when no report is due or it would say nothing new."""
    from kybaocao.adapters.approval import is_question_live
    from kybaocao.stages.compile_report import compile_report as compile_version

    version = compile_version(
        _resume(opened),
        int(snapshot),
        is_asked=str(is_asked).lower() in ("true", "1"),
        # This run asks nothing while it compiles: it was cleared as a whole, and its question is gone.
        is_question_live=lambda run: run != str(run_id) and is_question_live(opened["cycle"], run),
    )
    if version is None:
        raise AirflowSkipException("Chưa đến hạn tổng hợp, hoặc báo cáo không có gì mới.")
    return version


def _hold_back(p: Pass, ti: Any, error: Exception) -> NoReturn:
    """A release whose proof failed: the operators' mail leaves, and no retry of this task would find other figures."""
    _deliver(p, ti)
    raise AirflowFailException(str(error))


@name_hanging
def publish_to_so_tai_chinh(opened: Opened, version: int, run_id: Any = None, ti: Any = None) -> dict[str, int]:
    """The draft to the leaders; skipped when another run asks the human about this version already."""
    from kybaocao.adapters.approval import is_question_live
    from kybaocao.stages.publish_to_so_tai_chinh import publish_to_so_tai_chinh as publish
    from kybaocao.stages.support.proof import ProofFailedError
    from kybaocao.stages.support.questions import take_question

    p = _resume(opened)
    try:
        publish(p, version)
    except ProofFailedError as error:
        _hold_back(p, ti, error)
    _deliver(p, ti)
    if not take_question(p, version, str(run_id), lambda run: is_question_live(p.cycle.id, run)):
        raise AirflowSkipException("Phiên bản này đã được quyết định, có bản mới hơn, hoặc đang được hỏi ở lượt khác.")
    return {"version": version}


@name_hanging
def submit_to_ubnd_tinh(opened: Opened, decision: dict[str, Any], ti: Any = None) -> dict[str, int]:
    """The coordinator's numbered report to UBND tỉnh; skipped when it was sent back or a newer version took its place.

    A version that has no report to UBND tỉnh passes.
    """
    from kybaocao.stages.submit_to_ubnd_tinh import submit_to_ubnd_tinh as submit

    return _carry_out(submit, opened, decision, ti)


@name_hanging
def publish_to_bo_tai_chinh(
    opened: Opened, decision: dict[str, Any], ti: Any = None, outlet_events: Any = None
) -> dict[str, int]:
    """The signed report to the ministry; skipped when it was sent back or a newer version took its place.

    Its success is an event of the cycle's asset, for DAGs of other teams: only a release that was made is one.
    """
    from kybaocao.stages.publish_to_bo_tai_chinh import describe_release
    from kybaocao.stages.publish_to_bo_tai_chinh import publish_to_bo_tai_chinh as publish

    delivered = _carry_out(publish, opened, decision, ti)
    released = describe_release(_resume(opened), decision["version"])
    if released is None:
        raise AirflowSkipException("Phiên bản này không được phát hành: đã có bản mới hơn.")
    if outlet_events is not None:
        outlet_events[Asset(name_release_asset(opened["cycle"]))].extra = released
    return delivered


def name_release_asset(cycle: str) -> str:
    """The asset that stands for the report of a cycle with the ministry: an event for each release."""
    return f"phat_hanh_{cycle}"


def _carry_out(
    release: Callable[[Pass, int], bool], opened: Opened, decision: dict[str, Any], ti: Any
) -> dict[str, int]:
    """Make the release that a decision leads to, and send its mail."""
    from kybaocao.stages.support.proof import ProofFailedError

    if not decision["is_approved"]:
        raise AirflowSkipException(decision["outcome"])
    p = _begin(opened, decision["decided_at"])
    try:
        release(p, decision["version"])
    except ProofFailedError as error:
        _hold_back(p, ti, error)
    return _deliver(p, ti)

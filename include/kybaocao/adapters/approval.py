"""The human in the loop: approve with number, date and signer, or send back with a reason. Both decisions ask so.

The question waits as a deferred task: Airflow's API takes the answer, and our trigger watches the store meanwhile, so
that a question is closed as soon as a newer version has taken its place.

Internals of Airflow 3.3 that are used here, and why:
- `upsert_hitl_detail` puts the question; HITLOperator's own `execute` would wait with its own trigger;
- `HITLOperator.execute_complete` reads and checks the answer;
- `SUPERVISOR_COMMS` starts another run from within a task, without an account of the API;
- `RuntimeTaskInstance.get_dr_count` and `get_task_states` show whether another run still asks.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from airflow.configuration import conf
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowSkipException
from airflow.sdk.execution_time.hitl import upsert_hitl_detail
from airflow.triggers.base import BaseTrigger, TriggerEvent

from kybaocao.adapters.console import PREFIX
from kybaocao.stages.support.decision_steps import Step
from kybaocao.store.database import open_store
from kybaocao.watch.observation import OVER

log = logging.getLogger(__name__)

APPROVE, REJECT = "Phê duyệt", "Trả lại"
PUBLISHED_BY = "publish_to_so_tai_chinh"  # the task whose version is asked about
# What asks, and what carries out the answer, in their order; a plan with one document has the first and the last.
CHAIN = (Step.APPROVAL.value, "submit_to_ubnd_tinh", Step.SIGNATURE.value, "publish_to_bo_tai_chinh")
_SUBJECTS = {Step.APPROVAL: "Phê duyệt báo cáo", Step.SIGNATURE: "UBND tỉnh ký báo cáo"}
_CLOSED = "closed"


class QuestionTrigger(BaseTrigger):  # type: ignore[misc]
    """Fires when the question that `run` asks about a version needs no answer any more."""

    def __init__(
        self, cycle: str, version: int, run: str, poll_seconds: float = 3.0, step: str = Step.APPROVAL.value
    ) -> None:
        super().__init__()
        self.cycle, self.version, self.run_id, self.poll_seconds = cycle, version, run, poll_seconds
        self.step = step

    def serialize(self) -> tuple[str, dict[str, Any]]:
        facts = {"cycle": self.cycle, "version": self.version, "run": self.run_id, "poll_seconds": self.poll_seconds}
        facts |= {"step": self.step}
        return "kybaocao.adapters.approval.QuestionTrigger", facts

    async def run(self) -> AsyncIterator[TriggerEvent]:
        while True:
            try:
                if await asyncio.to_thread(self._is_closed):
                    yield TriggerEvent({_CLOSED: True})
                    return
            except Exception as error:  # a store out of reach leaves the question open
                log.warning("version %d of %s: %s", self.version, self.cycle, error)
            await asyncio.sleep(self.poll_seconds)

    def _is_closed(self) -> bool:
        from kybaocao.home import Home
        from kybaocao.stages.support.questions import is_closed
        from kybaocao.store.reports import find_version

        with open_store(Home.from_environment()).read() as connection:
            return is_closed(find_version(connection, self.cycle, self.version), self.run_id, Step(self.step))


class ReportApproval(HITLOperator):  # type: ignore[misc]
    """Waits, without a worker slot, until a human decides about the version just released to Sở Tài chính, or to
    UBND tỉnh: its task id says which decision it asks for.

    There is no default answer and no time limit: a publication to a ministry never happens by itself.  A decision
    that was taken before is not asked for again, whatever is cleared.  After an answer that cannot be used a new pass
    asks, with the reason on top of its form.
    """

    template_fields = ()

    def __init__(self, params: Any = None, **kwargs: Any) -> None:  # `params` are the DAG's: not fields of the form
        step = Step(kwargs["task_id"].rpartition(".")[2])
        super().__init__(subject=_SUBJECTS[step], options=[APPROVE, REJECT], params=_list_fields([]), **kwargs)
        self.step = step.value

    def validate_params_input(self, params_input: Any) -> None:
        """Fields left out count as left empty; what is missing is asked for in `execute_complete`."""

    def execute(self, context: Any) -> dict[str, Any]:
        from kybaocao.stages.approve import describe_for_approval, describe_missing
        from kybaocao.stages.sign import describe_for_signature
        from kybaocao.stages.support.decision_steps import list_deciders

        step = Step(self.step)
        p, version = self._look_up(context, dt.datetime.now(dt.UTC))
        if (closed := self._conclude(context, p, version)) is not None:
            return closed
        run = context["ti"].run_id
        fields = _list_fields(_list_names(p, version, step), describe_missing(p, version))
        base = conf.get("api", "base_url", fallback="").rstrip("/")
        describe = describe_for_signature if step is Step.SIGNATURE else describe_for_approval
        upsert_hitl_detail(
            ti_id=context["ti"].id,
            options=self.options,
            subject=f"{_SUBJECTS[step]} phiên bản {version}",
            body=describe(p, version, f"{base}{PREFIX}/bao-cao/{p.cycle.id}/{version}"),
            params={name: fields.get_param(name).serialize() for name in fields},
            assigned_users=[
                {"id": one.account, "name": one.name} for one in list_deciders(p.plan.require_recipients(), step)
            ],
        )
        self.defer(trigger=QuestionTrigger(p.cycle.id, version, run, step=self.step), method_name="execute_complete")
        raise AssertionError("defer always raises")

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        from kybaocao.stages.support.decisions import DecisionError, read_decision, record_decision
        from kybaocao.stages.support.questions import refuse_answer

        step = Step(self.step)
        if event.get(_CLOSED):
            p, version = self._look_up(context, dt.datetime.now(dt.UTC))
            closed = self._conclude(context, p, version)
            return closed if closed is not None else self.execute(context)
        answer = super().execute_complete(context, event)
        p, version = self._look_up(context, answer["responded_at"])
        fields = {key: str(value or "") for key, value in (answer["params_input"] or {}).items()}
        account = str((answer["responded_by_user"] or {}).get("name") or "không rõ")
        try:
            decision = read_decision(
                p,
                version,
                step,
                is_approved=answer["chosen_options"] == [APPROVE],
                decided_by=account,
                number=fields.get("so", ""),
                dated=fields.get("ngay", ""),
                signer=fields.get("nguoi_ky", ""),
                position=fields.get("chuc_vu", ""),
                reason=fields.get("ly_do", ""),
                lift_reason=fields.get("bo_qua", ""),
            )
        except DecisionError as error:
            refuse_answer(p, version, account, str(error), step)
            _send_now(p)
            run = _begin_pass(context, p, version)
            raise AirflowSkipException(f"{error} Câu hỏi được mở lại ở lượt {run}.") from None
        outcome = record_decision(p, version, decision, step)
        if not outcome.is_ours:
            _send_now(p)
        self.log.info("%s", outcome.text)
        if outcome.is_superseded:
            raise AirflowSkipException(outcome.text)
        return _report(version, outcome)

    def _look_up(self, context: Any, moment: dt.datetime) -> tuple[Any, int]:
        """The pass at this moment (in a replay: at the moment of the run), and the version in question."""
        from kybaocao.stages.support.passes import Pass

        opened = context["ti"].xcom_pull(task_ids="open_pass")
        version = context["ti"].xcom_pull(task_ids=PUBLISHED_BY)["version"]
        if opened["is_replay"]:
            moment = dt.datetime.fromisoformat(opened["as_of"])
        p = Pass.begin(opened["cycle"], moment, is_replay=opened["is_replay"], run=context["ti"].run_id)
        return p, int(version)

    def _conclude(self, context: Any, p: Any, version: int) -> dict[str, Any] | None:
        """What stands when no answer is needed any more; None while one is.

        Raises AirflowSkipException for a question that a newer version or another run has taken over.
        """
        from kybaocao.stages.support.decision_steps import WAITS_IN
        from kybaocao.stages.support.decisions import describe_outcome
        from kybaocao.stages.support.questions import is_closed
        from kybaocao.store.reports import find_version

        with p.store.read() as connection:
            report = find_version(connection, p.cycle.id, version)
        step = Step(self.step)
        if not is_closed(report, context["ti"].run_id, step):
            return None
        if report.state == WAITS_IN[step]:
            raise AirflowSkipException(f"Phiên bản {version} đang được hỏi ở lượt {report.asked_in}.")
        outcome = describe_outcome(p, report, step=step)
        self.log.info("%s", outcome.text)
        if outcome.is_superseded:
            raise AirflowSkipException(outcome.text)
        return _report(version, outcome)


def _report(version: int, outcome: Any) -> dict[str, Any]:
    return {
        "version": version,
        "is_approved": outcome.is_approved,
        "decided_at": outcome.decided_at.isoformat(),
        "decided_by": outcome.decided_by,
        "outcome": outcome.text,
    }


def _list_names(p: Any, version: int, step: Step) -> list[str]:
    """Who may sign the document that a decision is about."""
    from kybaocao.stages.support.decision_steps import list_signers
    from kybaocao.stages.support.report_files import load_contents
    from kybaocao.store.reports import find_version

    with p.store.read() as connection:
        folder = p.home.root / find_version(connection, p.cycle.id, version).folder
    return [one.name for one in list_signers(p.plan.require_recipients(), step, load_contents(folder))]


def _list_fields(signers: list[str], remarks: str = "") -> ParamsDict:
    """The form's fields; `signers` are offered where the plan names them, `remarks` stand below the last field."""
    text = ["string", "null"]
    offered: dict[str, Any] = {"enum": [*signers, ""]} if signers else {}
    return ParamsDict(
        {
            "so": Param("", type=text, title="Số", description="Số văn bản do văn thư cấp, đúng ký hiệu nêu ở trên"),
            "ngay": Param("", type=text, title="Ngày ký", description="Ví dụ 16/12/2026"),
            "nguoi_ky": Param("", type=text, title="Người ký", description="Họ và tên", **offered),
            "chuc_vu": Param(
                "", type=text, title="Chức vụ người ký", description="Để trống: theo danh sách người được ký báo cáo"
            ),
            "bo_qua": Param(
                "",
                type=text,
                title="Lý do vẫn phát hành",
                description="Bắt buộc khi ở trên còn dòng ⛔ mà vẫn phê duyệt; ghi vào bản kê phát hành, kèm tên",
            ),
            "ly_do": Param(
                "", type=text, title="Lý do trả lại", description_md=f"Bắt buộc khi chọn Trả lại.\n\n{remarks}"
            ),
        }
    )


def _begin_pass(context: Any, p: Any, version: int) -> str:
    """Start a pass that asks again: Airflow does not change the text of a form that was answered once."""
    from airflow.sdk.execution_time.comms import TriggerDagRun
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    run = f"hoi_lai_ban_{version:02d}__{dt.datetime.now(p.plan.timezone):%Y-%m-%d__%H%M%S}"
    opened = context["ti"].xcom_pull(task_ids="open_pass")
    asked = {"as_of": opened["as_of"]} if opened["is_replay"] else {}
    try:
        SUPERVISOR_COMMS.send(TriggerDagRun(dag_id=p.cycle.id, run_id=run, conf=asked))
    except Exception:  # the next milestone asks
        log.warning("no pass could be started to ask again", exc_info=True)
    return run


def _send_now(p: Any) -> None:
    """Mail that cannot leave now waits in the outbox for the next pass."""
    from kybaocao.adapters.smtp import open_smtp
    from kybaocao.mail.sender import name_senders
    from kybaocao.stages.deliver_mail import deliver_mail

    with (
        suppress(Exception),
        open_smtp(p.home.root, p.plan.require_recipients().reply_to.email, name_senders(p.plan)) as connect,
    ):
        deliver_mail(p, connect)


def is_question_live(cycle: str, run: str) -> bool:
    """Whether a run of Airflow still asks, or carries out an answer, or will. Unknown counts as live."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    if not run:
        return False
    try:
        if not RuntimeTaskInstance.get_dr_count(dag_id=cycle, run_ids=[run], states=["queued", "running"]):
            return False
        found = RuntimeTaskInstance.get_task_states(dag_id=cycle, task_ids=list(CHAIN), run_ids=[run]).get(run, {})
    except Exception:
        log.warning("whether %s still asks is unknown", run, exc_info=True)
        return True
    steps_between = [task for task in CHAIN[1:-1] if task in found]
    states = [found.get(task) for task in (CHAIN[0], *steps_between, CHAIN[-1])]
    return next((state for state in states if state != "success"), "success") not in OVER

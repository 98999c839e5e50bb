"""The human in the loop: approve with number, date and signer, or send back with a reason."""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import TaskAwaitingInput
from airflow.sdk.execution_time.hitl import upsert_hitl_detail

APPROVE, REJECT = "Phê duyệt", "Trả lại"
_SUBJECT = (
    "Phê duyệt báo cáo phiên bản {{ (ti.xcom_pull(task_ids='publish_to_so_tai_chinh') or {}).get('version', '') }}"
)
_BODY = "{{ (ti.xcom_pull(task_ids='publish_to_so_tai_chinh') or {}).get('body', '') }}"


class ReportApproval(HITLOperator):  # type: ignore[misc]
    """Waits, without a worker slot, until a human decides about the version just released to Sở Tài chính.

    There is no default answer and no time limit: a publication to a ministry never happens by itself.
    An answer that lacks a field is asked for again instead of failing the run.
    """

    def __init__(self, params: Any = None, **kwargs: Any) -> None:  # Airflow hands the DAG's params in; not ours
        super().__init__(
            subject=_SUBJECT,
            body=_BODY,
            options=[APPROVE, REJECT],
            params={
                "so": Param(
                    "", type=["string", "null"], title="Số", description="Số văn bản do văn thư cấp, ví dụ 215/BC-UBND"
                ),
                "ngay": Param("", type=["string", "null"], title="Ngày ký", description="Ví dụ 16/12/2026"),
                "nguoi_ky": Param("", type=["string", "null"], title="Người ký", description="Họ và tên"),
                "chuc_vu": Param(
                    "", type=["string", "null"], title="Chức vụ người ký", description="Ví dụ Phó Chủ tịch"
                ),
                "ly_do": Param(
                    "", type=["string", "null"], title="Lý do trả lại", description="Bắt buộc khi chọn Trả lại"
                ),
            },
            **kwargs,
        )

    def validate_params_input(self, params_input: Any) -> None:
        """Fields left out count as left empty; what is missing is asked for in `execute_complete`."""

    def execute_complete(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        from kybaocao.passes import Pass
        from kybaocao.stages.publication import DecisionError, read_decision, record_decision

        answer = super().execute_complete(context, event)
        opened = context["ti"].xcom_pull(task_ids="open_pass")
        version = context["ti"].xcom_pull(task_ids="publish_to_so_tai_chinh")["version"]
        fields = {key: str(value or "") for key, value in (answer["params_input"] or {}).items()}
        user = answer["responded_by_user"] or {}
        decided_by = user.get("name") or user.get("id") or "không rõ"
        try:
            decision = read_decision(
                is_approved=answer["chosen_options"] == [APPROVE],
                decided_by=str(decided_by),
                number=fields.get("so", ""),
                dated=fields.get("ngay", ""),
                signer=fields.get("nguoi_ky", ""),
                position=fields.get("chuc_vu", ""),
                reason=fields.get("ly_do", ""),
            )
        except DecisionError as error:
            self.log.warning("%s Xin trả lời lại.", error)
            self._ask_again(context)
        is_replay = opened["is_replay"]
        moment = dt.datetime.fromisoformat(opened["as_of"]) if is_replay else answer["responded_at"]
        p = Pass.begin(opened["cycle"], moment, is_replay=is_replay)
        stands = record_decision(p, version, decision)
        if decision.is_approved:
            outcome = "Đã phê duyệt." if stands else "Đã có phiên bản mới hơn; phiên bản này không phát hành."
        else:
            outcome = f"Trả lại: {decision.reason}"
        self.log.info("%s", outcome)
        return {
            "version": version,
            "is_approved": stands and decision.is_approved,
            "decided_at": moment.isoformat(),
            "decided_by": str(decided_by),
            "outcome": outcome,
        }

    def _ask_again(self, context: Any) -> None:
        upsert_hitl_detail(
            ti_id=context["task_instance"].id,
            options=self.options,
            subject=self.subject,
            body=self.body,
            params=self.serialized_params,
        )
        raise TaskAwaitingInput(method_name="execute_complete", timeout=None)

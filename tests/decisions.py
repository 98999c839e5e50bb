"""The two decisions about a version, as a leader of Sở Tài chính and UBND tỉnh take them in the sample plan."""

from __future__ import annotations

import datetime as dt

from kybaocao.documents.model import SignOff
from kybaocao.stages.publish_to_bo_tai_chinh import publish_to_bo_tai_chinh
from kybaocao.stages.submit_to_ubnd_tinh import submit_to_ubnd_tinh
from kybaocao.stages.support.decision_steps import Step
from kybaocao.stages.support.decisions import Decision, record_decision
from kybaocao.stages.support.passes import Pass

APPROVAL = SignOff("87/BC-STC", dt.date(2026, 12, 14), "Đặng Trọng Lâm", "Giám đốc")
SIGNATURE = SignOff("215/BC-UBND", dt.date(2026, 12, 16), "Nguyễn Văn Mẫu", "Phó Chủ tịch")
APPROVED = Decision(True, "lanhdao", sign_off=APPROVAL)
SIGNED = Decision(True, "ubndtinh", sign_off=SIGNATURE)


def submit(p: Pass, version: int = 1) -> bool:
    """Sở Tài chính approves, and its report goes to UBND tỉnh."""
    record_decision(p, version, APPROVED)
    return submit_to_ubnd_tinh(p, version)


def publish(p: Pass, version: int = 1) -> bool:
    """Both decisions and every release."""
    submit(p, version)
    record_decision(p, version, SIGNED, Step.SIGNATURE)
    return publish_to_bo_tai_chinh(p, version)

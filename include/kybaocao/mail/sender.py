"""In whose name a letter goes out: what a mail program shows beside the sender's address."""

from __future__ import annotations

from collections.abc import Callable

from kybaocao.plan.plan import Plan
from kybaocao.store.outbox import Message

MINISTRY_KIND = "phat_hanh_bo_tai_chinh"


def name_senders(plan: Plan) -> Callable[[Message], str]:
    """What gives the name for a message: the province's for the ministry's, else the coordinator's."""
    province, coordinator = f"UBND {plan.header.province}", f"{plan.coordinator} {plan.header.province}"
    return lambda message: province if message.kind == MINISTRY_KIND else coordinator

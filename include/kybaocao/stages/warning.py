"""What the operators must hear of: broken configuration, unreachable agencies, folders nobody owns."""

from __future__ import annotations

import hashlib

from kybaocao.mail.letters import write_letter
from kybaocao.mail.recipients import allowed_people, list_unreachable
from kybaocao.passes import Pass
from kybaocao.stages.collection import list_strangers
from kybaocao.store.outbox import REFUSED, Message, add_message, list_messages


def list_warnings(p: Pass) -> list[str]:
    """One Vietnamese sentence per thing to mend."""
    found = [f"Cấu hình: {problem}" for problem in p.plan.problems]
    if p.plan.recipients is not None:
        found.extend(
            f"Chưa có địa chỉ thư dùng được cho {p.plan.agencies[code].name} ({code})."
            for code in list_unreachable(p.plan, p.local.date())
        )
    found += [f"Thư mục lạ trong shared/: {name}" for name in list_strangers(p)]
    with p.store.read() as connection:
        for queued in list_messages(connection, p.cycle.id, (REFUSED,)):
            to = ", ".join(queued.message.recipients)
            found.append(f"Máy chủ thư từ chối thư “{queued.message.subject}” gửi {to}: {queued.last_error}")
    return found


def warn_operators(p: Pass, warnings: list[str]) -> None:
    """One mail per new set of warnings."""
    if not warnings or p.plan.recipients is None:
        return
    recipients = allowed_people(p.plan, p.plan.recipients.operators)
    if not recipients:
        return
    subject, html, text = write_letter("van_hanh", p, warnings=warnings)
    digest = hashlib.sha256("\n".join(warnings).encode()).hexdigest()[:16]
    message = Message(
        key=f"{p.cycle.id}/van_hanh/{digest}",
        cycle=p.cycle.id,
        kind="van_hanh",
        recipients=recipients,
        subject=subject,
        html=html,
        text=text,
    )
    with p.store.write() as connection:
        add_message(connection, message, at=p.as_of)

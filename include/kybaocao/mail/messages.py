"""A letter made ready for the outbox: its words, whom it goes to, and until when it makes sense."""

from __future__ import annotations

from typing import Any

from kybaocao.mail.letters import write_letter
from kybaocao.mail.usefulness import find_last_moment
from kybaocao.plan.cycle_moment import CycleMoment
from kybaocao.store.outbox import Message


def write_message(
    kind: str,
    at: CycleMoment,
    *,
    key: str,
    recipients: tuple[str, ...],
    agency: str = "",
    template: str = "",
    **facts: Any,
) -> Message:
    """The message of a kind with these facts. Raises UndefinedError when a fact is missing.

    `key` makes it unique in the outbox; `agency` is the one it is about, "" when it is about none or several.
    `template` names the letter when it is not called like its kind.
    """
    subject, html, text = write_letter(template or kind, at, agency=agency, **facts)
    return Message(
        key=key,
        cycle=at.cycle.id,
        kind=kind,
        agency=agency,
        recipients=recipients,
        subject=subject,
        html=html,
        text=text,
        useful_until=find_last_moment(at, kind, agency),
        domain=at.plan.require_recipients().reply_to.email.rpartition("@")[2],
    )

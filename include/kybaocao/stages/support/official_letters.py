"""Drafting the official letter (công văn) that goes with a collective letter, and its line in the audit.

A draft is kept for good, under its own checksum: nothing writes over one that a letter already carries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection

from kybaocao.documents.official_letter.content import Late, write_official_letter
from kybaocao.files import write_whole
from kybaocao.plan.reminder_steps import ReminderStep
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit import record_action
from kybaocao.store.outbox import MailAttachment


def draft_official_letter(
    p: Pass, step: ReminderStep, late: Sequence[Late], *, accepted: int, expected: int
) -> tuple[MailAttachment, ...]:
    """The draft a reminder step asks for, kept on disk; none while its wording is broken."""
    words = p.plan.official_letters.get(step.official_letter)
    if words is None or p.plan.wording is None:
        return ()
    from kybaocao.documents.official_letter.document import (
        render_official_letter,  # python-docx: only when something is drafted
    )

    draft = write_official_letter(p.plan, p.cycle, words, late, accepted=accepted, expected=expected, as_of=p.local)
    data = render_official_letter(draft, p.as_of)
    digest = hashlib.sha256(data).hexdigest()
    path = write_whole(
        p.home.official_letters(p.cycle.id) / f"{p.local:%Y-%m-%d_%H%M}_{step.id}_{digest[:12]}.docx", data
    )
    return (MailAttachment(words.file_name, str(path.relative_to(p.home.root)), digest),)


def record_draft(connection: Connection, p: Pass, step: ReminderStep, drafts: Sequence[MailAttachment]) -> None:
    """Say in the audit what was drafted, in the transaction of the letter that carries it."""
    for draft in drafts:
        record_action(
            connection,
            "dispatch-drafted",
            at=p.as_of,
            cycle=p.cycle.id,
            rung=step.id,
            dispatch=step.official_letter,
            path=draft.path,
            sha256=draft.sha256,
        )

"""What reminders follow in the mail program of their recipients."""

from __future__ import annotations

from collections.abc import Callable

from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from tests.post import Post


def test_a_reminder_follows_the_opening_letter_and_the_reminders_before_it(small: Callable[[str], Pass]) -> None:
    """One correspondence for each cycle and recipient, under the Message-IDs that were sent."""
    post = Post()
    for at in ("2026-11-16T08:00", "2026-11-25T08:00", "2026-12-02T08:00"):
        run_pass(small(at), connect=post)
    opening, first, second = (one for one in post.took if one.agency == "STP")
    assert (opening.kind, first.kind, second.kind) == ("mo_ky", "nhac", "nhac")
    assert (opening.follows, first.follows, second.follows) == (
        (),
        (opening.message_id,),
        (opening.message_id, first.message_id),
    )

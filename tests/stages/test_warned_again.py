"""The mail about what the operators have to do, when it could not be sent for days."""

from __future__ import annotations

from collections.abc import Callable

from kybaocao.stages.deliver_mail import deliver_mail
from kybaocao.stages.support.operator_warnings import warn_operators
from kybaocao.stages.support.passes import Pass
from kybaocao.store.outbox import LetterState, list_messages
from tests.post import Post

Begin = Callable[..., Pass]
WARNINGS = ["Chưa gửi được báo cáo."]


def _states(p: Pass) -> list[str]:
    with p.store.read() as connection:
        return [one.state for one in list_messages(connection, p.cycle.id)]


def test_a_warning_that_lapsed_unsent_is_written_again(begin: Begin) -> None:
    """After three days the mail is withdrawn; while the trouble lasts, the next pass writes it anew."""
    post = Post()
    post.is_down = True
    for at in ("2026-12-01T08:00", "2026-12-02T08:00", "2026-12-04T14:00"):
        warn_operators(begin(at), WARNINGS)
        deliver_mail(begin(at), post)
    first = _states(begin("2026-12-04T14:00"))
    warn_operators(begin("2026-12-05T08:00"), WARNINGS)
    second = _states(begin("2026-12-05T08:00"))
    post.is_down = False
    deliver_mail(begin("2026-12-05T08:00"), post)
    warn_operators(begin("2026-12-09T08:00"), WARNINGS)
    assert (first, second, _states(begin("2026-12-09T08:00"))) == (
        [LetterState.WITHDRAWN],
        [LetterState.WITHDRAWN, LetterState.PENDING],
        [LetterState.WITHDRAWN, LetterState.SENT],
    )

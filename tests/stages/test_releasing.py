"""A report is published when every recipient's server has taken it; until then the release is under way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kybaocao.cli.status_words import describe_status
from kybaocao.stages.aggregate import aggregate_returns
from kybaocao.stages.compile_report import compile_report
from kybaocao.stages.deliver_mail import deliver_mail
from kybaocao.stages.support.completion import name_release
from kybaocao.stages.support.decisions import record_decision
from kybaocao.stages.support.letters import redirect_letter, resend_letter, withdraw_letter
from kybaocao.stages.support.operator_warnings import list_late_publications, list_warnings
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.status import gather_status
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.deliveries import AddressState, record_delivery
from kybaocao.store.outbox import Message, add_message, find_key
from kybaocao.store.reports import (
    BO_TAI_CHINH,
    SO_TAI_CHINH,
    Publication,
    ReportState,
    ReportVersion,
    add_publication,
    add_version,
    list_publications,
    list_versions,
    set_state,
)
from tests.conftest import CYCLE
from tests.decisions import APPROVED as DECISION
from tests.decisions import publish
from tests.post import Post
from tests.stages.conftest import COMPILATION, EXPLAINED, MIDDAY, OPENING, drop

Small = Callable[[str], Pass]
RELEASED, LATER, LATE = "2026-12-16T09:00", "2026-12-16T09:01", "2026-12-28T08:00"
MINISTRY, OFFICE, NEW = "vanthu@mof.example.vn", "vanthu.vpcp@chinhphu.example.vn", "vanthu2@mof.example.vn"
SIGNED = {"by": "Lò Thị Hương", "reason": "đã gọi điện cho văn thư"}


def release(p: Pass, release: str = BO_TAI_CHINH) -> None:
    """A release of version 1 to the ministry and an office, queued as `publication` does it."""
    people = (MINISTRY, OFFICE)
    version = ReportVersion(CYCLE, 1, 1, "00", f"reports/{CYCLE}/v001", p.as_of, ReportState.APPROVED, None, "", "", {})
    kind = f"phat_hanh_{release}"
    message = Message(name_release(CYCLE, release, 1), CYCLE, kind, (MINISTRY,), "Báo cáo", "h", "t", copies=(OFFICE,))
    with p.store.write() as connection:
        add_version(connection, version)
        set_state(connection, CYCLE, 1, ReportState.RELEASING if release == BO_TAI_CHINH else ReportState.WAITING)
        add_publication(connection, Publication(CYCLE, 1, release, people, {}, "00", p.as_of))
        add_message(connection, message, at=p.as_of)


def standing(p: Pass) -> tuple[str, bool]:
    """(state of the version, whether its publication is complete)"""
    with p.store.read() as connection:
        (version,), (publication,) = list_versions(connection, CYCLE), list_publications(connection, CYCLE)
    return version.state, publication.completed_at is not None


def number(p: Pass) -> int:
    with p.store.read() as connection:
        found = find_key(connection, name_release(CYCLE, BO_TAI_CHINH, 1))
    assert found is not None
    return found.id


def test_it_is_published_when_the_server_of_everybody_has_taken_it(small: Small) -> None:
    """Queued, it is under way; taken by all, it is published, and the moment is recorded."""
    p = small(RELEASED)
    release(p)
    before = standing(p)
    deliver_mail(p, Post())
    assert (before, standing(p)) == ((ReportState.RELEASING, False), (ReportState.PUBLISHED, True))


def test_a_release_refused_for_good_is_not_published(small: Small) -> None:
    """554: who has not got it stands in `status`, in the warnings, and the report stays late."""
    p, post = small(RELEASED), Post()
    release(p)
    post.rejecting = {MINISTRY}
    deliver_mail(p, post)
    late = small(LATE)
    status = gather_status(late)
    (publication,) = status["publications"]
    assert standing(p) == (ReportState.RELEASING, False)
    assert [(one["address"], one["state"]) for one in publication["not_reached"]] == [
        (MINISTRY, "refused"),
        (OFFICE, "refused"),
    ]
    assert "đang gửi, chưa đến đủ nơi nhận" in describe_status(status) and MINISTRY in describe_status(status)
    assert [MINISTRY in one for one in list_warnings(late) if "chưa đến đủ nơi nhận: " in one] == [True]
    assert "mà chưa đến đủ nơi nhận" in list_late_publications(late)[0]


def test_sent_again_and_taken_it_is_published(small: Small) -> None:
    """The same message, at once."""
    p, post = small(RELEASED), Post()
    release(p)
    post.rejecting = {MINISTRY}
    deliver_mail(p, post)
    post.rejecting = set()
    later = small(LATER)
    resend_letter(later, number(p), **SIGNED)
    deliver_mail(later, post)
    assert ([one.key for one in post.took], standing(p)) == (
        [name_release(CYCLE, BO_TAI_CHINH, 1)],
        (ReportState.PUBLISHED, True),
    )


def test_a_dead_address_keeps_it_from_being_published_until_somebody_decides(small: Small) -> None:
    """The office has it, the ministry's address is wrong: sent to the right one, and only there."""
    p, post = small(RELEASED), Post(dead=[MINISTRY])
    release(p)
    deliver_mail(p, post)
    first, later = standing(p), small(LATER)
    redirect_letter(later, number(p), NEW, **SIGNED)
    second = standing(p)
    deliver_mail(later, post)
    assert (first, second, standing(p)) == (
        (ReportState.RELEASING, False),
        (ReportState.RELEASING, False),
        (ReportState.PUBLISHED, True),
    )
    assert [one.envelope for one in post.took] == [(MINISTRY, OFFICE), (NEW,)]


def test_an_address_given_up_with_a_reason_does_not_hold_it_up(small: Small) -> None:
    """Handed over on paper: the operator withdraws what the address did not take."""
    p, post = small(RELEASED), Post(dead=[MINISTRY])
    release(p)
    deliver_mail(p, post)
    withdraw_letter(small(LATER), number(p), **SIGNED)
    assert standing(p) == (ReportState.PUBLISHED, True)


def test_an_address_that_is_busy_is_waited_for(small: Small) -> None:
    """Its copy keeps trying, and the publication is complete with it."""
    p, post = small(RELEASED), Post()
    release(p)
    post.busy = {OFFICE}
    deliver_mail(p, post)
    first = [one["address"] for one in gather_status(p)["publications"][0]["not_reached"]]
    post.busy = set()
    deliver_mail(small(LATER), post)
    assert (first, standing(p)) == ([OFFICE], (ReportState.PUBLISHED, True))


def test_the_copy_of_a_busy_address_can_be_sent_elsewhere_too(small: Small) -> None:
    """Stand-ins of stand-ins count."""
    p, post = small(RELEASED), Post()
    release(p)
    post.busy = {OFFICE}
    deliver_mail(p, post)
    redirect_letter(small(LATER), number(p) + 1, NEW, **SIGNED)
    deliver_mail(small(LATER), post)
    assert standing(p) == (ReportState.PUBLISHED, True)


def test_what_came_back_before_all_had_it_is_not_published(small: Small) -> None:
    """A notice about one address while another one is still tried."""
    p, post = small(RELEASED), Post()
    release(p)
    post.busy = {OFFICE}
    deliver_mail(p, post)
    with p.store.write() as connection:
        found = find_key(connection, name_release(CYCLE, BO_TAI_CHINH, 1))
        assert found is not None
        record_delivery(
            connection, found.message.message_id, MINISTRY, AddressState.RETURNED, at=p.as_of, reply="5.2.2"
        )
    post.busy = set()
    deliver_mail(small(LATER), post)
    first = standing(p)
    resend_letter(small(LATER), number(p), **SIGNED)
    deliver_mail(small(LATER), post)
    assert (first, standing(p)) == ((ReportState.RELEASING, False), (ReportState.PUBLISHED, True))
    assert [one.envelope for one in post.took][-1] == (MINISTRY,)


def test_a_crash_between_acceptance_and_record_publishes_at_the_next_pass(small: Small) -> None:
    """The record of the last acceptance and of the publication are one transaction."""

    class Dying(Post):
        def send(self, message: Message) -> dict[str, object]:  # type: ignore[override]
            super().send(message)
            raise KeyboardInterrupt

    p = small(RELEASED)
    release(p)
    with pytest.raises(KeyboardInterrupt):
        deliver_mail(p, Dying())
    before = standing(p)
    deliver_mail(p, Post())
    assert (before, standing(p)) == ((ReportState.RELEASING, False), (ReportState.PUBLISHED, True))


def test_the_draft_that_no_leader_got_is_late(small: Small) -> None:
    """Release 1 stands in the outbox only: the operators hear as if it had not been written."""
    p, post = small(COMPILATION), Post()
    release(p, SO_TAI_CHINH)
    before = list_late_publications(small("2026-12-14T14:00"))
    deliver_mail(p, post)
    assert (len(before), "chưa gửi được lãnh đạo" in before[0]) == (1, True)
    assert (list_late_publications(small("2026-12-14T14:00")), standing(p)) == ([], (ReportState.WAITING, True))


def test_a_draft_that_a_newer_one_replaced_is_nobody_s_worry(small: Small) -> None:
    """Its mail was refused; the newer version has a mail of its own."""
    p, post = small(COMPILATION), Post()
    release(p, SO_TAI_CHINH)
    post.rejecting = {MINISTRY}
    deliver_mail(p, post)
    later = small("2026-12-14T14:00")
    seen = [sum("chưa đến đủ nơi nhận" in line for line in list_warnings(later))]
    with p.store.write() as connection:
        set_state(connection, CYCLE, 1, ReportState.SUPERSEDED)
    seen += [sum("chưa đến đủ nơi nhận" in line for line in list_warnings(later))]
    assert seen == [1, 0]


def test_nothing_new_is_compiled_while_a_release_is_under_way(small: Small) -> None:
    """A whole season: a late file changes the figures, and no version by itself; asked for, it does."""
    post = Post()
    run_pass(small(OPENING), connect=post)
    for agency in ("STC", "STP", "HHDN", "X-04183"):
        drop(small(MIDDAY), agency)
    run_pass(small(MIDDAY), connect=post)
    run_pass(small(COMPILATION), connect=post)
    assert record_decision(small("2026-12-15T09:00"), 1, DECISION).is_approved
    assert publish(small(RELEASED))
    post.rejecting = {MINISTRY}
    deliver_mail(small(RELEASED), post)
    late = small("2026-12-21T10:00")
    drop(late, "X-03664", **EXPLAINED)
    compiled = run_pass(late, connect=post)["report_version"]
    snapshot = aggregate_returns(late).snapshot
    states = [version.state for version in list_all(late)]
    assert (compiled, states, record_decision(late, 1, DECISION).is_approved) == (None, [ReportState.RELEASING], True)
    assert compile_report(small("2026-12-21T14:00"), snapshot, is_asked=True) == 2
    assert list_all(late)[0].state == ReportState.RELEASING


def list_all(p: Pass) -> list[ReportVersion]:
    with p.store.read() as connection:
        return list_versions(connection, CYCLE)

"""The human's decision: what is asked, which answers count, and that it is taken once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kybaocao.documents.package import write_report
from kybaocao.stages.approve import describe_for_approval, describe_missing
from kybaocao.stages.compile_report import compile_report
from kybaocao.stages.publish_to_so_tai_chinh import publish_to_so_tai_chinh
from kybaocao.stages.submit_to_ubnd_tinh import submit_to_ubnd_tinh
from kybaocao.stages.support.decisions import Decision, DecisionError, describe_outcome, read_decision, record_decision
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.questions import is_closed, refuse_answer, take_question
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import list_messages
from kybaocao.store.reports import find_version, list_versions
from tests.decisions import APPROVED
from tests.stages.conftest import (
    EXPLAINED,
    drop,
)

Small = Callable[[str], Pass]
LATER = "2026-12-16T09:00"
FIELDS = {
    "is_approved": True,
    "decided_by": "lanhdao",
    "number": "87/BC-STC",
    "dated": "14/12/2026",
    "signer": "Đặng Trọng Lâm",
    "position": "",
    "reason": "",
    "lift_reason": "Số liệu mẫu để diễn tập",
}
DEAD, LIVE = (lambda run: False), (lambda run: True)


def _state(p: Pass, version: int = 1) -> str:
    with p.store.read() as connection:
        return find_version(connection, p.cycle.id, version).state


def _letters(p: Pass, kind: str) -> list[tuple[tuple[str, ...], str]]:
    with p.store.read() as connection:
        found = [one.message for one in list_messages(connection, p.cycle.id)]
    return [(one.recipients, one.text) for one in found if one.kind == kind]


# --- which answers count ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"number": "", "dated": " ", "signer": ""}, "Số, Ngày ký, Người ký"),
        ({"number": "87"}, "Số “87” chưa đúng"),
        ({"number": "bc-stc"}, "viết dạng 215/BC-STC"),
        ({"number": "215/BC-UBND"}, "không mang ký hiệu của văn bản này; viết dạng 215/BC-STC"),
        ({"dated": "32/13/2026"}, "“32/13/2026” chưa đúng"),
        ({"dated": "31/02/2026"}, "“31/02/2026” chưa đúng"),
        ({"dated": "14/12/2026x"}, "chưa đúng"),
        ({"dated": "26/12/2026"}, "chưa đến; muộn nhất là 25/12/2026"),
        ({"dated": "16/12/2031"}, "chưa đến"),
        ({"dated": "30/11/2026"}, "ngày chốt số liệu 30/11/2026"),
        ({"dated": "16/12/2019"}, "ngày chốt số liệu"),
        ({"signer": "Nguyễn Văn Mẫu"}, "không có trong danh sách người được ký"),
        ({"position": "Chủ tịch"}, "là “Giám đốc”"),
        ({"lift_reason": " "}, "điểm chặn phát hành, xin ghi “Lý do vẫn phát hành”: Căn cứ của báo cáo còn để trống"),
        ({"is_approved": False}, "lý do"),
        ({"is_approved": False, "reason": "   "}, "lý do"),
    ],
)
def test_an_answer_that_cannot_be_used_says_what_to_enter(waiting: Pass, fields: dict[str, Any], asked: str) -> None:
    """Approving needs a number, a possible day and a signer of the plan; sending back needs a reason."""
    with pytest.raises(DecisionError, match=asked):
        read_decision(waiting, 1, **(FIELDS | fields))


@pytest.mark.parametrize("is_approved", [True, False])
def test_only_an_account_that_may_decide_now_decides(waiting: Pass, is_approved: bool) -> None:
    """The list of approvers was changed, or was not asked for yet, when the question was put."""
    with pytest.raises(DecisionError, match="“vanhanh” không có trong danh sách người phê duyệt"):
        read_decision(
            waiting, 1, **(FIELDS | {"is_approved": is_approved, "decided_by": "vanhanh", "reason": "chưa đủ số liệu"})
        )


@pytest.mark.parametrize(("dated", "is_taken"), [("16/12/2026", True), ("17/12/2026", False)])
def test_a_live_answer_is_signed_today_at_the_latest(waiting: Pass, dated: str, is_taken: bool) -> None:
    """Only a replay, which does not know the day of the answer, takes a later one."""
    live = replace(waiting, is_replay=False)
    try:
        read_decision(live, 1, **(FIELDS | {"dated": dated}))
    except DecisionError as error:
        assert not is_taken and "muộn nhất là 16/12/2026" in str(error)
    else:
        assert is_taken


def test_all_that_is_wrong_is_said_at_once(waiting: Pass) -> None:
    """Nobody is sent round the form three times."""
    with pytest.raises(DecisionError, match=r"Số “x”.*Ngày ký “y”.*“z” không có"):
        read_decision(waiting, 1, **(FIELDS | {"number": "x", "dated": "y", "signer": "z"}))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"signer": " đặng  trọng lâm "},
        {"signer": "Đặng\0 Trọng Lâm"},
        {"position": "giám đốc"},
        {"dated": "2026-12-14"},
        {"dated": "01/12/2026"},
    ],
)
def test_name_and_position_are_printed_as_the_plan_spells_them(waiting: Pass, fields: dict[str, Any]) -> None:
    """Whatever the case and the spaces; a day since the data cut-off is taken."""
    signed = read_decision(waiting, 1, **(FIELDS | fields)).sign_off
    assert signed is not None and (signed.signer, signed.position) == ("Đặng Trọng Lâm", "Giám đốc")


def test_an_unusable_answer_is_on_top_of_the_form_and_in_the_mailbox(waiting: Pass) -> None:
    """The next question begins with the reason; whoever answered gets a mail."""
    refuse_answer(waiting, 1, "lanhdao", "Ngày ký “32/13/2026” chưa đúng.")
    first = describe_for_approval(waiting, 1).splitlines()[0]
    ((to, text),) = _letters(waiting, "tra_loi_chua_dung_duoc")
    assert "Ngày ký “32/13/2026” chưa đúng." in first
    assert (to, "32/13/2026" in text, _state(waiting)) == (("giamdoc.stc@sonla.example.vn",), True, "waiting")


# --- what is asked -----------------------------------------------------------------------------------------------


def test_the_document_comes_first_and_the_missing_agencies_below_the_fields(waiting: Pass) -> None:
    """Eighty names of agencies must not push the fields off the screen."""
    lines = [line for line in describe_for_approval(waiting, 1, "http://x/kybaocao/bao-cao/k/1").splitlines() if line]
    assert (
        "[Du-thao_BC-UBND_Son-La_NQ02_2026.docx](http://x/kybaocao/bao-cao/k/1/Du-thao_BC-UBND_Son-La_NQ02_2026.docx)"
        in lines[1]
    )
    assert not any("phường Chiềng An" in line for line in lines)
    assert describe_missing(waiting, 1).splitlines()[-1].startswith("Cơ quan chưa có báo cáo (2): ")


@pytest.mark.parametrize(
    ("at", "said"),
    [(LATER, ["chưa đạt: III.", "3/5 cơ quan (60"]), ("2026-12-08T09:00", ["chưa đạt: III.", "3/5", "Chưa hết hạn"])],
)
def test_low_coverage_and_time_left_are_warned_of(waiting: Pass, small: Small, at: str, said: list[str]) -> None:
    """Before the deadline, or with few returns, the human hears it before publishing."""
    found = [line for line in describe_for_approval(small(at), 1).splitlines() if line.startswith("- ⚠")]
    assert [words in line for words, line in zip(said, found, strict=True)] == [True] * len(said)


# --- taken once --------------------------------------------------------------------------------------------------


def test_a_decision_is_taken_once(waiting: Pass) -> None:
    """A second one changes nothing, does not look like a success, and whoever gave it gets a mail."""
    first = record_decision(waiting, 1, APPROVED)
    second = record_decision(waiting, 1, Decision(False, "lanhdao", reason="Chưa đạt"))
    ((_, text),) = _letters(waiting, "tra_loi_chua_dung_duoc")
    assert (first.is_ours, second.is_ours, second.is_approved, _state(waiting)) == (True, False, True, "approved")
    assert "đã được phê duyệt (lanhdao" in second.text and "không được ghi nhận" in second.text and second.text in text


def test_the_same_answer_read_again_after_a_crash_is_still_ours(waiting: Pass) -> None:
    """The process died between recording the decision and saying so."""
    record_decision(waiting, 1, APPROVED)
    again = record_decision(waiting, 1, APPROVED)
    assert (again.is_ours, again.is_approved, _letters(waiting, "tra_loi_chua_dung_duoc")) == (True, True, [])


def test_approving_a_version_that_was_overtaken_is_no_success(waiting: Pass, small: Small) -> None:
    """It says which version is out of date, and publishes nothing."""
    drop(small(LATER), "X-03664", **EXPLAINED)
    run_pass(small(LATER))
    outcome = record_decision(small(LATER), 1, APPROVED)
    assert (outcome.is_approved, outcome.is_superseded, outcome.is_ours) == (False, True, False)
    assert outcome.text == "Đã có phiên bản mới hơn; phiên bản 1 không phát hành."


def test_what_was_decided_can_be_said_again(waiting: Pass) -> None:
    """A cleared question gets the decision that stands instead of asking anew."""
    record_decision(waiting, 1, Decision(False, "lanhdao", reason="Bổ sung số liệu"))
    with waiting.store.read() as connection:
        said = describe_outcome(waiting, find_version(connection, waiting.cycle.id, 1))
    assert (said.is_approved, said.decided_by) == (False, "lanhdao")
    assert "đã được trả lại" in said.text and "Bổ sung số liệu" in said.text


# --- one question at a time --------------------------------------------------------------------------------------


def test_one_run_asks(waiting: Pass) -> None:
    """Another takes over only when the run that asked is gone."""
    taken = [
        take_question(waiting, 1, "a", LIVE),
        take_question(waiting, 1, "a", LIVE),
        take_question(waiting, 1, "b", LIVE),
        take_question(waiting, 1, "b", DEAD),
    ]
    with waiting.store.read() as connection:
        report = find_version(connection, waiting.cycle.id, 1)
    assert (taken, is_closed(report, "a"), is_closed(report, "b")) == ([True, True, False, True], True, False)


def test_a_newer_version_closes_the_question(waiting: Pass, small: Small) -> None:
    """The run that asks about version 1 has nothing to wait for once version 2 is there."""
    take_question(waiting, 1, "a", LIVE)
    drop(small(LATER), "X-03664", **EXPLAINED)
    run_pass(small(LATER))
    with waiting.store.read() as connection:
        assert is_closed(find_version(connection, waiting.cycle.id, 1), "a")
    assert not take_question(waiting, 1, "a", LIVE)


@pytest.mark.parametrize(("is_live", "version"), [(LIVE, None), (DEAD, 1)])
def test_a_lost_question_is_asked_again(
    waiting: Pass, small: Small, is_live: Callable[[str], bool], version: int | None
) -> None:
    """The newest version waits, and the run that asked was deleted or marked failed: the next pass asks."""
    take_question(waiting, 1, "a", LIVE)
    with waiting.store.read() as connection:
        snapshot = list_versions(connection, waiting.cycle.id)[-1].snapshot
    for at in (LATER, "2027-01-20T08:00"):
        assert compile_report(small(at), snapshot, is_question_live=is_live) == version
    assert compile_report(small(LATER), snapshot, is_asked=True, is_question_live=is_live) == version


def test_asking_again_sends_no_second_draft(waiting: Pass) -> None:
    """Release 1 has left; only the question is new."""
    assert not publish_to_so_tai_chinh(waiting, 1)
    assert len(_letters(waiting, "phat_hanh_so_tai_chinh")) == 1


def test_a_decided_version_is_not_asked_about(waiting: Pass, small: Small) -> None:
    """Approved and not yet released: nothing to ask while the run of the approval goes on."""
    record_decision(waiting, 1, APPROVED)
    with waiting.store.read() as connection:
        snapshot = list_versions(connection, waiting.cycle.id)[-1].snapshot
    assert compile_report(small(LATER), snapshot, is_question_live=LIVE) is None


def test_an_approval_whose_run_is_gone_is_carried_out(waiting: Pass, small: Small) -> None:
    """Its run was deleted, or cleared as a whole, before the submission was queued: the next pass submits."""
    take_question(waiting, 1, "a", LIVE)
    record_decision(waiting, 1, APPROVED)
    p = small(LATER)
    with p.store.read() as connection:
        snapshot = list_versions(connection, p.cycle.id)[-1].snapshot
    found = [compile_report(p, snapshot, is_question_live=is_live) for is_live in (LIVE, DEAD)]
    taken = [take_question(p, 1, "b", is_live) for is_live in (LIVE, DEAD)]
    with p.store.read() as connection:
        report = find_version(connection, p.cycle.id, 1)
    outcome = describe_outcome(p, report)
    assert (found, taken, outcome.is_approved, is_closed(report, "b")) == ([None, 1], [False, True], True, True)
    assert submit_to_ubnd_tinh(p, 1)


def test_nothing_newer_is_asked_about_while_an_approved_version_is_on_its_way(waiting: Pass, small: Small) -> None:
    """A file that is accepted between the approval and its release makes no version by itself."""
    take_question(waiting, 1, "a", LIVE)
    record_decision(waiting, 1, APPROVED)
    drop(small(LATER), "X-03664", **EXPLAINED)
    p = small(LATER)
    run_pass(p)
    with p.store.read() as connection:
        assert [one.state for one in list_versions(connection, p.cycle.id)] == ["approved"]


def test_an_approval_given_while_a_newer_version_is_written_counts(
    waiting: Pass, small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing takes seconds; the human was asked about version 1 and has approved it."""
    p = small(LATER)
    drop(p, "X-03664", **EXPLAINED)

    def write_slowly(*arguments: Any) -> Any:
        record_decision(waiting, 1, APPROVED)
        return write_report(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr("kybaocao.documents.package.write_report", write_slowly)
        run_pass(p)
    with p.store.read() as connection:
        assert [one.state for one in list_versions(connection, p.cycle.id)] == ["approved"]


# --- what makes a version ----------------------------------------------------------------------------------------


def _return_one(small: Small, at: str, seed: int) -> Any:
    p = small(at)
    drop(p, "X-03664", seed=seed, name=f"lần {seed}.xlsx", **(EXPLAINED | {"ty_le/T15/tu_so_luy_ke": 10**7}))
    return run_pass(p)


def test_files_that_are_sent_back_make_no_version(waiting: Pass, small: Small) -> None:
    """Forty faulty files are forty answers to their agency, and no new report."""
    outcomes = [_return_one(small, f"2026-12-16T{9 + seed}:30", seed) for seed in (1, 2, 3)]
    assert [(one["returned"], one["report_version"]) for one in outcomes] == [(1, None)] * 3


def test_a_report_that_is_asked_for_counts_them(waiting: Pass, small: Small) -> None:
    """Who asks wants the newest state, files that were sent back included."""
    _return_one(small, LATER, 1)
    assert run_pass(small("2026-12-16T10:00"), is_asked=True)["report_version"] == 2


def test_an_accepted_file_makes_a_version_whatever_was_sent_back(waiting: Pass, small: Small) -> None:
    """One of each in the same pass."""
    p = small(LATER)
    drop(p, "HHDN", **(EXPLAINED | {"ty_le/T15/tu_so_luy_ke": 10**7}))
    drop(p, "X-03664", **EXPLAINED)
    assert run_pass(p)["report_version"] == 2

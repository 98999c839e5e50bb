"""A task that is reported as done while the target in its own text is missed."""

from __future__ import annotations

from kybaocao.documents.report.content import write_content
from kybaocao.documents.report.discrepancies import describe_broken_promise
from kybaocao.figures.broken_promise import BrokenPromise
from kybaocao.figures.canonical_json import from_json, to_json
from kybaocao.figures.snapshot import Snapshot
from kybaocao.inbox.submission import Submission
from kybaocao.plan.report_document import Audience
from tests.figures.taking import KY2, PLAN, take
from tests.submissions import arrive, figures

DONE, ON_TRACK = "Đã hoàn thành", "Đang thực hiện"


def _send(agency: str, task: str, target: str, top: int, status: str = DONE) -> Submission:
    return arrive(agency, figures(target, top, 100) | {("nhiem_vu", task, "trang_thai"): status})


def _read(snapshot: Snapshot, audience: Audience = Audience.PROVINCE) -> str:
    return to_json(write_content(PLAN, KY2, snapshot, audience=audience).sections)


def test_done_with_the_target_missed_is_named() -> None:
    """III.2.2.c promises 100% of the legal documents (T09)."""
    assert take(_send("STP", "III.2.2.c", "T09", 97)).broken_promises == (BrokenPromise("III.2.2.c", "T09", ("STP",)),)


def test_no_promise_is_broken_by_a_task_under_way_or_a_target_that_is_met() -> None:
    assert take(_send("STP", "III.2.2.c", "T09", 97, ON_TRACK)).broken_promises == ()
    assert take(_send("STP", "III.2.2.c", "T09", 100)).broken_promises == ()


def test_where_each_agency_has_figures_its_own_count() -> None:
    """III.4.7.c binds everybody to T13: who reached it is not named because others did not."""
    whole, short = _send("STP", "III.4.7.c", "T13", 100), _send("SCT", "III.4.7.c", "T13", 80)
    assert take(whole, short).broken_promises == (BrokenPromise("III.4.7.c", "T13", ("SCT",)),)


def test_a_task_that_evaluates_or_serves_a_target_promises_nothing() -> None:
    """III.4.1.d evaluates T15 to T18, III.4.3.b builds what T12 needs."""
    promises = {task.id for task in PLAN.tasks if task.done_when_met}
    assert promises == {
        *("III.2.1.a", "III.2.2.b", "III.2.2.c", "III.3.2.a", "III.3.2.b", "III.4.7.c", "III.5.1.e", "III.8.1.a")
    }


def test_the_report_says_so_instead_of_praising_it() -> None:
    """In both documents, in the paragraph of the group; it is not among those wholly done."""
    said = (
        "chỉ tiêu của nhiệm vụ chưa đạt{}: “Cập nhật 100% văn bản quy phạm "
        "pháp luật lên Cơ sở dữ liệu quốc gia” (Sở Tư pháp; kết quả 97,00%, mục tiêu: 100% văn bản quy phạm pháp luật "
        "của tỉnh)."
    )
    for audience in Audience:
        text = _read(take(_send("STP", "III.2.2.c", "T09", 97)), audience)
        assert said.format(", cần rà soát" if audience is Audience.PROVINCE else "") in text
        assert "Nhiệm vụ đã hoàn thành toàn bộ: “Cập nhật 100%" not in text
        assert "Trong số đó, 1 nhiệm vụ có chỉ tiêu chưa đạt." in text


def test_a_single_agency_of_many_is_no_matter_of_the_ministry() -> None:
    snapshot = take(_send("SCT", "III.4.7.c", "T13", 80))
    assert "(Sở Công Thương; kết quả 80,00%" in _read(snapshot)
    assert "chỉ tiêu của nhiệm vụ chưa đạt" not in _read(snapshot, Audience.MINISTRY)


def test_it_is_said_in_words_before_a_release() -> None:
    """With its agency, or with how many there are."""
    one, several = (BrokenPromise("III.2.1.a", "T07", ("STC",)), BrokenPromise("III.4.7.c", "T13", ("SCT", "STP")))
    assert describe_broken_promise(PLAN, one) == "III.2.1.a (T07; Sở Tài chính)"
    assert describe_broken_promise(PLAN, several) == "III.4.7.c (T13; 2 cơ quan)"


def test_a_snapshot_of_before_keeps_its_bytes() -> None:
    """Its checksum is what was approved."""
    stored = to_json(take(_send("STP", "III.2.2.c", "T09", 100)))
    assert "broken_promises" not in stored
    assert to_json(from_json(stored)) == stored
    broken = take(_send("STP", "III.2.2.c", "T09", 97))
    assert from_json(to_json(broken)) == broken

"""The year's report covers the tasks of its first half: what was late then, and what was done then."""

from __future__ import annotations

import dataclasses

import pytest

from kybaocao.documents.model import Paragraph
from kybaocao.documents.report.content import write_content
from kybaocao.figures.snapshot import Snapshot, TaskEntry, TaskStatus
from kybaocao.plan.report_document import Audience

from .sample import entry, full_plan, small_plan, small_snapshot

FIRST, LAST = "nq02-2026-ky1", "nq02-2026-ky2"
DONE, ON_TRACK, LATE = TaskStatus.DONE, TaskStatus.ON_TRACK, TaskStatus.LATE
NOT_STARTED, NOTHING = TaskStatus.NOT_STARTED, TaskStatus.NOTHING


def then(agency: str, status: TaskStatus, text: str = "", **more: object) -> TaskEntry:
    return dataclasses.replace(entry(agency, status, text), cycle=FIRST, **more)  # type: ignore[arg-type]


def recall(**earlier: tuple[TaskEntry, ...]) -> Snapshot:
    """The small snapshot with entries of the first half; III.1.a by the name `everyone`, III.2.1.a by `one`."""
    names = {"III.1.a": "everyone", "III.2.1.a": "one"}
    snapshot = small_snapshot()
    tasks = (dataclasses.replace(one, earlier=earlier.get(names.get(one.id, ""), ())) for one in snapshot.tasks)
    return dataclasses.replace(snapshot, tasks=tuple(tasks))


def everyone() -> Snapshot:
    return recall(
        everyone=(
            then("STC", LATE),  # done now
            then("CAT", NOT_STARTED),  # on track
            then("X-2", LATE, reason="chờ hướng dẫn"),  # late still
            then("X-4", LATE),  # silent
            then("X-1", DONE),
        )
    )


def write(snapshot: Snapshot, audience: Audience = Audience.PROVINCE) -> list[str]:
    cycles = {code: full_plan().cycles[code] for code in (FIRST, LAST)}
    plan = dataclasses.replace(small_plan(), cycles=cycles)
    content = write_content(plan, cycles[LAST], snapshot, audience=audience)
    rows = [" | ".join(cell.text for cell in row.cells) for annex in content.annexes[5:] for row in annex.table.rows]
    return [*(one.text for one in content.sections[2].blocks if isinstance(one, Paragraph)), *rows]


@pytest.mark.parametrize("audience", list(Audience))
def test_what_was_late_in_the_first_half_is_followed_up(audience: Audience) -> None:
    """Every piece of work that was behind stands once, under what became of it."""
    assert (
        "Kỳ 6 tháng đầu năm 2026: báo cáo 5 lượt, hoàn thành 1, chậm hoặc chưa triển khai 4. "
        "Trong 4 lượt đó, đến nay đã hoàn thành 1; đang thực hiện 1; vẫn chậm hoặc chưa triển khai 1; "
        "chưa báo cáo 1."
    ) in write(everyone(), audience)


def test_work_that_is_late_in_the_same_words_is_late_still() -> None:
    """It stands among what is said now, with the mark of the cycle in which it was said first."""
    snapshot = small_snapshot()
    first, *others = snapshot.tasks
    repeated = (dataclasses.replace(one, repeats=FIRST if one.agency == "X-3" else "") for one in first.entries)
    changed = dataclasses.replace(snapshot, tasks=(dataclasses.replace(first, entries=tuple(repeated)), *others))
    assert any("đến nay vẫn chậm hoặc chưa triển khai 1." in line for line in write(changed))


@pytest.mark.parametrize("agency", ["X-4", "SCT"])
def test_what_was_done_in_the_first_half_is_not_lost(agency: str) -> None:
    """X-4 is silent now; SCT states that nothing arose."""
    snapshot = recall(everyone=(then(agency, DONE),))
    first, *others = snapshot.tasks
    nothing = tuple(entry("SCT", NOTHING) if one.agency == "SCT" else one for one in first.entries)
    changed = dataclasses.replace(snapshot, tasks=(dataclasses.replace(first, entries=nothing), *others))
    said = "Thêm 1 lượt đã hoàn thành từ kỳ đó, nay ghi không phát sinh hoặc chưa được báo cáo."
    assert any(said in line for line in write(changed))


def test_the_first_report_of_a_year_says_nothing_of_it() -> None:
    assert not any("Kỳ 6 tháng" in line for line in write(small_snapshot()))


def test_the_annex_names_who_was_late_by_what_became_of_it() -> None:
    (row,) = [line for line in write(everyone()) if "| Kỳ 6 tháng đầu năm 2026" in line]
    assert row == (
        "III.1.a | Quán triệt các nghị quyết | Cơ quan chậm kỳ trước | Kỳ 6 tháng đầu năm 2026 chậm hoặc chưa triển "
        "khai | nay đã hoàn thành: Sở Tài chính; nay đang thực hiện: Công an tỉnh; nay vẫn chậm hoặc chưa triển khai: "
        "UBND xã Yên Châu; nay chưa báo cáo: UBND xã Co Mạ. | "
    )


def test_the_annex_quotes_what_a_lead_agency_said_before() -> None:
    """Behind what it says now."""
    said = write(recall(one=(then("STC", ON_TRACK, "Đã mở 02 lớp"),)))
    assert any("của doanh nghiệp. Kỳ 6 tháng đầu năm 2026: đang thực hiện; Đã mở 02 lớp. | " in line for line in said)


# --- duties of section IV ----------------------------------------------------------------------------------------


def write_duties(duty: str, *earlier: TaskEntry) -> str:
    snapshot = small_snapshot()
    duties = (dataclasses.replace(one, earlier=earlier if one.id == duty else ()) for one in snapshot.obligations)
    plan = dataclasses.replace(small_plan(), cycles=full_plan().cycles)
    content = write_content(
        plan,
        plan.cycles[LAST],
        dataclasses.replace(snapshot, obligations=tuple(duties)),
        audience=Audience.PROVINCE,
    )
    found = [one.text for one in content.sections[0].blocks if isinstance(one, Paragraph) and f"({duty})" in one.text]
    return found[0]


def test_a_duty_done_in_the_first_half_by_an_agency_that_is_silent_now_is_said() -> None:
    said = write_duties("IV.1.b", then("X-4", DONE, "Kế hoạch số 3"))
    assert "1 cơ quan chưa báo cáo; " in said
    assert said.endswith("1 cơ quan chưa báo cáo kỳ này, đã báo cáo hoàn thành trong kỳ 6 tháng đầu năm 2026.")


def test_the_duty_of_one_agency_has_its_words_of_the_whole_year() -> None:
    said = write_duties("IV.2", then("SCT", ON_TRACK, "Đã phát 2 chuyên mục"))
    assert said.endswith("Đã phát 4 chuyên mục. Kỳ 6 tháng đầu năm 2026: Đã phát 2 chuyên mục.")

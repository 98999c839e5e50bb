"""bo-sung.txt: what the coordinator writes where software must not."""

from __future__ import annotations

import codecs
import dataclasses
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kybaocao.demo.figures import Filler
from kybaocao.demo.files import write_file
from kybaocao.demo.season import Act, File
from kybaocao.demo.words import write_sample_words
from kybaocao.documents import package
from kybaocao.documents.model import Paragraph, Style
from kybaocao.documents.report.content import ReportContent, read_content, write_content
from kybaocao.documents.report.open_slots import list_open_slots
from kybaocao.documents.report.supplement import (
    LIMIT_KB,
    Fault,
    Supplement,
    list_unused,
    parse_supplement,
    read_supplement,
    write_blank,
)
from kybaocao.documents.report.targets import describe_result
from kybaocao.figures.canonical_json import to_json
from kybaocao.figures.snapshot import TaskResult
from kybaocao.home import Home
from kybaocao.plan.plan import Plan
from kybaocao.plan.report_document import Audience
from kybaocao.stages.approve import describe_for_approval
from kybaocao.stages.compile_report import compile_report
from kybaocao.stages.publish_to_so_tai_chinh import publish_to_so_tai_chinh
from kybaocao.stages.support.operator_warnings import list_supplement_warnings
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.report_files import load_contents
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import list_messages
from kybaocao.store.reports import ReportState, ReportVersion, list_versions

from .sample import entry, hash_one, small_cycle, small_plan, small_snapshot
from .test_content import row, tables, texts

NEXT = "[V.2 Nhiệm vụ trọng tâm thời gian tới]"
WORDS = f"{NEXT}\nTập trung các nhiệm vụ sau:\n- Cắt giảm thủ tục hành chính.\n+ Trong quý I.\n"


def parse(text: str | bytes) -> Supplement:
    return parse_supplement(text.encode() if isinstance(text, str) else text, list_open_slots(small_plan()))


def list_texts(supplement: Supplement) -> dict[str, list[tuple[str, Style]]]:
    return {key: [(p.text, p.style) for p in found] for key, found in supplement.paragraphs.items()}


def faults(supplement: Supplement) -> list[tuple[Fault, int]]:
    return [(problem.fault, problem.line) for problem in supplement.problems]


def write(text: str = "", **changed: Any) -> ReportContent:
    snapshot = dataclasses.replace(small_snapshot(), **changed)
    return write_content(small_plan(), small_cycle(), snapshot, parse(text), Audience.PROVINCE)


def after(content: ReportContent, part: int, text: str) -> list[str]:
    lines = texts(content, part)
    return lines[lines.index(text) + 1 :]


# --- reading -------------------------------------------------------------------------------------------

EXPECTED = {
    "V.2": [
        ("Tập trung các nhiệm vụ sau:", Style.BODY),
        ("Cắt giảm thủ tục hành chính.", Style.ITEM),
        ("Trong quý I.", Style.SUBITEM),
    ]
}


@pytest.mark.parametrize(
    "data",
    [
        WORDS.encode(),
        codecs.BOM_UTF8 + WORDS.replace("\n", "\r\n").encode(),
        WORDS.encode("utf-16"),
        unicodedata.normalize("NFD", WORDS).encode(),
        WORDS.replace(NEXT, "  [ v. 2  NHIỆM VỤ trọng tâm ] :").replace("\n", "  \n\n").encode(),
        WORDS.replace(NEXT, "# ghi chú của tôi\n[V.2]").encode(),
        WORDS.replace(NEXT, "[V.2. Nhiệm vụ").encode(),
        WORDS.replace(NEXT + "\n", NEXT + " ").replace("- ", "-\u00a0").encode(),
        WORDS.replace("+ Trong", f"{NEXT}\n+ Trong").encode(),
    ],
    ids=["plain", "windows", "utf-16", "nfd", "careless", "noted", "unclosed", "one-line", "twice"],
)
def test_a_file_is_read_however_it_was_saved(data: bytes) -> None:
    """Byte-order mark, line ends, capitals, spaces: an officer's editor decides those, not the officer."""
    found = parse(data)
    assert list_texts(found) == EXPECTED
    assert not found.problems


def test_a_minus_before_a_figure_begins_no_item() -> None:
    """ "-5% so với cùng kỳ" keeps its sign."""
    assert list_texts(parse("[IV]\n-5% so với cùng kỳ"))["IV"] == [("-5% so với cùng kỳ", Style.BODY)]


@pytest.mark.parametrize("heading", ["[VI Khác]", "[III.9 Khác]", "[III.2.1.a Tháo gỡ]", "[IV.1]", "[Khác]", "[]"])
def test_an_unknown_heading_is_reported_with_its_line(heading: str) -> None:
    """Its words are left out, those under known headings are not."""
    found = parse(f"{WORDS}\n{heading}\nKhông dùng được\n[IV]\nDùng được")
    assert faults(found) == [(Fault.UNKNOWN_HEADING, 6)]
    assert list_texts(found) == EXPECTED | {"IV": [("Dùng được", Style.BODY)]}


def test_a_key_is_not_mistaken_for_a_longer_one() -> None:
    """III.2.SCT is the agency's slot, III.2 the section's; IV is not I."""
    found = parse("[III.2.sct Sở]\na\n[III.2. Cải cách]\nb\n[IV Nguyên nhân]\nc")
    assert list(found.paragraphs) == ["III.2.SCT", "III.2", "IV"]


def test_words_before_the_first_heading_are_reported() -> None:
    """Nobody knows where they belong."""
    found = parse(f"Kính gửi\nPhòng Tổng hợp\n{WORDS}")
    assert faults(found) == [(Fault.NO_HEADING, 1)]
    assert list_texts(found) == EXPECTED


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"x" * (LIMIT_KB * 1024 + 1), Fault.TOO_LARGE),
        (WORDS.encode("cp1258", errors="replace"), Fault.NOT_UTF_8),
        (b"PK\x03\x04\xff\xfe", Fault.NOT_UTF_8),
    ],
    ids=["large", "ansi", "word"],
)
def test_a_file_that_cannot_be_used_is_reported(data: bytes, fault: Fault) -> None:
    """It stops nothing."""
    found = parse(data)
    assert [problem.fault for problem in found.problems] == [fault]
    assert not found.paragraphs


def test_a_folder_in_place_of_the_file_is_reported(tmp_path: Path) -> None:
    """And no file at all is no problem."""
    assert [p.fault for p in read_supplement(tmp_path, small_plan()).problems] == [Fault.UNREADABLE]
    assert read_supplement(tmp_path / "bo-sung.txt", small_plan()) == Supplement()


# --- the report ----------------------------------------------------------------------------------------


def test_every_mark_in_the_text_belongs_to_a_named_slot() -> None:
    """What waits is what is printed as waiting, in the order of the report."""
    content = write(documents=())
    assert content.waiting == (
        "I Công tác chỉ đạo, điều hành",
        "III.2.SCT Sở Công Thương – nhiệm vụ chưa báo cáo",
        "III.3 Hỗ trợ doanh nghiệp – đánh giá chung",
        "III Đánh giá chung kết quả thực hiện",
        "V.2 Phương hướng, nhiệm vụ trọng tâm năm 2027",
    )
    assert sum(text.count(content.placeholder) for text in texts(content)) == len(content.waiting) == 5
    assert set(content.waiting) <= {slot.label for slot in list_open_slots(small_plan(), small_cycle())}


def test_supplied_words_take_the_place_of_the_mark() -> None:
    """Every slot written: nothing waits, and what is not reported is still named as such."""
    waiting = write(documents=()).waiting
    content = write("".join(f"[{label}]\nLời của {label}\n" for label in waiting), documents=())
    assert len(content.waiting) == 0
    assert content.slots == waiting
    assert not any(content.placeholder in text for text in texts(content))
    silent = "Sở Công Thương chưa báo cáo 1 nhiệm vụ: “Xử lý phản ánh về chi phí không chính thức”."
    assert after(content, 3, silent)[0] == f"Lời của {waiting[1]}"
    assert after(content, 3, "4. Đánh giá chung") == [f"Lời của {waiting[3]}"]
    assert after(content, 5, "2. Phương hướng, nhiệm vụ trọng tâm năm 2027") == [f"Lời của {waiting[4]}./."]


def test_an_assessment_ends_its_section() -> None:
    """After what was counted, before the next section."""
    content = write("[III.1]\nTiến độ đạt yêu cầu.\n- Cần thêm biên chế.")
    assert after(content, 3, "1. Thể chế nền tảng")[1:4] == [
        "Tiến độ đạt yêu cầu.",
        "Cần thêm biên chế.",
        "2. Cải cách thủ tục hành chính",
    ]


def test_remarks_on_causes_end_part_four() -> None:
    """Numbered after the sections; without difficulties they stand alone."""
    text = "[IV Nguyên nhân]\nChủ yếu do hạ tầng."
    assert texts(write(text), 4)[-2:] == ["3. Nhận xét chung về nguyên nhân", "Chủ yếu do hạ tầng."]
    assert texts(write(text, difficulties=()), 4)[1:] == ["Chủ yếu do hạ tầng."]


def test_supplied_words_are_part_of_what_is_approved() -> None:
    """One word more, another checksum; and the stored content reads back whole."""
    content = write(WORDS)
    assert hash_one(content) != hash_one(write())
    assert hash_one(content) != hash_one(write(WORDS.replace("quý I", "quý II")))
    assert read_content(to_json(content)) == content


def test_notes_and_faults_of_the_file_are_no_content() -> None:
    """A note added to the file makes no new version."""
    assert hash_one(write(f"# ghi chú\n{WORDS}[X]\n")) == hash_one(write(WORDS))


def test_the_mark_left_in_supplied_words_still_waits() -> None:
    """The officer kept it beside a half-written sentence."""
    assert len(write(f"{NEXT}\nTiếp tục [Sở Tài chính bổ sung]").waiting) == len(write().waiting)


def test_words_for_an_agency_that_has_reported_are_reported_as_unused() -> None:
    """They would contradict its own; lasting slots are never unused."""
    words = parse("[III.2.SCT]\nĐã đôn đốc.\n[III.1]\nTốt.\n[IV]\nKhách quan.")
    plan, snapshot = small_plan(), small_snapshot()
    assert list_unused(words, plan, write().slots) == []
    done = TaskResult(
        "III.2.2.a", 2, tuple(entry(code, snapshot.tasks[0].entries[0].status) for code in ("CAT", "SCT")), ()
    )
    tasks = tuple(done if task.id == done.id else task for task in snapshot.tasks)
    content = write_content(plan, small_cycle(), dataclasses.replace(snapshot, tasks=tasks), words, Audience.PROVINCE)
    assert [(p.fault, p.text[:9]) for p in list_unused(words, plan, content.slots)] == [
        (Fault.CLOSED_SLOT, "III.2.SCT")
    ]
    assert "Đã đôn đốc." not in texts(content, 3)


def test_a_result_is_described_as_the_table_prints_it() -> None:
    """The letter and the report never show two readings of one figure; T01 both show by its parts."""
    summary = next(tables(write()))
    described = {
        r.id: describe_result(i, r)
        for i, r in zip(small_plan().indicators, small_snapshot().indicators, strict=True)
        if r.id != "T01"
    }
    assert described == {code: row(summary, code)[3] for code in described}
    assert (described["T05"], described["T06"], described["T09"]) == ("21/34", "Chưa công bố", "Chưa có số liệu")
    assert described["T14"] == "0/412"


# --- the blank file ------------------------------------------------------------------------------------


def test_the_blank_file_asks_for_the_open_slots_and_says_nothing(tmp_path: Path) -> None:
    """Three lines of instruction, a heading for each, the optional ones as notes; empty, it changes no report."""
    path, plan, waiting = tmp_path / "reports" / "bo-sung.txt", small_plan(), write().waiting
    assert write_blank(path, plan, small_cycle(), waiting) == path.read_bytes()
    lines = path.read_bytes().decode("utf-8-sig").split("\r\n")
    assert all(line.startswith("# ") and line.endswith(".") for line in lines[:3])
    assert "còn ghi [Sở Tài chính bổ sung]" in lines[1]
    assert [line for line in lines if line.startswith("[")] == [f"[{label}]" for label in waiting]
    assert "# [IV Nguyên nhân chủ quan, khách quan – nhận xét chung]" in lines
    read = read_supplement(path, plan)
    assert (dict(read.paragraphs), read.problems) == ({}, ())
    assert [found.name for found in path.parent.iterdir()] == ["bo-sung.txt"]


def test_every_heading_of_the_blank_file_is_found_again(tmp_path: Path) -> None:
    """Also the optional ones, once their # is gone."""
    path, plan = tmp_path / "bo-sung.txt", small_plan()
    write_blank(path, plan, small_cycle(), [slot.label for slot in list_open_slots(plan) if not slot.is_lasting])
    lines = path.read_text(encoding="utf-8-sig").replace("# [", "[").splitlines()
    headed = "\n".join(f"{line}\nLời" if line.startswith("[") else line for line in lines)
    found = parse(headed)
    assert not found.problems
    assert set(found.paragraphs) == {slot.key for slot in list_open_slots(plan)}


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "none"])
def test_what_somebody_has_written_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """Nor on drives without hard links; nothing is left beside it."""
    if not links:

        def refuse(self: Path, target: Path) -> None:
            raise PermissionError(self, target)

        monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = tmp_path / "bo-sung.txt"
    assert write_blank(path, small_plan(), small_cycle(), ())
    path.write_text(WORDS, encoding="utf-8")
    assert write_blank(path, small_plan(), small_cycle(), ()) is None
    assert path.read_text(encoding="utf-8") == WORDS
    assert list(tmp_path.iterdir()) == [path]


def test_slots_of_the_plan_have_keys_of_their_own(plan: Plan) -> None:
    """Eight sections, and every agency a task names."""
    slots = list_open_slots(plan)
    assert len({slot.key for slot in slots}) == len({slot.label for slot in slots}) == len(slots)
    assert [s.key for s in slots if s.is_lasting] == [*(f"III.{n}" for n in range(1, 9)), "III", "IV", "V.2"]
    found = parse_supplement("".join(f"[{s.label}]\nLời\n" for s in slots).encode(), slots)
    assert list(found.paragraphs) == [slot.key for slot in slots]


# --- the stages ----------------------------------------------------------------------------------------


def last_version(p: Pass) -> ReportVersion:
    with p.store.read() as connection:
        return list_versions(connection, p.cycle.id)[-1]


def stored(p: Pass) -> ReportContent:
    return load_contents(p.home.root / last_version(p).folder)[Audience.PROVINCE]


def draft_letters(p: Pass) -> list[str]:
    with p.store.read() as connection:
        queued = [found.message for found in list_messages(connection, p.cycle.id)]
    return [message.text for message in queued if message.kind == "phat_hanh_so_tai_chinh"]


def recompile(p: Pass) -> int | None:
    """Only this stage: no return came in since."""
    return compile_report(p, last_version(p).snapshot)


def test_from_the_first_draft_to_a_report_with_no_open_slot(
    home: Home, plan: Plan, begin: Callable[..., Pass], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way: blank file, letter, the officer's words, the next version, faults reported to operators."""
    monkeypatch.setattr(package, "convert_to_pdf", lambda docx: None)  # slow, and says nothing more
    filler = Filler(2026)
    for number, code in enumerate(("STC", "TTRA", "X-04183")):
        inbox = home.inbox(code, "nq02-2026-ky2")
        inbox.mkdir(parents=True, exist_ok=True)
        write_file(plan, "nq02-2026-ky2", Act(code, File.GOOD, "Chờ số liệu của cơ quan thuế"), filler, inbox, number)
    p = begin("2026-12-14T10:00")
    assert run_pass(p)["report_version"] == 1
    path = home.supplement(p.cycle.id)
    first = stored(p)
    assert len(first.waiting) > 3
    assert f"[{first.waiting[-1]}]" in path.read_text(encoding="utf-8-sig")

    asked = describe_for_approval(p, 1)
    assert f"Còn {len(first.waiting)} chỗ chờ Sở Tài chính bổ sung" in asked
    assert "reports/nq02-2026-ky2/bo-sung.txt" in asked
    [letter] = draft_letters(p)
    assert f"Chỉ đạo viết {len(first.waiting)} nội dung còn chờ Sở Tài chính bổ sung" in letter

    later = begin("2026-12-14T14:00")
    assert recompile(later) is None  # the blank file says nothing new
    assert write_sample_words(p.cycle.id) == first.waiting
    assert recompile(later) == 2
    assert len(stored(later).waiting) == 0
    assert "chỗ chờ" not in describe_for_approval(later, 2)
    assert publish_to_so_tai_chinh(later, 2)
    assert ["còn chờ Sở Tài chính bổ sung" in text for text in draft_letters(p)] == [True, False]
    assert list_supplement_warnings(later) == []

    # Saved in the wrong encoding: nothing written before is lost, and the operators hear of it.
    good = path.read_bytes()
    path.write_bytes(b"\xff" + good)
    assert recompile(later) is None
    [warning] = list_supplement_warnings(later)
    assert warning.startswith("Tệp reports/nq02-2026-ky2/bo-sung.txt: không phải văn bản mã UTF-8")

    path.write_bytes(good + "[III.7.1 Hỗ trợ]\nLời\n[III.8]\nThanh tra giảm.\n".encode())
    assert recompile(later) == 3
    assert any(isinstance(b, Paragraph) and b.text == "Thanh tra giảm." for b in stored(later).sections[2].blocks)
    [warning] = list_supplement_warnings(later)
    assert "không có mục “III.7.1 Hỗ trợ”" in warning
    assert last_version(later).state == ReportState.COMPILED

"""Every letter of a season: complete, Vietnamese, the same in HTML and in plain text."""

from __future__ import annotations

import dataclasses
import html
import os
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from kybaocao.findings import TEMPLATES
from kybaocao.mail.letters import write_letter, write_slip
from kybaocao.mail.read_figures import ReadTable
from kybaocao.stages.support.passes import Pass
from tests.mail.conftest import Season

GOLDEN = Path(__file__).parent / "golden"
LETTERS = sorted(path.stem for path in (TEMPLATES / "mail").glob("[!_]*.j2"))
LEADERS = ("phat_hanh_so_tai_chinh", "danh_sach_qua_han", "bao_cao_chu_tich")
TO_AGENCIES = (
    "chua_nop",
    "kem_theo",
    "mo_ky",
    "nhac",
    "nhac_chung",
    "qua_han",
    "qua_han_thu_truong",
    "tiep_nhan",
    "tra_lai",
)
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
FIRST_HEADING = re.compile(r"<tr><th[^>]*>[^<]*</th>")  # the text needs no name for what a row is about
PICTURE = re.compile(r'<img src="cid:[a-z.-]+@kybaocao" alt="([^"]*)"[^>]*>')


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def test_a_season_writes_every_letter_there_is(season: Season) -> None:
    """No template is left that no pass would ever use."""
    assert len(LETTERS) == 17
    assert sorted(season) == LETTERS


@pytest.mark.parametrize("kind", LETTERS)
def test_a_subject_is_one_vietnamese_line(season: Season, kind: str) -> None:
    """Short enough for a list of letters, marked as sample data, without a blank left unfilled."""
    subject = season[kind].subject
    assert subject.startswith("[MẪU] ")
    assert any(unicodedata.combining(mark) for mark in unicodedata.normalize("NFD", subject))
    assert ("\n" not in subject, len(subject) <= 90, "None" not in subject) == (True, True, True)


@pytest.mark.parametrize("kind", LETTERS)
def test_the_plain_text_has_no_markup(season: Season, kind: str) -> None:
    """What a reader without HTML sees is text, composed Unicode, with nothing unfilled."""
    text = season[kind].text
    assert len(text) > 150
    assert TAG.findall(text) == []
    assert [mark for mark in ("{{", "{%", "None", "&amp;", "&lt;", "\t") if mark in text] == []
    assert unicodedata.is_normalized("NFC", text)


@pytest.mark.parametrize("kind", LETTERS)
def test_html_and_text_say_the_same(season: Season, kind: str) -> None:
    """Every word of the text version stands in the HTML version and the other way round."""
    message = season[kind]
    body = PICTURE.sub(r"\1", FIRST_HEADING.sub("<tr>", message.html.split("<body", 1)[1]))
    shown = html.unescape(TAG.sub(" ", "<body" + body))
    numbering = {str(number) for number in range(100)}
    assert (words(message.text) ^ words(shown)) - numbering == set()


@pytest.mark.parametrize("kind", LETTERS)
def test_the_html_needs_nothing_from_outside(season: Season, kind: str) -> None:
    """One page in Vietnamese with its styles inline: no script, no link; a picture travels with the letter."""
    page, pictures = PICTURE.subn("", season[kind].html)
    assert pictures == sum(one.is_inline for one in season[kind].attachments)
    assert page.startswith('<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><meta name="viewport"')
    assert re.findall(r"<script|<img|<link|<style|\bsrc=|\bhref=|url\(", page) == []
    tags = re.findall(r"<(/?)(\w+)", page)
    assert {name for slash, name in tags if not slash} - {name for slash, name in tags if slash} <= {"meta", "br"}


@pytest.mark.parametrize("kind", [kind for kind in LETTERS if kind != "van_hanh"])
def test_a_letter_names_the_officer_to_ask(season: Season, kind: str) -> None:
    """Name, telephone and address of the officer in charge, in both versions."""
    for version in (season[kind].text, season[kind].html):
        assert [w for w in ("Lò Thị Hương", "0212 3850 102", "tonghop.stc@sonla.example.vn") if w not in version] == []


@pytest.mark.parametrize("kind", [kind for kind in LETTERS if kind != "van_hanh"])
def test_a_telephone_number_stays_on_one_line(season: Season, kind: str) -> None:
    """At 390 pixels half of it would stand on the next line."""
    assert '<span style="white-space:nowrap">0212 3850 102</span>' in season[kind].html


@pytest.mark.parametrize("kind", TO_AGENCIES)
def test_an_agency_is_addressed_with_courtesy(season: Season, kind: str) -> None:
    """Kính gửi, Quý cơ quan or Đồng chí; never an order or a threat."""
    text = season[kind].text
    assert "Kính gửi: " in text
    assert "Quý cơ quan" in text or "Đồng chí" in text
    assert re.findall(r"yêu cầu|bắt buộc|xử lý kỷ luật|vi phạm", text, re.IGNORECASE) == []


@pytest.mark.parametrize("kind", LETTERS)
def test_a_letter_reads_as_agreed(season: Season, kind: str) -> None:
    """The whole text version, checksums apart; UPDATE_GOLDEN=1 writes it anew."""
    message = season[kind]
    text = re.sub(r"\b[0-9a-f]{12,64}\b", "…", f"{message.subject}\n\n{message.text}")
    path = GOLDEN / f"{kind}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_a_list_of_the_late_adds_up(season: Season) -> None:
    """Accepted and missing make all who are asked: for the Chairman, whose letter says so, the bound bodies only."""
    counts = {}
    for kind, said in (
        ("danh_sach_qua_han", r"(?P<accepted>\d+)/(?P<asked>\d+) cơ quan đã báo cáo"),
        (
            "bao_cao_chu_tich",
            r"trong (?P<asked>\d+) cơ quan bắt buộc phải báo cáo \(số chung ở trên tính cả cơ quan được mời báo cáo\), "
            r"(?P<accepted>\d+) cơ quan đã hoàn",
        ),
    ):
        found = re.search(said, season[kind].text)
        assert found is not None
        listed = len(re.findall(r"^  \d+\. ", season[kind].text, re.MULTILINE))
        counts[kind] = int(found["accepted"]) + listed, int(found["asked"])
    assert counts == {"danh_sach_qua_han": (5, 5), "bao_cao_chu_tich": (4, 4)}


def test_every_letter_to_leaders_has_the_same_headline(season: Season) -> None:
    """The Chairman and the coordinator's leaders read one count of agencies, on one base."""
    found = {kind: re.findall(r"\d+/\d+ cơ quan đã báo cáo \([\d,]+%\)", season[kind].text) for kind in LEADERS}
    assert set(map(tuple, found.values())) == {("2/5 cơ quan đã báo cáo (40,00%)",)}


def test_the_leaders_letter_has_neither_paths_nor_checksums(season: Season) -> None:
    """What a server calls its files, and the digest of a content, say nothing to a leader."""
    for kind in (*LEADERS, "phat_hanh_bo_tai_chinh"):
        assert re.findall(r"reports/|\.txt|[0-9a-f]{12}", season[kind].text) == []


def test_the_ministry_reads_nothing_internal(season: Season) -> None:
    """The province speaks; no codes of ours, no coverage by agency, nobody who was late."""
    text = season["phat_hanh_bo_tai_chinh"].text
    assert "UBND tỉnh Sơn La trân trọng báo cáo." in text
    assert re.findall(r"\b[TD]\d{1,2}\b|cơ quan đã báo cáo|hệ thống gửi tự động|Sở Tài chính phải", text) == []


def test_a_figure_in_a_release_has_its_unit(season: Season) -> None:
    text = season["phat_hanh_bo_tai_chinh"].text
    assert "Kết quả: 4.410 doanh nghiệp" in text
    assert "Kết quả: 6,35 điểm" in text


def test_a_checksum_is_shown_as_twelve_digits(season: Season) -> None:
    """Sixty-four are wider than a telephone."""
    for kind in ("tiep_nhan", "tra_lai", "kem_theo"):
        assert re.findall(r"\b[0-9a-f]{13,}\b", season[kind].text) == []
        assert re.findall(r"Mã kiểm tra tệp: ([0-9a-f]{12})\n", season[kind].text)


def test_figures_of_a_receipt_stand_in_columns(season: Season) -> None:
    """What belongs together in one field, with the share that follows from it."""
    assert "Kỳ này: 811/823 · Lũy kế: 1.553/1.643 · Tỷ lệ: 94,52%" in season["tiep_nhan"].text


def test_findings_stand_before_the_slip_number(season: Season) -> None:
    text = season["tra_lai"].text
    assert text.index("Ô H7") < text.index("Số phiếu")


def test_each_finding_has_its_fix_on_a_line_of_its_own(season: Season) -> None:
    (line,) = re.findall(r"^ +Cách sửa: .*H7.*$", season["tra_lai"].text, re.MULTILINE)
    assert line.strip() == (
        "Cách sửa: Vui lòng sửa H7 hoặc I7; có thể hai số ghi đảo chỗ. “Tử số lũy kế” không lớn hơn “Mẫu số lũy kế”."
    )


# --- what stands in one letter ------------------------------------------------------------------------------------


def remind(p: Pass, template: str, agency: str = "STC", days_left: int = 0) -> str:
    """The text of a chase letter at the pass's moment."""
    facts = {"days_left": days_left, "standing": "chưa nộp", "owed": "Biểu mẫu", "number": 2, "sent_before": 1}
    facts["is_copy"] = False
    return write_letter(template, p, agency=agency, **facts)[2]


@pytest.mark.parametrize(
    ("at", "days_left", "said"),
    [
        ("2026-11-25T08:00", 10, "là thứ Tư 09/12/2026; còn 10 ngày làm việc."),
        ("2026-12-09T08:00", 0, "là thứ Tư 09/12/2026; hôm nay là hạn cuối."),
    ],
)
def test_a_reminder_says_how_long_is_left(begin: Callable[..., Pass], at: str, days_left: int, said: str) -> None:
    """Working days, and on the last day just that."""
    assert said in remind(begin(at), "nhac", days_left=days_left)


def test_a_weekend_between_today_and_the_deadline_is_told(begin: Callable[..., Pass]) -> None:
    """On Friday before a deadline on Sunday no working day is left, but today is not the deadline."""
    p = begin("2026-12-08T08:00")
    assert "hôm nay là ngày làm việc cuối cùng trước hạn." in remind(p, "nhac", days_left=0)


@pytest.mark.parametrize("template", ["qua_han", "qua_han_thu_truong"])
def test_a_date_that_has_passed_is_no_reason_any_more(begin: Callable[..., Pass], template: str) -> None:
    """Until 15/12 the letter names the province's own deadline; in January it does not."""
    assert "trước ngày 15/12/2026" in remind(begin("2026-12-14T08:00"), template)
    assert "15/12/2026" not in remind(begin("2027-01-04T08:00"), template)


YEAR_TWICE = re.compile(r"năm 2026[^.;\n]{0,60}02/NQ-CP năm 2026", re.IGNORECASE)


@pytest.mark.parametrize("kind", LETTERS)
def test_no_letter_says_the_year_twice(season: Season, kind: str) -> None:
    """ "Báo cáo năm 2026 thực hiện Nghị quyết 02/NQ-CP": the cycle's name has the year already."""
    letter = season[kind]
    assert [said[0] for said in YEAR_TWICE.finditer(f"{letter.subject}\n{letter.text}")] == []


def test_a_long_subject_leaves_the_agency_out(begin: Callable[..., Pass]) -> None:
    """The name stands in the letter; without it the rest of the subject can be read in a list."""
    p = begin("2026-12-09T08:00")
    plan = dataclasses.replace(p.plan, agencies=dict(p.plan.agencies))
    plan.agencies["STC"] = p.plan.agencies["STC"].model_copy(update={"name": "Ban Quản lý " + "các khu " * 8})
    facts = {
        "days_left": 0,
        "standing": "chưa nộp",
        "owed": "Biểu mẫu",
        "number": 2,
        "sent_before": 1,
        "is_copy": False,
    }
    short, long = (
        write_letter("nhac", dataclasses.replace(p, plan=one), agency="STC", **facts)[0]  # type: ignore[arg-type]
        for one in (p.plan, plan)
    )
    assert (short, long) == (
        "[MẪU] Hôm nay là hạn cuối: báo cáo năm 2026 – Sở Tài chính",
        "[MẪU] Hôm nay là hạn cuối: báo cáo năm 2026",
    )


def test_whoever_is_late_hears_where_to_say_why(begin: Callable[..., Pass]) -> None:
    said = "Báo cáo nộp sau hạn vẫn được tiếp nhận; đề nghị ghi lý do tại trang “Xác nhận”."
    assert said in remind(begin("2026-12-14T08:00"), "qua_han")


def test_with_nothing_received_nobody_is_thanked(begin: Callable[..., Pass]) -> None:
    facts = {"rows": [("Sở Tư pháp", "chưa nộp", "", "1")], "accepted": 0, "expected": 5, "has_draft": False}
    text = write_letter("danh_sach_qua_han", begin("2026-12-11T08:00"), **facts, headline=None)[2]  # type: ignore[arg-type]
    assert "Sở Tài chính chưa nhận được báo cáo của cơ quan nào trong 5 cơ quan" in text


def test_a_missing_fact_is_an_error_not_a_gap(begin: Callable[..., Pass]) -> None:
    """A letter with a hole is never written."""
    with pytest.raises(UndefinedError, match="standing"):
        write_letter("nhac", begin("2026-12-09T08:00"), agency="STC", days_left=0)


HOSTILE = '<script>alert("1")</script>&<b>'
_ANSWER = {
    "agency": "STC",
    "number": "1",
    "file_name": HOSTILE,
    "sha256": "0",
    "marked": HOSTILE,
    "has_marked_cells": True,
}
_ANSWER |= {"attachments": [(HOSTILE, "x", "y", "0")], "others": [(HOSTILE, "1", "x", "y")]}
RECEIPT = _ANSWER | {"late_days": 0, "replaces": "1", "changes": [HOSTILE], "more_changes": 0, "findings": [HOSTILE]}
RECEIPT |= {"consequence": "sent"}
FIGURES = [ReadTable(HOSTILE, ("Nội dung", "Kỳ này"), ((HOSTILE, "1"),))]
RECEIPT |= {"figures": FIGURES}
RETURN = _ANSWER | {
    "error_count": 1,
    "is_form": True,
    "is_late": False,
    "kept": "",
    "summary": [(HOSTILE, "A1")],
    "is_unmarked": True,
}
RETURN |= {"causes": [(HOSTILE, [("A1", HOSTILE, "x")])], "figures": FIGURES}
COMPANIONS = {"agency": "STC", "any_taken": True, "any_refused": True, "form": "chua_nop", "is_late": False}
COMPANIONS |= {"missing": [HOSTILE]}


LIST = {"rows": [(HOSTILE, "x", "y", "1")], "accepted": 1, "expected": 2, "has_draft": True, "headline": None}


@pytest.mark.parametrize(
    ("template", "facts"),
    [
        ("van_hanh", {"warnings": [HOSTILE]}),
        ("mo_ky", {"agency": "STC", "file_name": HOSTILE, "reason_sheet": HOSTILE, "reason_label": HOSTILE}),
        (
            "qua_han",
            {
                "agency": "STC",
                "days_left": 0,
                "standing": HOSTILE,
                "owed": "x",
                "number": 1,
                "sent_before": 0,
                "is_copy": True,
            },
        ),
        (
            "nhac_chung",
            {"rows": [(HOSTILE, "x", "x", "x", "x", "1")], "is_late": True, "is_copy": True, "to": "dau_moi"},
        ),
        ("danh_sach_qua_han", LIST),
        ("bao_cao_chu_tich", LIST),
        ("bao_cao_chu_tich", LIST | {"rows": [(HOSTILE, "x", "y", "1")] * 20}),
        ("tiep_nhan", RECEIPT),
        ("tra_lai", RETURN),
        ("kem_theo", COMPANIONS),
        ("chua_nop", {"agency": "STC", "rows": [(HOSTILE, "x")]}),
    ],
)
def test_hostile_words_are_shown_not_obeyed(
    begin: Callable[..., Pass], template: str, facts: dict[str, object]
) -> None:
    """A file name or a cell that holds HTML arrives as its own letters."""
    p = begin("2026-12-09T08:00")
    moments = {"received_at": p.local, "rows": [(HOSTILE, "x", p.local, "0", HOSTILE)]}
    _, page, text = write_letter(template, p, **(moments | facts))  # type: ignore[arg-type]
    assert HOSTILE in text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("template", "facts"),
    [("tiep_nhan", RECEIPT), ("tra_lai", RETURN), ("kem_theo", COMPANIONS), ("tep_trung", {"rows": [(HOSTILE,) * 3]})],
)
def test_a_slip_shows_hostile_words_too(begin: Callable[..., Pass], template: str, facts: dict[str, object]) -> None:
    """The page in the folder is opened in a browser: what the agency sent is never part of the page."""
    p = begin("2026-12-09T08:00")
    moments = {"received_at": p.local, "rows": [(HOSTILE, "x", p.local, "0", HOSTILE)]}
    page = write_slip(template, p, **(moments | {"agency": "STC"} | facts))  # type: ignore[arg-type]
    assert "&lt;script&gt;" in page
    assert re.findall(r"<script|<img|<link|\bsrc=|\bhref=|url\(", page) == []

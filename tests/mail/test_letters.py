"""Every letter of a season: complete, Vietnamese, the same in HTML and in plain text."""

from __future__ import annotations

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
from kybaocao.stages.support.passes import Pass
from tests.mail.conftest import Season

GOLDEN = Path(__file__).parent / "golden"
LETTERS = sorted(path.stem for path in (TEMPLATES / "mail").glob("[!_]*.j2"))
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


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def test_a_season_writes_every_letter_there_is(season: Season) -> None:
    """No template is left that no pass would ever use."""
    assert len(LETTERS) == 16
    assert sorted(season) == LETTERS


@pytest.mark.parametrize("kind", LETTERS)
def test_a_subject_is_one_vietnamese_line(season: Season, kind: str) -> None:
    """Short enough for a phone's list, marked as sample data, without a blank left unfilled."""
    subject = season[kind].subject
    assert subject.startswith("[MẪU] ")
    assert any(unicodedata.combining(mark) for mark in unicodedata.normalize("NFD", subject))
    assert ("\n" not in subject, len(subject) < 160, "None" not in subject) == (True, True, True)


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
    body = message.html.split("<body", 1)[1]
    shown = html.unescape(TAG.sub(" ", "<body" + body))
    numbering = {str(number) for number in range(100)}
    assert (words(message.text) ^ words(shown)) - numbering == set()


@pytest.mark.parametrize("kind", LETTERS)
def test_the_html_needs_nothing_from_outside(season: Season, kind: str) -> None:
    """One page in Vietnamese with its styles inline: no script, no picture, no link to load."""
    page = season[kind].html
    assert page.startswith('<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8">')
    assert re.findall(r"<script|<img|<link|<style|\bsrc=|\bhref=|url\(", page) == []
    tags = re.findall(r"<(/?)(\w+)", page)
    assert {name for slash, name in tags if not slash} - {name for slash, name in tags if slash} == {"meta"}


@pytest.mark.parametrize("kind", [kind for kind in LETTERS if kind != "van_hanh"])
def test_a_letter_names_the_officer_to_ask(season: Season, kind: str) -> None:
    """Name, telephone and address of the officer in charge, in both versions."""
    for version in (season[kind].text, season[kind].html):
        assert [w for w in ("Lò Thị Hương", "0212 3850 102", "tonghop.stc@sonla.example.vn") if w not in version] == []


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


@pytest.mark.parametrize(("kind", "bodies"), [("danh_sach_qua_han", 5), ("bao_cao_chu_tich", 4)])
def test_a_list_of_the_late_adds_up(season: Season, kind: str, bodies: int) -> None:
    """Accepted and missing make all who are asked: for the Chairman, the bound bodies only."""
    text = season[kind].text
    accepted, asked = map(int, re.findall(r"(?<![\d/])(\d+)/(\d+) (?:báo cáo|cơ quan)", text)[0])
    listed = len(re.findall(r"^  \d+\. Cơ quan: ", text, re.MULTILINE))
    assert (accepted + listed, asked) == (bodies, bodies)


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
RECEIPT |= {"figures": [("K", HOSTILE, "1")]}
RETURN = _ANSWER | {
    "error_count": 1,
    "is_form": True,
    "is_late": False,
    "kept": "",
    "summary": [(HOSTILE, "A1")],
    "is_unmarked": True,
}
RETURN |= {"causes": [(HOSTILE, [("A1", HOSTILE, "x")])], "figures": [("K", HOSTILE, "1")]}
COMPANIONS = {"agency": "STC", "any_taken": True, "any_refused": True, "form": "chua_nop", "is_late": False}
COMPANIONS |= {"missing": [HOSTILE]}


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
        ("danh_sach_qua_han", {"rows": [(HOSTILE, "x", "y", "1")], "accepted": 1, "expected": 2, "has_draft": True}),
        ("bao_cao_chu_tich", {"rows": [(HOSTILE, "x", "y", "1")], "accepted": 1, "expected": 2, "has_draft": True}),
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

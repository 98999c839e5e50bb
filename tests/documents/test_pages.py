"""The printed pages of both documents of the sample season, measured: Nghị định 30/2020/NĐ-CP, Phụ lục I."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pypdf import PdfReader

from kybaocao.documents.pdf import convert_to_pdf, find_converter
from kybaocao.documents.report.content import SignOff, write_content
from kybaocao.documents.report.document import render_document
from kybaocao.plan.report_document import Audience

from .demo_season import demo_snapshot
from .sample import AS_OF, full_plan

pytestmark = pytest.mark.skipif(find_converter() is None, reason="LibreOffice is not on this machine")

MOST_BODY_PAGES = 12
POINT = 25.4 / 72  # millimetres
SLACK = 0.65  # millimetres: the box of a 14-point letter reaches 0,601 below a line that ends the page
BOTH = pytest.mark.parametrize("audience", list(Audience))
SAMPLE_MARK = "DỮ LIỆU MẪU"


@dataclass(frozen=True)
class Word:
    """Millimetres from the left and from the top of its page."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    @property
    def middle_height(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True)
class Page:
    width: float
    height: float
    words: tuple[Word, ...]

    @property
    def is_landscape(self) -> bool:
        return self.width > self.height

    def find(self, *texts: str) -> list[Word]:
        """The first place where these words follow each other."""
        said = [word.text for word in self.words]
        start = next(n for n in range(len(said)) if said[n : n + len(texts)] == list(texts))
        return list(self.words[start : start + len(texts)])


@functools.cache
def print_document(audience: Audience) -> Path:
    plan = full_plan()
    content = write_content(plan, plan.require_cycle("nq02-2026-ky2"), demo_snapshot(), audience=audience)
    folder = Path(tempfile.mkdtemp(prefix="kybaocao-pages-"))
    document = folder / "a.docx"
    document.write_bytes(render_document(dataclasses.replace(content, sample_mark=""), AS_OF))
    made = convert_to_pdf(document)
    assert made is not None
    return made


@functools.cache
def read_pages(audience: Audience) -> tuple[Page, ...]:
    command = ["pdftotext", "-bbox", str(print_document(audience)), "-"]
    text = subprocess.run(command, capture_output=True, check=True).stdout
    return tuple(_read_page(page) for page in ET.fromstring(text).iter("{http://www.w3.org/1999/xhtml}page"))


def _read_page(page: ET.Element) -> Page:
    def mm(element: ET.Element, name: str) -> float:
        return float(element.attrib[name]) * POINT

    words = tuple(
        Word((word.text or "").strip(), *(mm(word, side) for side in ("xMin", "yMin", "xMax", "yMax"))) for word in page
    )
    return Page(mm(page, "width"), mm(page, "height"), words)


def list_body(audience: Audience) -> list[Page]:
    pages = read_pages(audience)
    return list(pages[: next(n for n, page in enumerate(pages) if page.is_landscape)])


def is_page_number(word: Word, page: Page) -> bool:
    return word.text.isdecimal() and word.bottom < 20 and abs(word.middle - page.width / 2) < 20


# --- how much there is to read --------------------------------------------------------------------------


@BOTH
def test_the_body_has_at_most_twelve_pages(audience: Audience) -> None:
    """Letterhead to signature; names, reasons and lists stand in the annexes."""
    pages = list_body(audience)
    assert 5 <= len(pages) <= MOST_BODY_PAGES
    assert any(word.text == "nhận:" for word in pages[-1].words)  # Nơi nhận


@BOTH
def test_no_page_of_the_body_is_nearly_empty(audience: Audience) -> None:
    """A page with a single line on it would be a fault of the layout; only the last one may be short."""
    for page in list_body(audience)[:-1]:
        assert max(word.bottom for word in page.words) > 200


# --- the page -------------------------------------------------------------------------------------------


@BOTH
def test_text_keeps_the_margins_of_the_decree(audience: Audience) -> None:
    """Phần I, mục I: top and bottom 20-25 mm, left 30-35, right 15-20; pages are A4."""
    pages = read_pages(audience)
    for page in pages:
        assert sorted((round(page.width), round(page.height))) == [210, 297]
        text = [word for word in page.words if word.text and not is_page_number(word, page)]
        assert min(word.left for word in text) >= 30 - SLACK
        assert max(word.right for word in text) <= page.width - 15 + SLACK
        assert min(word.top for word in text) >= 20 - SLACK
        assert max(word.bottom for word in text) <= page.height - 20 + SLACK
    body = [word for page in list_body(audience) for word in page.words if not is_page_number(word, page)]
    assert min(word.left for word in body) <= 35  # the margin is used, not exceeded
    assert max(word.right for word in body) >= 210 - 20
    tops = [min(w.top for w in page.words if not is_page_number(w, page)) for page in list_body(audience)]
    assert min(tops) <= 25  # a page that begins with a picture has its first word further down


@BOTH
def test_the_page_number_is_centred_in_the_top_margin_from_page_two(audience: Audience) -> None:
    """Phần I, mục II: Arabic, size 13-14, not on the first page; every annex counts from one again."""
    body = list_body(audience)
    for number, page in enumerate(body, start=1):
        found = [word for word in page.words if is_page_number(word, page)]
        assert [word.text for word in found] == ([str(number)] if number > 1 else [])
        for word in found:
            # Centred between the margins, as an official's word processor centres it.
            assert word.middle == pytest.approx(30 + (page.width - 45) / 2, abs=1.5)
    annexes = read_pages(audience)[len(body) :]
    numbers = [[int(w.text) for w in page.words if is_page_number(w, page)] for page in annexes]
    expected = 0
    for found in numbers:
        expected = expected + 1 if found else 1
        assert found == ([expected] if found else [])
    assert any(numbers)


@BOTH
def test_type_sizes_are_those_of_the_decree(audience: Audience) -> None:
    """Text 14 points (13-14), "Nơi nhận" 11-12, numbers of pages 13; tables of the body 10."""
    sizes: Counter[float] = Counter()
    fonts: Counter[str] = Counter()
    for page in PdfReader(print_document(audience)).pages[: len(list_body(audience))]:
        for text, size, font in _list_runs(page):
            sizes[round(size, 1)] += len(text)
            fonts[font] += len(text)
    assert sizes.most_common(1)[0][0] == 14
    assert set(sizes) <= {10, 11, 12, 13, 14}
    assert all(re.search(r"TimesNewRoman|LiberationSerif", font) for font in fonts)


def _list_runs(page: object) -> Iterator[tuple[str, float, str]]:
    found: list[tuple[str, float, str]] = []

    def visit(text: str, cm: list[float], tm: list[float], font: dict[str, str] | None, size: float) -> None:
        if text.strip() and font:
            found.append((text.strip(), size * abs(tm[3]) * abs(cm[3]), font["/BaseFont"]))

    page.extract_text(visitor_text=visit)  # type: ignore[attr-defined]
    return iter(found)


@BOTH
def test_lines_and_paragraphs_have_the_distances_of_the_decree(audience: Audience) -> None:
    """Ô 6: lines between single and one and a half, at least 6 points more between paragraphs; first lines indented."""
    page = list_body(audience)[4]
    lines: dict[float, list[Word]] = {}
    for word in page.words:
        if not is_page_number(word, page):
            lines.setdefault(round(word.top, 1), []).append(word)
    tops = sorted(lines)
    steps = [(later - earlier) / POINT for earlier, later in itertools.pairwise(tops)]
    single = 14 * 1.15
    assert min(step for step in steps if step > 8) >= single - 1
    starts = {round(min(word.left for word in line)) for line in lines.values()}
    assert 30 in starts
    assert 43 in starts  # 1,27 cm further in


# --- the components -------------------------------------------------------------------------------------


@BOTH
def test_the_letterhead_stands_where_the_diagram_puts_it(audience: Audience) -> None:
    """Ô 1-4: issuing body and number on the left; quốc hiệu, tiêu ngữ, place and date on the right, level with them."""
    page = list_body(audience)[0]
    nation = page.find("CỘNG", "HÒA", "XÃ", "HỘI", "CHỦ", "NGHĨA", "VIỆT", "NAM")
    motto = page.find("Độc", "lập", "-", "Tự", "do", "-", "Hạnh", "phúc")
    issuer = page.find("TỈNH", "SƠN", "LA")
    number = page.find("Số:")
    place = page.find("Sơn", "La,", "ngày")
    middle = page.width / 2
    assert nation[0].top == pytest.approx(20, abs=3)
    assert all(word.left > middle - 15 for word in (*nation, *motto, *place))
    assert all(word.right < middle for word in (*issuer, *number))
    assert issuer[0].top < number[0].top
    assert motto[0].middle_height > nation[0].bottom
    assert place[0].top == pytest.approx(number[0].top, abs=1.5)

    def centre(words: list[Word]) -> float:
        return (words[0].left + words[-1].right) / 2

    assert centre(nation) == pytest.approx(centre(motto), abs=1)


@BOTH
def test_the_signature_is_level_with_the_recipients(audience: Audience) -> None:
    """Ô 7a and 9b: on one page, the title in the right half."""
    page = list_body(audience)[-1]
    label = page.find("Nơi", "nhận:")
    title = page.find("GIÁM", "ĐỐC") if audience is Audience.PROVINCE else page.find("TM.", "ỦY", "BAN")
    assert label[0].left == pytest.approx(30, abs=2)
    assert title[0].top == pytest.approx(label[0].top, abs=2)
    assert title[0].left > page.width / 2


@BOTH
def test_headings_of_tables_are_repeated_on_every_page(audience: Audience) -> None:
    """An annex of several pages can be read from any of them."""
    annexes = read_pages(audience)[len(list_body(audience)) :]
    for page in annexes:
        highest = min(word.top for word in page.words if word.text in ("STT", "Mã"))
        first_column = [word for word in page.words if word.left < 45 and not is_page_number(word, page)]
        codes = [word.top for word in first_column if re.fullmatch(r"\d+\.?\d*|[TD]\d.*|III\.[\w.]+", word.text)]
        assert highest < min(codes)


def test_a_signed_document_has_as_many_pages(tmp_path: Path) -> None:
    """Number, date and name take the room that was left for them."""
    plan = full_plan()
    content = write_content(plan, plan.require_cycle("nq02-2026-ky2"), demo_snapshot())
    signed = SignOff("215", AS_OF.date(), "Nguyễn Văn Mẫu", "Phó Chủ tịch")
    document = tmp_path / "a.docx"
    document.write_bytes(render_document(dataclasses.replace(content, annexes=()), AS_OF, signed))
    pdf = convert_to_pdf(document)
    assert pdf is not None
    assert abs(len(PdfReader(pdf).pages) - len(list_body(Audience.MINISTRY))) <= 1

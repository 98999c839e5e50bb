"""What an agency finds in its folder beside the verdict: differences, repeated files, a page to print."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.mail.letters import write_letter
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.store.outbox import list_messages
from tests.attachments.attachment_files import PDF
from tests.checks.catalogue import edit
from tests.stages.conftest import MIDDAY, drop
from tests.workbook.test_xls import LEGACY, convert, needs_libreoffice

Small = Callable[[str], Pass]
AGENCY = "X-04183"
HOSTILE = "<img src=x onerror=alert(1)>&.pdf"


def _look(p: Pass) -> None:
    for agency in collect_files(p).waiting:
        validate_agency(p, agency)


def _page(p: Pass, name: str) -> str:
    return (p.home.replies(AGENCY, p.cycle.id) / name).read_text(encoding="utf-8")


def _items(page: str) -> list[str]:
    return [html.unescape(item) for item in re.findall("<li>(.*?)</li>", page)]


def test_the_receipt_of_a_replacement_lists_what_changed(small: Small) -> None:
    """On the page and in the mail, against the version that was in force."""
    p = small(MIDDAY)
    figures = {"ty_le/T15/tu_so_ky": 40, "ty_le/T15/mau_so_ky": 50, "ty_le/T15/mau_so_luy_ke": 100}
    drop(p, AGENCY, name="a.xlsx", **figures, **{"ty_le/T15/tu_so_luy_ke": 90})
    _look(p)
    drop(p, AGENCY, name="b.xlsx", **figures, **{"ty_le/T15/tu_so_luy_ke": 95})
    _look(p)
    page = _page(p, "Phieu-tiep-nhan_02.html")
    with p.store.read() as connection:
        mail = list_messages(connection, p.cycle.id)[-1].message
    assert _items(page) == ["T15 Tử số lũy kế: 90 → 95"] == _items(mail.html)
    assert "  - T15 Tử số lũy kế: 90 → 95\n" in mail.text
    assert f"Thay đổi so với bản {p.cycle.id}/{AGENCY}/01" in page


def test_of_two_versions_in_one_pass_the_second_is_compared_with_the_first(small: Small) -> None:
    """The first version counted as nothing: the receipt called every answer new."""
    p = small(MIDDAY)
    figures = {"ty_le/T15/tu_so_ky": 40, "ty_le/T15/mau_so_ky": 50, "ty_le/T15/mau_so_luy_ke": 100}
    drop(p, AGENCY, name="a.xlsx", **figures, **{"ty_le/T15/tu_so_luy_ke": 90})
    drop(p, AGENCY, name="b.xlsx", **figures, **{"ty_le/T15/tu_so_luy_ke": 95})
    _look(p)
    assert _items(_page(p, "Phieu-tiep-nhan_02.html")) == ["T15 Tử số lũy kế: 90 → 95"]


@needs_libreoffice
@pytest.mark.parametrize("suffix", LEGACY)
def test_the_reason_for_no_marked_copy_is_given(small: Small, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 0.0)
    p = small(MIDDAY)
    path = drop(p, AGENCY, name="a.xlsx", **{"ty_le/T15/tu_so_ky": "khoảng 40"})
    path.with_suffix(f".{suffix}").write_bytes(convert(path.read_bytes(), suffix))
    path.unlink()
    _look(p)
    page = _page(p, "Phieu-tra-lai_01.html")
    assert ("“khoảng 40”" in page, "chỉ tệp .xlsx thông thường" in page, "đã tô màu" in page) == (
        True,
        True,
        False,
    )


def _spoil(path: Path, change: Callable[[Workbook], object]) -> None:
    path.write_bytes(edit(path.read_bytes(), change))


@pytest.mark.parametrize("is_on_a_cell", [True, False])
def test_what_is_said_of_the_marked_copy_is_true(small: Small, *, is_on_a_cell: bool) -> None:
    """Of a sheet that is gone no cell can be coloured; the slip, its mail and the list in the copy know it."""

    def lose(book: Workbook) -> None:
        del book["Xác nhận"]

    p = small(MIDDAY)
    wrong = {"ty_le/T15/tu_so_ky": "khoảng 40"} if is_on_a_cell else {}
    path = drop(p, AGENCY, name="a.xlsx", **wrong)
    if not is_on_a_cell:
        _spoil(path, lose)
    _look(p)
    with p.store.read() as connection:
        mail = list_messages(connection, p.cycle.id)[-1].message.text
    copy = load_workbook(p.home.replies(AGENCY, p.cycle.id) / "Ban-danh-dau_01.xlsx")
    listed = "\n".join(str(cell.value) for cell in copy.worksheets[0]["A"])
    for said in (_page(p, "Phieu-tra-lai_01.html"), mail):
        assert ("ô cần sửa đã tô màu" in said, "trang đầu liệt kê" in said) == (is_on_a_cell, not is_on_a_cell)
    assert ("Phải sửa: " in listed, "tô màu" in listed) == (True, is_on_a_cell)


def test_a_receipt_speaks_of_cells_only_where_some_bear_a_comment(begin: Callable[[str], Pass]) -> None:
    """Otherwise the points stand in the list in front."""
    facts = {"agency": AGENCY, "number": "1", "file_name": "a.xlsx", "sha256": "0", "marked": "b.xlsx"}
    facts |= {
        "attachments": (),
        "consequence": "",
        "replaces": "",
        "changes": [],
        "more_changes": 0,
        "figures": (),
        "others": [],
    }
    p = begin(MIDDAY)
    facts |= {"received_at": p.as_of, "due_on": p.cycle.due_on, "late_days": 0, "findings": ["Một điểm."]}
    said = [write_letter("tiep_nhan", p, has_marked_cells=has, **facts)[2] for has in (True, False)]
    assert "Các ô nêu trên được ghi chú trong tệp b.xlsx" in said[0]
    assert "Các điểm nêu trên được liệt kê ở trang đầu trong tệp b.xlsx" in said[1]


def test_a_replacement_that_says_the_same_says_so(small: Small) -> None:
    """Other bytes, the same answers: the agency hears that nothing changed."""
    p = small(MIDDAY)
    drop(p, AGENCY, name="a.xlsx")
    _look(p)
    first = (p.home.inbox(AGENCY, p.cycle.id) / "a.xlsx").read_bytes()
    (p.home.inbox(AGENCY, p.cycle.id) / "b.xlsx").write_bytes(first + b"\0" * 8)
    _look(p)
    page = _page(p, "Phieu-tiep-nhan_02.html")
    assert "số liệu và nội dung không thay đổi" in page and _items(page) == []


def test_a_long_list_of_changes_is_cut_and_counted(small: Small) -> None:
    """Nobody reads a hundred lines one by one."""
    p = small(MIDDAY)
    drop(p, AGENCY, name="a.xlsx", seed=1)
    _look(p)
    drop(p, AGENCY, name="b.xlsx", seed=2)
    _look(p)
    page = _page(p, "Phieu-tiep-nhan_02.html")
    assert len(_items(page)) == 20
    assert re.search(r"… và \d+ thay đổi khác\.", page)


def test_an_identical_form_is_noted_on_a_page(small: Small) -> None:
    """Which file, when, and as which version it is already known; no new receipt, no mail."""
    p = small(MIDDAY)
    path = drop(p, AGENCY)
    _look(p)
    (path.parent / "Copy of <b>.xlsx").write_bytes(path.read_bytes())
    _look(small("2026-12-01T11:00"))
    page = _page(p, "Tep-da-nhan-truoc.html")
    assert "Copy of &lt;b&gt;.xlsx" in page and "11:00 ngày 01/12/2026" in page and f"{AGENCY}/01" in page
    with p.store.read() as connection:
        assert len(list_messages(connection, p.cycle.id)) == 1
    assert not (p.home.replies(AGENCY, p.cycle.id) / "Phieu-tiep-nhan_02.html").exists()


def test_a_slip_is_a_page_to_print_and_sign(small: Small) -> None:
    """A4, two signatures, place and date, marked as sample data; nothing is loaded from outside."""
    p = small(MIDDAY)
    drop(p, AGENCY, **{"ty_le/T15/tu_so_luy_ke": 10**6})
    _look(p)
    page = _page(p, "Phieu-tra-lai_01.html")
    for said in ("size: A4", "NGƯỜI NHẬN", "NGƯỜI LẬP", "Sơn La, ngày 01 tháng 12 năm 2026", "DỮ LIỆU MẪU"):
        assert said in page
    assert re.findall(r"<script|<img|<link|\bsrc=|\bhref=|url\(", page) == []


def test_the_signatures_stand_before_the_annex_of_figures(small: Small) -> None:
    """One sheet of paper is signed; what was read from the file comes on the next. The mail has no such room."""
    p = small(MIDDAY)
    drop(p, AGENCY)
    _look(p)
    page = _page(p, "Phieu-tiep-nhan_01.html")
    places = [page.index(said) for said in ("Số tiếp nhận", "NGƯỜI NHẬN", 'class="phu-luc"', "III.1.a", "Phiếu do hệ")]
    assert places == sorted(places)
    with p.store.read() as connection:
        mail = list_messages(connection, p.cycle.id)[-1].message
    assert "NGƯỜI NHẬN" not in mail.html + mail.text and "Thư do hệ" in mail.text


def test_names_of_files_are_shown_never_obeyed(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every page and mail: receipt, return, attachments, repeated files."""
    monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 0.0)
    p = small(MIDDAY)
    drop(p, AGENCY, name=HOSTILE.replace(".pdf", "1.xlsx"))
    _look(p)
    drop(p, AGENCY, name=HOSTILE.replace(".pdf", "2.xlsx"), **{"ty_le/T15/tu_so_luy_ke": 10**6})
    inbox = p.home.inbox(AGENCY, p.cycle.id)
    (inbox / HOSTILE).write_bytes(PDF)
    (inbox / f"a {HOSTILE}").write_bytes(PDF)
    _look(p)
    pages = {path.name: path.read_text("utf-8") for path in p.home.replies(AGENCY, p.cycle.id).glob("*.html")}
    with p.store.read() as connection:
        pages |= {queued.message.kind: queued.message.html for queued in list_messages(connection, p.cycle.id)}
    assert len(pages) == 6
    for page in pages.values():
        assert "<img" not in page and "&lt;img src=x" in page

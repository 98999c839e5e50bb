"""Files that lie in the wrong place, empty or half loaded: the official hears of each once, nothing is read."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from openpyxl import load_workbook

from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import list_messages
from kybaocao.store.submissions import list_submissions
from tests.checks.catalogue import valid_form
from tests.stages.conftest import MIDDAY, OPENING, drop

Small = Callable[[str], Pass]
AGENCY = "X-04183"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file has lain long enough."""
    monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 0.0)
    for name in ("PATIENCE_SECONDS", "FORM_PATIENCE_SECONDS"):
        monkeypatch.setattr(f"kybaocao.inbox.misplaced.{name}", 0.0)


def _mails(p: Pass) -> list[str]:
    with p.store.read() as connection:
        mails = [queued.message for queued in list_messages(connection, p.cycle.id)]
    return [mail.text for mail in mails if (mail.agency, mail.kind) == (AGENCY, "chua_nop")]


def _touch(data: bytes) -> bytes:
    """The workbook as an official saves it: one cell other."""
    book, out = load_workbook(io.BytesIO(data)), io.BytesIO()
    book["Xác nhận"]["B5"] = "Lò Văn Mẫu"
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("place", "content", "said"),
    [
        ("bm.xlsx", b"x", "nằm ngoài thư mục “nop”"),
        ("../bm.xlsx", b"x", "nằm ngoài thư mục “nop”"),
        ("tra_loi/bm.xlsx", b"x", "nằm trong thư mục “tra_loi”"),
        ("nop/bm.xlsx", b"", "chưa có nội dung"),
        ("nop/bm.xlsx.part", b"x", "đang tải dở"),
        ("nop/bm.xlsx.lnk", b"x", "lối tắt"),
        ("nop/Bao cao/bm.xlsx", b"x", "là thư mục"),
    ],
)
def test_a_file_that_is_not_taken_is_reported_once(small: Small, place: str, content: bytes, said: str) -> None:
    """On a page, by mail, and to the operators; changed, it is reported again; gone, the page goes too."""
    p = small(OPENING)
    run_pass(p)
    path = p.home.cycle_folder(AGENCY, p.cycle.id) / place
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    for at in (MIDDAY, "2026-12-01T11:00"):
        warnings = run_pass(small(at))["warnings"]
    assert [said in text for text in _mails(p)] == [True]
    assert any(said in line and AGENCY in line for line in warnings)
    page = p.home.replies(AGENCY, p.cycle.id) / "Tep-chua-nop.html"
    assert said in page.read_text(encoding="utf-8")
    path.unlink()
    if place.count("/") == 2:
        path.parent.rmdir()
    run_pass(small("2026-12-01T12:00"))
    assert (page.exists(), len(_mails(p))) == (False, 1)


@pytest.mark.parametrize("name", ["~$bm.xlsx", ".bm.xlsx", "Thumbs.db", "desktop.ini"])
def test_what_programs_leave_behind_is_not_reported(small: Small, name: str) -> None:
    p = small(OPENING)
    run_pass(p)
    for folder in ("", "nop", "tra_loi"):
        (p.home.cycle_folder(AGENCY, p.cycle.id) / folder / name).write_bytes(b"x")
    run_pass(small(MIDDAY))
    assert _mails(p) == []


def test_what_we_wrote_ourselves_is_not_reported(small: Small) -> None:
    """The form as it was given out, slips, marked copies."""
    p = small(OPENING)
    run_pass(p)
    drop(p, AGENCY, **{"ty_le/T15/tu_so_ky": "khoảng 40"})
    run_pass(small(MIDDAY))
    run_pass(small("2026-12-01T11:00"))
    assert (p.home.replies(AGENCY, p.cycle.id) / "Ban-danh-dau_01.xlsx").exists()
    assert _mails(p) == []


def test_the_form_filled_in_where_it_was_given_out_is_reported_once(small: Small) -> None:
    """However often it is saved after that; the operators have no part in it."""
    p = small(OPENING)
    run_pass(p)
    form = next(p.home.cycle_folder(AGENCY, p.cycle.id).glob("Bieu-mau*"))
    for at in (MIDDAY, "2026-12-01T11:00"):
        form.write_bytes(_touch(form.read_bytes()))
        warnings = run_pass(small(at))["warnings"]
    assert [("là biểu mẫu đã điền" in text) for text in _mails(p)] == [True]
    assert not any("biểu mẫu đã điền" in line for line in warnings)


def test_a_marked_copy_corrected_where_it_lies_is_reported(small: Small) -> None:
    """It was to be put into nop."""
    p = small(OPENING)
    run_pass(p)
    drop(p, AGENCY, **{"ty_le/T15/tu_so_ky": "khoảng 40"})
    run_pass(small(MIDDAY))
    copy = p.home.replies(AGENCY, p.cycle.id) / "Ban-danh-dau_01.xlsx"
    copy.write_bytes(_touch(copy.read_bytes()))
    run_pass(small("2026-12-01T11:00"))
    assert [f"tra_loi/{copy.name}" in text for text in _mails(p)] == [True]


def test_a_name_that_begins_with_a_tilde_is_a_file_like_any(small: Small) -> None:
    p = small(OPENING)
    run_pass(p)
    (p.home.inbox(AGENCY, p.cycle.id) / "~bm.xlsx").write_bytes(valid_form())
    run_pass(small(MIDDAY))
    with p.store.read() as connection:
        assert [submission.file_name for submission in list_submissions(connection, p.cycle.id, AGENCY)] == ["~bm.xlsx"]


@pytest.mark.parametrize("name", ["bao cao.xlsx", ""])
def test_what_was_handed_in_from_there_is_not_reported(small: Small, name: str) -> None:
    """Most fill in the form where it was given out and copy it into nop: nothing is left to do."""
    p = small(OPENING)
    run_pass(p)
    form = next(p.home.cycle_folder(AGENCY, p.cycle.id).glob("Bieu-mau*"))
    form.write_bytes(valid_form())
    (p.home.inbox(AGENCY, p.cycle.id) / (name or form.name)).write_bytes(valid_form())
    for hour in (10, 11, 12):
        run_pass(small(f"2026-12-01T{hour}:00"))
    assert _mails(p) == []
    with p.store.read() as connection:
        assert len(list_submissions(connection, p.cycle.id, AGENCY)) == 1


def test_the_page_names_what_is_still_misplaced(small: Small) -> None:
    """One of two has been moved; nobody gets a second mail for that."""
    p = small(OPENING)
    run_pass(p)
    folder = p.home.cycle_folder(AGENCY, p.cycle.id)
    for name in ("a.xlsx", "b.xlsx"):
        (folder / name).write_bytes(name.encode())
    run_pass(small(MIDDAY))
    (folder / "a.xlsx").unlink()
    run_pass(small("2026-12-01T11:00"))
    page = (p.home.replies(AGENCY, p.cycle.id) / "Tep-chua-nop.html").read_text(encoding="utf-8")
    assert ("a.xlsx" in page, "b.xlsx" in page, len(_mails(p))) == (False, True, 1)


def test_a_pass_that_dies_before_it_is_noted_reports_it_once(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    p = small(OPENING)
    run_pass(p)
    (p.home.cycle_folder(AGENCY, p.cycle.id) / "a.xlsx").write_bytes(b"x")

    def _die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("kybaocao.stages.support.misplaced_files.add_message", _die)
        with pytest.raises(KeyboardInterrupt):
            run_pass(small(MIDDAY))
    assert _mails(p) == []
    for hour in (11, 12):
        run_pass(small(f"2026-12-01T{hour}:00"))
    assert len(_mails(p)) == 1

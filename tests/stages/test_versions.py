"""A file handed in again: nothing new when it is in force or waits, a version like any other when it was sent back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.inbox.submission import Submission
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.store.submissions import latest_accepted, list_components
from tests.attachments.test_inspection import PDF
from tests.stages.conftest import MIDDAY, drop, list_missing

Small = Callable[[str], Pass]
AGENCY = "X-04183"
FAULTY = {"ty_le/T15/tu_so_luy_ke": 10**6}


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is whole as soon as it is there."""
    monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 0.0)


def _look(p: Pass) -> list[str]:
    """Collect and judge; every version so far as "bieu_mau 1 returned"."""
    for agency in collect_files(p).waiting:
        validate_agency(p, agency)
    return [f"{one.component} {one.version} {one.verdict}" for one in _versions(p)]


def _versions(p: Pass) -> list[Submission]:
    with p.store.read() as connection:
        return list_components(connection, p.cycle.id, AGENCY)


def _in_force(p: Pass) -> Submission | None:
    with p.store.read() as connection:
        return latest_accepted(connection, p.cycle.id, AGENCY)


def _form(p: Pass, **changes: object) -> bytes:
    path = drop(p, AGENCY, name="làm.xlsx", **changes)
    data = path.read_bytes()
    path.unlink()
    return data


def _put(p: Pass, name: str, data: bytes) -> Path:
    """Copy a file into the inbox anew, over what lies there under this name."""
    path = p.home.inbox(AGENCY, p.cycle.id) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(data)
    return path


def _edit(p: Pass, name: str, old: str, new: str) -> None:
    path = p.plan.folder / name
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    changed = text.replace(old, new) if old else new
    assert changed != text
    path.write_text(changed, encoding="utf-8")


def _page(p: Pass) -> str:
    return (p.home.replies(AGENCY, p.cycle.id) / "Tep-da-nhan-truoc.html").read_text(encoding="utf-8")


def _has_page(p: Pass) -> bool:
    return (p.home.replies(AGENCY, p.cycle.id) / "Tep-da-nhan-truoc.html").exists()


# --- identical to what was sent back ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.xlsx", "b.xlsx"])
def test_a_returned_file_handed_in_again_is_judged_again(small: Small, name: str) -> None:
    """The answer says again what is wrong; lying there untouched the file is no new version."""
    p = small(MIDDAY)
    data = _form(p, **FAULTY)
    _put(p, "a.xlsx", data)
    _look(p)
    assert _look(small("2026-12-01T11:00")) == ["bieu_mau 1 returned"]
    p = small("2026-12-01T12:00")
    _put(p, name, data)
    assert _look(p) == ["bieu_mau 1 returned", "bieu_mau 2 returned"]
    assert (p.home.replies(AGENCY, p.cycle.id) / "Phieu-tra-lai_02.html").exists() and not _has_page(p)


def test_a_waiver_lets_in_the_same_file_on_the_next_day(small: Small) -> None:
    p = small(MIDDAY)
    data = _form(p, **FAULTY)
    _put(p, "a.xlsx", data)
    _look(p)
    signed = "nguoi_quyet_dinh: Giám đốc Sở Tài chính, van_ban: 12/STC, ngay: 2026-12-02, ly_do: số liệu đặc thù"
    entry = f"ky: {p.cycle.id}, co_quan: {AGENCY}, quy_tac: numerator-exceeds-denominator, den_ngay: 2026-12-31"
    _edit(p, "dieu_chinh.yaml", "", f"mien_quy_tac:\n  - {{{entry}, {signed}}}\n")
    p = small("2026-12-02T09:00")
    _put(p, "a.xlsx", data)
    assert _look(p) == ["bieu_mau 1 returned", "bieu_mau 2 accepted"]


def test_an_attachment_refused_once_is_taken_when_the_configuration_allows_it(small: Small) -> None:
    p = small(MIDDAY)
    for kinds in ("[pdf, docx], bat", "[anh, pdf, docx"):
        _edit(p, "bieu_mau.yaml", kinds, kinds.replace("pdf, ", ""))
    p = small(MIDDAY)
    _put(p, "ban ky.pdf", PDF)
    assert _look(p) == ["ban_ky 1 returned"]
    _edit(p, "bieu_mau.yaml", "loai: [docx], bat", "loai: [pdf, docx], bat")
    p = small("2026-12-02T09:00")
    _put(p, "ban ky.pdf", PDF)
    assert _look(p) == ["ban_ky 1 returned", "ban_ky 2 accepted"]


def test_evidence_renamed_as_the_signed_report_is_the_signed_report(small: Small) -> None:
    """The same bytes, another component: the required report is no longer missing."""
    required = "bat_buoc: true, sau_han_ngay_lam_viec: 3, ten_tep_co: [bản ký"
    _edit(small(MIDDAY), "bieu_mau.yaml", "bat_buoc: false, ten_tep_co: [bản ký", required)
    p = small(MIDDAY)
    path = _put(p, "minh chung.pdf", PDF)
    assert _look(p) == ["minh_chung 1 accepted"] and list_missing(p, AGENCY) != []
    path.rename(path.with_name("ban ky.pdf"))
    p = small("2026-12-01T11:00")
    assert _look(p) == ["minh_chung 1 accepted", "ban_ky 1 accepted"]
    assert list_missing(p, AGENCY) == []


# --- identical to what is in force, or waits ------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["2026-12-01T12:00", "2026-12-10T09:00"])
def test_what_is_in_force_is_known_behind_a_returned_version(small: Small, at: str) -> None:
    """Before the deadline and after it: no version, no reason asked for."""
    p = small(MIDDAY)
    data = _form(p)
    _put(p, "a.xlsx", data)
    _look(p)
    _put(p, "b.xlsx", _form(p, **FAULTY))
    _look(p)
    p = small(at)
    _put(p, "c.xlsx", data)
    assert _look(p) == ["bieu_mau 1 accepted", "bieu_mau 2 returned"]
    assert "c.xlsx" in _page(p) and f"{p.cycle.id}/{AGENCY}/01" in _page(p)


@pytest.mark.parametrize("name", ["a.xlsx", "d.xlsx"])
def test_going_back_to_an_earlier_version_is_a_version(small: Small, name: str) -> None:
    """Under its old name, too: what was copied last is what the agency means."""
    p = small(MIDDAY)
    first, second = _form(p), _form(p, seed=2)
    _put(p, "a.xlsx", first)
    _look(p)
    _put(p, "b.xlsx", second)
    _look(p)
    _put(p, name, first)
    assert _look(p) == ["bieu_mau 1 accepted", "bieu_mau 2 accepted", "bieu_mau 3 accepted"]
    found = _in_force(p)
    assert found is not None and (found.version, found.file_name) == (3, name)


def test_an_old_file_behind_one_that_waits_is_what_the_agency_means(small: Small) -> None:
    """In force, then another, then the first again before anybody looked: the last one counts."""
    p = small(MIDDAY)
    first = _form(p)
    _put(p, "a.xlsx", first)
    _look(p)
    _put(p, "b.xlsx", _form(p, seed=2))
    collect_files(p)
    _put(p, "a.xlsx", first)
    assert _look(p)[1:] == ["bieu_mau 2 accepted", "bieu_mau 3 accepted"]


def test_the_version_in_force_needs_no_reason_to_come_once_more(small: Small) -> None:
    """It waited behind one that was sent back, after the deadline: nothing is replaced."""
    p = small(MIDDAY)
    first = _form(p)
    _put(p, "a.xlsx", first)
    _look(p)
    p = small("2026-12-10T09:00")
    _put(p, "b.xlsx", _form(p, **FAULTY))
    collect_files(p)
    _put(p, "a.xlsx", first)
    assert _look(p)[1:] == ["bieu_mau 2 returned", "bieu_mau 3 accepted"]


def test_a_file_that_waits_is_not_taken_twice(small: Small) -> None:
    p = small(MIDDAY)
    data = _form(p)
    for name in ("a.xlsx", "b.xlsx"):
        _put(p, name, data)
    assert _look(p) == ["bieu_mau 1 accepted"]
    assert "b.xlsx" in _page(p)


def test_of_files_touched_together_the_newest_counts(small: Small) -> None:
    """Rights changed, a folder restored: the version in force stays, and nobody is written to."""
    p = small(MIDDAY)
    paths = [_put(p, name, _form(p, seed=seed)) for name, seed in (("b.xlsx", 1), ("a.xlsx", 2))]
    _look(p)
    for path in reversed(paths):
        os.utime(path)
    p = small("2026-12-01T11:00")
    assert _look(p) == ["bieu_mau 1 accepted", "bieu_mau 2 accepted"]


def test_the_page_of_repeated_files_says_what_was_so_then(small: Small) -> None:
    """A version that came later is no answer to what was copied before it."""
    p = small(MIDDAY)
    first = _form(p)
    _put(p, "a.xlsx", first)
    _look(p)
    _put(p, "copy 1.xlsx", first)
    _look(p)
    _put(p, "b.xlsx", _form(p, seed=2))
    _look(p)
    _put(p, "copy 2.xlsx", first)  # back to the first: version 3
    _look(p)
    _put(p, "copy 3.xlsx", first)
    _look(p)
    rows = [row for row in _page(p).split("<tr>") if "copy " in row]
    assert ["01" if f"/{AGENCY}/01" in row else "03" for row in rows] == ["01", "03"]


def test_the_page_promises_nothing_that_is_not_so(small: Small) -> None:
    """A version that waits may still be sent back."""
    p = small(MIDDAY)
    data = _form(p, **FAULTY)
    for name in ("a.xlsx", "b.xlsx"):
        _put(p, name, data)
    assert _look(p) == ["bieu_mau 1 returned"]
    assert json.loads(_versions(p)[0].findings)
    assert "Nếu bản đó đã được tiếp nhận, Quý cơ quan không phải làm gì thêm" in _page(p)

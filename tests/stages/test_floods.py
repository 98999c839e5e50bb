"""What one agency puts into its folder costs the others seconds, and itself one letter a pass."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.inbox import archive, misplaced
from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.inbox.submission import Submission
from kybaocao.stages import collect, validate
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.operator_warnings import list_warnings
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import Message, list_messages
from kybaocao.store.submissions import list_submissions
from tests.stages.conftest import MIDDAY, OPENING, drop

Small = Callable[[str], Pass]
AGENCY, OTHER = "STP", "X-04183"
FAULTY = {"ty_le/T15/tu_so_luy_ke": 10**6}


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is whole as soon as it is there."""
    monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 0.0)


def _put(p: Pass, name: str, data: bytes, agency: str = AGENCY) -> Path:
    path = p.home.inbox(agency, p.cycle.id) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _versions(p: Pass, agency: str = AGENCY) -> list[Submission]:
    with p.store.read() as connection:
        return list_submissions(connection, p.cycle.id, agency)


def _mails(p: Pass, agency: str = AGENCY) -> list[Message]:
    with p.store.read() as connection:
        mails = [queued.message for queued in list_messages(connection, p.cycle.id)]
    return [mail for mail in mails if mail.agency == agency and mail.kind != "mo_ky" and not mail.steps]


def _page(p: Pass, name: str = "Tep-chua-nop.html") -> str:
    return (p.home.replies(AGENCY, p.cycle.id) / name).read_text(encoding="utf-8")


def _answers(p: Pass, agency: str = AGENCY) -> list[str]:
    return sorted(path.name for path in p.home.replies(agency, p.cycle.id).iterdir())


# --- many files ---------------------------------------------------------------------------------------------------


def test_a_flood_is_taken_by_and_by_oldest_first(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are answered in the same pass; nothing is lost; how many are left is known."""
    monkeypatch.setattr(collect, "MAX_FILES", 3)
    p = small(MIDDAY)
    for number in range(7):
        _put(p, f"{7 - number}.xlsx", b"khong phai Excel %d" % number)
        time.sleep(0.01)
    drop(p, OTHER)
    found = [collect_files(p) for _ in range(4)]
    assert [one.left for one in found] == [4, 1, 0, 0]
    assert [one.file_name for one in _versions(p)] == [f"{number}.xlsx" for number in (7, 6, 5, 4, 3, 2, 1)]
    assert OTHER in found[0].waiting


def test_several_versions_of_a_pass_are_one_mail(small: Small) -> None:
    """The newest one's letter, in which the others stand with their numbers; every version has its own page."""
    p = small(MIDDAY)
    drop(p, AGENCY, name="a.xlsx", **FAULTY)
    drop(p, AGENCY, name="b.xlsx")
    _put(p, "c.xlsx", b"khong phai Excel")
    collect_files(p)
    assert validate_agency(p, AGENCY) == {"accepted": 1, "returned": 1, "unreadable": 1}
    (mail,) = _mails(p)
    assert mail.kind == "tra_lai" and "cùng kết quả của 2 tệp khác" in mail.subject
    assert "a.xlsx\n     Số phiếu: nq02-2026-ky2/STP/01 · Kết quả: trả lại để sửa" in mail.text
    assert "b.xlsx\n     Số phiếu: nq02-2026-ky2/STP/02 · Kết quả: đã tiếp nhận" in mail.text
    assert "Bản đã được tiếp nhận trước đó (nq02-2026-ky2/STP/02) vẫn có hiệu lực" in mail.text
    slips = [name for name in _answers(p) if name.startswith("Phieu")]
    assert slips == ["Phieu-tiep-nhan_02.html", "Phieu-tra-lai_01.html", "Phieu-tra-lai_03.html"]
    assert "cùng lượt" not in _page(p, "Phieu-tra-lai_03.html")


def test_what_fails_in_one_version_keeps_none_before_it_back(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own fault: what was judged is recorded and answered; the rest follows once our fault is fixed."""
    p = small(MIDDAY)
    for name in ("a.xlsx", "b.xlsx"):
        _put(p, name, name.encode() + b" khong phai Excel")
        time.sleep(0.01)
    collect_files(p)
    judge = validate.judge_return

    def _fail(p: Pass, agency: str, data: bytes, *rest: object) -> object:
        if data.startswith(b"b"):
            raise ZeroDivisionError
        return judge(p, agency, data, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(validate, "judge_return", _fail)
        validate_agency(p, AGENCY)
    assert ([one.verdict for one in _versions(p)], len(_mails(p))) == (["unreadable", None], 1)
    validate_agency(p, AGENCY)
    assert ([one.verdict for one in _versions(p)], len(_mails(p))) == (["unreadable"] * 2, 2)


# --- large files ---------------------------------------------------------------------------------------------------


def test_a_file_far_too_large_is_reported_and_not_copied(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten gigabytes of nothing take a moment to make: page, mail, audit, operators; the others go on."""
    monkeypatch.setattr(misplaced, "PATIENCE_SECONDS", 0.0)
    run_pass(small(OPENING))
    p = small(MIDDAY)
    with _put(p, "lon.xlsx", b"").open("wb") as file:
        file.truncate(10 * 2**30)
    drop(p, OTHER)
    for hour in (10, 11):
        outcome = run_pass(small(f"2026-12-01T{hour}:00"))
    assert [path.stat().st_size < 2**20 for path in p.home.archive.rglob("*") if path.is_file()] == [True]
    assert [one.verdict for one in _versions(p, OTHER)] == ["accepted"]
    assert "nhiều nhất 20 MB" in _page(p) and [mail.kind for mail in _mails(p)] == ["chua_nop"]
    assert any("lon.xlsx lớn hơn dung lượng nhận được" in line for line in outcome["warnings"])


def test_what_is_only_just_too_large_is_kept_and_answered(small: Small) -> None:
    """Eleven megabytes of a form are an answer like any other."""
    p = small(MIDDAY)
    _put(p, "a.xlsx", b"x" * (11 * 2**20))
    collect_files(p)
    assert validate_agency(p, AGENCY)["unreadable"] == 1
    assert "Tệp vượt dung lượng cho phép là 10 MB" in _page(p, "Phieu-tra-lai_01.html")


def test_a_file_that_grows_while_it_is_read_leaves_nothing_behind(tmp_path: Path) -> None:
    """It was small when we looked; what is read stops at the limit."""
    (tmp_path / "a").write_bytes(b"x" * 3 * 2**20)
    with (tmp_path / "a").open("rb") as file, pytest.raises(archive.TooLargeError):
        archive.keep_file(tmp_path / "archive", file.fileno(), 2**20)
    assert list((tmp_path / "archive").iterdir()) == []


# --- files that cannot be taken ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_an_error_of_one_file_stops_no_other(small: Small, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    """It is named, leaves nothing half copied, and is taken as soon as it can be."""
    p = small(MIDDAY)
    _put(p, "a.xlsx", b"hong")
    drop(p, OTHER)
    read = os.read

    def _fail(descriptor: int, count: int) -> bytes:
        if os.readlink(f"/proc/self/fd/{descriptor}").endswith("a.xlsx"):
            raise OSError(error, os.strerror(error))
        return read(descriptor, count)

    with monkeypatch.context() as patch:
        patch.setattr(archive.os, "read", _fail)
        found = collect_files(p)
    assert (found.new, found.failed) == (1, (f"{AGENCY}/a.xlsx: {os.strerror(error)}",))
    assert list(p.home.archive.glob(".*")) == []
    assert collect_files(p).new == 1


def test_what_was_kept_is_recorded_when_a_later_inbox_fails(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agency by agency: our own fault at one loses nothing of those before it."""
    p = small(MIDDAY)
    _put(p, "a.xlsx", b"mot")
    drop(p, OTHER)
    keep = collect._keep

    def _fail(p: Pass, drop: inbox_module.Dropped) -> object:
        if OTHER in str(drop.path):
            raise ZeroDivisionError
        return keep(p, drop)

    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(collect, "_keep", _fail)
        collect_files(p)
    assert len(_versions(p)) == 1


def _refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a.xlsx is denied: tests run as root, whom nothing is."""
    opened = os.open

    def _deny(path: object, *rest: object, **named: object) -> int:
        if str(path).endswith("a.xlsx"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox_module.os, "open", _deny)


def test_a_file_we_may_not_read_is_reported_after_a_while(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page and mail once, the operators as long as it lies there; readable at last, it is taken and the page goes."""
    run_pass(small(OPENING))
    p = small(MIDDAY)
    _put(p, "a.xlsx", b"khong phai Excel")
    with monkeypatch.context() as patch:
        _refuse(patch)
        run_pass(p)
        assert _mails(p) == []
        for minute in (5, 10, 20):
            outcome = run_pass(small(f"2026-12-01T10:{minute:02d}"))
    assert ["không có quyền đọc" in mail.text for mail in _mails(p)] == [True]
    assert "không có quyền đọc" in _page(p)
    assert any("nop/a.xlsx hệ thống không có quyền đọc" in line for line in outcome["warnings"])
    run_pass(small("2026-12-01T10:30"))
    assert [one.verdict for one in _versions(p)] == ["unreadable"] and "Tep-chua-nop.html" not in _answers(p)


def test_a_file_written_to_without_end_is_reported_once(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time we look it has changed; patience begins with the first time."""
    run_pass(small(OPENING))
    monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 3.0)
    p = small(MIDDAY)
    for minute in (0, 9, 18, 27):
        _put(p, "a.xlsx", b"%d" % minute)
        run_pass(small(f"2026-12-01T10:{minute:02d}"))
    assert ["vẫn đang được ghi" in mail.text for mail in _mails(p)] == [True]
    assert any("vẫn đang được ghi" in line for line in list_warnings(p))


def test_patience_begins_anew_with_another_file_of_that_name(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half copied in the morning, taken, and half copied again in the evening: nobody hears of it."""
    run_pass(small(OPENING))
    for hour in (10, 16):
        monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 3.0)
        p = small(f"2026-12-01T{hour}:00")
        _put(p, "a.xlsx", b"%d" % hour)
        run_pass(p)
        monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 0.0)
        if hour == 10:
            run_pass(small("2026-12-01T10:01"))
    assert [mail.kind for mail in _mails(p)] == ["tra_lai"]


def test_copies_left_by_a_killed_pass_are_swept_away(small: Small) -> None:
    """A day later; one that is being made stays."""
    p = small(MIDDAY)
    p.home.archive.mkdir(parents=True)
    for name, age in ((".dang-chep-cu", 2 * 86_400), (".dang-chep-moi", 60)):
        (p.home.archive / name).write_bytes(b"x")
        then = time.time() - age
        os.utime(p.home.archive / name, (then, then))
    collect_files(p)
    assert [path.name for path in p.home.archive.iterdir()] == [".dang-chep-moi"]

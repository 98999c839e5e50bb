"""A file that we have seen and not taken is our fault: nobody is blamed for it, and the operators hear at once."""

from __future__ import annotations

import dataclasses
import datetime as dt
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kybaocao.adapters import inbox_trigger
from kybaocao.adapters.inbox_trigger import list_uncollected
from kybaocao.figures.snapshot import Standing
from kybaocao.inbox import archive
from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.inbox.submission import Submission
from kybaocao.stages import collect, validate
from kybaocao.stages.collect import collect_files
from kybaocao.stages.escalate import escalate_agency
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.reminder_letters import write_reminder_letters
from kybaocao.stages.support.status import gather_status
from kybaocao.stages.support.untaken_files import SHORTLY, find_ours, list_unjudged, list_untaken_files
from kybaocao.stages.whole_pass import PassError, run_pass
from kybaocao.store.outbox import list_messages, list_reminders
from kybaocao.store.sightings import GONE, Sighting, list_sightings
from kybaocao.store.submissions import list_submissions
from tests.checks.catalogue import valid_form
from tests.stages.conftest import MIDDAY, OPENING, OVERDUE, drop
from tests.store.moments import NOW

Small = Callable[[str], Pass]
AGENCY, OTHER = "X-04183", "STP"
FAULTY = {"ty_le/T15/tu_so_luy_ke": 10**6}
EVENING, NEXT_DAY = "2026-12-10T17:00", "2026-12-11T08:00"
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is whole as soon as it is there."""
    monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 0.0)


def _inbox(p: Pass) -> Path:
    return p.home.inbox(AGENCY, p.cycle.id)


def _versions(p: Pass) -> list[Submission]:
    with p.store.read() as connection:
        return list_submissions(connection, p.cycle.id, AGENCY)


def _named(p: Pass) -> set[str]:
    """Agencies that letters of the reminders name, to whomever they go."""
    with p.store.read() as connection:
        return {
            reported.agency for letter in list_reminders(connection, p.cycle.id) for reported in letter.message.steps
        }


def _mails_to_operators(p: Pass) -> list[str]:
    with p.store.read() as connection:
        mails = [queued.message for queued in list_messages(connection, p.cycle.id)]
    return [mail.text for mail in mails if mail.kind == "van_hanh"]


def _refuse(patch: pytest.MonkeyPatch, name: str = "a.xlsx") -> None:
    """Opening the file is denied: tests run as root, whom nothing is."""
    opened = os.open

    def _deny(path: object, *rest: object, **named: object) -> int:
        if str(path).endswith(name):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, *rest, **named)  # type: ignore[arg-type]

    patch.setattr(inbox_module.os, "open", _deny)


def _fill_disk(patch: pytest.MonkeyPatch) -> None:
    """The archive takes nothing more."""

    def _fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    patch.setattr(archive.os, "fsync", _fail)


def _break_copying(patch: pytest.MonkeyPatch) -> None:
    def _fail(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    patch.setattr(collect, "seal", _fail)


def _close_folder(patch: pytest.MonkeyPatch) -> None:
    """`nop` cannot be listed."""
    scan = os.scandir

    def _deny(path: Any) -> Any:
        if str(path).endswith(f"{AGENCY}/nq02-2026-ky2/nop"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return scan(path)

    patch.setattr(inbox_module.os, "scandir", _deny)


def _take_none(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(collect, "MAX_FILES", 0)


def _never_settle(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(collect, "is_settled", lambda *_: False)


# --- the line --------------------------------------------------------------------------------------------------------


def _see(kind: str, *, since: dt.timedelta = HOUR, name: str = "a.xlsx", taken: bool = False) -> Sighting:
    seen_at = NOW - since
    return Sighting(AGENCY, name, f"1:2:{since.total_seconds()}:4", seen_at, seen_at if taken else None, kind)


@pytest.mark.parametrize(
    ("states", "is_ours"),
    [
        ([_see("")], True),  # no pass has come to it
        ([_see("closed: Permission denied")], True),
        ([_see("closed: Permission denied", since=30 * SHORTLY)], True),  # the operators can end it
        ([_see("failed: No space left on device", since=30 * SHORTLY)], True),
        ([_see("unlisted: Permission denied", name="/", since=30 * SHORTLY)], True),
        ([_see("growing")], True),
        ([_see("left")], True),
        ([_see("growing", since=SHORTLY)], False),  # goes on for a day
        ([_see("left", since=SHORTLY)], False),
        ([_see("too-large")], False),  # the agency is asked to make it smaller
        ([_see("", taken=True)], False),
        ([_see(GONE)], False),  # taken away again
        ([_see(GONE + "closed: x")], False),
        ([_see("", since=-HOUR)], False),  # came after the moment of the pass
        ([_see("growing", since=20 * HOUR, name="b"), _see(GONE + "growing", since=30 * HOUR)], False),  # renamed
        ([_see("growing", since=HOUR, name="b"), _see(GONE + "growing", since=30 * HOUR)], True),  # after a pause
        ([_see("left"), _see("left", since=20 * HOUR, name="b", taken=True)], True),
        (
            [
                _see("left"),
                _see("left", since=20 * HOUR, name="b", taken=True),
                _see("left", since=40 * HOUR, name="c", taken=True),
            ],
            False,
        ),
    ],
)
def test_the_line_between_our_fault_and_the_agency_s(states: list[Sighting], is_ours: bool) -> None:
    """What the agency cannot put right is ours; what ends by itself only for a day; the rest is the agency's."""
    assert (AGENCY in find_ours(states, NOW)) is is_ours


@pytest.mark.parametrize(
    ("place", "content"),
    [
        ("nop/a.xlsx", b""),
        ("nop/a.xlsx.part", b"x"),
        ("nop/~$a.xlsx", b"x"),
        ("nop/thu muc/a.xlsx", b"x"),
        ("a.xlsx", b"x"),
        ("nop/lon.xlsx", None),
    ],
)
def test_what_the_agency_is_asked_to_put_right_stops_no_reminder(
    small: Small, place: str, content: bytes | None
) -> None:
    """Empty, half a download, a lock file, a folder, misplaced, too large."""
    run_pass(small(OPENING))
    p = small(OVERDUE)
    path = p.home.cycle_folder(AGENCY, p.cycle.id) / place
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content or b"")
    if content is None:
        with path.open("wb") as file:
            file.truncate(2**30)
        list_uncollected(p.home, p.cycle.id)
    run_pass(p)
    assert AGENCY in _named(p)


# --- nobody is blamed ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hinder", "said"),
    [
        (_refuse, "nop/a.xlsx hệ thống không có quyền đọc (Permission denied)"),
        (_fill_disk, "nop/a.xlsx không sao chép được vào kho lưu trữ (No space left on device)"),
        (_break_copying, "nop/a.xlsx không sao chép được vào kho lưu trữ (Read-only file system)"),
        (_close_folder, "Không xem được thư mục nộp X-04183/nq02-2026-ky2/nop"),
        (_take_none, "nop/ còn tệp chưa đến lượt"),
        (_never_settle, "nop/a.xlsx vẫn đang được ghi"),
    ],
)
def test_nobody_is_late_by_a_file_that_we_could_not_take(
    small: Small, hinder: Callable[[pytest.MonkeyPatch], None], said: str
) -> None:
    """No letter to anybody names it; the operators hear in the same pass, once; the others are reminded as ever.

    When the trouble is over and the file is sent back, reminders go on.
    """
    run_pass(small(OPENING))
    p = small(OVERDUE)
    drop(p, AGENCY, name="a.xlsx", **FAULTY)
    with pytest.MonkeyPatch.context() as patch:
        hinder(patch)
        outcome = run_pass(p)
        assert [said in line for line in outcome["warnings"] if AGENCY in line] == [True]
        assert [said in mail for mail in _mails_to_operators(p)][-1:] == [True]
        before = len(_mails_to_operators(p))
        run_pass(small(EVENING))
    assert (AGENCY in _named(p), OTHER in _named(p), len(_mails_to_operators(p)) - before) == (False, True, 0)
    run_pass(small(NEXT_DAY))
    assert ([one.verdict for one in _versions(p)], AGENCY in _named(p)) == (["returned"], True)


def test_it_counts_as_received_in_the_figures(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """In `status` and in the report: not missing, not late."""
    run_pass(small(OPENING))
    p = small(OVERDUE)
    drop(p, AGENCY, name="a.xlsx")
    _refuse(monkeypatch)
    collect_files(p)
    (mine,) = [one for one in gather_status(p)["agencies"] if one["code"] == AGENCY]
    assert (mine["standing"], mine["is_late"]) == (Standing.RECEIVED.name, False)


def test_a_step_taken_before_the_trouble_is_said_after_it(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pass that took it died before its letters were written; meanwhile a file lies there that we cannot read."""
    run_pass(small(OPENING))
    p = small(OVERDUE)
    for agency in (AGENCY, OTHER):
        escalate_agency(p, agency)
    drop(p, AGENCY, name="a.xlsx", **FAULTY)
    with monkeypatch.context() as patch:
        _refuse(patch)
        collect_files(p)
        write_reminder_letters(p)
        assert (AGENCY in _named(p), OTHER in _named(p)) == (False, True)
    run_pass(small(EVENING))
    assert AGENCY in _named(p)


def test_a_file_that_was_seen_before_collecting_failed_counts(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Collecting dies at another agency, before it has come to this one."""
    run_pass(small(OPENING))
    p = small(OVERDUE)
    for agency in (AGENCY, OTHER):
        escalate_agency(p, agency)
        drop(p, agency, name="a.xlsx")

    def _die(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(collect, "_keep", _die)
        collect_files(p)
    write_reminder_letters(p)
    assert _named(p) & {AGENCY, OTHER} == set()


def test_a_version_that_we_cannot_judge_stops_reminders_and_no_other_version(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of two files makes us fail: the second is answered; the first may be the good one."""
    run_pass(small(OPENING))
    p = small(OVERDUE)
    drop(p, AGENCY, name="a.xlsx")
    drop(p, AGENCY, name="b.xlsx", seed=2, **FAULTY)
    judge, first = validate.judge_return, (_inbox(p) / "a.xlsx").read_bytes()

    def _fail(p: Pass, agency: str, data: bytes, *rest: Any) -> object:
        if data == first:
            raise ZeroDivisionError
        return judge(p, agency, data, *rest)

    with monkeypatch.context() as patch, pytest.raises(PassError) as caught:
        patch.setattr(validate, "judge_return", _fail)
        run_pass(p)
    assert [one.verdict for one in _versions(p)] == [None, "returned"]
    assert any("Chưa kiểm tra được tệp “a.xlsx”" in line for line in caught.value.outcome["warnings"])
    assert "Chưa kiểm tra được tệp “a.xlsx”" in _mails_to_operators(p)[-1] and AGENCY not in _named(p)


def test_a_file_taken_days_after_it_was_seen_is_not_called_unjudged(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts from the first sighting, and the pass that takes it goes on to judge it: nothing is wrong."""
    run_pass(small(OPENING))
    with monkeypatch.context() as patch:
        _never_settle(patch)
        drop(small("2026-12-02T08:00"), AGENCY, name="a.xlsx")
        collect_files(small("2026-12-02T08:00"))
    p = small("2026-12-07T08:00")
    collect_files(p)
    assert [(one.verdict, one.received_at < p.as_of) for one in _versions(p)] == [(None, True)]
    assert list_unjudged(p) == []
    assert len(list_unjudged(small("2026-12-07T12:00"))) == 1


def test_a_file_taken_away_again_is_no_excuse(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    run_pass(small(OPENING))
    path = drop(small(OVERDUE), AGENCY, name="a.xlsx")
    with monkeypatch.context() as patch:
        _refuse(patch)
        run_pass(small(OVERDUE))
    path.unlink()
    run_pass(small(EVENING))
    assert AGENCY in _named(small(EVENING))


def test_a_file_written_to_without_end_is_no_excuse_after_a_day(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under another name each time."""
    run_pass(small(OPENING))
    _never_settle(monkeypatch)
    for day in (8, 9, 10):
        for hour in (8, 16):
            p = small(f"2026-12-{day:02d}T{hour:02d}:00")
            for old in _inbox(p).iterdir():
                old.unlink()
            (_inbox(p) / f"{day}-{hour}.pdf").write_bytes(b"%PDF" + bytes([day, hour]))
            run_pass(p)
    assert AGENCY in _named(p)


def test_a_file_that_goes_on_growing_is_one_mail_to_the_operators(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every pass finds it larger, under the same name."""
    run_pass(small(OPENING))
    _never_settle(monkeypatch)
    for minute in (0, 20, 21, 22, 23):
        p = small(f"2026-12-10T09:{minute:02d}")
        (_inbox(p) / "a.xlsx").write_bytes(b"PK\x03\x04" * (minute + 1))
        run_pass(p)
    mails = [mail for mail in _mails_to_operators(p) if "a.xlsx" in mail]
    assert (len(mails), "thấy từ 09:00 ngày 10/12/2026" in mails[0]) == (1, True)


@pytest.mark.parametrize(
    ("trouble", "sentences", "mails"),
    [(lambda patch: patch.setattr(collect, "MAX_FILES", 5), 1, 1), (lambda patch: _refuse(patch, ".pdf"), 6, 1)],
)
def test_a_flood_of_files_is_a_few_sentences_and_one_mail(
    small: Small,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Callable[[pytest.MonkeyPatch], None],
    sentences: int,
    mails: int,
) -> None:
    """After the deadline an agency puts in thirty files: left for later passes, or closed to us."""
    run_pass(small(OPENING))
    trouble(monkeypatch)
    for number in range(30):
        (_inbox(small(OVERDUE)) / f"{number:02d}.pdf").write_bytes(b"%PDF" + bytes([number]) + b"%%EOF")
    seen = []
    for minute in (0, 1, 2):
        p = small(f"2026-12-10T08:{minute:02d}")
        run_pass(p)
        seen.append(len(list_untaken_files(p)))
    named = [mail for mail in _mails_to_operators(p) if "Tệp chưa thu được" in mail]
    assert (seen, len(named)) == ([sentences] * 3, mails)


# --- receipt time ------------------------------------------------------------------------------------------------------


def _live(p: Pass, at: dt.datetime) -> Pass:
    return Pass(p.plan, p.cycle, at, p.home, p.store, is_replay=False)


def _restore(path: Path) -> None:
    """The same bytes and date, another inode and ctime: as a restore or a move of the folder leaves it."""
    shutil.copy2(path, path.with_name("x.tmp"))
    path.unlink()
    path.with_name("x.tmp").rename(path)


def test_the_first_sighting_is_the_receipt_time(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """On time and unreadable; after the deadline the folder is restored with new times, and the file is taken."""
    path = drop(small(MIDDAY), AGENCY, name="a.xlsx")
    with monkeypatch.context() as patch:
        _refuse(patch)
        collect_files(small(MIDDAY))
    _restore(path)
    collect_files(small(OVERDUE))
    assert [one.received_at for one in _versions(small(OVERDUE))] == [small(MIDDAY).as_of]


def test_a_file_counts_from_when_it_came_when_nobody_looked(small: Small) -> None:
    """The system was down: ctime, and never a moment after the pass; the file's own date is nothing to go by."""
    p = small(MIDDAY)
    path = drop(p, AGENCY, name="a.xlsx")
    os.utime(path, (1, 1))
    came = dt.datetime.fromtimestamp(path.stat().st_ctime, dt.UTC)
    collect_files(_live(p, came + dt.timedelta(days=2)))
    assert [one.received_at for one in _versions(p)] == [came]


def test_another_file_of_the_same_size_and_date_has_its_own_receipt_time(small: Small) -> None:
    """A first version on time lends nothing to bytes that came later under its name, with its date forged."""
    p = small(MIDDAY)
    path = _inbox(p) / "a.xlsx"
    path.parent.mkdir(parents=True)
    for content, at in ((b"khong phai Excel 1", MIDDAY), (b"khong phai Excel 2", OVERDUE)):
        path.write_bytes(content)
        os.utime(path, (10**9, 10**9))
        collect_files(small(at))
    assert [one.received_at for one in _versions(p)] == [small(MIDDAY).as_of, small(OVERDUE).as_of]


def test_a_half_copied_file_counts_from_its_end(small: Small) -> None:
    """Also when the rest has the same size and date: what was seen was not the file."""
    p = small(MIDDAY)
    path = _inbox(p) / "a.xlsx"
    path.parent.mkdir(parents=True)
    data = valid_form()
    for content, at in ((data[:-30] + b"\0" * 30, MIDDAY), (data, OVERDUE)):
        path.write_bytes(content)
        os.utime(path, (10**9, 10**9))
        collect_files(small(at))
    assert [one.received_at for one in _versions(p)] == [small(OVERDUE).as_of]


def test_a_restored_folder_brings_nothing_new(small: Small) -> None:
    """Two versions and their files; restored file by file, over several passes: no version, no mail, nobody late."""
    p = small(MIDDAY)
    paths = [drop(p, AGENCY, name=name, seed=seed) for name, seed in (("a.xlsx", 1), ("b.xlsx", 2))]
    collect_files(p)
    for path in paths:
        _restore(path)
        assert collect_files(small(OVERDUE)).new == 0
    assert [one.received_at for one in _versions(p)] == [small(MIDDAY).as_of] * 2


def test_a_store_rolled_back_takes_each_file_with_its_time(small: Small) -> None:
    """The store of yesterday, the folder of today: what is missing is recorded anew, as it came."""
    p = small(MIDDAY)
    path = drop(p, AGENCY, name="a.xlsx")
    came = dt.datetime.fromtimestamp(path.stat().st_ctime, dt.UTC)
    (p.home.root / "kybaocao.db").rename(p.home.root / "kybaocao.moi")
    p.store.upgrade()
    collect_files(_live(p, came + dt.timedelta(days=3)))
    assert [abs(one.received_at - came) < HOUR for one in _versions(p)] == [True]


def test_an_older_file_that_is_taken_later_does_not_displace_a_newer_one(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first could not be read until after the second was taken."""
    p = small(MIDDAY)
    drop(p, AGENCY, name="a.xlsx", seed=1)
    drop(p, AGENCY, name="b.xlsx", seed=2)
    with monkeypatch.context() as patch:
        _refuse(patch)
        collect_files(p)
    collect_files(small(EVENING))
    assert [one.file_name for one in _versions(p)] == ["a.xlsx", "b.xlsx"]


def test_a_clock_that_was_ahead_keeps_no_later_file_out_of_force(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file recorded with a time of next year; the clock is set right; what comes then comes after it."""
    p = small(MIDDAY)
    drop(p, AGENCY, name="a.xlsx", seed=1)
    with monkeypatch.context() as patch:
        patch.setattr("kybaocao.stages.support.recording.read_changed_at", lambda _: NOW + 365 * SHORTLY)
        collect_files(p)
    drop(p, AGENCY, name="b.xlsx", seed=2)
    collect_files(p)
    assert [one.file_name for one in _versions(p)] == ["a.xlsx", "b.xlsx"]


# --- the watch over the inboxes ---------------------------------------------------------------------------------------


def test_the_watch_notes_what_it_sees_once(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any pass; a file that is restored then still has its first sighting."""
    p = small(MIDDAY)
    path = drop(p, AGENCY, name="a.xlsx")
    clock = inbox_trigger.time.time() + 60
    monkeypatch.setattr("kybaocao.adapters.inbox_trigger.time.time", lambda: clock)
    for _ in range(2):
        list_uncollected(p.home, p.cycle.id)
    with p.store.read() as connection:
        seen = list_sightings(connection, p.cycle.id)
    assert [(one.file_name, one.first_seen_at.timestamp()) for one in seen] == [("a.xlsx", pytest.approx(clock))]
    _restore(path)
    dropped = inbox_module._dropped
    later = seen[0].first_seen_at + SHORTLY

    def _drop_later(path: Path, info: os.stat_result) -> Any:
        return dataclasses.replace(dropped(path, info), changed_at=later.timestamp())

    monkeypatch.setattr(inbox_module, "_dropped", _drop_later)
    collect_files(_live(p, seen[0].first_seen_at + 3 * SHORTLY))
    assert [one.received_at for one in _versions(p)] == [seen[0].first_seen_at]


def test_a_watch_that_cannot_note_still_announces(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    p = small(MIDDAY)
    drop(p, AGENCY, name="a.xlsx")
    clock = inbox_trigger.time.time() + 60
    monkeypatch.setattr("kybaocao.adapters.inbox_trigger.time.time", lambda: clock)

    def _fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(inbox_trigger, "record_sightings", _fail)
    assert [name for _, name, _ in list_uncollected(p.home, p.cycle.id)] == ["a.xlsx"]

"""Collecting: every version is kept as it came, once, with the time it came; nothing else is touched."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from kybaocao.home import Home
from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.inbox.archive import archive_path, keep_file, read_kept, seal
from kybaocao.inbox.submission import Submission
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.operator_warnings import list_warnings, warn_operators
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.unknown_folders import list_unknown_folders
from kybaocao.stages.validate import validate_agency
from kybaocao.store.submissions import latest_accepted, list_submissions
from kybaocao.store.tables import audit
from tests.checks.catalogue import COMMUNE, TARGETS, edit, valid_form
from tests.conftest import CYCLE

Begin = Callable[..., Pass]
AT = "2026-12-08T08:00"


@pytest.fixture
def inbox(home: Home) -> Path:
    folder = home.inbox(COMMUNE, CYCLE)
    folder.mkdir(parents=True)
    return folder


def _submissions(p: Pass) -> list[Submission]:
    with p.store.read() as connection:
        return list_submissions(connection, CYCLE)


def _actions(p: Pass) -> list[str]:
    with p.store.read() as connection:
        return list(connection.scalars(select(audit.c.action).order_by(audit.c.id)))


def _archived(home: Home) -> list[Path]:
    return [path for path in home.archive.rglob("*") if path.is_file()]


@functools.cache
def _changed(number: int) -> bytes:
    """A valid form that says `number`; the same bytes each time."""

    def _change(book: Workbook) -> None:
        book[TARGETS]["F8"] = number

    return edit(valid_form(), _change)


# --- kept as it came ---------------------------------------------------------------------------------------------


def test_a_file_is_kept_byte_for_byte_and_read_only(begin: Begin, inbox: Path, home: Home) -> None:
    """Under the hash of its content, before anything looked inside; the agency's own file stays where it is."""
    (inbox / "a.xlsx").write_bytes(valid_form())
    assert collect_files(begin(AT)).new == 1
    (kept,) = _archived(home)
    assert kept.read_bytes() == valid_form() == (inbox / "a.xlsx").read_bytes()
    assert kept.name == hashlib.sha256(valid_form()).hexdigest() == _submissions(begin(AT))[0].sha256
    assert stat.S_IMODE(kept.stat().st_mode) == 0o400


@pytest.mark.parametrize("size", [1, 65_999, 66_001, (1 << 20) + 1, 3 << 20])
def test_keeping_knows_the_ends_of_a_file(tmp_path: Path, size: int) -> None:
    """Hash, size, first and last bytes are those of the whole, however it was read in pieces."""
    data = os.urandom(size)
    (tmp_path / "a").write_bytes(data)
    descriptor = os.open(tmp_path / "a", os.O_RDONLY)
    kept, temporary = keep_file(tmp_path / "archive", descriptor, size)
    os.close(descriptor)
    seal(tmp_path / "archive", kept, temporary)
    assert (kept.sha256, kept.size_bytes) == (hashlib.sha256(data).hexdigest(), size)
    assert (kept.head, kept.tail) == (data[:16], data[-66_000:])
    assert read_kept(tmp_path / "archive", kept.sha256, size + 1) == data
    assert not temporary.exists() and archive_path(tmp_path / "archive", kept.sha256).exists()


def test_an_identical_file_says_nothing_new_and_is_written_down(begin: Begin, inbox: Path, home: Home) -> None:
    """The same bytes under the same or another name: no new version, one line in the audit trail each time."""
    (inbox / "a.xlsx").write_bytes(valid_form())
    collect_files(begin(AT))
    (inbox / "a.xlsx").write_bytes(valid_form())
    (inbox / "a (1).xlsx").write_bytes(valid_form())
    again = collect_files(begin(AT))
    assert (again.new, again.duplicates, len(_submissions(begin(AT))), len(_archived(home))) == (0, 2, 1, 1)
    assert _actions(begin(AT)) == ["file-received", "file-identical", "file-identical"]
    assert collect_files(begin(AT)).duplicates == 0


def test_versions_count_up_in_the_order_in_which_files_came(begin: Begin, inbox: Path) -> None:
    """Also when an agency goes back to what it had sent first, under its old name or another."""
    for number in (1, 2, 3, 2):
        (inbox / f"ban {number}.xlsx").unlink(missing_ok=True)
        (inbox / f"ban {number}.xlsx").write_bytes(_changed(number))
        collect_files(begin(AT))
    versions = _submissions(begin(AT))
    assert [submission.version for submission in versions] == [1, 2, 3, 4] and versions[3].sha256 == versions[1].sha256
    (inbox / "ban cuoi.xlsx").write_bytes(_changed(1))
    collect_files(begin(AT))
    versions = _submissions(begin(AT))
    assert [submission.version for submission in versions] == [1, 2, 3, 4, 5] and versions[4].sha256 == versions[
        0
    ].sha256


def test_two_files_whose_names_look_alike_do_not_take_turns(begin: Begin, inbox: Path) -> None:
    """One name composed, one decomposed: two versions, and silence in every later pass."""
    (inbox / "Biểu.xlsx").write_bytes(_changed(1))
    (inbox / b"Bie\xcc\x82\xcc\x89u.xlsx".decode()).write_bytes(_changed(2))
    assert [collect_files(begin(AT)).new for _ in range(3)] == [2, 0, 0]


def test_a_half_copied_workbook_waits_and_is_taken_whole(begin: Begin, inbox: Path, home: Home) -> None:
    """Half a workbook is no return and leaves nothing behind; the whole one is version 1."""
    data = valid_form()
    (inbox / "a.xlsx").write_bytes(data[: len(data) // 2])
    first = collect_files(begin(AT))
    assert (first.new, first.unsettled, _archived(home)) == (0, (f"{COMMUNE}/a.xlsx",), [])
    (inbox / "a.xlsx").write_bytes(data)
    assert (collect_files(begin(AT)).new, _submissions(begin(AT))[0].size_bytes) == (1, len(data))


# --- nothing outside the inbox --------------------------------------------------------------------------------------


def test_nothing_outside_the_inboxes_is_read(begin: Begin, inbox: Path, home: Home, tmp_path: Path) -> None:
    """Links, pipes, folders, an inbox that is a link, an agency nobody knows: listed for the operators, not read."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "a.xlsx").write_bytes(valid_form())
    (inbox / "link.xlsx").symlink_to(secret / "a.xlsx")
    os.mkfifo(inbox / "pipe.xlsx")
    (inbox / "folder.xlsx").mkdir()
    (inbox / "folder.xlsx" / "a.xlsx").write_bytes(valid_form())
    other = home.inbox("STC", CYCLE)
    other.parent.mkdir(parents=True)
    other.symlink_to(secret)
    (home.shared / "STP").symlink_to(secret)
    unknown = home.inbox("X-99999", CYCLE)
    unknown.mkdir(parents=True)
    (unknown / "a.xlsx").write_bytes(valid_form())
    found = collect_files(begin(AT))
    assert (found.new, found.unsettled, _archived(home)) == (0, (), [])
    lines = "\n".join(list_unknown_folders(begin(AT)))
    for name in ("link.xlsx", "pipe.xlsx", "folder.xlsx", f"STC/{CYCLE}/nop", "STP", "X-99999"):
        assert name in lines


def test_odd_names_neither_stop_a_pass_nor_hide_a_file(begin: Begin, inbox: Path, home: Home) -> None:
    """A newline, 255 bytes, broken bytes; the operators hear of a folder of such a name by mail."""
    raw = os.fsencode(inbox) + b"/"
    for number, name in enumerate((b"a\nb.xlsx", b"c" * 250 + b".xlsx", b"d\xff\xfe.xlsx", b"d\xff\xfd.xlsx")):
        Path(os.fsdecode(raw + name)).write_bytes(_changed(number))
    os.mkdir(raw + b"folder\xff")
    os.mkdir(os.fsencode(home.shared) + b"/STC\xff")
    p = begin(AT)
    assert [collect_files(p).new for _ in range(2)] == [4, 0]
    assert validate_agency(p, COMMUNE)["accepted"] == 4
    warnings = list_warnings(p)
    lines = [line for line in warnings if line.startswith("Thư mục lạ")]
    assert ["folder" in line or "STC" in line for line in lines] == [True, True]
    warn_operators(p, warnings)


# --- when it came, and what it replaces ------------------------------------------------------------------------------


def test_a_file_counts_from_when_it_came_not_from_when_we_looked(begin: Begin, inbox: Path, home: Home) -> None:
    """The scheduler was down for two days: the agency is not late for that."""
    (inbox / "a.xlsx").write_bytes(valid_form())
    came = dt.datetime.fromtimestamp((inbox / "a.xlsx").stat().st_ctime, dt.UTC)
    p = Pass.begin(CYCLE, came + dt.timedelta(days=2), home=home)
    collect_files(p)
    assert _submissions(p)[0].received_at == came


def test_nothing_is_received_after_the_moment_of_the_pass(begin: Begin, inbox: Path, home: Home) -> None:
    """A pass judges the world at its moment; a file that lands while it runs belongs to it, not to its future."""
    (inbox / "a.xlsx").write_bytes(valid_form())
    moment = dt.datetime(2026, 11, 16, 1, tzinfo=dt.UTC)
    assert moment < dt.datetime.fromtimestamp((inbox / "a.xlsx").stat().st_ctime, dt.UTC)
    p = Pass.begin(CYCLE, moment, home=home)
    collect_files(p)
    assert _submissions(p)[0].received_at == moment


def test_in_a_replay_files_come_at_the_moment_of_the_pass(begin: Begin, inbox: Path) -> None:
    """Their own times belong to another day."""
    (inbox / "a.xlsx").write_bytes(valid_form())
    collect_files(begin("2027-01-04T08:00"))
    assert _submissions(begin(AT))[0].received_at == begin("2027-01-04T08:00").as_of


def test_a_returned_file_never_displaces_the_accepted_one(
    begin: Begin, inbox: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accepted, then a wrong file, then an archive, then a correction: in force are versions 1, 1, 1 and 4."""
    monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 0.0)
    in_force = []
    for number, data in enumerate((_changed(1), _changed(51), b"Rar!", _changed(2)), start=1):
        (inbox / f"{number}.xlsx").write_bytes(data)
        p = begin(AT)
        assert collect_files(p).waiting == (COMMUNE,)
        validate_agency(p, COMMUNE)
        with p.store.read() as connection:
            accepted = latest_accepted(connection, CYCLE, COMMUNE)
        in_force.append(accepted.version if accepted else None)
    verdicts = [submission.verdict for submission in _submissions(begin(AT))]
    assert (in_force, verdicts) == ([1, 1, 1, 4], ["accepted", "returned", "unreadable", "accepted"])
    slips = sorted(path.name for path in home.replies(COMMUNE, CYCLE).iterdir())
    assert [slip.split("_")[0] for slip in slips].count("Phieu-tra-lai") == 2
    findings = json.loads(_submissions(begin(AT))[1].findings)
    assert [(f["code"], f["cell"]) for f in findings] == [("numerator-exceeds-denominator", "F8")]

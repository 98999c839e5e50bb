"""Files of an inbox are listed without following links, and taken only when they are copied completely."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.inbox.shared_folders import is_settled, list_dropped, list_oddities, open_plain


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "X-04183" / "ky2" / "nop"
    folder.mkdir(parents=True)
    return folder


def _names(inbox: Path) -> list[str]:
    return [drop.name for drop in list_dropped(inbox)]


@pytest.mark.parametrize(
    "name",
    [
        "~$Bieu-mau.xlsx",
        ".Bieu-mau.xlsx",
        "a.xlsx.tmp",
        "a.part",
        "a.filepart",
        "a.partial",
        "a.crdownload",
        "Thumbs.db",
    ],
)
def test_what_programs_leave_behind_is_no_return(inbox: Path, name: str) -> None:
    """Lock files of Office, half-downloads, files that Windows makes."""
    (inbox / name).write_bytes(b"x")
    (inbox / "b.xlsx").write_bytes(b"x")
    assert (_names(inbox), list_oddities(inbox)) == (["b.xlsx"], [])


def test_an_empty_file_is_not_taken(inbox: Path) -> None:
    """Zero bytes are a copy that has only begun."""
    (inbox / "a.xlsx").touch()
    assert _names(inbox) == []
    (inbox / "a.xlsx").write_bytes(b"x")
    assert _names(inbox) == ["a.xlsx"]


def test_files_come_in_the_order_they_arrived(inbox: Path) -> None:
    """By when they came to lie here, whatever their own dates and names say."""
    for number, name in enumerate(("c", "a", "b")):
        (inbox / name).write_bytes(b"x")
        time.sleep(0.02)
        os.utime(inbox / name, (10**9 - number, 10**9 - number))
    assert _names(inbox) == ["c", "a", "b"]


def test_links_pipes_and_folders_are_listed_and_not_followed(inbox: Path, tmp_path: Path) -> None:
    """A folder may be named like a file, a link may point anywhere."""
    (tmp_path / "secret.xlsx").write_bytes(b"secret")
    (inbox / "link.xlsx").symlink_to(tmp_path / "secret.xlsx")
    (inbox / "loop.xlsx").symlink_to(inbox / "loop.xlsx")
    os.mkfifo(inbox / "pipe.xlsx")
    (inbox / "folder.xlsx").mkdir()
    assert _names(inbox) == []
    assert list_oddities(inbox) == ["folder.xlsx", "link.xlsx", "loop.xlsx", "pipe.xlsx"]


@pytest.mark.parametrize("level", [0, 1, 2])
def test_an_inbox_that_is_a_link_is_not_entered(tmp_path: Path, level: int) -> None:
    """Neither the inbox nor the folders of cycle and agency above it may lead elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    parts = ["X-04183", "ky2", "nop"]
    (elsewhere / Path(*parts[3 - level :])).mkdir(parents=True)
    (elsewhere / Path(*parts[3 - level :]) / "a.xlsx").write_bytes(b"secret")
    link = tmp_path / "shared" / Path(*parts[: 3 - level])
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)
    inbox = tmp_path / "shared" / Path(*parts)
    assert (inbox / "a.xlsx").read_bytes() == b"secret"
    assert _names(inbox) == []


def test_what_became_a_link_or_a_pipe_since_it_was_listed_is_not_opened(inbox: Path, tmp_path: Path) -> None:
    """A file may be replaced between listing and opening; a pipe would block for ever."""
    (tmp_path / "secret").write_bytes(b"secret")
    (inbox / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(inbox / "pipe")
    (inbox / "folder").mkdir()
    for name in ("link", "pipe", "folder", "gone"):
        with pytest.raises(OSError):
            open_plain(inbox / name)


def test_any_name_can_be_written_down(inbox: Path) -> None:
    """Newlines, 255 bytes, bytes that are no UTF-8: a name is shown, stored and mailed without failing."""
    names = [b"a\nb.xlsx", b"c" * 250 + b".xlsx", b"d\xff\xfe.xlsx", "Biểu mẫu 😀.xlsx".encode()]
    for name in names:
        Path(os.fsdecode(os.fsencode(inbox) + b"/" + name)).write_bytes(b"x")
    os.mkfifo(os.fsencode(inbox) + b"/p\xff")
    found = _names(inbox) + list_oddities(inbox)
    assert len(found) == 5
    for name in found:
        assert name.encode("utf-8").decode("utf-8") == name


@pytest.mark.parametrize("name", ["a\x1b[2Jb.xlsx", "a\u202efdp.xlsx", "a\nb.xlsx", "a\u2066b.xlsx"])
def test_no_name_speaks_to_a_terminal_or_turns_what_is_read(inbox: Path, name: str) -> None:
    """In a mail's subject and in the list of the operators it is one line of letters."""
    (inbox / name).write_bytes(b"x")
    (drop,) = list_dropped(inbox)
    assert drop.name.isprintable() and "\ufffd" in drop.name


def test_names_that_look_alike_are_two_files(inbox: Path) -> None:
    """One from a Mac, one from Windows; or two names with different broken bytes."""
    for raw in ("Biểu.xlsx".encode(), b"Bie\xcc\x82\xcc\x89u.xlsx", b"a\xff.xlsx", b"a\xfe.xlsx"):
        Path(os.fsdecode(os.fsencode(inbox) + b"/" + raw)).write_bytes(raw)
    drops = list(list_dropped(inbox))
    assert len({drop.key for drop in drops}) == 4
    assert [drop.name for drop in drops].count("Biểu.xlsx") == 2


# --- when a copy has ended --------------------------------------------------------------------------------------

ZIP_HEAD, ZIP_END = b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18


@pytest.mark.parametrize(
    ("head", "tail", "age", "wanted"),
    [
        (ZIP_HEAD, ZIP_END, 0, True),  # its directory comes last: whole
        (ZIP_HEAD, b"half", 60, False),
        (ZIP_HEAD, b"half", 121, True),  # nobody is copying any more; it will be reported as damaged
        (b"%PDF", b"%%EOF\r\n", 0, True),
        (b"%PDF", b"%%EOF" + b"half" * 500, 60, False),  # the first part of a PDF that was added to ends so, too
        (b"%PDF", b"half", 121, True),
        (b"\x89PNG", b"half", 60, False),
        (b"\x89PNG", b"IEND\xaeB`\x82", 0, True),
        (b"\xff\xd8\xff", b"\xff\xd9 half", 60, False),
        (b"\xff\xd8\xff", b"\xff\xd9", 0, True),
        (b"%PDF", b"%%EOF" + b"\0" * 2000, 60, False),  # Windows makes the file as long as it will be, then fills it
        (b"\xd0\xcf\x11\xe0", b"", 20, False),  # an .xls does not show its end
        (b"\xd0\xcf\x11\xe0", b"", 31, True),
    ],
)
def test_a_file_is_taken_when_its_copying_has_ended(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, head: bytes, tail: bytes, age: float, wanted: bool
) -> None:
    """By its last bytes where its kind has an end, any other file by not changing for a while."""
    (inbox / "a").write_bytes(b"x")
    (drop,) = list_dropped(inbox)
    monkeypatch.setattr(inbox_module.time, "time", lambda: drop.changed_at + age)
    assert is_settled(drop, tail, head) is wanted


def test_a_file_dated_in_the_future_is_taken_all_the_same(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer with a wrong clock sends a scan dated next year; it still gets its answer today."""
    (inbox / "a").write_bytes(b"%PDF")
    os.utime(inbox / "a", (2**31, 2**31))
    (drop,) = list_dropped(inbox)
    monkeypatch.setattr(inbox_module.time, "time", lambda: drop.changed_at + 1)
    assert is_settled(drop, b"%%EOF", b"%PDF")

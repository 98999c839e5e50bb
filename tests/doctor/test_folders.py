"""Folders that cannot be used, made really so: a file in their place, a full disk, a disk that only reads.

The tests run as root, whom no mode keeps out: rights are tried on what root cannot do either.
"""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kybaocao.doctor.folders import (
    judge_room,
    probe_agencies,
    probe_folders,
    probe_names,
    probe_privacy,
    probe_room,
    try_folder,
)
from kybaocao.doctor.probing import Setting
from kybaocao.home import Home
from tests.conftest import CYCLE
from tests.doctor.conftest import NOW, ask, list_tree, list_wrong


@contextlib.contextmanager
def mounted(place: Path, *options: str) -> Iterator[Path]:
    """A disk in memory; skipped where none may be mounted."""
    place.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "none", str(place)], capture_output=True)
    if done.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_sound_installation_has_nothing_to_say(setting: Setting) -> None:
    """Every folder is written to, and left as it was."""
    before = list_tree(setting.home.root)
    for probe in (probe_folders, probe_agencies, probe_names):
        assert list_wrong(ask(setting, probe)) == []
    assert list_tree(setting.home.root) == before


def test_a_data_folder_that_is_missing_is_broken_and_not_made(tmp_path: Path) -> None:
    """A slip in KYBAOCAO_HOME must not become a new, empty installation."""
    setting = Setting(Home(tmp_path / "nowhere"), NOW)
    ((mark, found),) = ask(setting, probe_folders)
    assert (mark, "chưa có thư mục dữ liệu" in found, setting.home.root.exists()) == ("✗", True, False)


def test_a_file_in_place_of_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    ((mark, found),) = ask(Setting(Home(tmp_path / "data"), NOW), probe_folders)
    assert (mark, "không phải thư mục" in found) == ("✗", True)


@pytest.mark.parametrize("name", ["shared", "archive", "reports"])
def test_a_file_in_place_of_a_folder_below(setting: Setting, name: str) -> None:
    """The others are tried all the same."""
    (setting.home.root / name).rmdir()
    (setting.home.root / name).write_text("")
    assert list_wrong(ask(setting, probe_folders)) == [("✗", f"{name}: không phải thư mục thường")]


def test_a_disk_that_only_reads(setting: Setting) -> None:
    with mounted(setting.home.archive, "ro"):
        assert list_wrong(ask(setting, probe_folders)) == [("✗", "archive: ổ đĩa chỉ cho đọc")]


def test_a_full_disk(setting: Setting) -> None:
    """Not a byte can be written; nothing is left of the attempt."""
    with mounted(setting.home.archive, "size=64k") as disk:
        (disk / "x").write_bytes(b"\0" * 64 * 1024)
        assert list_wrong(ask(setting, probe_folders)) == [("✗", "archive: hết chỗ trên ổ đĩa")]
        assert list_tree(disk) == {"x"}
        assert next(answer.state.mark for answer in judge_room(disk)) == "✗"


def test_a_disk_without_inodes(tmp_path: Path) -> None:
    """Bytes are free, but no inode is: no file can be made."""
    with mounted(tmp_path / "disk", "size=2g", "nr_inodes=2") as disk:
        (disk / "x").touch()
        assert try_folder(disk) == "hết chỗ trên ổ đĩa"
        assert ["inode" in answer.found for answer in judge_room(disk) if answer.state.mark == "✗"] == [True]


def test_every_disk_is_named_once(setting: Setting) -> None:
    """Folders on one disk share a line for bytes and one for inodes; an own mount has its own."""
    disks = [found.partition(":")[0] for _, found in ask(setting, probe_room)]
    with mounted(setting.home.archive, "size=64k"):
        more = {found.partition(":")[0] for _, found in ask(setting, probe_room)} - set(disks)
    assert len(set(disks)) <= 2
    assert more == {f"ổ đĩa của {setting.home.archive}"}


# --- agencies' folders --------------------------------------------------------------------------------------------


def make_agency(setting: Setting, code: str = "STP") -> Path:
    for folder in (setting.home.inbox(code, CYCLE), setting.home.replies(code, CYCLE)):
        folder.mkdir(parents=True)
    return setting.home.shared / code


def test_an_agencys_folders_are_tried_and_left_alone(setting: Setting) -> None:
    """Its own, `nop` and `tra_loi`."""
    before = list_tree(make_agency(setting))
    assert ("✓", "nq02-2026: 3 thư mục của cơ quan ghi, đổi tên, xóa được") in ask(setting, probe_agencies)
    assert list_tree(setting.home.shared / "STP") == before


@pytest.mark.parametrize("kind", ["file", "link"])
def test_something_else_in_place_of_an_inbox(setting: Setting, kind: str, tmp_path: Path) -> None:
    """A file, or a link that leads away: named by its place."""
    make_agency(setting)
    inbox = setting.home.inbox("STP", CYCLE)
    inbox.rmdir()
    if kind == "file":
        inbox.write_text("")
    else:
        inbox.symlink_to(tmp_path)
    wrong = list_wrong(ask(setting, probe_agencies))
    assert wrong == [("✗", f"shared/STP/{CYCLE}/nop: không phải thư mục thường")]


def test_an_agencys_disk_that_only_reads(setting: Setting) -> None:
    """A share that was mounted for reading."""
    make_agency(setting)
    with mounted(setting.home.replies("STP", CYCLE), "ro"):
        assert list_wrong(ask(setting, probe_agencies)) == [("✗", f"shared/STP/{CYCLE}/tra_loi: ổ đĩa chỉ cho đọc")]


def test_a_folder_open_to_everybody_should_be_looked_at(setting: Setting) -> None:
    """One agency could put files under another's name."""
    make_agency(setting)
    os.chmod(setting.home.inbox("STP", CYCLE), 0o777)
    ((mark, found),) = list_wrong(ask(setting, probe_agencies))
    assert (mark, f"STP/{CYCLE}/nop" in found) == ("!", True)


def test_many_broken_folders_are_a_few_lines(setting: Setting) -> None:
    """Five by name, the others by number."""
    for agency in setting.plans[0].expected[:9]:
        (setting.home.shared / agency.code).write_text("")
    wrong = list_wrong(ask(setting, probe_agencies))
    assert (len(wrong), wrong[-1]) == (6, ("✗", "và 4 thư mục khác của cơ quan không dùng được"))


def test_what_others_may_read_is_named_with_what_to_do(setting: Setting) -> None:
    """The store, the archive, the mails; not the folders that agencies share."""
    setting.home.close_to_others()
    assert list_wrong(ask(setting, probe_privacy)) == []
    setting.home.archive.chmod(0o750)
    (setting.home.root / "kybaocao.db").chmod(0o644)
    said = ask(setting, probe_privacy)
    assert said == [("!", f"{name}: tài khoản khác trên máy đọc được") for name in ("archive", "kybaocao.db")]


def let_write(folder: Path, account: int, rights: int = 0o7, mask: int = 0o7) -> None:
    """What `setfacl -m u:ACCOUNT:rwx` writes."""
    entries = [(0x01, 7, -1), (0x02, rights, account), (0x04, 5, -1), (0x10, mask, -1), (0x20, 0, -1)]
    packed = b"".join(struct.pack("<HHI", tag, one, who % 2**32) for tag, one, who in entries)
    try:
        os.setxattr(folder, "system.posix_acl_access", struct.pack("<I", 2) + packed)
    except OSError:
        pytest.skip("no ACL on this disk")


@pytest.mark.parametrize(("rights", "mask", "is_named"), [(7, 7, False), (5, 7, True), (7, 5, True)])
def test_an_inbox_that_no_account_may_write_into_is_named(
    setting: Setting, rights: int, mask: int, is_named: bool
) -> None:
    """An agency was added to the register, or a cycle came, and the script for accounts was not run again."""
    for code in ("STC", "STP"):
        setting.home.inbox(code, CYCLE).mkdir(parents=True)
        setting.home.replies(code, CYCLE).mkdir()
    assert list_wrong(ask(setting, probe_agencies)) == []  # rights are given in another way
    let_write(setting.home.inbox("STC", CYCLE), 3001)
    let_write(setting.home.inbox("STP", CYCLE), 3002, rights, mask)
    found = f"1 thư mục nop chưa có tài khoản nào của cơ quan ghi được (ví dụ STP/{CYCLE}/nop)"
    assert list_wrong(ask(setting, probe_agencies)) == ([("!", found)] if is_named else [])

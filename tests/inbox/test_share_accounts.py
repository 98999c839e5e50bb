"""The script that root runs: accounts, rights and slips follow the register, again and again."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest

from kybaocao.files import write_inside
from tests.conftest import CONFIG, CYCLE
from tests.inbox.share_server import SYSTEM_UID, ShareServer


@pytest.fixture
def register(server: ShareServer) -> Iterator[Path]:
    """The register of the plan; afterwards it, and what follows from it, is as before."""
    path = server.root / "config" / CONFIG.name / "co_quan.csv"
    text = path.read_text(encoding="utf-8")
    yield path
    path.write_text(text, encoding="utf-8")
    follow(server)


def take_out(register: Path, code: str) -> None:
    lines = register.read_text(encoding="utf-8").splitlines()
    lines = [x.replace("phai_bao_cao", "phoi_hop") if x.startswith(f"{code},") else x for x in lines]
    register.write_text("\n".join(lines) + "\n", encoding="utf-8")


def bring_in(register: Path, code: str) -> None:
    lines = register.read_text(encoding="utf-8").splitlines()
    lines = [x.replace("phoi_hop", "phai_bao_cao") if x.startswith(f"{code},") else x for x in lines]
    register.write_text("\n".join(lines) + "\n", encoding="utf-8")


def follow(server: ShareServer, *words: str) -> subprocess.CompletedProcess[str]:
    """What operators do after a change of the register."""
    server.generate("--quota-mb", "0")
    return server.run_script(*words)


def can_enter(server: ShareServer, agency: str) -> list[bool]:
    return [
        server.call(client, agency, f'ls "{CYCLE}/"' if client == "sftp" else f'cd "{CYCLE}"')
        for client in ("smb", "sftp")
    ]


def look(server: ShareServer) -> dict[str, object]:
    """All that a run may change, but the folder of the slips."""
    paths = [path for path in (server.home.shared, *server.home.shared.rglob("*"))]
    shadow = Path("/etc/shadow").read_text(encoding="utf-8").splitlines()
    return {
        **{str(path): path.lstat().st_ctime_ns for path in paths},
        "accounts": [line for line in shadow if line.startswith(server.prefix)],
        "fstab": server.fstab.read_text(),
        "slips": sorted(os.listdir(server.root / "slips")),
    }


def test_a_second_run_changes_nothing(server: ShareServer) -> None:
    """Files that wait in an inbox keep their time, too: they are not taken twice."""
    (server.home.inbox("STC", CYCLE) / "a.xlsx").write_bytes(b"x")
    before = look(server)
    done = follow(server)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 cơ quan; tài khoản mới 0, khóa 0, mở lại 0" in done.stdout
    assert look(server) == before
    (server.home.inbox("STC", CYCLE) / "a.xlsx").unlink()


def test_only_root_reads_the_slips(server: ShareServer) -> None:
    """One page for each account; the passwords stand nowhere else."""
    folder = server.root / "slips"
    (slip,) = folder.iterdir()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, slip)] == [0o700, 0o600]
    assert len(server.passwords) == 3 and len(set(server.passwords.values())) == 3
    text = slip.read_text(encoding="utf-8")
    assert text.count("<section>") == 3 and "@" not in text
    for path in server.recipes.rglob("*"):
        assert path.is_dir() or not any(one in path.read_text(encoding="utf-8") for one in server.passwords.values())


def test_an_agency_that_is_gone_is_locked_and_comes_back_as_it_was(server: ShareServer, register: Path) -> None:
    """Its files stay; its password is the former one."""
    assert can_enter(server, "STP") == [True, True]
    take_out(register, "STP")
    done = follow(server)
    assert f"Đã khóa {server.name_account('STP')}" in done.stdout, done.stderr
    assert (can_enter(server, "STP"), can_enter(server, "STC")) == ([False, False], [True, True])
    assert server.name_account("STP") in server.list_accounts() and server.home.inbox("STP", CYCLE).is_dir()
    assert "khóa 0" in follow(server).stdout
    bring_in(register, "STP")
    assert "mới 0, khóa 0, mở lại 1" in follow(server).stdout
    assert can_enter(server, "STP") == [True, True]


def test_whom_an_administrator_has_locked_stays_locked(server: ShareServer) -> None:
    """A stolen password is no matter of the register."""
    account = server.name_account("STC")
    subprocess.run(["usermod", "--lock", account], check=True)
    subprocess.run(["smbpasswd", "-c", server.root / "smb.conf", "-d", account], check=True, capture_output=True)
    assert follow(server).returncode == 0
    assert can_enter(server, "STC") == [False, False]
    subprocess.run(["usermod", "--unlock", account], check=True)
    subprocess.run(["smbpasswd", "-c", server.root / "smb.conf", "-e", account], check=True, capture_output=True)
    assert can_enter(server, "STC") == [True, True]


def test_a_new_agencys_folder_is_closed_before_it_has_an_account(
    server: ShareServer, register: Path, tmp_path: Path
) -> None:
    """A pass may make it first; then the account reads what lies there already, and hands in."""
    bring_in(register, "X-03664")
    with server.as_system():
        write_inside(server.home.shared, PurePath("X-03664", CYCLE, "form.xlsx"), b"form")
        write_inside(server.home.shared, PurePath("X-03664", CYCLE, "tra_loi", "a.html"), b"answer")
        write_inside(server.home.shared, PurePath("X-03664", CYCLE, "nop", "x"), b"x")
    for client in ("smb", "sftp"):
        assert not server.call(client, "STC", f'get "../X-03664/{CYCLE}/form.xlsx" "{tmp_path / "b"}"')
    done = follow(server)
    assert "tài khoản mới 1" in done.stdout, done.stderr
    for client in ("smb", "sftp"):
        for name in ("form.xlsx", "tra_loi/a.html"):
            assert server.call(client, "X-03664", f'get "{CYCLE}/{name}" "{tmp_path / client}"'), server.said
        assert server.put(client, "X-03664", tmp_path / client, f"{CYCLE}/nop/{client}.xlsx"), server.said
        assert not server.call(client, "STC", f'get "../X-03664/{CYCLE}/form.xlsx" "{tmp_path / "b"}"')
    take_out(register, "X-03664")


def test_a_run_that_was_killed_is_finished_by_the_next(server: ShareServer, register: Path) -> None:
    """An account without a password gets one, and a slip."""
    bring_in(register, "X-03646")
    account = server.name_account("X-03646")
    group = f"{server.prefix}-nop"
    subprocess.run(["useradd", "-g", group, "-M", "-d", "/", "-s", "/usr/sbin/nologin", account], check=True)
    done = follow(server)
    assert (done.returncode, "X-03646" in server.passwords) == (0, True), done.stderr
    assert can_enter(server, "X-03646") == [True, True]
    take_out(register, "X-03646")


def test_a_new_password_takes_the_place_of_the_former(server: ShareServer) -> None:
    """For one agency, with a slip of its own."""
    before = server.passwords["STC"]
    done = server.run_script("--doi-mat-khau", "STC")
    assert done.returncode == 0 and server.passwords["STC"] != before, done.stderr
    assert can_enter(server, "STC") == [True, True]
    now, server.passwords["STC"] = server.passwords["STC"], before
    assert can_enter(server, "STC") == [False, False]
    server.passwords["STC"] = now
    assert server.run_script("--doi-mat-khau", "STP; id").returncode == 1


def test_an_account_of_somebody_else_is_not_taken_over(server: ShareServer, register: Path) -> None:
    """Its name happens to be the one that an agency would get."""
    bring_in(register, "X-03664")
    account = server.name_account("X-03664")
    subprocess.run(
        ["usermod", "-g", "nogroup", account], check=False
    ) if account in server.list_accounts() else subprocess.run(["useradd", "-g", "nogroup", "-M", account], check=True)
    done = follow(server)
    assert done.returncode == 1 and "không thuộc nhóm" in done.stderr
    subprocess.run(["userdel", account], check=True, capture_output=True)
    take_out(register, "X-03664")


@pytest.mark.parametrize(
    "line", ["root\tSTC\t", "{prefix}-stc\t../STP\t", "{prefix}-stc\tSTC\t../x", "{prefix}-stc;id\tSTC\t", ""]
)
def test_a_register_that_was_tampered_with_is_refused(line: str, server: ShareServer) -> None:
    """Before anything is done."""
    path = server.recipes / "co-quan.tsv"
    text, before = path.read_text(encoding="utf-8"), look(server)
    path.write_text(line.format(prefix=server.prefix) + "\n" if line else "", encoding="utf-8")
    try:
        assert server.run_script().returncode == 1
    finally:
        path.write_text(text, encoding="utf-8")
    assert look(server) == before


def test_many_accounts_are_locked_only_when_that_is_meant(server: ShareServer) -> None:
    """A register cut short by mistake locks nobody out."""
    group = f"{server.prefix}-nop"
    names = [f"{server.prefix}-old-{number}" for number in range(6)]
    for name in names:
        subprocess.run(["useradd", "-g", group, "-M", "-d", "/bao-cao/OLD", name], check=True)
    done = server.run_script()
    assert done.returncode == 1 and "--khoa" in done.stderr
    done = server.run_script("--khoa")
    assert (done.returncode, done.stdout.count("Đã khóa")) == (0, 6), done.stderr
    for name in names:
        subprocess.run(["userdel", name], check=True, capture_output=True)


def test_each_account_gets_its_quota(server: ShareServer, tmp_path: Path) -> None:
    """Where the disk has none, one line says so and the rest is done. The kernel's own quota is not tried here."""
    server.generate("--quota-mb", "300")
    done = server.run_script()
    assert done.returncode == 0 and ("Chưa đặt được hạn mức 300 MB" in done.stderr or not done.stderr)
    (tmp_path / "setquota").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\n', encoding="utf-8")
    (tmp_path / "setquota").chmod(0o755)
    done = server.run_script(path=str(tmp_path))
    calls = [line.split() for line in (tmp_path / "calls").read_text(encoding="utf-8").splitlines()]
    assert [call[:6] for call in calls] == [
        ["-u", server.name_account(code), "307200", "307200", "5000", "5000"] for code in ("STC", "STP", "X-04183")
    ]
    assert all(os.path.ismount(call[6]) for call in calls) and done.stderr == ""


def test_the_system_owns_what_the_script_makes(server: ShareServer) -> None:
    """It writes answers there without rights of root."""
    for path in (server.home.shared, server.home.shared / "STC", server.home.replies("STC", CYCLE)):
        assert path.stat().st_uid == SYSTEM_UID

"""The generated recipes run by the real smbd and sshd, and what agencies do there as the product's collecting sees it."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import stat
import subprocess
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

import pytest

from kybaocao.files import write_inside
from kybaocao.inbox import shared_folders
from kybaocao.stages.collect import Collected, collect_files
from kybaocao.stages.support.passes import Pass
from kybaocao.store.database import open_store
from kybaocao.store.submissions import list_components
from tests.conftest import CYCLE
from tests.inbox.bad_line import BadLine
from tests.inbox.share_server import SYSTEM_UID, ShareServer

CLIENTS = pytest.mark.parametrize("client", ["smb", "sftp"])
NOP, TRA_LOI = f"{CYCLE}/nop", f"{CYCLE}/tra_loi"
SIZE_BYTES = 600_000  # of what is copied slowly: more than the servers and their buffers take at once
ZIP_HEAD, ZIP_END = b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18


def make_workbook(size_bytes: int = 2_000) -> bytes:
    """Begins and ends as one; nothing here looks inside."""
    return ZIP_HEAD + os.urandom(size_bytes) + ZIP_END


@pytest.fixture
def inbox(server: ShareServer) -> Iterator[Path]:
    """The empty inbox of X-04183."""
    yield from _empty(server.home.inbox("X-04183", CYCLE))


def _empty(folder: Path) -> Iterator[Path]:
    yield folder
    for path in folder.iterdir():
        path.unlink() if path.is_file() or path.is_symlink() else path.rmdir()


@pytest.fixture
def collect(server: ShareServer) -> Callable[[], Collected]:
    """A pass of now collects, with the rights of the system's account."""

    def _collect() -> Collected:
        with server.as_system():
            return collect_files(Pass.begin(CYCLE, dt.datetime.now(dt.UTC), home=server.home))

    return _collect


def list_taken(server: ShareServer) -> list[tuple[str, str]]:
    """(name, SHA-256) of what X-04183 has handed in, in the order of the versions."""
    with server.as_system(), open_store(server.home).read() as connection:
        return [(one.file_name, one.sha256) for one in list_components(connection, CYCLE, "X-04183")]


def put_answer(server: ShareServer, name: str, data: bytes, agency: str = "X-04183") -> None:
    """As passes write answers."""
    with server.as_system():
        write_inside(server.home.shared, PurePath(agency, CYCLE, "tra_loi", name), data)


def wait_until(happens: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.02)


# --- handing in -------------------------------------------------------------------------------------------------


@CLIENTS
def test_what_an_agency_drops_is_collected_as_it_was(
    client: str, server: ShareServer, inbox: Path, tmp_path: Path, collect: Callable[[], Collected]
) -> None:
    """The bytes and the name, by the system's own account."""
    data, source = make_workbook(), tmp_path / "a.xlsx"
    source.write_bytes(data)
    assert server.put(client, "X-04183", source, f"{NOP}/Biểu mẫu {client}.xlsx"), server.said
    assert (collect().new, list_taken(server)[-1]) == (1, (f"Biểu mẫu {client}.xlsx", hashlib.sha256(data).hexdigest()))


@CLIENTS
def test_names_stay_as_they_were_given(
    client: str, server: ShareServer, inbox: Path, tmp_path: Path, collect: Callable[[], Collected]
) -> None:
    """Composed and decomposed letters are two names; the longest the disk takes, and signs of Windows."""
    names = [
        unicodedata.normalize("NFC", "Biểu mẫu (bản cuối) số 01.xlsx"),
        unicodedata.normalize("NFD", "Biểu mẫu (bản cuối) số 01.xlsx"),
        unicodedata.normalize("NFD", "Báo cáo ") + "dài" * 57 + ".xlsx",
        "a" * 250 + ".xlsx",
        "BC & phụ lục, [final] 100% 'ok'.xlsx",
    ]
    assert max(len(name.encode()) for name in names) == 255
    for number in range(len(names)):
        (tmp_path / f"{number}.xlsx").write_bytes(make_workbook(100 + number))
    copies = [f'put "{tmp_path}/{number}.xlsx" "{NOP}/{name}"' for number, name in enumerate(names)]
    assert server.call(client, "X-04183", *copies), server.said
    assert {path.name for path in inbox.iterdir()} == set(names)
    assert collect().new == len(names)
    shown = [name for name, _ in list_taken(server)[-len(names) :]]
    assert sorted(shown) == sorted(unicodedata.normalize("NFC", name) for name in names)


@pytest.mark.parametrize(
    ("head", "end"), [(ZIP_HEAD, ZIP_END), (b"%PDF-1.7\n", b"\n%%EOF\n")], ids=["workbook", "scan"]
)
@CLIENTS
def test_a_slow_copy_is_taken_when_it_is_whole(
    client: str,
    head: bytes,
    end: bytes,
    server: ShareServer,
    inbox: Path,
    tmp_path: Path,
    collect: Callable[[], Collected],
) -> None:
    """Half of it has come, then the line stands still for longer than a careless look waits."""
    data, half = head + os.urandom(SIZE_BYTES) + end, inbox / "a.bin"
    before = len(list_taken(server))
    with begin_copy(server, client, tmp_path, data, half) as (line, copying):
        time.sleep(4)
        assert 0 < half.stat().st_size < len(data)
        assert (collect().new, len(list_taken(server))) == (0, before)
        line.go_on()
        said, _ = copying.communicate(timeout=60)
    assert copying.returncode == 0, said
    assert collect().new == 1
    assert list_taken(server)[-1][1] == hashlib.sha256(data).hexdigest()


@CLIENTS
def test_a_broken_copy_waits_and_the_next_one_counts(
    client: str,
    server: ShareServer,
    inbox: Path,
    tmp_path: Path,
    collect: Callable[[], Collected],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The line breaks in mid-copy: the half is left alone at first, then taken to be answered as damaged."""
    data, half = make_workbook(SIZE_BYTES), inbox / "a.xlsx"
    with begin_copy(server, client, tmp_path, data, half) as (line, copying):
        line.cut()
        copying.communicate(timeout=60)
    assert copying.returncode != 0
    assert 0 < half.stat().st_size < len(data)
    assert collect().new == 0
    later = half.stat().st_ctime + shared_folders.HALF_COPIED_SECONDS
    with monkeypatch.context() as patch:
        patch.setattr(shared_folders.time, "time", lambda: later)
        assert collect().new == 1
    (tmp_path / "again.xlsx").write_bytes(data)
    assert server.put(client, "X-04183", tmp_path / "again.xlsx", f"{NOP}/a.xlsx"), server.said
    assert collect().new == 1
    assert list_taken(server)[-1][1] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("temporary", ["a.xlsx.filepart", ".a.xlsx.Xy12Ab"])
@CLIENTS
def test_a_file_counts_under_the_name_it_gets_at_the_end(
    client: str, temporary: str, server: ShareServer, inbox: Path, tmp_path: Path, collect: Callable[[], Collected]
) -> None:
    """WinSCP, rsync and others copy under another name and rename; the half may lie there for hours."""
    (tmp_path / "a.xlsx").write_bytes(make_workbook())
    assert server.put(client, "X-04183", tmp_path / "a.xlsx", f"{NOP}/{temporary}"), server.said
    assert collect().new == 0
    assert server.call(client, "X-04183", f'rename "{NOP}/{temporary}" "{NOP}/b.xlsx"'), server.said
    assert (collect().new, list_taken(server)[-1][0]) == (1, "b.xlsx")


@contextmanager
def begin_copy(
    server: ShareServer, client: str, folder: Path, data: bytes, target: Path
) -> Iterator[tuple[BadLine, subprocess.Popen[bytes]]]:
    """A copy of `data` to the inbox of X-04183 of which half has come; the line, and the client that waits."""
    (folder / "source").write_bytes(data)
    with BadLine(server.smb_port if client == "smb" else server.ssh_port, len(data) // 2) as line:
        copying = server.open(client, "X-04183", f'put "{folder / "source"}" "{NOP}/{target.name}"', port=line.port)
        wait_until(lambda: target.exists() and target.stat().st_size > 0)
        yield line, copying
        copying.wait(timeout=60)


# --- whose folder it is ---------------------------------------------------------------------------------------------


@CLIENTS
def test_another_agencys_folder_is_refused(client: str, server: ShareServer, tmp_path: Path) -> None:
    """To look into, to read from, to write to, and to see that it is there."""
    put_answer(server, "bi-mat.html", b"secret", "STP")
    (tmp_path / "a.xlsx").write_bytes(make_workbook())
    for way in ("../STP", f"../STP/{CYCLE}/tra_loi", "../STP/" + NOP, ".."):
        if (client, way) != ("smb", ".."):  # which is the share itself there
            look = f'ls "{way}/"' if client == "sftp" else f'cd "{way}"'
            assert not server.call(client, "X-04183", look), server.said
    assert not server.call(client, "X-04183", f'get "../STP/{TRA_LOI}/bi-mat.html" "{tmp_path / "b"}"')
    assert not server.put(client, "X-04183", tmp_path / "a.xlsx", f"../STP/{NOP}/a.xlsx")
    assert (list(server.home.inbox("STP", CYCLE).iterdir()), (tmp_path / "b").exists()) == ([], False)
    assert server.call(client, "STP", f'get "{TRA_LOI}/bi-mat.html" "{tmp_path / "b"}"'), server.said
    assert (tmp_path / "b").read_bytes() == b"secret"


@CLIENTS
def test_answers_and_forms_can_only_be_read(client: str, server: ShareServer, tmp_path: Path) -> None:
    """Nothing is added, replaced, renamed or deleted beside the inbox."""
    put_answer(server, "Phieu-tra-lai_01.html", b"answer")
    with server.as_system():
        write_inside(server.home.shared, PurePath("X-04183", CYCLE, "form.xlsx"), b"form")
    (tmp_path / "a.xlsx").write_bytes(make_workbook())
    before = {path: path.stat().st_mtime_ns for path in (server.home.shared / "X-04183").rglob("*")}
    for there in (f"{TRA_LOI}/Phieu-tra-lai_01.html", f"{CYCLE}/form.xlsx"):
        assert not server.put(client, "X-04183", tmp_path / "a.xlsx", there)
        assert not server.call(client, "X-04183", f'rm "{there}"')
        assert not server.call(client, "X-04183", f'rename "{there}" "{NOP}/x"')
    for folder in ("", f"{CYCLE}/", f"{TRA_LOI}/"):
        assert not server.put(client, "X-04183", tmp_path / "a.xlsx", f"{folder}new")
        assert not server.call(client, "X-04183", f'mkdir "{folder}new"')
    assert {path: path.stat().st_mtime_ns for path in (server.home.shared / "X-04183").rglob("*")} == before
    assert server.call(client, "X-04183", f'get "{TRA_LOI}/Phieu-tra-lai_01.html" "{tmp_path / "b"}"'), server.said
    assert (tmp_path / "b").read_bytes() == b"answer"


@CLIENTS
def test_nobody_leaves_the_share(client: str, server: ShareServer, inbox: Path, tmp_path: Path) -> None:
    """By going up, or through a link that somebody else has left there."""
    (inbox / "link").symlink_to("/etc/passwd")
    (inbox / "up").symlink_to("../../../STP")
    for way in ("../../../../../../etc/passwd", "/etc/passwd", f"{NOP}/link", f"{NOP}/up/{NOP}"):
        assert not server.call(client, "X-04183", f'get "{way}" "{tmp_path / "b"}"'), way
    assert not (tmp_path / "b").exists()


def test_sftp_makes_no_links_and_starts_nothing(server: ShareServer, inbox: Path, tmp_path: Path) -> None:
    """Neither kind of link, no command, no forwarding of ports."""
    (tmp_path / "a.xlsx").write_bytes(make_workbook())
    assert server.put("sftp", "X-04183", tmp_path / "a.xlsx", f"{NOP}/a.xlsx")
    for command in (f"ln -s /etc/passwd {NOP}/b", f"ln {NOP}/a.xlsx {NOP}/b", f"symlink a.xlsx {NOP}/b"):
        assert not server.call("sftp", "X-04183", command)
    assert [path.name for path in inbox.iterdir()] == ["a.xlsx"]
    said = server.run_ssh("X-04183", "id")
    assert "uid=" not in said and "sftp connections only" in said


def test_the_system_reads_whatever_an_agency_makes(server: ShareServer, inbox: Path, tmp_path: Path) -> None:
    """Files and folders, by either way in; other accounts of the machine read nothing."""
    (tmp_path / "a.xlsx").write_bytes(make_workbook())
    for client in ("smb", "sftp"):
        assert server.call(client, "X-04183", f'mkdir "{NOP}/{client}"'), server.said
        assert server.put(client, "X-04183", tmp_path / "a.xlsx", f"{NOP}/{client}/a.xlsx"), server.said
        for path in (inbox / client, inbox / client / "a.xlsx"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0 or path.is_file()
    files = [inbox / client / "a.xlsx" for client in ("smb", "sftp")]
    assert [read_as(SYSTEM_UID, path) for path in files] == [True, True]
    assert [read_as(65_533, path) for path in files] == [False, False]
    for path in files:
        path.unlink()


def read_as(uid: int, path: Path) -> bool:
    return (
        subprocess.run(
            ["cat", path], check=False, capture_output=True, user=uid, group=65_534, extra_groups=[]
        ).returncode
        == 0
    )

"""What a hostile file could make its reader do, tried from inside; and what this machine has against it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from kybaocao.workbook import confinement
from kybaocao.workbook.confinement_degree import Degree
from kybaocao.workbook.sandbox import SandboxError, ask_degree
from tests.workbook.lesser_kernels import NEITHER, NO_LANDLOCK, NO_SECCOMP, run

ALWAYS, NEVER = 1, 99  # ABI of Landlock since which it denies by itself


class Escape(NamedTuple):
    """An expression for the reader, and since which ABI Landlock alone denies it. The filter alone denies each."""

    expression: str
    abi: int


ESCAPES = {
    "read the environment of its parent": Escape("open('/proc/{parent}/environ', 'rb').read().decode()", ALWAYS),
    "read the store": Escape("open({store!r}).read()", ALWAYS),
    "write in the store": Escape("os.write(os.open({store!r}, os.O_WRONLY), b'x')", ALWAYS),
    "write a new file": Escape("open({folder!r} + '/new', 'w').write('x')", ALWAYS),
    "delete a file": Escape("os.unlink({store!r})", ALWAYS),
    "list a folder": Escape("os.listdir({folder!r})", ALWAYS),
    "see whether a file exists": Escape("os.stat({store!r}).st_size", NEVER),
    "connect": Escape("socket.socket().connect(('127.0.0.1', {port}))", 4),
    "send a datagram": Escape("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))", NEVER),
    "become another program": Escape("os.execv('/bin/echo', ['echo', '[[0, false], true, 1]'])", ALWAYS),
    "fork and stay": Escape("os.fork() or time.sleep(600)", NEVER),
    "start a thread": Escape("_thread.start_new_thread(time.sleep, (0,))", NEVER),
    "kill another process": Escape("os.kill({victim}, 9)", 6),
    "signal its group": Escape("os.kill(0, 0)", NEVER),
    "trace another process": Escape(
        "os.strerror(ctypes.get_errno()) if libc.ptrace(16, {victim}, 0, 0) else 1", ALWAYS
    ),
    "hold another process": Escape("os.pidfd_open({victim})", NEVER),
    "limit another process": Escape("resource.prlimit({victim}, resource.RLIMIT_NOFILE, (3, 3))", NEVER),
    "give its slot away": Escape("fcntl.flock(2, fcntl.LOCK_UN)", NEVER),
}
DENIED = {"PermissionError", "RuntimeError"}  # RuntimeError: of a thread that cannot be started
YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")
every_escape = pytest.mark.parametrize("name", ESCAPES)


@pytest.fixture(scope="module")
def degree() -> Degree:
    return ask_degree()


@pytest.fixture
def attempt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], object]]:
    """Tries an escape: what it gave, or the name of the exception. Something to read, to reach and to kill is there."""
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "geheim")
    store = tmp_path / "store.db"
    store.write_text("figures")
    victim = subprocess.Popen(["sleep", "600"])
    with socket.create_server(("127.0.0.1", 0)) as server:
        facts = {"parent": os.getpid(), "store": str(store), "folder": str(tmp_path), "victim": victim.pid}
        facts["port"] = server.getsockname()[1]

        def try_to(name: str, without: str) -> object:
            try:
                given = run(ESCAPES[name].expression.format(**facts), without)
            except SandboxError as error:
                return error.reason
            if name == "fork and stay":
                os.kill(given, signal.SIGKILL)
            return given

        yield try_to
    victim.kill()
    victim.wait()


def is_denied(outcome: object) -> bool:
    return isinstance(outcome, str) and outcome in {*DENIED, os.strerror(1)}


@every_escape
def test_a_reader_cannot(name: str, attempt: Callable[[str, str], object], degree: Degree) -> None:
    """With both locks; the machine that lacks one is named."""
    if not degree.is_full:
        pytest.skip(f"nhân của máy này không cách ly đầy đủ: {degree}")
    assert is_denied(attempt(name, ""))


@every_escape
def test_a_reader_cannot_where_the_kernel_has_no_landlock(
    name: str, attempt: Callable[[str, str], object], degree: Degree
) -> None:
    """The filter of system calls denies everything by itself."""
    if not degree.is_filtered:
        pytest.skip(f"nhân của máy này không có seccomp: {degree}")
    assert is_denied(attempt(name, NO_LANDLOCK))


@every_escape
def test_what_landlock_denies_by_itself(name: str, attempt: Callable[[str, str], object], degree: Degree) -> None:
    """Files, programs and memory of others; with newer kernels TCP and signals, too. The rest needs the filter."""
    if not degree.abi:
        pytest.skip(f"nhân của máy này không có Landlock: {degree}")
    assert is_denied(attempt(name, NO_SECCOMP)) == (degree.abi >= ESCAPES[name].abi)


@every_escape
def test_without_confinement_each_escape_succeeds(name: str, attempt: Callable[[str, str], object]) -> None:
    """Otherwise the tests above would prove nothing."""
    if name == "trace another process" and YAMA.exists() and YAMA.read_text().strip() != "0":
        pytest.skip("nhân của máy này đã cấm theo dõi tiến trình khác (Yama)")
    outcome = attempt(name, NEITHER)
    assert not is_denied(outcome)
    assert outcome != "died"


@pytest.mark.parametrize(("column", "header"), [(0, "x86_64-linux-gnu/asm/unistd_64.h"), (1, "asm-generic/unistd.h")])
def test_numbers_of_system_calls_are_those_of_the_kernel(column: int, header: str) -> None:
    """A wrong one would forbid what is needed or allow what is not. arm64 has the general numbers."""
    path = Path("/usr/include") / header
    if not path.exists():
        pytest.skip(f"{path} is not installed")
    defined = re.finditer(r"#define __NR(?:3264)?_(\w+) (\d+)", path.read_text())
    numbers = {found[1]: int(found[2]) for found in defined}
    ours = {name: both[column] for name, both in (confinement._ALLOWED | confinement._TO_ITSELF).items()}
    assert ours == {name: numbers[name] for name in ours}

"""However many files wait, no more readers run beside each other than the machine holds."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kybaocao.workbook import reader_slots
from kybaocao.workbook.parsing import parse_book
from kybaocao.workbook.reader_slots import SETTING, count_readers, suit_machine
from kybaocao.workbook.sandbox import parse_limited
from tests.checks.catalogue import valid_form
from tests.conftest import ROOT

# A reader that says when it began and when it ended, in the order in which that happened on the machine.
READER = """
import sys
from kybaocao.workbook import reader_slots
from kybaocao.workbook.sandbox import run_limited
reader_slots._FOLDER = sys.argv[1]
note = f"import os, time; note = os.open({sys.argv[2]!r}, os.O_WRONLY | os.O_APPEND)"  # while it still can
work = "[os.write(note, b'+'), time.sleep(0.1), os.write(note, b'-')]"
program = f"{note}; from kybaocao.workbook.reader import answer; answer(lambda data: {work})"
run_limited(program, b"", seconds=5, megabytes=300)
"""


@pytest.fixture
def slots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Slots that no other test of this machine takes."""
    monkeypatch.setattr(reader_slots, "_FOLDER", str(tmp_path / "slots"))
    return tmp_path / "slots"


def start_reader(slots: Path, note: Path, bound: int, home: Path) -> subprocess.Popen[bytes]:
    """A process of its own, as a task or a command is one."""
    environment = {"PYTHONPATH": str(ROOT / "include"), SETTING: str(bound), "KYBAOCAO_HOME": str(home)}
    return subprocess.Popen([sys.executable, "-c", READER, str(slots), str(note)], env=environment)


def find_most(trace: str) -> int:
    """The largest number that ran at once: "+" begins one, "-" ends one."""
    running, most = 0, 0
    for sign in trace:
        running += 1 if sign == "+" else -1
        most = max(most, running)
    return most


@pytest.mark.parametrize("bound", [1, 2, 3])
def test_readers_beside_each_other_never_exceed_the_bound(slots: Path, tmp_path: Path, bound: int) -> None:
    """Eight processes of two systems side by side; all are served, and the bound is used."""
    note = tmp_path / "note"
    note.touch()
    started = [start_reader(slots, note, bound, tmp_path / f"home-{number % 2}") for number in range(8)]

    assert [process.wait() for process in started] == [0] * 8

    trace = note.read_text()
    assert (trace.count("+"), find_most(trace) <= bound) == (8, True)


@pytest.fixture
def killed(slots: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A process was killed while its reader worked: the number of the reader, which works on."""
    monkeypatch.setenv(SETTING, "1")
    begin, end = os.pipe()
    program = (
        "import os, subprocess, sys; from kybaocao.workbook import reader_slots; reader_slots._FOLDER = sys.argv[1]\n"
        "with reader_slots.hold_slot() as slot:\n"
        "    child = subprocess.Popen(['sleep', '600'], stdout=subprocess.DEVNULL, stderr=slot)\n"
        "    print(child.pid, flush=True)\n"
        "    child.wait()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(slots)], stdout=end, env={"PYTHONPATH": str(ROOT / "include")}
    )
    os.close(end)
    reader = int(os.read(begin, 100))
    os.close(begin)
    parent.kill()
    parent.wait()
    yield reader
    with suppress(ProcessLookupError):
        os.kill(reader, signal.SIGKILL)


def test_a_reader_whose_task_was_killed_keeps_its_slot_until_it_ends(killed: int) -> None:
    """It still takes its memory; then the slot is free, and nobody has to clear anything away."""
    folder = reader_slots._open_folder()
    with reader_slots._open(folder, "slot-0") as slot, pytest.raises(BlockingIOError):
        fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(folder)

    os.kill(killed, signal.SIGKILL)

    with reader_slots.hold_slot():
        pass


def test_waiting_for_a_slot_is_not_counted_as_time_of_the_reader(slots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file behind others is read as if it had been alone."""
    waited: list[float] = []

    def free(seconds: float) -> None:
        waited.append(seconds)
        os.close(held.pop())

    monkeypatch.setenv(SETTING, "1")
    folder = reader_slots._open_folder()
    held = [reader_slots._take_slot(folder)]
    os.close(folder)
    monkeypatch.setattr(reader_slots.time, "sleep", free)

    assert parse_limited(valid_form()) == parse_book(valid_form())
    assert waited


@pytest.mark.parametrize(
    ("cores", "megabytes", "readers"),
    [(2, 4096, 2), (2, 6144, 4), (2, 24_000, 4), (2, 2048, 1), (1, 256, 1), (8, 16_384, 16), (16, 8192, 12)],
)
def test_the_bound_suits_the_machine(cores: int, megabytes: int, readers: int) -> None:
    """Two for each core, and together no more than fits beside Airflow."""
    assert suit_machine(cores, megabytes) == readers


def test_the_setting_comes_before_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs other things on the machine knows better."""
    monkeypatch.setenv(SETTING, " 7 ")
    assert count_readers() == 7


@pytest.mark.parametrize("value", ["", "0", "-1", "2.5", "nhiều", "²"])
def test_a_setting_that_is_no_number_stops_nothing(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """The machine's own number counts then."""
    monkeypatch.delenv(SETTING, raising=False)
    before = count_readers()
    monkeypatch.setenv(SETTING, value)
    assert count_readers() == before


@pytest.mark.parametrize(("limit", "megabytes"), [("1073741824\n", 1024), ("max\n", 0)])
def test_the_limit_of_a_container_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, megabytes: int
) -> None:
    """A container sees the memory of its machine, and may not use it."""
    monkeypatch.setattr(reader_slots, "_MACHINE_LIMITS", ())
    whole = reader_slots.read_memory_megabytes()
    (tmp_path / "memory.max").write_text(limit)
    monkeypatch.setattr(reader_slots, "_MACHINE_LIMITS", (str(tmp_path / "memory.max"), str(tmp_path / "none")))
    assert reader_slots.read_memory_megabytes() == (megabytes or whole)


def test_a_folder_of_somebody_else_is_no_folder_of_ours(slots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever made it could hold every slot."""
    slots.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: slots.stat().st_uid + 1)
    with pytest.raises(PermissionError, match="tài khoản khác"):
        reader_slots._open_folder()

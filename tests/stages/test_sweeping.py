"""What a killed pass has left half written is deleted; what somebody is writing, or an agency's file, never."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao import files
from kybaocao.files import create_inside, is_abandoned, name_temporary, write_whole
from kybaocao.home import REPLIES, SUPPLEMENT
from kybaocao.inbox.archive import sweep_archive
from kybaocao.plan.last_good import ROOT
from kybaocao.stages.support import sweeping
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.sweeping import sweep_temporaries
from tests.stages.conftest import MIDDAY

Small = Callable[[str], Pass]
AGENCY = "X-04183"
DAY_SECONDS = 86_400


@pytest.fixture(scope="module")
def ended() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def _name(name: str, pid: int, monkeypatch: pytest.MonkeyPatch) -> str:
    with monkeypatch.context() as patch:
        patch.setattr(files.os, "getpid", lambda: pid)
        return name_temporary(name)


def _leave(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


@pytest.mark.parametrize(
    ("name", "days", "is_shared", "wanted"),
    [
        (".a.html.kbc-{host}-{ended}-00000000.tmp", 0, True, True),
        (".a.html.kbc-{host}-{mine}-00000000.tmp", 0, True, False),  # it is being written
        (".a.html.kbc-{host}-{mine}-00000000.tmp", 2, True, True),  # another process has this number by now
        (".a.html.kbc-00000000-{ended}-00000000.tmp", 0, True, False),  # another machine's processes are unknown
        (".a.html.kbc-00000000-{ended}-00000000.tmp", 2, True, True),
        (".a.html.4711.tmp", 2, False, True),  # the name that earlier versions gave
        (".a.html.4711.tmp", 0, False, False),
        (".a.html.4711.tmp", 2, True, False),  # an agency's program may give it, too
        ("a.html.kbc-{host}-{ended}-00000000.tmp", 2, True, False),
        (".a.xlsx", 2, False, False),
        ("~WRL0001.tmp", 2, False, False),
    ],
)
def test_which_names_are_abandoned(ended: int, name: str, days: int, is_shared: bool, wanted: bool) -> None:
    """Ours, and of a process of this machine that has ended, or a day old."""
    host = name_temporary("a").split("-")[1]
    said = name.format(host=host, ended=ended, mine=os.getpid())
    assert is_abandoned(said, time.time() - days * DAY_SECONDS, is_shared=is_shared) is wanted


def test_every_folder_we_write_to_is_swept(small: Small, ended: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Archive, answers, forms, answers that wait, reports, drafts, supplement, mail, configuration."""
    p = small(MIDDAY)
    home = p.home
    folders = [
        home.archive,
        home.replies(AGENCY, p.cycle.id),
        home.cycle_folder(AGENCY, p.cycle.id),
        home.unwritten / AGENCY / p.cycle.id / REPLIES,
        home.report_folder(p.cycle.id, 1),
        home.official_letters(p.cycle.id),
        home.supplement(p.cycle.id).parent,
        home.root / "mail",
        home.root / ROOT / "nq02-2026",
    ]
    left = [_leave(folder / _name("a", ended, monkeypatch)) for folder in folders[1:]]
    left.append(_leave(home.archive / _name("dang-chep-", ended, monkeypatch)))
    left.append(_leave(home.root / ROOT / "nq02-2026" / _name("0" * 16, ended, monkeypatch) / "co_quan.csv"))
    kept = [_leave(folder / name_temporary("a")) for folder in folders[1:]]
    kept += [_leave(home.inbox(AGENCY, p.cycle.id) / _name("a", ended, monkeypatch))]
    kept += [_leave(home.replies(AGENCY, p.cycle.id) / name) for name in ("a.tmp", ".a.tmp", ".a.1.tmp", "a.html")]
    sweep_temporaries(p)
    assert ([path for path in left if path.exists()], [path for path in kept if not path.exists()]) == ([], [])


def test_nothing_is_swept_through_a_link(
    small: Small, ended: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    p = small(MIDDAY)
    elsewhere = _leave(tmp_path / "elsewhere" / _name("a", ended, monkeypatch))
    replies = p.home.replies(AGENCY, p.cycle.id)
    replies.parent.mkdir(parents=True)
    replies.symlink_to(elsewhere.parent)
    sweep_temporaries(p)
    assert elsewhere.exists()


def test_profiles_of_a_killed_conversion_are_swept(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day later, and never while the process that converts is alive: a clock may be wrong."""
    monkeypatch.setattr(sweeping.tempfile, "gettempdir", lambda: str(tmp_path))
    mine = f"kybaocao-pdf-{os.getpid()}-a"
    for name, days in (("kybaocao-pdf-old", 2), ("kybaocao-pdf-new", 0), (mine, 2), ("other", 2)):
        (tmp_path / name / "profile").mkdir(parents=True)
        then = time.time() - days * DAY_SECONDS
        os.utime(tmp_path / name, (then, then))
    sweep_temporaries(small(MIDDAY))
    assert [(tmp_path / f"kybaocao-pdf-{age}").exists() for age in ("old", "new")] == [False, True]
    assert (tmp_path / mine).exists()
    assert (tmp_path / "other").exists()


def test_a_process_killed_while_it_writes_leaves_nothing_for_long(tmp_path: Path) -> None:
    """A real process, killed between the temporary file and its final name."""
    code = (
        "import os, signal, sys; from pathlib import Path; from kybaocao import files; "
        "files.os.replace = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL); "
        "files.write_whole(Path(sys.argv[1]), b'x')"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "a.html")], env=environment).returncode == -9
    assert len(list(tmp_path.iterdir())) == 1
    files.sweep_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_copy_of_a_pass_that_was_killed_is_swept_at_once(
    tmp_path: Path, ended: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead, mine = (_leave(tmp_path / _name("dang-chep-", pid, monkeypatch)) for pid in (ended, os.getpid()))
    sweep_archive(tmp_path)
    assert (dead.exists(), mine.exists()) == (False, True)


def test_what_lies_there_is_not_replaced_by_what_is_created(tmp_path: Path) -> None:
    """Whether the file system knows hard links or not; nothing half written stays."""
    write_whole(tmp_path / SUPPLEMENT, b"viet roi")
    for _ in range(2):
        with pytest.raises(FileExistsError):
            create_inside(tmp_path, Path(SUPPLEMENT), b"mau")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"viet roi"]


def test_a_file_system_without_hard_links_creates_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def _fail(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(files.os, "link", _fail)
    create_inside(tmp_path, Path("a"), b"mot")
    with pytest.raises(FileExistsError):
        create_inside(tmp_path, Path("a"), b"hai")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mot"]

"""Versions of the report follow the moments of the passes, in whatever order the passes are run."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.documents import package
from kybaocao.documents.report.content import write_contents
from kybaocao.documents.report.supplement import Supplement
from kybaocao.home import SUPPLEMENT
from kybaocao.stages.aggregate import aggregate_returns
from kybaocao.stages.compile_report import compile_report
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.report_files import store_contents
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.reports import load_snapshot
from tests.stages.conftest import COMPILATION, EXPLAINED, MIDDAY, OPENING, drop

Small = Callable[[str], Pass]
EARLIER, LATER = "2026-12-10T08:00", "2026-12-11T08:00"


@pytest.mark.parametrize(("first", "second", "versions"), [(EARLIER, LATER, [1, 2]), (LATER, EARLIER, [1, None])])
def test_a_pass_run_again_after_a_later_one_makes_no_version(
    small: Small, first: str, second: str, versions: list[int | None]
) -> None:
    """Clear of `compile_report` in an old run must not put older figures over newer ones."""
    run_pass(small(OPENING))
    drop(small(MIDDAY), "STP")
    run_pass(small(EARLIER))
    drop(small("2026-12-10T12:00"), "X-04183")
    run_pass(small(LATER))
    snapshots = {at: aggregate_returns(small(at)).snapshot for at in (EARLIER, LATER)}

    found = [compile_report(small(at), snapshots[at], is_asked=True) for at in (first, second)]

    assert found == versions


def test_a_version_that_was_written_and_not_sent_is_sent_whatever_was_sent_back_since(small: Small) -> None:
    """A crash came after compiling; the file that was sent back meanwhile makes no version of its own."""
    run_pass(small(OPENING))
    drop(small(MIDDAY), "STP")
    run_pass(small(MIDDAY))
    version = compile_report(small(COMPILATION), aggregate_returns(small(COMPILATION)).snapshot)
    drop(small("2026-12-14T12:00"), "X-03664", **(EXPLAINED | {"ty_le/T15/tu_so_luy_ke": 10**7}))
    found = run_pass(small("2026-12-14T12:00"))
    assert (version, found["returned"], found["report_version"]) == (1, 1, 1)


class _KilledError(BaseException):
    """The process is gone: nothing catches this."""


def test_a_version_whose_compiling_was_killed_has_the_same_files_beside_it(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blank for the coordinator's words lies beside the first version, whoever wrote it: the manifest lists it."""
    run_pass(small(OPENING))
    p = small(COMPILATION)
    snapshot = aggregate_returns(p).snapshot

    def die(*_arguments: object) -> None:
        raise _KilledError

    with monkeypatch.context() as patch, pytest.raises(_KilledError):
        patch.setattr(package, "write_reports", die)
        compile_report(p, snapshot)
    folder = p.home.report_folder(p.cycle.id, 1)
    after_the_kill = p.home.supplement(p.cycle.id).read_bytes()
    p.home.supplement(p.cycle.id).unlink()

    compile_report(p, snapshot)

    assert (folder / SUPPLEMENT).read_bytes() == p.home.supplement(p.cycle.id).read_bytes() == after_the_kill


def test_content_is_there_whole_or_not_at_all(small: Small, tmp_path: Path) -> None:
    """Half of it would be taken for a report of somebody else, and the version would get the next number."""
    p = small(COMPILATION)
    with p.store.read() as connection:
        taken = load_snapshot(connection, aggregate_returns(p).snapshot)
    contents = write_contents(p.plan, p.cycle, taken, Supplement())
    folder = tmp_path / "v001"
    folder.mkdir()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            store_contents(folder, contents)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(folder.iterdir()) == []

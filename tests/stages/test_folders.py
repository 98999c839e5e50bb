"""An agency's folder may be anything; the trouble is this agency's alone, and ends when the folder is in order."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.outbox import list_messages
from kybaocao.store.submissions import list_submissions
from tests.stages.conftest import MIDDAY, OPENING, drop

Small = Callable[[str], Pass]
Spoil = Callable[[Path], object]
AGENCY, OTHER = "X-04183", "STP"


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 0.0)


def _replace_by_file(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.write_text("x")


def _replace_by_dangling_link(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.symlink_to("/nowhere/at-all")


def _replace_by_loop(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.symlink_to(place)


def _verdicts(p: Pass, agency: str) -> list[str | None]:
    with p.store.read() as connection:
        return [submission.verdict for submission in list_submissions(connection, p.cycle.id, agency)]


def _subjects(p: Pass, agency: str) -> list[str]:
    with p.store.read() as connection:
        mails = [queued.message for queued in list_messages(connection, p.cycle.id)]
    return [mail.kind for mail in mails if mail.agency == agency]


@pytest.mark.parametrize("spoil", [_replace_by_file, _replace_by_dangling_link, _replace_by_loop])
@pytest.mark.parametrize("name", ["", "nq02-2026-ky2", "nq02-2026-ky2/nop", "nq02-2026-ky2/tra_loi"])
def test_a_folder_that_is_none_stops_nobody_else(small: Small, name: str, spoil: Spoil) -> None:
    """The operators hear which place it is."""
    run_pass(small(OPENING))
    p = small(MIDDAY)
    drop(p, OTHER)
    spoil(p.home.shared / AGENCY / name)
    result = run_pass(p)
    assert _verdicts(p, OTHER) == ["accepted"]
    assert [line for line in result["warnings"] if AGENCY in line] == [
        f"Thư mục lạ trong shared/: {Path(AGENCY, name)} (không phải thư mục thật)"
    ]


def test_a_folder_that_takes_no_form_gets_it_when_it_is_in_order(small: Small) -> None:
    p = small(OPENING)
    _put_file(p.home.shared / AGENCY)
    warnings = run_pass(p)["warnings"]
    assert any("Chưa đặt được biểu mẫu" in line and AGENCY in line for line in warnings)
    assert "mo_ky" not in _subjects(p, AGENCY)
    (p.home.shared / AGENCY).unlink()
    run_pass(small(MIDDAY))
    assert _subjects(p, AGENCY).count("mo_ky") == 1
    assert list(p.home.cycle_folder(AGENCY, p.cycle.id).glob("Bieu-mau*.xlsx"))


def _put_file(place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("x")


def test_an_answer_the_folder_did_not_take_is_there_once_it_is_in_order(small: Small) -> None:
    """The submission is judged and answered by mail meanwhile; the operators hear what waits."""
    p = small(OPENING)
    run_pass(p)
    drop(p, AGENCY)
    slip = p.home.replies(AGENCY, p.cycle.id) / "Phieu-tiep-nhan_01.html"
    slip.mkdir()
    run_pass(small(MIDDAY))
    assert (_verdicts(p, AGENCY), "tiep_nhan" in _subjects(p, AGENCY)) == (["accepted"], True)
    assert _is_waiting(small("2026-12-01T11:00"), slip)
    slip.rmdir()
    run_pass(small("2026-12-01T12:00"))
    assert "đã được tiếp nhận" in slip.read_text(encoding="utf-8")
    assert not _is_waiting(small("2026-12-01T13:00"), slip)


def _is_waiting(p: Pass, slip: Path) -> bool:
    return any(slip.name in line for line in run_pass(p)["warnings"])


@pytest.mark.parametrize("name", ["", "nq02-2026-ky2", "nq02-2026-ky2/tra_loi"])
def test_nothing_is_written_through_a_link(small: Small, tmp_path: Path, name: str) -> None:
    """Nor read: the folder of somebody else, or any folder of the machine."""
    elsewhere = tmp_path / "elsewhere"
    for folder in ("nq02-2026-ky2/nop", "nq02-2026-ky2/tra_loi"):
        (elsewhere / folder).mkdir(parents=True)
    target = elsewhere / "nq02-2026-ky2" if name.endswith("ky2") else elsewhere
    target = elsewhere / "nq02-2026-ky2" / "tra_loi" if name.endswith("tra_loi") else target
    p = small(OPENING)
    link = p.home.shared / AGENCY / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    if name.endswith("tra_loi"):
        drop(p, AGENCY)
    run_pass(p)
    run_pass(small(MIDDAY))
    assert [path for path in elsewhere.rglob("*") if path.is_file()] == []

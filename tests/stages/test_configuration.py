"""A mistake made in the configuration in the middle of a cycle: reminders go on, the operators hear of it once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kybaocao.plan.last_good import find_kept, list_refused
from kybaocao.plan.load import cycles_in_force
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.audit import list_actions
from kybaocao.store.outbox import list_messages
from tests.conftest import CYCLE
from tests.stages.conftest import OPENING, Post

FIRST, SECOND = "2026-11-25T08:00", "2026-12-02T08:00"
Small = Callable[[str], Pass]


def count(p: Pass, kind: str) -> int:
    with p.store.read() as connection:
        return sum(queued.message.kind == kind for queued in list_messages(connection, CYCLE))


def break_ladder(p: Pass) -> tuple[Path, str]:
    """The second of two reminder steps in the wrong order; returns the file and what it said."""
    path = p.plan.folder / "bac_thang.yaml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("ngay_lam_viec: -5", "ngay_lam_viec: -15"), encoding="utf-8")
    return path, whole


def test_the_old_ladder_goes_on_chasing(small: Small) -> None:
    """Broken after the first reminder: the second comes when it should, to everybody."""
    run_pass(small(OPENING), connect=Post)
    run_pass(small(FIRST), connect=Post)
    break_ladder(small(FIRST))
    run_pass(small(SECOND), connect=Post)
    assert count(small(SECOND), "nhac") == 2 * 5


def test_the_operators_hear_once_what_is_wrong_and_what_is_in_force(small: Small) -> None:
    """File, line, field, reason and since when the old configuration holds: one mail in three passes."""
    run_pass(small(OPENING), connect=Post)
    _, whole = break_ladder(small(OPENING))
    line = whole[: whole.index("ma: nhac_lan_2")].count("\n") + 1
    for moment in (FIRST, "2026-11-26T08:00", SECOND):
        warnings = run_pass(small(moment), connect=Post)["warnings"]
        assert "cấu hình đã kiểm tra lúc 08:00 ngày 16/11/2026" in warnings[0]
        assert f"bac_thang.yaml, dòng {line}, mục “bac.2.ngay_lam_viec”: bậc nhac_lan_2 không đứng" in warnings[1]
    assert count(small(SECOND), "van_hanh") == 1


def test_the_corrected_file_counts_at_once(small: Small) -> None:
    """The warning goes, the new set is the one to fall back on, and the audit names each change."""
    p = small(OPENING)
    run_pass(p, connect=Post)
    path, whole = break_ladder(p)
    run_pass(small(FIRST), connect=Post)
    assert "bac_thang.yaml" in cycles_in_force(p.plan.folder)[1][1]
    path.write_text(whole + "# đã sửa\n", encoding="utf-8")
    assert run_pass(small("2026-11-26T08:00"), connect=Post)["warnings"] == []
    assert list_refused(p.home.root, p.plan.folder.name) == []
    kept = find_kept(p.home.root, p.plan.folder.name)
    assert kept is not None and (kept.folder / "bac_thang.yaml").read_text(encoding="utf-8").endswith("# đã sửa\n")
    with p.store.read() as connection:
        reported = [
            len(list_actions(connection, action, CYCLE, ""))
            for action in ("configuration-in-force", "configuration-refused")
        ]
    assert reported == [2, 1]


def test_a_sound_configuration_is_written_once(small: Small) -> None:
    """Pass after pass nothing is copied again."""
    run_pass(small(OPENING), connect=Post)
    p = small(FIRST)
    kept = find_kept(p.home.root, p.plan.folder.name)
    run_pass(p, connect=Post)
    assert find_kept(p.home.root, p.plan.folder.name) == kept


def test_the_operators_hear_of_what_is_hardly_meant_when_the_cycle_opens(small: Small, tmp_path: Path) -> None:
    """Sample addresses in a live plan, a plan without a number: with file, line and field, in one mail."""
    header = tmp_path / "config" / "nq02-2026" / "ke_hoach.yaml"
    header.write_text(header.read_text(encoding="utf-8").replace("du_lieu_mau: true", "du_lieu_mau: false"), "utf-8")
    p = small(OPENING)
    run_pass(p)
    with p.store.read() as connection:
        (mail,) = [one.message for one in list_messages(connection, p.cycle.id) if one.message.kind == "van_hanh"]
    assert "Cấu hình, nên xem lại: ke_hoach.yaml, dòng 14, mục “so_ky_hieu”" in mail.text
    assert "lien_he.csv, dòng 2, mục “email”: " in mail.text

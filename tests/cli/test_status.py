"""`status`: what needs a hand comes first."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from kybaocao.cli import main
from kybaocao.home import Home
from kybaocao.stages.support import form_issuing
from kybaocao.stages.support.form_issuing import issue_forms
from kybaocao.stages.support.operator_warnings import list_warnings
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from tests.conftest import CYCLE
from tests.stages.conftest import OPENING

Capture = pytest.CaptureFixture[str]
FAILED = "Chưa đặt được biểu mẫu"


@pytest.mark.parametrize(
    ("at", "cycles", "first"),
    [
        ("2026-05-01T08:00", ["nq02-2026-ky1", CYCLE], "Không có kỳ nào đang mở."),
        ("2026-06-01T08:00", ["nq02-2026-ky1", CYCLE], "NQ 02/2026 · Kỳ 1"),
        ("2026-12-01T08:00", [CYCLE, "nq02-2026-ky1"], "NQ 02/2026 · Kỳ 2"),
        ("2027-03-01T08:00", [CYCLE, "nq02-2026-ky1"], "Không có kỳ nào đang mở."),
    ],
)
def test_open_cycles_come_first_and_every_other_takes_one_line(
    at: str, cycles: list[str], first: str, home: Home, capsys: Capture
) -> None:
    """Of the province's own plan, whose first cycle is over when the second one opens."""
    assert main(["status", "--as-of", at, "--json"]) == 0
    assert [one["cycle"] for one in json.loads(capsys.readouterr().out)] == cycles
    assert main(["status", "--as-of", at]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(first)
    others = lines[lines.index("Các kỳ khác (xem đủ: status --cycle KỲ):") + 1 :]
    assert [cycle for cycle in cycles for line in others if f"({cycle}):" in line] == (
        cycles if first.startswith("Không") else cycles[1:]
    )


def test_a_closed_cycle_that_is_asked_for_is_shown_complete(home: Home, capsys: Capture) -> None:
    assert main(["status", "--cycle", "nq02-2026-ky1", "--as-of", "2026-12-01T08:00"]) == 0
    assert "Chưa xong:" in capsys.readouterr().out


# --- forms ------------------------------------------------------------------------------------------------------------


def test_a_form_whose_turn_has_not_come_is_not_reported_as_failed(
    small: Callable[[str], Pass], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the opening pass is writing, `status` asks at every agency."""
    p, seen, issue = small(OPENING), [], form_issuing._issue_form

    def _ask_and_issue(at: Pass, agency: str) -> None:
        seen.append([warning for warning in list_warnings(at) if FAILED in warning])
        issue(at, agency)

    monkeypatch.setattr(form_issuing, "_issue_form", _ask_and_issue)
    assert issue_forms(p)
    assert len(seen) > 1 and seen == [[]] * len(seen)


def test_forms_that_are_to_come_are_counted(small: Callable[[str], Pass], capsys: Capture) -> None:
    """Until a pass has run; then nothing is left to say."""
    words = ["status", "--cycle", CYCLE, "--as-of", OPENING]
    small(OPENING).store.upgrade()
    main(words)
    assert "Biểu mẫu: còn 5 cơ quan chưa được phát" in capsys.readouterr().out
    run_pass(small(OPENING))
    main(words)
    assert "Biểu mẫu:" not in capsys.readouterr().out


def test_a_form_that_a_folder_did_not_take_is_reported_until_it_does(
    small: Callable[[str], Pass], capsys: Capture
) -> None:
    """Also by `status`, long after the pass; not among the forms that are to come."""
    p = small(OPENING)
    p.home.shared.mkdir(parents=True)
    place = p.home.shared / "STP"
    place.write_bytes(b"")
    run_pass(p)
    assert _ask(capsys) == ([True], [])
    place.unlink()
    run_pass(small("2026-11-16T09:00"))
    assert _ask(capsys) == ([], [])


def _ask(capsys: Capture) -> tuple[list[bool], list[str]]:
    """(of each warning about a failed form: whether it names the agency, forms that are to come)"""
    main(["status", "--cycle", CYCLE, "--as-of", "2026-11-17T08:00", "--json"])
    found = json.loads(capsys.readouterr().out)
    return ["STP" in warning for warning in found["warnings"] if FAILED in warning], found["forms_to_come"]

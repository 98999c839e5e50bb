"""A collection killed at each of its steps, once or again and again, and run anew: the same end state."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from kybaocao import files
from kybaocao.inbox import shared_folders as inbox_module
from kybaocao.stages import collect, validate
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support import agency_folder, recording
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.store.outbox import list_messages
from kybaocao.store.sightings import list_sightings
from kybaocao.store.submissions import list_components
from kybaocao.store.tables import audit
from tests.attachments.attachment_files import PDF
from tests.stages.conftest import MIDDAY, drop
from tests.stages.test_sweeping import ended

__all__ = ["ended"]  # a fixture

Small = Callable[[str], Pass]
AGENCY = "X-04183"
POINTS = [
    (collect, "put_unwritten_answers"),
    (collect, "sweep_temporaries"),
    (collect, "record_sightings"),
    (collect, "keep_file"),
    (collect, "seal"),
    (collect, "record_files"),
    (collect, "note_trouble"),
    (collect, "report_misplaced_files"),
    (recording, "take_sighting"),
    (recording, "remember_drop"),
    (recording, "add_submission"),
    (recording, "record_action"),
    (recording, "put_answer"),
    (agency_folder, "write_inside"),
    (validate, "judge_attachments"),
    (validate, "put_answer"),
    (validate, "record_verdict"),
    (validate, "record_action"),
    (validate, "add_message"),
]


class _KilledError(BaseException):
    """The process is gone: nothing catches this."""


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "SETTLE_SECONDS", 0.0)


def _fill_inbox(p: Pass) -> None:
    """Two versions, one file twice, an attachment, and one file that is too large."""
    path = drop(p, AGENCY, name="a.xlsx")
    (path.parent / "b.xlsx").write_bytes(path.read_bytes())
    (path.parent / "c.xlsx").write_bytes(b"khong phai Excel")
    (path.parent / "ban ky.pdf").write_bytes(PDF)
    with (path.parent / "d.xlsx").open("wb") as file:
        file.truncate(2**30)


def _kill(patch: pytest.MonkeyPatch, module: Any, name: str, call: int, *, is_before: bool) -> list[int]:
    """Die in the `call`-th call of a function, before or after it was done; counts its calls."""
    function, calls = getattr(module, name), [0]

    def _call(*args: Any, **named: Any) -> Any:
        calls[0] += 1
        if is_before and calls[0] == call:
            raise _KilledError
        found = function(*args, **named)
        if calls[0] == call:
            raise _KilledError
        return found

    patch.setattr(module, name, _call)
    return calls


def _look(p: Pass) -> None:
    for agency in collect_files(p).waiting:
        validate_agency(p, agency)


def _end_state(p: Pass) -> dict[str, Any]:
    with p.store.read() as connection:
        return {
            "versions": [
                (one.component, one.version, one.file_name, one.verdict, one.received_at)
                for one in list_components(connection, p.cycle.id)
            ],
            "seen": sorted(
                (one.file_name, one.first_seen_at, one.taken_at, one.trouble)
                for one in list_sightings(connection, p.cycle.id, AGENCY)
            ),
            "mail": sorted(one.message.key for one in list_messages(connection, p.cycle.id)),
            "audit": Counter(connection.scalars(select(audit.c.action))),
            "archive": sorted(path.name for path in p.home.archive.rglob("*") if path.is_file()),
            "answers": sorted(path.name for path in p.home.replies(AGENCY, p.cycle.id).iterdir()),
        }


@pytest.mark.parametrize("is_before", [True, False])
@pytest.mark.parametrize(("module", "name"), POINTS, ids=[f"{m.__name__.rpartition('.')[2]}.{n}" for m, n in POINTS])
def test_a_pass_killed_at_any_step_ends_as_one_that_was_not(
    small: Small, ended: int, module: Any, name: str, is_before: bool
) -> None:
    """Killed at the first call of a step, then at the second, and so on until a pass comes to its end."""
    p = small(MIDDAY)
    _fill_inbox(p)
    for call in range(1, 30):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files.os, "getpid", lambda: ended)
            calls = _kill(patch, module, name, call, is_before=is_before)
            with contextlib.suppress(_KilledError):
                _look(p)
        if calls[0] < call:
            break
    assert call > 1
    _look(p)
    state = _end_state(p)
    assert [one[:4] for one in state["versions"]] == [
        ("bieu_mau", 1, "a.xlsx", "accepted"),
        ("bieu_mau", 2, "c.xlsx", "unreadable"),
        ("ban_ky", 1, "ban ky.pdf", "accepted"),
    ]
    assert {one[4] for one in state["versions"]} == {p.as_of}
    assert [one[3] for one in state["seen"]] == ["", "", "", "", "too-large"]
    assert state["mail"] == [f"{p.cycle.id}/{AGENCY}/02/tra_lai"]
    assert state["audit"] == {
        "file-received": 3,
        "file-identical": 1,
        "version-accepted": 1,
        "version-unreadable": 1,
        "companion-accepted": 1,
    }
    assert (len(state["archive"]), len(state["answers"])) == (3, 4)

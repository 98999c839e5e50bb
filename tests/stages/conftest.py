"""A whole cycle with five bodies."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from kybaocao.demo.figures import Filler
from kybaocao.files import write_whole
from kybaocao.form.layout import build_layout
from kybaocao.home import Home
from kybaocao.inbox.shared_folders import sign
from kybaocao.stages.support.attachments import list_missing_attachments
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.database import open_store
from kybaocao.store.outbox import Message
from kybaocao.store.submissions import list_attachments
from kybaocao.store.tables import drops, sightings
from tests.conftest import CYCLE
from tests.made_once import FilledForms
from tests.small_plan import write_small_plan

OPENING, MIDDAY, OVERDUE, COMPILATION = (
    "2026-11-16T08:00",
    "2026-12-01T10:00",
    "2026-12-10T08:00",
    "2026-12-14T10:00",
)
DECIDING = "2026-12-16T09:00"
# What a submission after the deadline says.
EXPLAINED = {"xac_nhan/ly_do_nop_muon/gia_tri": "Chờ số liệu của cơ quan thuế đến ngày 11/12"}
_FILLED = FilledForms()


class Post:
    """A mail server that takes everything."""

    def send(self, message: Message) -> None: ...


@pytest.fixture
def small(tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Pass]:
    """small("2026-12-10T08:00") -> a pass of the five-body plan at that moment."""
    return use_small_plan(tmp_path, home, monkeypatch)


def use_small_plan(root: Path, home: Home, patch: pytest.MonkeyPatch) -> Callable[[str], Pass]:
    """Write the five-body plan under `root`; what begins a pass of it at a moment."""
    patch.setenv("KYBAOCAO_CONFIG", str(write_small_plan(root / "config")))
    patch.setattr("kybaocao.documents.pdf.find_converter", lambda: None)  # the PDF has tests of its own

    def _begin(at: str) -> Pass:
        moment = dt.datetime.fromisoformat(at + "+07:00")
        return Pass.begin(CYCLE, moment, is_replay=True, home=home)

    return _begin


@pytest.fixture(scope="package")
def played(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Version 1 is with the leaders and waits; three of five are in."""
    root = tmp_path_factory.mktemp("played")
    home = Home(root / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("KYBAOCAO_DB_URL", raising=False)
        patch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)
        small = use_small_plan(root, home, patch)
        open_store(home).upgrade()
        run_pass(small(OPENING))
        p = small(MIDDAY)
        for agency in ("STC", "STP", "X-04183"):
            drop(p, agency)
        run_pass(p)
        run_pass(small(COMPILATION))
    return home


@pytest.fixture
def waiting(played: Home, home: Home, small: Callable[[str], Pass], monkeypatch: pytest.MonkeyPatch) -> Pass:
    """A pass two days later, in an installation of its own."""
    monkeypatch.setattr("kybaocao.inbox.shared_folders.SETTLE_SECONDS", 0.0)
    copy_installation(played, home)
    return small(DECIDING)


def copy_installation(played: Home, home: Home) -> None:
    """Files and store of `played` into `home`, for tests that begin where a season stands already.

    The copy of a file in an inbox has a signature of its own, so the store is given that one.
    """
    shutil.copytree(played.root, home.root, dirs_exist_ok=True)
    files = [path for path in played.shared.rglob("*") if path.is_file()]
    signatures = {sign(path.stat()): sign((home.root / path.relative_to(played.root)).stat()) for path in files}
    with open_store(home).write() as connection:
        for before, after in signatures.items():
            for table in (drops, sightings):
                connection.execute(update(table).where(table.c.signature == before).values(signature=after))


def drop(p: Pass, agency: str, *, seed: int = 1, name: str = "Biểu mẫu.xlsx", **changes: object) -> Path:
    """Put a filled form into an agency's inbox; `changes` maps "table/row/column" to another answer."""
    layout = build_layout(p.plan, p.cycle.id, agency)
    answers = Filler(seed).fill(layout)
    for key, value in changes.items():
        table, row, column = key.split("/")
        answers[(table, row, column)] = value
    return write_whole(p.home.inbox(agency, p.cycle.id) / name, _FILLED.render(p.home.root, layout, answers))


def list_missing(p: Pass, agency: str) -> list[str]:
    """The required attachments that an agency has not handed in."""
    with p.store.read() as connection:
        return list_missing_attachments(p, agency, list_attachments(connection, p.cycle.id, agency))

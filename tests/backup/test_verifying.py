"""`verify`: everything that was damaged or does not agree is named; what is sound is not."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kybaocao.backup.verifying import Difference, verify_home
from kybaocao.backup.words import describe_difference, load_words
from kybaocao.cli import main
from kybaocao.home import Home
from kybaocao.inbox import shared_folders
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.audit import record_action
from kybaocao.store.database import Store, open_store
from kybaocao.store.row_changes import list_rows
from tests.conftest import CYCLE
from tests.post import Post
from tests.stages.conftest import COMPILATION, MIDDAY, OPENING, drop, use_small_plan

NOW = dt.datetime(2026, 12, 15, tzinfo=dt.UTC)
FLIPS = 25


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A season until the report waits for approval; nobody changes it."""
    root = tmp_path_factory.mktemp("played")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KYBAOCAO_HOME", str(root / "home"))
        patch.delenv("KYBAOCAO_DB_URL", raising=False)
        patch.setattr(shared_folders, "SETTLE_SECONDS", 0.0)
        home, post = Home.from_environment(), Post()
        begin = use_small_plan(root, home, patch)
        open_store(home).upgrade()
        run_pass(begin(OPENING), connect=post)
        for seed, agency in enumerate(("X-04183", "STP", "STC")):
            drop(begin(MIDDAY), agency, seed=seed)
        run_pass(begin(MIDDAY), connect=post)
        (home.reports / CYCLE).mkdir(parents=True)
        home.supplement(CYCLE).write_text("[I]\nTình hình chung của tỉnh.\n", encoding="utf-8")
        run_pass(begin(COMPILATION), connect=post)
    with sqlite3.connect(home.root / "kybaocao.db") as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    yield home.root


@pytest.fixture
def copy(played: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of its own, as it was left."""
    shutil.copytree(played, tmp_path / "home")
    monkeypatch.setenv("KYBAOCAO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KYBAOCAO_DB_URL", raising=False)
    return Home.from_environment()


def list_errors(home: Home) -> list[Difference]:
    found = verify_home(home, open_store(home))
    return [one for one in found if describe_difference(one)["severity"] == "error"]


def flip(path: Path, place: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << bit
    path.chmod(0o644)
    path.write_bytes(data)


def cut(path: Path) -> None:
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data[: len(data) // 2])


def list_kept_files(home: Home) -> list[Path]:
    """One of each kind that the archive and the reports hold."""
    folder = home.report_folder(CYCLE, 1)
    names = ("*.docx", "*.xlsx", "noi-dung.json", "bo-sung.txt")
    return [next(home.archive.glob("??/*")), *(next(folder.glob(name)) for name in names)]


def test_a_sound_home_has_nothing_to_be_dealt_with(copy: Home) -> None:
    assert list(verify_home(copy, open_store(copy))) == []


@pytest.mark.parametrize("number", range(5), ids=["original", "document", "annex", "content", "supplement"])
@pytest.mark.parametrize("damage", [cut, lambda path: flip(path, 20), Path.unlink], ids=["cut", "flipped", "gone"])
def test_a_damaged_file_is_named(copy: Home, number: int, damage: Callable[[Path], None]) -> None:
    """Truncated, one bit turned, or deleted: each file of the archive and of a report."""
    path = list_kept_files(copy)[number]

    damage(path)

    found = list_errors(copy)
    assert {one.place for one in found} == {str(path.relative_to(copy.root))}
    assert {one.code.partition("-")[0] for one in found} <= {"archive", "report"}


def read_all(store: Store) -> list[object] | None:
    try:
        with store.read() as connection:
            return list(list_rows(connection))
    except Exception:
        return None


@pytest.mark.parametrize("seed", range(FLIPS))
def test_a_bit_that_turns_in_the_store_is_found_wherever_it_changes_what_the_store_says(copy: Home, seed: int) -> None:
    """In a text no check of the engine sees it; the journal does."""
    path, store = copy.root / "kybaocao.db", open_store(copy)
    before = read_all(store)
    dice = random.Random(seed)
    flip(path, dice.randrange(path.stat().st_size), dice.randrange(8))

    found = list_errors(copy)

    assert found or read_all(store) == before


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_store_that_was_cut_short_is_found(copy: Home, share: float) -> None:
    path = copy.root / "kybaocao.db"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    assert {one.code for one in list_errors(copy)} & {"store-damaged", "store-unreadable"}


def test_a_changed_letter_in_a_text_of_the_store_is_named_with_table_row_and_column(copy: Home) -> None:
    """Past every trigger, as a disk does it."""
    path = copy.root / "kybaocao.db"
    with sqlite3.connect(path) as file:
        file.execute("DROP TRIGGER note_outbox_update")
        file.execute("UPDATE outbox SET subject = subject || 'x' WHERE id = 1")

    assert [(one.code, one.place, one.reason) for one in list_errors(copy)] == [("row-changed", "outbox 1", "subject")]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM deliveries WHERE rowid = 1", "row-missing"),
        ("INSERT INTO bounces VALUES ('a@b.vn', '2026-12-01 00:00:00', 'x', 'y')", "row-unknown"),
    ],
)
def test_rows_taken_out_or_put_in_past_the_triggers_are_named(copy: Home, statement: str, code: str) -> None:
    with sqlite3.connect(copy.root / "kybaocao.db") as file:
        file.execute("DROP TRIGGER note_deliveries_delete")
        file.execute("DROP TRIGGER note_bounces_insert")
        file.execute(statement)

    assert [one.code for one in list_errors(copy)] == [code]


@pytest.mark.parametrize("damage", [cut, lambda path: flip(path, 3000)], ids=["cut", "flipped"])
def test_a_damaged_journal_is_found(copy: Home, damage: Callable[[Path], None]) -> None:
    """Cut at the end it is only shorter than the store, and is written on by the next pass; in the middle it is named."""
    damage(copy.root / "so_ghi" / "so-ghi.jsonl")
    found = [one.code for one in verify_home(copy, open_store(copy))]

    assert set(found) <= {"journal-damaged", "store-older"}
    assert found or open_store(copy).journal.find_mark()


def test_what_is_there_without_the_store_knowing_is_only_mentioned(copy: Home) -> None:
    """After a restore there are more files than rows: nothing has to be done about them."""
    data = b"mot tep"
    name = hashlib.sha256(data).hexdigest()
    (copy.archive / name[:2]).mkdir(exist_ok=True)
    (copy.archive / name[:2] / name).write_bytes(data)
    copy.report_folder(CYCLE, 7).mkdir()

    found = [describe_difference(one) for one in verify_home(copy, open_store(copy))]

    assert [(one["code"], one["severity"]) for one in found] == [
        ("archive-unknown", "note"),
        ("report-unknown", "note"),
    ]


def test_a_mail_that_the_store_does_not_know_for_sent_is_named(copy: Home) -> None:
    """The mailbox of this machine holds a letter that left after the backup."""
    (copy.root / "mail").mkdir()
    mail = "X-Envelope-To: a@b.vn\r\nX-Kybaocao-Kind: nhac\r\nMessage-ID: <x@kybaocao>\r\n\r\n"
    (copy.root / "mail" / "nhac__x.eml").write_text(mail, encoding="utf-8")

    assert [(one.code, one.reason) for one in list_errors(copy)] == [("mail-unknown", "<x@kybaocao>")]


def test_the_command_says_code_place_and_what_to_do(copy: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 0 when all agrees, 1 when not; `--json` has the same."""
    sound = main(["verify"])
    path = list_kept_files(copy)[1]
    cut(path)
    capsys.readouterr()
    status, text = main(["verify"]), capsys.readouterr().out
    main(["verify", "--json"])
    said = json.loads(capsys.readouterr().out)

    assert (sound, status, said["ok"], said["errors"]) == (0, 1, False, len(said["differences"]))
    place = str(path.relative_to(copy.root))
    assert "[report-changed]" in text and place in text and "restore" in text
    assert {one["place"] for one in said["differences"]} == {place}


def test_the_command_writes_nothing(copy: Home) -> None:
    before = {path: path.stat().st_mtime_ns for path in copy.root.rglob("*") if "kybaocao.db-" not in path.name}

    main(["verify"])

    after = {path: path.stat().st_mtime_ns for path in copy.root.rglob("*") if "kybaocao.db-" not in path.name}
    assert {path for path in after if path.is_file() and before.get(path) != after[path]} == set()


def test_every_code_has_its_words() -> None:
    """And says them with a place and a reason in it."""
    words = load_words()
    said = [describe_difference(Difference(code, "NƠI", "LÝ DO")) for code in words]
    assert all("{" not in one["message"] + one["hint"] for one in said)
    assert all("Xin" in one["hint"] or "xin" in one["hint"] or "Không phải" in one["hint"] for one in said)


def test_a_commit_that_the_journal_does_not_have_yet_is_no_difference(copy: Home) -> None:
    """The process was killed between the two."""
    store = open_store(copy)
    with store.write_unchecked() as connection:
        record_action(connection, "address-works", at=NOW, address="a@b.vn")

    assert list_errors(copy) == []

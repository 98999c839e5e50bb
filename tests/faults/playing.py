"""Playing a season: the story's events, the scheme's faults, and what was seen after each process."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.conftest import CYCLE
from tests.faults import work
from tests.faults.clock import SeasonClock
from tests.faults.engines import Database, Row
from tests.faults.files import render
from tests.faults.injection import Fault
from tests.faults.notices import write_notice
from tests.faults.processes import Outcome, Running, start
from tests.faults.scheme import FILE_INSTEAD, LINK, NO_FOLDER, Attempt, Scheme
from tests.faults.story import FIRST_DECISION, Drop, Moment, Story
from tests.faults.theatre import Theatre, make_environment

CALM_HOURS = (24, 30, 30.2)  # after the last moment: two calm passes, and one that must change nothing
# Versions about which a decision is still to be taken, or to be carried out.
_UNDECIDED = ("waiting", "approved", "submitted", "signed")
_GONE = ("refused", "expired", "returned")
_SEEN = ("arrivals", "outbox", "bounces", "audit", "report_versions", "publications", "steps")


@dataclass
class Dropped:
    """A file as it was put into an inbox."""

    drop: Drop
    sha256: str
    at: dt.datetime
    place: int  # of the moment
    touched: int = 0  # how often it was copied again, or restored


@dataclass
class Step:
    """One or two processes, and what the store and the mail server held before and after."""

    name: str
    place: int
    as_of: dt.datetime
    outcomes: list[Outcome]
    is_calm: bool
    journal: tuple[int, int]
    before: dict[str, list[Row]]
    after: dict[str, list[Row]]
    closed: frozenset[str] = frozenset()  # agencies whose inbox could not be seen

    @property
    def fired(self) -> list[str]:
        return [fault for outcome in self.outcomes for fault in outcome.fired]


@dataclass
class Evidence:
    """Everything a season is judged by."""

    story: Story
    scheme: Scheme | None
    home: Path
    dropped: list[Dropped] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)
    tables: dict[str, list[Row]] = field(default_factory=dict)
    allowed: frozenset[str] = frozenset()  # addresses that the plan names
    dead: set[str] = field(default_factory=set)  # addresses that an honest notice or the server says are dead
    files: dict[str, str] = field(default_factory=dict)  # of the home after the calm passes -> SHA-256
    files_again: dict[str, str] = field(default_factory=dict)  # after one pass more
    tables_before: dict[str, list[Row]] = field(default_factory=dict)  # before that pass


class Player:
    """One season under way."""

    def __init__(self, theatre: Theatre, story: Story, scheme: Scheme | None, engine: str, name: str) -> None:
        self._theatre, self._story, self._scheme = theatre, story, scheme
        self.root = theatre.root / name
        shutil.rmtree(self.root, ignore_errors=True)
        self.home = self.root / "home"
        self.database: Database = theatre.engines.make(engine, self.home)
        self.clock = SeasonClock()
        self.evidence = Evidence(story, scheme, self.home, allowed=theatre.allowed)
        self._environment = make_environment(theatre, self.home, self.database)
        self._chance = Random(f"playing {story.number}")
        self._orders: dict[str, Any] = {}
        if scheme is not None and scheme.dead:
            self._orders = {"recipients": {theatre.find_officer(scheme.dead): "550 5.1.1 user unknown"}}
        theatre.server.forget()
        theatre.server.order(**self._orders)

    # --- the whole --------------------------------------------------------------------------------------------

    def play(self) -> Evidence:
        """The season from its opening to one pass after the last."""
        for place, moment in enumerate(self._story.moments):
            attempts = self._scheme.attempts[place] if self._scheme else ()
            for attempt in attempts:
                if attempt.minutes < 0:  # the machine's clock is wrong for a while, before anything is dropped
                    self._suffer(place, moment.dropped_at, attempt)
            self.happen(place)
            self.clock.set(moment.at)
            for attempt in attempts:
                if attempt.minutes >= 0:
                    self._suffer(place, moment.at, attempt)
            self._operate(place, moment.at)
            is_skipped = self._is_skipped(place)
            if moment.decision and not is_skipped:  # on what lies there now, whichever passes a fault brought before
                self.run("calm", place, moment.at, work.make_pass(moment.at), is_calm=True)
            if moment.decision or place > FIRST_DECISION:
                self._decide(place, moment)
            if not is_skipped:
                self.run("calm", place, moment.at, work.make_pass(moment.at), is_calm=True)
        last = self._story.moments[-1].at
        for number, hours in enumerate(CALM_HOURS):
            if number == len(CALM_HOURS) - 1:
                self.evidence.files = self.list_files()
                self.evidence.tables_before = self.read_all()
            at = last + dt.timedelta(hours=hours)
            self.clock.set(at)
            if number == 0 and (dead := self._list_dead()):
                self.run(
                    "operation", len(self._story.moments), at, work.make_operation(at, "resend", dead), is_calm=True
                )
            self.run("calm", len(self._story.moments), at, work.make_pass(at), is_calm=True)
        self.evidence.files_again = self.list_files()
        self.evidence.tables = self.read_all()
        self.evidence.journal = self._theatre.server.read()
        return self.evidence

    def _is_skipped(self, place: int) -> bool:
        """No calm pass at this moment.

        There is one all the same where a file of this moment might be seen by nobody: one that a later file replaces
        under its name, and one whose folder is copied again later, for then nobody knows any more when it came.
        """
        if self._scheme is None or place not in self._scheme.skipped:
            return False
        here, *later = ({(drop.agency, drop.name) for drop in one.drops} for one in self._story.moments[place:])
        copied = {one.is_touched for one in self._story.moments[place + 1 :]}
        copied |= {agency for moment, agency in self._scheme.restored.items() if moment > place}
        return not here & set().union(*later) and not copied & {agency for agency, _ in here}

    def close(self, *, keep: bool = False) -> None:
        """Clear away; `keep` leaves everything for whoever wants to look."""
        if not keep:
            self.database.drop()
            shutil.rmtree(self.root, ignore_errors=True)

    # --- what comes from outside ------------------------------------------------------------------------------

    def happen(self, place: int) -> None:
        """What comes from outside shortly before a moment."""
        moment = self._story.moments[place]
        self.clock.set(moment.dropped_at)
        if moment.is_touched:
            self._copy_again(moment.is_touched)
        for drop in moment.drops:
            self._drop(place, drop)
        if self._scheme is None:
            return
        if agency := self._scheme.restored.get(place):
            self._copy_again(agency)
        for number, kind in enumerate(self._scheme.notices.get(place, ())):
            self._send_notice(kind, f"{place:02d}-{number}.eml")

    def _inbox(self, agency: str) -> Path:
        return self.home / "shared" / agency / CYCLE / "nop"

    def _drop(self, place: int, drop: Drop) -> None:
        data = render(drop, self._theatre.config)
        path = self._inbox(drop.agency) / drop.name
        path.parent.mkdir(parents=True, exist_ok=True)  # a cycle that no pass has opened yet
        path.write_bytes(data)
        time.sleep(0.01)  # the next one is newer
        at = self.clock.when_changed(path)
        self.evidence.dropped.append(Dropped(drop, hashlib.sha256(data).hexdigest(), at, place))

    def _copy_again(self, agency: str) -> None:
        """The folder as a restore from a copy leaves it: the same bytes, other inodes, other times."""
        inbox = self._inbox(agency)
        if not inbox.is_dir():
            return
        aside = self.root / "aside"
        shutil.copytree(inbox, aside)
        shutil.rmtree(inbox)
        shutil.copytree(aside, inbox)
        shutil.rmtree(aside)
        for dropped in self.evidence.dropped:
            dropped.touched += dropped.drop.agency == agency

    def _send_notice(self, kind: str, name: str) -> None:
        codes = {row["email"] for row in self._theatre.contacts if row["vai_tro"] == "dau_moi"}
        taken = [line for line in self._theatre.server.read() if line["what"] == "taken" and set(line["to"]) & codes]
        if not taken:
            return
        line = self._chance.choice(taken)
        address, message_id = line["to"][0], line["message_id"]
        if kind == "forged unknown id":
            message_id = "<0123456789abcdef@kybaocao>"
        if kind.startswith("forged") or kind == "nested":
            address = self._chance.choice((address, "chutich.ubnd@sonla.example.vn"))
        if kind == "forged other recipient":
            address = "giamdoc.stc@sonla.example.vn"
        if kind == "dead" and address in codes:
            self.evidence.dead.add(address)
        folder = self.home / "thu_bi_tra"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(write_notice(kind, address, message_id))

    # --- processes --------------------------------------------------------------------------------------------

    def _suffer(self, place: int, at: dt.datetime, attempt: Attempt) -> None:
        moment = at + dt.timedelta(minutes=attempt.minutes)
        if attempt.minutes:
            self.clock.set(moment)
        orders = dict(attempt.mail)
        for code, answer in orders.pop("once_like", {}).items():
            orders["once"] = {self._theatre.find_officer(code): answer}
        self._theatre.server.order(**self._orders, **orders)
        holder = self._fork(self._hold, ()) if attempt.is_held else None
        closed = frozenset(agency for agency, _ in attempt.folders)
        with self._closed(attempt.folders):
            self._record("attempt", place, moment, lambda: self._start(moment, attempt), closed=closed)
        if holder is not None:
            holder.wait()
        self._theatre.server.order(**self._orders)
        if attempt.minutes:
            self.clock.set(at)

    def _hold(self) -> None:
        """Another program writes to the store for a while."""
        with self.database.hold():
            time.sleep(0.7)

    def _start(self, moment: dt.datetime, attempt: Attempt) -> list[Running]:
        running = [self._fork(work.make_pass(moment), attempt.faults)]
        if attempt.twin is not None:
            later = moment + dt.timedelta(seconds=1)
            delay = attempt.twin_delay_seconds
            running.append(self._fork(work.make_pass(later), attempt.twin, delay_seconds=delay))
        if attempt.command:
            running.append(self._fork(work.make_command([*attempt.command, "--cycle", CYCLE]), ()))
        return running

    def _operate(self, place: int, at: dt.datetime) -> None:
        """An operator deals with the letters that no server takes."""
        action, attempt = self._scheme.operations.get(place, ("", Attempt())) if self._scheme else ("", Attempt())
        dead = self._list_dead() if action else []
        if not dead:
            return
        chosen = dead if action == "resend" else dead[:1]
        job = work.make_operation(at, action, chosen)
        if attempt.faults:
            self.run("operation", place, at, job, attempt.faults)
        self.run("operation", place, at, job, is_calm=True)

    def _list_dead(self) -> list[int]:
        """Numbers of letters that some server refused for good, or that came back."""
        gone = {row["message_id"] for row in self.database.read("deliveries") if row["state"] in _GONE}
        rows = self.database.read("outbox")
        return [row["id"] for row in rows if row["state"] in _GONE or row["message_id"] in gone]

    def _decide(self, place: int, moment: Moment) -> None:
        versions = self.database.read("report_versions")
        waiting = [row["version"] for row in versions if row["cycle"] == CYCLE and row["state"] in _UNDECIDED]
        if not waiting or (not moment.decision and any(row["state"] == "published" for row in versions)):
            return
        is_approved = moment.decision != "reject"
        job = work.make_decision(moment.at, max(waiting), is_approved=is_approved)
        for attempt in self._scheme.decisions[place] if self._scheme else ():
            self.run("decision", place, moment.at, job, attempt.faults)
        self.run("decision", place, moment.at, job, is_calm=True)

    def run(
        self,
        name: str,
        place: int,
        as_of: dt.datetime,
        job: Callable[[], Any],
        faults: tuple[Fault, ...] = (),
        *,
        is_calm: bool = False,
    ) -> Step:
        """One process, and what it left."""
        return self._record(name, place, as_of, lambda: [self._fork(job, faults)], is_calm=is_calm)

    def _fork(self, job: Callable[[], Any], faults: tuple[Fault, ...], delay_seconds: float = 0.0) -> Running:
        folder = self.root / "processes" / f"{time.monotonic_ns()}"
        return start(
            job,
            folder,
            root=self.home,
            environment=self._environment,
            clock=self.clock,
            faults=faults,
            delay_seconds=delay_seconds,
        )

    def _record(
        self,
        name: str,
        place: int,
        as_of: dt.datetime,
        begin: Callable[[], list[Running]],
        *,
        is_calm: bool = False,
        closed: frozenset[str] = frozenset(),
    ) -> Step:
        before = self.evidence.steps[-1].after if self.evidence.steps else {table: [] for table in _SEEN}
        start_line = len(self._theatre.server.read())
        outcomes = [one.wait() for one in begin()]
        lines = (start_line, len(self._theatre.server.read()))
        after = {table: self.database.read(table) for table in _SEEN}
        step = Step(name, place, as_of, outcomes, is_calm, lines, before, after, closed)
        self.evidence.steps.append(step)
        return step

    # --- folders ----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _closed(self, folders: tuple[tuple[str, str], ...]) -> Iterator[None]:
        """Something else stands where an inbox was; afterwards the inbox is back."""
        aside = []
        for agency, what in folders:
            inbox = self._inbox(agency)
            if not inbox.is_dir():
                continue
            hidden = inbox.with_name(".nop-khac")
            os.rename(inbox, hidden)
            aside.append((hidden, inbox))
            if what == LINK:
                inbox.symlink_to("/nonexistent/nop")
            elif what == FILE_INSTEAD:
                inbox.write_bytes(b"not a folder")
            else:
                assert what == NO_FOLDER
        try:
            yield
        finally:
            for hidden, inbox in aside:
                if inbox.is_dir() and not inbox.is_symlink():
                    shutil.rmtree(inbox)
                else:
                    inbox.unlink(missing_ok=True)
                os.rename(hidden, inbox)

    def list_files(self) -> dict[str, str]:
        found = {}
        for path in sorted(self.home.rglob("*")):
            name = str(path.relative_to(self.home))
            if path.is_file() and not name.startswith(("kybaocao.db", "locks/")):
                # The record of warnings says which pass looked last.
                is_dated = name.startswith("giam_sat/viec/")
                found[name] = "" if is_dated else hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    def read_all(self) -> dict[str, list[Row]]:
        return {table: self.database.read(table) for table in self.database.list_tables()}

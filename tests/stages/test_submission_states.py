"""Submissions against their model: any files in any order, on both engines, and the product says what the model says.

`make test` plays a few histories. Longer: `pytest --hypothesis-profile=long tests/stages/test_submission_states.py`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import hashlib
import itertools
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from kybaocao.demo.figures import Filler
from kybaocao.form.layout import build_layout
from kybaocao.form.workbook import render_form
from kybaocao.inbox.archive import read_kept
from kybaocao.plan.verdict import Verdict
from kybaocao.stages import collect, validate
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.store.outbox import list_messages
from kybaocao.store.submissions import latest_accepted, list_submissions
from tests.conftest import CYCLE
from tests.docs.test_states import read_ledger
from tests.stages.conftest import EXPLAINED
from tests.stages.histories import Renew, play_histories, renew
from tests.stages.submission_model import Content, File, ModelAgency
from tests.store.conftest import postgres

__all__ = ["postgres", "renew"]  # fixtures

AGENCIES = ("X-04183", "STP")
NAMES = ("a.xlsx", "b.xlsx", "Báo cáo.xlsx")
ARROWS = {arrow[1:] for arrow in read_ledger("Submission")[0]}
# Where a collection and a judgement may be killed: the function, and whether it was done by then.
COLLECTING = ((collect, "record_sightings", False), (collect, "record_files", False), (collect, "record_files", True))
JUDGING = ((validate, "record_verdict", False), (validate, "record_action", False), (validate, "_record", True))


class _KilledError(BaseException):
    """The process is gone: nothing catches this."""


class SubmissionMachine(RuleBasedStateMachine):
    """Each rule is one event, for the product and for the model."""

    make: Callable[[], Pass]  # an empty installation, at its first moment
    contents: dict[tuple[str, Content], bytes]

    def __init__(self) -> None:
        super().__init__()
        self.order = itertools.count()
        self.read_to = 0  # of the journal
        self.verdicts: dict[int, str] = {}

    @initialize()
    def begin(self) -> None:
        self.p = type(self).make()
        deadlines = {
            code: self.p.calendar.deadline(self.p.plan.cycle_of(CYCLE, code, self.p.local.date())) for code in AGENCIES
        }
        self.agencies = {code: ModelAgency(deadline) for code, deadline in deadlines.items()}
        for code in AGENCIES:
            self.p.home.inbox(code, CYCLE).mkdir(parents=True)

    # --- events -------------------------------------------------------------------------------------------------

    @rule(agency=st.sampled_from(AGENCIES), name=st.sampled_from(NAMES), content=st.sampled_from(Content))
    def drop(self, agency: str, name: str, content: Content) -> None:
        """A new file, or another one in its place, or the same once more."""
        path = self.p.home.inbox(agency, CYCLE) / name
        path.unlink(missing_ok=True)
        path.write_bytes(self.contents[agency, content])
        self.agencies[agency].files[name] = File(content, next(self.order))

    @rule(agency=st.sampled_from(AGENCIES), name=st.sampled_from(NAMES))
    def take_away(self, agency: str, name: str) -> None:
        (self.p.home.inbox(agency, CYCLE) / name).unlink(missing_ok=True)
        self.agencies[agency].files.pop(name, None)

    @rule(hours=st.sampled_from((1, 20)))
    def wait(self, hours: int) -> None:
        self.p = replace(self.p, as_of=min(self.p.as_of + dt.timedelta(hours=hours), self._last))

    @precondition(lambda self: self.p.as_of < self.agencies["STP"].deadline)
    @rule()
    def miss_the_deadline(self) -> None:
        self.p = replace(self.p, as_of=max(one.deadline for one in self.agencies.values()) + dt.timedelta(hours=1))

    @rule(death=st.sampled_from((None, None, *COLLECTING)))
    def collect(self, death: tuple[object, str, bool] | None) -> None:
        is_first = any((name, file.order) not in one.seen for one in self.agencies.values() for name, file in one.fresh)
        has_fresh = [one for one in self.agencies.values() if one.fresh]
        self._run(lambda: collect_files(self.p), death)
        if death == COLLECTING[0] and is_first:  # nothing was noted
            return
        for one in self.agencies.values():
            one.look(self.p.as_of)
        if death == COLLECTING[2]:  # the first agency's files were recorded
            has_fresh = has_fresh[:1]
        elif death == COLLECTING[1]:
            has_fresh = []
        for one in has_fresh:
            one.take()

    @rule(agency=st.sampled_from(AGENCIES), death=st.sampled_from((None, None, *JUDGING)))
    def judge(self, agency: str, death: tuple[object, str, bool] | None) -> None:
        is_lost = death in JUDGING[:2] and self.agencies[agency].is_waiting
        self._run(lambda: validate_agency(self.p, agency), death)
        if not is_lost:
            self.agencies[agency].judge()

    def _run(self, work: Callable[[], object], death: tuple[object, str, bool] | None) -> None:
        with pytest.MonkeyPatch.context() as patch:
            if death is not None:
                module, name, is_done = death
                function = getattr(module, name)

                def _die(*args: object, **named: object) -> None:
                    if is_done:
                        function(*args, **named)
                    raise _KilledError

                patch.setattr(module, name, _die)
            with contextlib.suppress(_KilledError):
                work()

    # --- what must hold after each ------------------------------------------------------------------------------

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        with self.p.store.read() as connection:
            for code, mine in self.agencies.items():
                versions = list_submissions(connection, CYCLE, code)
                assert [(one.sha256, one.verdict, one.received_at) for one in versions] == [
                    (self._digest(code, one.content), one.verdict, one.received_at) for one in mine.versions
                ]
                in_force = latest_accepted(connection, CYCLE, code)
                found = mine.in_force and self._digest(code, mine.in_force.content)
                assert (in_force and in_force.sha256) == found
                letters = [one for one in list_messages(connection, CYCLE) if one.message.agency == code]
                assert len(letters) == mine.letters

    @invariant()
    def every_version_is_kept_and_every_verdict_answered(self) -> None:
        with self.p.store.read() as connection:
            versions = [one for code in AGENCIES for one in list_submissions(connection, CYCLE, code)]
        for one in versions:
            kept = read_kept(self.p.home.archive, one.sha256, one.size_bytes + 1)
            assert hashlib.sha256(kept).hexdigest() == one.sha256
            if one.verdict is not None:
                kind = "Phieu-tiep-nhan" if one.verdict == Verdict.ACCEPTED else "Phieu-tra-lai"
                folder = self.p.home.inbox(one.agency, CYCLE).parent / "tra_loi"
                pages = [path.name for path in folder.glob(f"Phieu-*_{one.version:02d}.html")]
                assert pages == [f"{kind}_{one.version:02d}.html"]

    @invariant()
    def a_verdict_is_given_once(self) -> None:
        """Each change that was committed, as the journal has it."""
        with self.p.store.journal.path.open("rb") as file:
            file.seek(self.read_to)
            lines = file.readlines()
            self.read_to = file.tell()
        for line in map(json.loads, lines):
            row = line.get("row", {})
            if line.get("table") == "arrivals":
                before = self.verdicts.get(row["id"], "[*]")
                self.verdicts[row["id"]] = row.get("verdict") or "waiting"
                assert (before, self.verdicts[row["id"]]) in ARROWS

    @property
    def _last(self) -> dt.datetime:
        return self.p.calendar.moment(self.p.cycle.closes_on, dt.time(8))

    def _digest(self, agency: str, content: Content) -> str:
        return hashlib.sha256(self.contents[agency, content]).hexdigest()


def _make_contents(p: Pass) -> dict[tuple[str, Content], bytes]:
    """The bytes of each content, for each agency."""
    found: dict[tuple[str, Content], bytes] = {}
    for seed, code in enumerate(AGENCIES):
        layout = build_layout(p.plan, CYCLE, code)
        answers, others = (Filler(10 * seed + number).fill(layout) for number in (1, 2))
        reason = {tuple(key.split("/")): value for key, value in EXPLAINED.items()}
        contact = next(key for key in answers if key[0] == "xac_nhan" and answers[key])
        for content, filled in (
            (Content.GOOD, answers),
            (Content.OTHER_GOOD, others),
            (Content.EXPLAINED, {**answers, **reason}),
            (Content.FAULTY, {**answers, contact: None}),
        ):
            found[code, content] = render_form(layout, filled)
        found[code, Content.DAMAGED] = b"khong phai Excel"
    for code, other in itertools.permutations(AGENCIES):
        found[code, Content.FOREIGN] = found[other, Content.GOOD]
    return found


@pytest.fixture
def make_pass(small: Callable[[str], Pass], renew: Renew) -> Callable[[], Pass]:
    """What makes an empty installation for one history."""
    return functools.partial(renew, small("2026-12-01T08:00"))


def test_any_history_of_submissions_is_one_of_the_model(make_pass: Callable[[], Pass]) -> None:
    """Files of every worth, dropped, replaced, repeated, taken away and late; killed in the middle of passes."""

    class Machine(SubmissionMachine):
        make = staticmethod(make_pass)
        contents = _make_contents(make_pass())

    play_histories(Machine, one_of=50, steps=15)

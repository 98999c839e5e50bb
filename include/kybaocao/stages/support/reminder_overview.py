"""Which agencies are outstanding at a pass, and what was done about each so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kybaocao.inbox.submission import Submission
from kybaocao.mail.reminder_letters import Reminded
from kybaocao.plan.ladder import Key, OutstandingAgency, find_end_of_use, find_sayable, is_outdated
from kybaocao.plan.outstanding import find_outstanding
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.untaken_files import find_ours
from kybaocao.store.outbox import Queued, count_reminders
from kybaocao.store.sightings import list_held_up
from kybaocao.store.steps import StepId, list_steps
from kybaocao.store.submissions import list_outlines


@dataclass(frozen=True)
class Overview:
    """All agencies at the moment of the pass `p`; each is looked at once, when it is first asked for."""

    p: Pass
    submissions: Mapping[str, Sequence[Submission]]  # agency -> its versions, without findings and answers
    taken: dict[str, set[Key]]  # agency -> steps
    letters: Counter[str]  # agency -> reminder letters that it was sent
    untaken: Collection[str]  # agencies with a file that we could not take: their steps wait
    _found: dict[str, OutstandingAgency | None] = field(default_factory=dict)

    @classmethod
    def read(cls, p: Pass, sent: Iterable[Queued]) -> Overview:
        """`sent` are the reminder letters that count as sent."""
        with p.store.read() as connection:
            submissions: dict[str, list[Submission]] = {}
            for one in list_outlines(connection, p.cycle.id):
                submissions.setdefault(one.agency, []).append(one)
            return cls(
                p,
                submissions,
                list_steps(connection, p.cycle.id),
                count_reminders(sent),
                find_ours(list_held_up(connection, p.cycle.id), p.as_of),
            )

    def find(self, agency: str) -> OutstandingAgency | None:
        """None when the agency owes nothing."""
        if agency not in self._found:
            mine = self.submissions_of(agency)
            self._found[agency] = find_outstanding(self.p.plan, self.p.cycle.id, agency, mine, self.p.local.date())
        return self._found[agency]

    def submissions_of(self, agency: str) -> Sequence[Submission]:
        return self.submissions.get(agency, ())

    def is_outdated(self, step: StepId) -> bool:
        """Whether a step that was taken need not be said any more."""
        taken = self.taken.get(step.agency, set())
        return is_outdated(step.key, self.find(step.agency), self.p.reminders, taken, self.p.as_of)

    def find_sayable(self, waiting: Collection[StepId]) -> list[Reminded]:
        """Of the steps that wait, those to say now.

        A step whose successor is due is not among them: the successor will be taken, by a later pass if not by this.
        """
        found: list[Reminded] = []
        waiting_of: dict[str, list[Key]] = {}
        for waits in waiting:
            waiting_of.setdefault(waits.agency, []).append(waits.key)
        for agency in self.p.plan.expected:
            keys = waiting_of.get(agency.code, [])
            outstanding = self.find(agency.code) if keys and agency.code not in self.untaken else None
            if outstanding is None:
                continue
            steps = find_sayable(keys, outstanding, self.p.reminders, self.taken.get(agency.code, set()), self.p.as_of)
            found += [
                (outstanding, step)
                for step in steps
                if find_end_of_use(step, outstanding, self.p.reminders) > self.p.as_of
            ]
        return found

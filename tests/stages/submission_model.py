"""The model of an agency's submissions: files in its inbox, versions with a verdict, and the one in force.

No database and no reader: what a content is worth is given. The machine in `test_submission_states.py` plays the same
events with the product.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum

from kybaocao.plan.verdict import Verdict


class Content(Enum):
    """What a file holds, by what it is worth."""

    GOOD, OTHER_GOOD, EXPLAINED = "good", "other good", "good, with a reason for being late"
    FAULTY, FOREIGN, DAMAGED = "faulty", "the form of another agency", "no workbook"


@dataclass
class File:
    content: Content
    order: int  # when it was written, among all files


@dataclass
class Version:
    content: Content
    order: int
    received_at: dt.datetime
    verdict: Verdict | None = None


@dataclass
class ModelAgency:
    deadline: dt.datetime
    files: dict[str, File] = field(default_factory=dict)  # in the inbox, by name
    seen: dict[tuple[str, int], dt.datetime] = field(default_factory=dict)  # (name, order) -> when first
    taken: dict[str, File] = field(default_factory=dict)  # as it was taken last
    versions: list[Version] = field(default_factory=list)  # in the order in which the files came
    letters: int = 0

    @property
    def in_force(self) -> Version | None:
        """The newest accepted one."""
        return next((one for one in reversed(self.versions) if one.verdict == Verdict.ACCEPTED), None)

    @property
    def is_waiting(self) -> bool:
        return any(one.verdict is None for one in self.versions)

    @property
    def fresh(self) -> list[tuple[str, File]]:
        """Files that were not taken as they are now, oldest first."""
        found = [(name, file) for name, file in self.files.items() if self.taken.get(name) != file]
        return sorted(found, key=lambda one: one[1].order)

    def look(self, at: dt.datetime) -> None:
        """The first pass that sees a file fixes its receipt time."""
        for name, file in self.fresh:
            self.seen.setdefault((name, file.order), at)

    def take(self) -> None:
        """A file becomes a version, unless it only repeats what stands."""
        repeated = self._find_outdated()
        for name, file in self.fresh:
            if name not in repeated and not self._repeats(file.content):
                self.versions.append(Version(file.content, file.order, self.seen[name, file.order]))
            self.taken[name] = File(file.content, file.order)

    def _repeats(self, content: Content) -> bool:
        """The newest that waits, or else the one in force, says the same."""
        waiting = [one for one in self.versions if one.verdict is None]
        stands = waiting[-1] if waiting else self.in_force
        return stands is not None and stands.content == content

    def _find_outdated(self) -> set[str]:
        """Of files that were only copied over themselves all but the one whose version is the newest."""
        last = {one.content: place for place, one in enumerate(self.versions)}
        touched = {
            name: last[file.content]
            for name, file in self.fresh
            if name in self.taken and self.taken[name].content == file.content and file.content in last
        }
        return {name for name, place in touched.items() if place != max(touched.values())}

    def judge(self) -> None:
        """Every waiting version once, oldest first; one letter names them all."""
        self.letters += self.is_waiting
        for place, one in enumerate(self.versions):
            if one.verdict is None:
                before = [other for other in self.versions[:place] if other.verdict == Verdict.ACCEPTED]
                one.verdict = self._find_verdict(one, before[-1] if before else None)

    def _find_verdict(self, version: Version, accepted: Version | None) -> Verdict:
        if version.content == Content.DAMAGED:
            return Verdict.UNREADABLE
        if version.content in (Content.FAULTY, Content.FOREIGN):
            return Verdict.RETURNED
        is_new = accepted is None or accepted.content != version.content
        is_unexplained = version.received_at >= self.deadline and version.content != Content.EXPLAINED
        return Verdict.RETURNED if is_unexplained and is_new else Verdict.ACCEPTED

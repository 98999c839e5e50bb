"""What happens in a season, as plain data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from kybaocao.plan.plan import Plan
from kybaocao.plan.verdict import Verdict


class File(StrEnum):
    """What an agency drops into its folder; of it, the reminders depend on the verdict alone."""

    GOOD = "báo cáo"
    ZERO = "báo cáo không phát sinh"
    FAULTY = "báo cáo có lỗi"
    WRONG_PERIOD = "báo cáo sai kỳ"
    DAMAGED = "tệp không đọc được"

    @property
    def verdict(self) -> Verdict:
        if self in (File.GOOD, File.ZERO):
            return Verdict.ACCEPTED
        return Verdict.UNREADABLE if self is File.DAMAGED else Verdict.RETURNED


@dataclass(frozen=True)
class Drop:
    """A file falls into an agency's inbox."""

    at: dt.datetime
    agency: str
    file: File


class Part(StrEnum):
    """What can be out of order."""

    SCHEDULER = "scheduler"  # no pass runs; the first thing afterwards is one
    MAIL = "mail"  # letters wait in the outbox


@dataclass(frozen=True)
class Outage:
    part: Part
    begins: dt.datetime
    ends: dt.datetime

    def covers(self, moment: dt.datetime) -> bool:
        return self.begins <= moment < self.ends


@dataclass(frozen=True)
class WrongClock:
    """For a while the system's clock is `ahead` of the time (behind it when negative)."""

    begins: dt.datetime
    ends: dt.datetime
    ahead: dt.timedelta


@dataclass(frozen=True)
class ClosedFolder:
    """An agency's folder that takes no form before a moment."""

    agency: str
    until: dt.datetime


@dataclass(frozen=True)
class Season:
    """A plan with the decisions, contacts and agencies of this season, and what happens in one cycle of it.

    `passes` fixes the moments at which somebody looks; without it they are the milestones and a minute after
    every file, as on the real system.
    """

    plan: Plan
    cycle: str
    drops: tuple[Drop, ...]  # by moment
    outages: tuple[Outage, ...] = ()
    clocks: tuple[WrongClock, ...] = ()
    closed_folders: tuple[ClosedFolder, ...] = ()  # at most one for each agency
    passes: tuple[dt.datetime, ...] | None = None

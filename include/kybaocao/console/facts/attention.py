"""What somebody has to do: since when, where, and the page on which it is done.

What the passes find (`operator_warnings`) stands as the last pass recorded it; what waits for a human, the mail server
and passes that are held back are looked at now.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from kybaocao.console.facts.overview import CycleView, Overview
from kybaocao.findings import shorten
from kybaocao.mail.operator_letters import describe_hold, warn_of_mute
from kybaocao.plan.cycles import Phase
from kybaocao.stages.support.delivery_problems import SERVER_AWAY
from kybaocao.stages.support.warning_record import RecordedWarning, WarningRecord, read_warning_record
from kybaocao.store.reports import ReportState
from kybaocao.watch.observation import read_record

SHOWN_AFTER = dt.timedelta(minutes=1)  # passes that wait for some seconds only are no task
_CODE = re.compile(r"\(([A-Z0-9][A-Z0-9_-]*)[,)]|: ([A-Z0-9][A-Z0-9_-]*)/")
_LETTER = re.compile(r"^(Thư số|Thư “|Thư gửi|Chưa gửi được thư)")


class Kind(StrEnum):
    """What kind of task: which words and page go with it."""

    DECIDE = "decide"
    SIGN = "sign"
    MAIL_SERVER = "mail_server"
    HELD = "held"
    AGENCY = "agency"
    LETTER = "letter"
    REPORT = "report"
    CONFIGURATION = "configuration"
    SYSTEM = "system"


@dataclass(frozen=True)
class Task:
    """`text` is a Vietnamese sentence, or what stands in the blank of the words for `kind`."""

    kind: Kind
    text: str
    since: dt.datetime | None
    cycle: str  # "" for what concerns the whole system
    path: str  # of the page, below the console; "" where no page helps
    place: str = ""  # code of the agency, number of the version

    @property
    def is_urgent(self) -> bool:
        return self.kind in (Kind.MAIL_SERVER, Kind.HELD, Kind.DECIDE, Kind.SIGN)


def list_tasks(found: Overview) -> list[Task]:
    """Urgent ones first, then the oldest. Empty for an account that watches only some agencies."""
    if not found.is_whole:
        return []
    tasks = list(_list_of_mail(found))
    for view in found.cycles:
        if view.phase is not Phase.UPCOMING:
            tasks += _list_of_report(view)
        tasks += _list_held(view)
        tasks += _list_recorded(view)
    unique = {(one.text, one.kind, "" if one.kind is Kind.CONFIGURATION else one.cycle): one for one in reversed(tasks)}
    floor = dt.datetime.max.replace(tzinfo=dt.UTC)
    return sorted(reversed(unique.values()), key=lambda one: (not one.is_urgent, one.since or floor))


def find_looked_at(found: Overview) -> dt.datetime | None:
    """The oldest of the moments at which passes of open cycles have recorded what is wrong; None: none did yet."""
    records = [_read(view) for view in found.list_phase(Phase.OPEN)]
    return min((one.at for one in records if one is not None), default=None)


def _list_of_mail(found: Overview) -> Iterator[Task]:
    if found.mail is not None and found.mail.is_failing:
        error = shorten(found.mail.last_error.removeprefix(SERVER_AWAY), 200)
        yield Task(Kind.MAIL_SERVER, error, found.mail.failed_at, "", "")


def _list_of_report(view: CycleView) -> Iterator[Task]:
    for version in view.asking:
        is_signing = version.state is ReportState.SUBMITTED
        yield Task(
            Kind.SIGN if is_signing else Kind.DECIDE,
            view.title,
            (version.decided_at if is_signing else None) or version.compiled_at,
            view.id,
            f"ky/{view.id}/bao-cao/{version.version}/phe-duyet",
            str(version.version),
        )


def _list_held(view: CycleView) -> Iterator[Task]:
    p = view.scope.p
    record = None if p.is_replay else read_record(p.home.watch_record(view.id))
    if record and record.hold.since and record.seen_at - record.hold.since >= SHOWN_AFTER:
        yield Task(Kind.HELD, describe_hold(record.hold, view.zone), record.hold.since, view.id, "")
    for one in record.mute if record else ():
        yield Task(Kind.HELD, warn_of_mute(one, view.zone), one.begun_at, view.id, "")


def _read(view: CycleView) -> WarningRecord | None:
    return read_warning_record(view.scope.p.home.warning_record(view.id))


def _list_recorded(view: CycleView) -> Iterator[Task]:
    record = _read(view)
    for one in record.warnings if record else ():
        yield _place(one, view.id, view.scope.p.plan.agencies)


def _place(one: RecordedWarning, cycle: str, agencies: Collection[str]) -> Task:
    """The page for a warning, by what it names."""
    text = one.text
    if text.startswith("Cấu hình"):
        return Task(Kind.CONFIGURATION, text, one.since, cycle, "")
    if _LETTER.match(text):
        return Task(Kind.LETTER, text, one.since, cycle, f"ky/{cycle}/thu")
    if text.startswith("Báo cáo") and not (_CODE.search(text)):
        return Task(Kind.REPORT, text, one.since, cycle, f"ky/{cycle}/bao-cao")
    found = [code for pair in _CODE.findall(text) for code in pair if code in agencies]
    if found:
        return Task(Kind.AGENCY, text, one.since, cycle, f"ky/{cycle}/co-quan/{found[0]}", found[0])
    return Task(Kind.SYSTEM, text, one.since, cycle, "")

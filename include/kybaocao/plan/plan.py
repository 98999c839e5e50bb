"""A loaded plan, and the questions the rest of the system asks it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from kybaocao.plan.adjustments import Adjustments, Term
from kybaocao.plan.agencies import Agency, Contact, ContactRole, Duty, FormerName
from kybaocao.plan.calendar import Calendar, NamedDate, explain_dates
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.days_off import WorkingCalendar
from kybaocao.plan.form_edition import Edition, Source, Words
from kybaocao.plan.header import Header
from kybaocao.plan.official_letter_wording import OfficialLetterWording
from kybaocao.plan.people import Recipients
from kybaocao.plan.reminder_steps import Ladder
from kybaocao.plan.report_wording import ReportWording
from kybaocao.plan.targets import Indicator
from kybaocao.plan.tasks import Task
from kybaocao.plan.watching import FILE as WATCHING
from kybaocao.plan.watching import Watching
from kybaocao.vietnamese import format_moment
from kybaocao.yaml_source import Problem, SourceLines

T = TypeVar("T")


class PlanError(Exception):
    """Something cannot be done because its part of the configuration is broken."""

    def __init__(self, what: str, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        lines = "\n".join(f"- {problem}" for problem in problems) or "- không có trong cấu hình"
        super().__init__(f"Chưa thể {what} vì cấu hình có lỗi:\n{lines}")


@dataclass(frozen=True)
class Refusal:
    """Why the plan's own files are not in force, and since when the ones that are have been."""

    problems: tuple[Problem, ...]
    since: dt.datetime

    def describe(self, zone: dt.tzinfo) -> str:
        """For the operators: what is in force instead, and until when."""
        checked = format_moment(self.since.astimezone(zone))
        return (
            f"các tệp hiện có chưa được áp dụng vì có lỗi; vẫn dùng cấu hình đã kiểm tra lúc {checked} "
            "cho đến khi sửa xong các lỗi nêu dưới đây"
        )


@dataclass(frozen=True, eq=False)
class Plan:
    """One plan folder, judged. Parts that could not be used are None or left out; see `problems`."""

    folder: Path
    header: Header
    agencies: dict[str, Agency]
    contacts: tuple[Contact, ...]
    tasks: tuple[Task, ...]
    obligations: tuple[Task, ...]
    indicators: tuple[Indicator, ...]
    cycles: dict[str, Cycle]
    calendar: WorkingCalendar | None
    ladder: Ladder | None
    recipients: Recipients | None
    edition: Edition | None
    wording: ReportWording | None
    problems: tuple[Problem, ...]
    adjustments: Adjustments = field(default_factory=Adjustments)
    official_letters: dict[str, OfficialLetterWording] = field(default_factory=dict)
    former_names: tuple[FormerName, ...] = ()
    earlier_editions: tuple[Edition, ...] = ()  # of the form; files of these are still read
    watchings: tuple[Watching, ...] = ()
    dead_addresses: frozenset[str] = frozenset()  # lower case; their mail comes back, so nobody writes to them
    source_lines: SourceLines = field(default_factory=SourceLines, repr=False)  # where the entries stand in the files
    refusal: Refusal | None = None  # while the last good files stand in for those of `folder`

    # --- who -----------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        return self.header.id

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.header.timezone)

    @property
    def coordinator(self) -> str:
        """The name of the body that runs the plan; its code while the register lacks it."""
        found = self.agencies.get(self.header.coordinator)
        return found.name if found else self.header.coordinator

    @property
    def words(self) -> Words:
        """The closed lists of the form; the default ones while the edition is broken."""
        return self.edition.words if self.edition else Words.model_validate({})

    @property
    def expected(self) -> tuple[Agency, ...]:
        """Bodies that must submit a report, in the order of the register."""
        return tuple(agency for agency in self.agencies.values() if agency.is_expected)

    def members(self, codes: tuple[str, ...]) -> tuple[str, ...]:
        """Agency codes behind a list of codes and group names; a group means its bound bodies only."""
        found: dict[str, None] = {}
        for code in codes:
            kinds = self.header.groups.get(code)
            if kinds is None:
                found[code] = None
                continue
            for agency in self.agencies.values():
                if agency.kind in kinds and agency.duty is Duty.BOUND:
                    found[agency.code] = None
        return tuple(found)

    def is_member(self, agency: str, codes: tuple[str, ...]) -> bool:
        """Whether an agency is among `members`, without a list of all of them: that would be long for each of many."""
        if any(code == agency and code not in self.header.groups for code in codes):
            return True
        body = self.agencies.get(agency)
        if body is None or body.duty is not Duty.BOUND:
            return False
        return any(body.kind in self.header.groups.get(code, ()) for code in codes)

    @cached_property
    def aliases(self) -> dict[str, list[tuple[str, dt.date, dt.date | None]]]:
        """Every name agencies have or had, with its days: what `answers.words.find_agency` looks through."""
        found: dict[str, list[tuple[str, dt.date, dt.date | None]]] = {}
        for agency in self.agencies.values():
            for name in (agency.name, *agency.aliases):
                found.setdefault(name, []).append((agency.code, agency.opens_on, agency.closes_on))
        for former in self.former_names:
            found.setdefault(former.name, []).append((former.agency, former.since, former.until))
        return found

    def tasks_of(self, agency: str) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if self.is_member(agency, task.leads))

    @cached_property
    def asked_obligations(self) -> tuple[Task, ...]:
        """The obligations of section IV that the form asks about; none where it has no table for them."""
        tables = self.edition.tables if self.edition else ()
        if not any(table.source is Source.OBLIGATIONS for _, table in tables):
            return ()
        return tuple(duty for duty in self.obligations if duty.is_asked)

    def obligations_of(self, agency: str) -> tuple[Task, ...]:
        return tuple(duty for duty in self.asked_obligations if self.is_member(agency, duty.leads))

    def indicators_of(self, agency: str) -> tuple[Indicator, ...]:
        return tuple(indicator for indicator in self.indicators if self.is_member(agency, indicator.reporters))

    def find_watched(self, names: Collection[str]) -> frozenset[str] | None:
        """The agencies that an account with one of these names may see; None: all of them.

        Raises PlanError while an entry is broken and no earlier configuration stands in: whom it means is not known.
        """
        if broken := tuple(problem for problem in self.problems if problem.file == WATCHING):
            raise PlanError("cho biết tài khoản nào được xem cơ quan nào", broken)
        mine = [one for one in self.watchings if one.account in names]
        return frozenset(self.members(tuple(c for one in mine for c in (*one.agencies, *one.groups)))) if mine else None

    def contacts_of(self, agency: str, role: ContactRole, on: dt.date) -> tuple[Contact, ...]:
        return tuple(c for c in self._contacts_of.get((agency, role), ()) if c.is_valid_on(on))

    @cached_property
    def _contacts_of(self) -> dict[tuple[str, ContactRole], list[Contact]]:
        found: dict[tuple[str, ContactRole], list[Contact]] = {}
        for contact in self.contacts:
            found.setdefault((contact.agency, contact.role), []).append(contact)
        return found

    # --- who owes what until when, on a day --------------------------------------------------------------

    def cycle_on(self, cycle: str, on: dt.date) -> Cycle:
        """The cycle with the dates that hold on a day. Raises PlanError when the cycle is broken."""
        return self.adjustments.cycle_on(self.require_cycle(cycle), on)

    def explain_dates(self, cycle: str, on: dt.date | None = None) -> list[NamedDate]:
        """Every date of a cycle in words, as decided by `on` or so far. Empty while the calendar is broken."""
        if self.calendar is None:
            return []
        ministry = ", ".join(person.name for person in self.recipients.ministry) if self.recipients else "Bộ"
        dated = self.adjustments.cycle_on(self.require_cycle(cycle), on)
        return explain_dates(dated, Calendar.of(self.calendar, self.timezone), self.coordinator, ministry)

    def cycle_of(self, cycle: str, agency: str, on: dt.date) -> Cycle:
        """The cycle as one agency has it: with its own deadline."""
        common, own = self.cycle_on(cycle, on), self.due_before(cycle, agency, on)
        return common if own == common.due_before else common.model_copy(update={"due_before": own})

    def term_of(self, cycle: str, agency: str, on: dt.date) -> Term:
        """The agency's deadline, and from when its ladder counts: an extension, a move, its own founding."""
        announced = self.require_cycle(cycle)
        common = self._common_terms.get((cycle, on))
        if common is None:
            common = self._common_terms[cycle, on] = self.adjustments.common_term(announced, on)
        term = self.adjustments.own_term(announced, agency, common, on)
        founded = self.agencies[agency].opens_on
        if founded > (term.since or announced.opens.date):
            term = term._replace(since=founded)
        return term

    @cached_property
    def _common_terms(self) -> dict[tuple[str, dt.date], Term]:
        return {}

    def due_before(self, cycle: str, agency: str, on: dt.date) -> dt.date:
        """The first day that is too late for one agency, as decided by `on`."""
        return self.term_of(cycle, agency, on).due_before

    def is_exempt(self, cycle: str, agency: str, on: dt.date) -> bool:
        """Whether it was decided by `on` that the agency owes no report in this cycle."""
        return self.adjustments.is_exempt(cycle, agency, on)

    def waived_rules(self, cycle: str, agency: str, on: dt.date) -> frozenset[str]:
        """Codes of the rules that do not bind the agency on a day."""
        return self.adjustments.waived_rules(cycle, agency, on)

    def owes_return(self, cycle: str, agency: str, on: dt.date) -> bool:
        """Whether the agency must submit a report: bound or invited, existing, founded in time, not exempt."""
        body = self.agencies[agency]
        if not body.is_expected or not body.exists_on(on) or self.is_exempt(cycle, agency, on):
            return False
        return body.opens_on == dt.date.min or body.opens_on < self.due_before(cycle, agency, on)

    def list_faults(self) -> list[str]:
        """What is wrong with the plan's files, and what is in force instead, for the operators."""
        if self.refusal is None:
            return [str(problem) for problem in self.problems]
        return [self.refusal.describe(self.timezone), *(str(problem) for problem in self.refusal.problems)]

    # --- parts that must be whole before something is done ---------------------------------------------

    def require_cycle(self, cycle: str) -> Cycle:
        if cycle not in self.cycles:
            raise PlanError(f"chạy kỳ báo cáo {cycle}", self._of("ky_bao_cao.yaml"))
        return self.cycles[cycle]

    def require_edition(self) -> Edition:
        return self._require(self.edition, "lập và đọc biểu mẫu", "bieu_mau.yaml")

    def choose_edition(self, stated: str) -> Edition:
        """The edition by which a file is read: the earlier one that it states, else the one in force."""
        return next((one for one in self.earlier_editions if one.id == stated), None) or self.require_edition()

    def require_ladder(self) -> Ladder:
        return self._require(self.ladder, "đôn đốc", "bac_thang.yaml")

    def require_calendar(self) -> WorkingCalendar:
        return self._require(self.calendar, "tính hạn", "lich.yaml")

    def require_recipients(self) -> Recipients:
        return self._require(self.recipients, "gửi thư", "nguoi_nhan.yaml")

    def require_wording(self) -> ReportWording:
        return self._require(self.wording, "lập báo cáo", "bao_cao.yaml")

    def _require(self, part: T | None, what: str, file: str) -> T:
        if part is None:
            raise PlanError(what, self._of(file))
        return part

    def _of(self, file: str) -> tuple[Problem, ...]:
        known = self.problems + (self.refusal.problems if self.refusal else ())
        return tuple(problem for problem in known if problem.file == file)

    def blocked(self, agency: str) -> tuple[Problem, ...]:
        """Problems that make this agency's form uncertain, so that it is neither issued nor judged."""
        files = ("nhiem_vu.yaml", "nghia_vu.yaml", "chi_tieu.yaml")
        return tuple(
            problem
            for problem in self.problems
            if (problem.file in files and (not problem.item or agency in self._owners(problem)))
            or (problem.file == "co_quan.csv" and problem.item == agency)
        )

    def _owners(self, problem: Problem) -> tuple[str, ...]:
        # The broken entry itself was left out, so its owners are unknown: every expected body may be one.
        return tuple(agency.code for agency in self.expected)

"""A loaded plan, and the questions the rest of the system asks it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from kybaocao.findings import TEMPLATES
from kybaocao.form.edition import Edition, Words
from kybaocao.plan.model import (
    Agency,
    Contact,
    ContactRole,
    Cycle,
    Duty,
    Header,
    Indicator,
    Ladder,
    Recipients,
    Task,
    WorkingCalendar,
)
from kybaocao.plan.source import Places, Problem
from kybaocao.report.wording import ReportWording

T = TypeVar("T")


class PlanError(Exception):
    """Something cannot be done because its part of the configuration is broken."""

    def __init__(self, what: str, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        lines = "\n".join(f"- {problem}" for problem in problems) or "- không có trong cấu hình"
        super().__init__(f"Chưa thể {what} vì cấu hình có lỗi:\n{lines}")


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
        """The closed lists of the form; the usual ones while the edition is broken."""
        return self.edition.words if self.edition else Words.model_validate({})

    @property
    def expected(self) -> tuple[Agency, ...]:
        """Bodies a return is expected from, in the order of the register."""
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

    def tasks_of(self, agency: str) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks if agency in self.members(task.leads))

    def indicators_of(self, agency: str) -> tuple[Indicator, ...]:
        return tuple(indicator for indicator in self.indicators if agency in self.members(indicator.reporters))

    def contacts_of(self, agency: str, role: ContactRole, on: dt.date) -> tuple[Contact, ...]:
        return tuple(
            contact
            for contact in self.contacts
            if contact.agency == agency and contact.role is role and contact.valid_from <= on <= contact.valid_until
        )

    # --- parts that must be whole before something is done ---------------------------------------------

    def require_cycle(self, cycle: str) -> Cycle:
        if cycle not in self.cycles:
            raise PlanError(f"chạy kỳ báo cáo {cycle}", self._of("ky_bao_cao.yaml"))
        return self.cycles[cycle]

    def require_edition(self) -> Edition:
        return self._require(self.edition, "lập và đọc biểu mẫu", "bieu_mau.yaml")

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
        return tuple(problem for problem in self.problems if problem.file == file)

    def blocked(self, agency: str) -> tuple[Problem, ...]:
        """Problems that make this agency's form uncertain, so that it is neither issued nor judged."""
        files = ("nhiem_vu.yaml", "chi_tieu.yaml")
        return tuple(
            problem
            for problem in self.problems
            if (problem.file in files and (not problem.item or agency in self._owners(problem)))
            or (problem.file == "co_quan.csv" and problem.item == agency)
        )

    def _owners(self, problem: Problem) -> tuple[str, ...]:
        # The broken entry itself was left out, so its owners are unknown: every expected body may be one.
        return tuple(agency.code for agency in self.expected)

    # --- references between files ------------------------------------------------------------------------

    def checked(self, problems: list[Problem], places: Places) -> Plan:
        """This plan with the problems found while loading and those between its files."""
        letterless = tuple(self._letterless(places))
        ladder = None if letterless else self.ladder
        return replace(self, ladder=ladder, problems=(*problems, *self._unresolved(places), *letterless))

    def _unresolved(self, places: Places) -> Iterator[Problem]:
        """References to agencies and cycles that do not exist."""
        known = {*self.agencies, *self.header.groups}
        nobody = "không có cơ quan “{}”"
        for file, entries in (("nhiem_vu.yaml", self.tasks), ("nghia_vu.yaml", self.obligations)):
            for task in entries:
                for code in task.leads:
                    if code not in known:
                        yield Problem(file, places.line_of(task, "chu_tri"), "chu_tri", nobody.format(code), task.id)
        for indicator in self.indicators:
            named: list[tuple[tuple[str | int, ...], str]] = [((), code) for code in indicator.reporters]
            named += [(("thanh_phan", i), code) for i, part in enumerate(indicator.parts) for code in part.reporters]
            for path, code in named:
                if code not in known:
                    line = places.line_of(indicator, *path, "co_quan_bao_cao")
                    yield Problem("chi_tieu.yaml", line, "co_quan_bao_cao", nobody.format(code), indicator.id)
        for contact in self.contacts:
            if (code := contact.agency) not in self.agencies:
                yield Problem("lien_he.csv", places.line_of(contact), "ma", nobody.format(code), code)
        for cycle in self.cycles.values():
            if cycle.previous is not None and cycle.previous not in self.cycles:
                line = places.line_of(cycle, "ky_truoc")
                yield Problem("ky_bao_cao.yaml", line, "ky_truoc", f"không có kỳ “{cycle.previous}”", cycle.id)
        if (code := self.header.coordinator) not in self.agencies:
            line = places.line_of(self.header, "co_quan_dau_moi")
            yield Problem("ke_hoach.yaml", line, "co_quan_dau_moi", nobody.format(code))

    def _letterless(self, places: Places) -> Iterator[Problem]:
        """Rungs that name a letter nobody has written."""
        for index, rung in enumerate(self.ladder.rungs if self.ladder else ()):
            if not (TEMPLATES / "mail" / f"{rung.template}.j2").is_file():
                line = places.line_of(self.ladder, "bac", index, "mau")
                field = f"bac.{index + 1}.mau"
                yield Problem("bac_thang.yaml", line, field, f"không có mẫu thư “{rung.template}”")

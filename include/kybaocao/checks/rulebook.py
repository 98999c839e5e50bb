"""Which rules bind an agency on a day, and how much each weighs.

A new rule begins on trial: it judges every submission, and only the operators see its findings.  Dates in the form's
configuration make it a warning, then an error.  A waiver frees one agency from one rule for one cycle; findings of
that rule are then recorded as notes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kybaocao.findings import Finding, Severity
from kybaocao.plan.form_edition import Edition
from kybaocao.plan.plan import Plan

_LEVELS = {"luu_y": Severity.NOTE, "canh_bao": Severity.WARNING, "loi": Severity.ERROR}


@dataclass(frozen=True)
class Rulebook:
    """`severities`: code -> its severity on the day, None on trial; `waived`: codes that do not bind this agency."""

    severities: Mapping[str, Severity | None] = field(default_factory=dict)
    waived: frozenset[str] = frozenset()

    @classmethod
    def of(cls, plan: Plan, cycle: str, agency: str, on: dt.date) -> Rulebook:
        return cls(_severities_on(plan.require_edition(), on), plan.waived_rules(cycle, agency, on))

    def weigh(self, findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
        """(reported to the agency, seen by rules on trial only)"""
        reported: list[Finding] = []
        tried: list[Finding] = []
        for finding in findings:
            if finding.code in self.waived:
                reported.append(replace(finding, severity=Severity.NOTE, is_waived=True))
            elif finding.code not in self.severities:
                reported.append(finding)
            elif (severity := self.severities[finding.code]) is None:
                tried.append(finding)
            elif finding.is_contestable and severity is Severity.ERROR:
                reported.append(replace(finding, severity=Severity.WARNING))
            else:
                reported.append(replace(finding, severity=severity))
        return reported, tried


CATALOGUE_ONLY = Rulebook()


def _severities_on(edition: Edition, on: dt.date) -> dict[str, Severity | None]:
    """By the latest stage of each code that has begun; a code without a stage has the catalogue's severity."""
    begun = [stage for stage in edition.stages if stage.since <= on]
    return {stage.code: _LEVELS.get(stage.level) for stage in sorted(begun, key=lambda stage: stage.since)}

"""A whole pass in one process, for the command line, tests and simulations: the same stages, in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kybaocao.passes import Pass
from kybaocao.stages.aggregating import aggregate_returns
from kybaocao.stages.bouncing import read_returned_mail
from kybaocao.stages.collection import collect_files
from kybaocao.stages.compilation import compile_report
from kybaocao.stages.configuring import settle_configuration
from kybaocao.stages.delivery import Transport, send_everything
from kybaocao.stages.escalation import escalate_agency, write_notices
from kybaocao.stages.opening import issue_forms
from kybaocao.stages.publication import publish_to_so_tai_chinh
from kybaocao.stages.validation import validate_agency
from kybaocao.stages.warning import list_warnings, warn_operators


def run_pass(p: Pass, *, is_asked: bool = False, connect: Callable[[], Transport] | None = None) -> dict[str, Any]:
    """Everything that is new or due at `p.as_of`. Without `connect`, mail stays in the outbox."""
    settle_configuration(p)
    p = read_returned_mail(p)
    issued = issue_forms(p)
    warnings = list_warnings(p)
    warn_operators(p, warnings)
    collected = collect_files(p)
    verdicts: dict[str, int] = {}
    for agency in collected.waiting:
        for verdict, count in validate_agency(p, agency).items():
            verdicts[verdict] = verdicts.get(verdict, 0) + count
    aggregated = aggregate_returns(p)
    steps = sum(len(escalate_agency(p, agency)) for agency in aggregated.to_escalate)
    write_notices(p)
    version = compile_report(p, aggregated.snapshot, is_asked=is_asked)
    if version is not None:
        publish_to_so_tai_chinh(p, version)
    sent = send_everything(p, connect).sent if connect else 0
    return {
        "as_of": p.local.isoformat(),
        "forms_issued": len(issued),
        "new_files": collected.new,
        "identical_files": collected.duplicates,
        **verdicts,
        "accepted_in_all": aggregated.accepted,
        "expected": aggregated.expected,
        "steps_taken": steps,
        "report_version": version,
        "mail_sent": sent,
        "warnings": warnings,
    }

"""A whole pass in one process, for the command line, tests and simulations: the same stages, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kybaocao.plan.verdict import Verdict
from kybaocao.stages.aggregate import aggregate_returns
from kybaocao.stages.collect import collect_files
from kybaocao.stages.compile_report import compile_report
from kybaocao.stages.deliver_mail import Delivered, Transport, send_everything
from kybaocao.stages.escalate import escalate_agencies
from kybaocao.stages.open_pass import open_pass
from kybaocao.stages.publish_to_so_tai_chinh import publish_to_so_tai_chinh
from kybaocao.stages.support.operator_warnings import list_warnings, warn_of_untaken
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.position_letter import write_position_letter
from kybaocao.stages.support.proof import ProofFailedError
from kybaocao.stages.support.reminder_letters import write_reminder_letters
from kybaocao.stages.support.row_groups import RowBounds, serve_each
from kybaocao.stages.validate import validate_agency
from kybaocao.store.audit_chain import keep_head


class PassError(Exception):
    """Some agencies could not be served, through our fault; everybody else was. `outcome` is what the pass did."""

    def __init__(self, outcome: dict[str, Any], errors: Mapping[str, Exception]) -> None:
        super().__init__("; ".join(f"{agency}: {type(error).__name__}: {error}" for agency, error in errors.items()))
        self.outcome = outcome
        self.errors = errors


def run_pass(p: Pass, *, is_asked: bool = False, connect: Callable[[], Transport] | None = None) -> dict[str, Any]:
    """Everything that is new or due at `p.as_of`. Without `connect`, mail stays in the outbox.

    Raises PassError at the end when something of ours failed for an agency.
    """
    opened = open_pass(p)
    p, warnings = opened.renewed, opened.warnings
    collected = collect_files(p)
    warnings = warn_of_untaken(p) or warnings
    judged = serve_each(collected.waiting, lambda agency: validate_agency(p, agency))
    verdicts = {
        verdict.value: sum(counts[verdict] for counts in judged.done.values()) for verdict in Verdict if judged.done
    }
    errors = judged.errors
    if errors:
        warnings = warn_of_untaken(p, errors) or warnings
    aggregated = aggregate_returns(p)
    steps = 0
    for row in RowBounds().divide(aggregated.to_escalate):  # a write must be short
        escalated = escalate_agencies(p, row)
        steps += sum(map(len, escalated.done.values()))
        errors |= escalated.errors
    write_reminder_letters(p)
    write_position_letter(p)
    version = compile_report(p, aggregated.snapshot, is_asked=is_asked)
    if version is not None:
        try:
            publish_to_so_tai_chinh(p, version)
        except ProofFailedError:
            warnings = list_warnings(p)  # the operators have been warned; the mail of the pass goes out all the same
    delivered = send_everything(p, connect) if connect else Delivered()
    keep_head(p.store, p.home.audit_head)
    outcome = {
        "as_of": p.local.isoformat(),
        "forms_issued": opened.forms_issued,
        "new_files": collected.new,
        "identical_files": collected.duplicates,
        **verdicts,
        "accepted_in_all": aggregated.accepted,
        "expected": aggregated.expected,
        "steps_taken": steps,
        "report_version": version,
        "mail_sent": delivered.sent,
        "mail_error": delivered.error,
        "not_taken": list(collected.failed),
        "left_for_next_pass": collected.left,
        "warnings": warnings,
    }
    if errors:
        raise PassError(outcome, errors)
    return outcome

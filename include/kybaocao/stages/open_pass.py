"""Opening a pass: configuration, returned mail and forms, and what the operators must hear of.

The command line and Airflow's task both begin a pass here (`stages.whole_pass`, `adapters.tasks`).
"""

from __future__ import annotations

from dataclasses import dataclass

from kybaocao.stages.support.configuration import settle_configuration
from kybaocao.stages.support.delivery_notices import read_returned_mail
from kybaocao.stages.support.form_issuing import issue_forms
from kybaocao.stages.support.lost_share import require_share
from kybaocao.stages.support.operator_warnings import list_warnings, warn_operators
from kybaocao.stages.support.passes import Pass
from kybaocao.store.audit_chain import keep_head


@dataclass(frozen=True)
class Opened:
    """What the opening did."""

    renewed: Pass  # the pass, knowing which addresses mail has come back from
    forms_issued: int
    warnings: list[str]  # in Vietnamese, as the operators get them


def open_pass(p: Pass) -> Opened:
    """Settle the configuration, read returned mail, issue forms that are missing, and warn the operators.

    The end of the audit trail is noted outside of the store. Raises LostShareError before anything is done.
    """
    require_share(p)
    settle_configuration(p)
    p = read_returned_mail(p)
    issued = issue_forms(p)
    keep_head(p.store, p.home.audit_head)
    warnings = list_warnings(p)
    warn_operators(p, warnings)
    return Opened(p, len(issued), warnings)

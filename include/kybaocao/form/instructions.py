"""What the form says about filling it in, in the words of its findings, so that the two never disagree.

The sentence of a rule stands once, as `quy_dinh` of its finding in `templates/findings.yaml`.  The form shows it
in the message of a cell, in the help of a column and on the first sheet.
"""

from __future__ import annotations

from kybaocao.findings import load_catalogue
from kybaocao.plan.form_edition import Column, Kind, Table

PROMPT_LENGTH = 255  # Excel's limit for the help of a cell
# The finding about a wrongly filled cell of each kind.
COMPLAINTS = {
    Kind.CHOICE: "choice-unknown",
    Kind.INTEGER: "number-not-whole",
    Kind.DECIMAL: "number-unreadable",
    Kind.PERCENT: "percent-out-of-range",
    Kind.DATE: "date-unreadable",
}
DECLARATION = "declaration-missing"


def say_rule(code: str) -> str:
    """The sentence of a rule; "" for a rule that has none."""
    return load_catalogue()[code].rule


def complain(kind: Kind) -> str:
    """Excel's message when a cell of this kind is filled in wrongly; "" for free text."""
    code = COMPLAINTS.get(kind)
    return say_rule(code) if code else ""


def list_rules(column: Column, table: Table) -> list[str]:
    """The sentences of the rules on a column, with the headings of the columns they compare."""
    headings = {one.id: one.heading for one in table.columns}
    found = []
    for check in table.checks:
        if column.id in check.fields:
            compared = dict(zip(("cot", "cot_lon"), (headings[field] for field in check.fields), strict=False))
            found.append(say_rule(check.code).format_map(compared))
    return [rule for rule in dict.fromkeys(found) if rule]


def guide_column(column: Column, table: Table) -> str:
    """The help of a column: its own, then the sentences of the rules on it, as far as Excel shows them."""
    guide = column.help
    for rule in list_rules(column, table):
        if len(guide) + 1 + len(rule) <= PROMPT_LENGTH:
            guide = f"{guide.rstrip(' .')}. {rule}" if guide else rule
    return guide

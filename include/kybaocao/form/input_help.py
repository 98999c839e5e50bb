"""Excel's own checks and help for the cells of the form."""

from __future__ import annotations

from typing import Any

from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from kybaocao.form.instructions import PROMPT_LENGTH, complain
from kybaocao.plan.form_edition import Kind

_CONDITIONS: dict[Kind, dict[str, Any]] = {
    Kind.INTEGER: {"type": "whole", "operator": "greaterThanOrEqual", "formula1": "0"},
    Kind.DECIMAL: {"type": "decimal", "operator": "between", "formula1": "-1000000000", "formula2": "1000000000000"},
    Kind.PERCENT: {"type": "decimal", "operator": "between", "formula1": "0", "formula2": "100"},
    # 01/01/2020 to 31/12/2030, as Excel counts days
    Kind.DATE: {"type": "date", "operator": "between", "formula1": "43831", "formula2": "47848"},
}


def add_input_help(ws: Worksheet, cells: str, kind: Kind, choices: tuple[str, ...], help_text: str) -> None:
    """Let Excel check what is typed into `cells` ("D5:D20") and show `help_text` beside them."""
    if kind is Kind.CHOICE:
        rule = DataValidation(type="list", formula1='"' + ",".join(choices) + '"')
    elif kind in _CONDITIONS:
        rule = DataValidation(**_CONDITIONS[kind])
    elif help_text:
        rule = DataValidation()
    else:
        return
    if complaint := complain(kind):
        rule.errorTitle, rule.error = "Chưa đúng", complaint
        rule.showErrorMessage = True
    rule.allow_blank = True
    if help_text:
        rule.promptTitle, rule.prompt = "Cách điền", help_text[:PROMPT_LENGTH]
        rule.showInputMessage = True
    ws.add_data_validation(rule)
    rule.add(cells)

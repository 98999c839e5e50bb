"""Colours, fonts, number formats and named cell styles of the form."""

from __future__ import annotations

from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side

from kybaocao.plan.form_edition import Kind

INK = "1F2937"
HEAD = "1F5C6B"
SOFT = "5B6672"
ALERT = "B42318"
ANSWER_FILL = PatternFill("solid", fgColor="FFF9DB")
_LINE = Side(style="thin", color="B8C1CC")
BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)

STYLE_NAMES = {
    Kind.LABEL: "kbc_label",
    Kind.COMPUTED: "kbc_computed",
    Kind.INTEGER: "kbc_figure",
    Kind.DECIMAL: "kbc_figure",
    Kind.PERCENT: "kbc_figure",
    Kind.DATE: "kbc_figure",
    Kind.CHOICE: "kbc_answer",
    Kind.TEXT: "kbc_answer",
}
NUMBER_FORMATS = {
    Kind.INTEGER: "#,##0",
    Kind.DECIMAL: "#,##0.##",
    Kind.PERCENT: "0.##",
    Kind.DATE: "dd/mm/yyyy",
    Kind.TEXT: "@",
    Kind.CHOICE: "@",
    Kind.COMPUTED: "0.00",
    Kind.LABEL: "@",
}


def make_font(size: int, color: str | None = None, *, bold: bool = False, italic: bool = False) -> Font:
    """Times New Roman of `size` points."""
    return Font(name="Times New Roman", size=size, color=color, bold=bold, italic=italic)


def list_styles() -> list[NamedStyle]:
    """The styles of `STYLE_NAMES`, of headings and of codes; only cells for answers are unlocked."""
    wrap = Alignment(wrap_text=True, vertical="top")
    right = Alignment(vertical="top", horizontal="right")
    centre = Alignment(vertical="top", horizontal="center")
    middle = Alignment(wrap_text=True, vertical="center", horizontal="center")
    grey, head = PatternFill("solid", fgColor="F1F3F5"), PatternFill("solid", fgColor=HEAD)
    return [
        _make("kbc_head", make_font(11, "FFFFFF", bold=True), middle, head),
        _make("kbc_label", make_font(11, INK), wrap, number_format="@"),
        _make("kbc_code", make_font(11, SOFT), centre, number_format="@"),
        _make("kbc_answer", make_font(11), wrap, ANSWER_FILL, is_locked=False),
        _make("kbc_figure", make_font(11), right, ANSWER_FILL, is_locked=False),
        _make("kbc_computed", make_font(11, SOFT), right, grey),
    ]


def _make(
    name: str,
    font: Font,
    alignment: Alignment,
    fill: PatternFill | None = None,
    *,
    number_format: str | None = None,
    is_locked: bool = True,
) -> NamedStyle:
    protection = Protection(locked=is_locked)
    return NamedStyle(name, font, fill, BOX, alignment, number_format, protection)

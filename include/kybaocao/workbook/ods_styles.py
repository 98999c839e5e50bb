"""The styles of an .ods: which sheets are hidden, how numbers are shown, how runs of text look. Runs in the sandbox.

Source: OpenDocument 1.3 part 3: 16 (styles), 16.29 (data styles).
"""

from __future__ import annotations

from kybaocao.workbook.number_formats import VARYING, judge_format, judge_shown
from kybaocao.workbook.ods_xml import NUMBER, STYLE, TABLE, read_count
from kybaocao.workbook.plain_book import LOWERED, RAISED, STRUCK


class Styles:
    """Which sheets are hidden, how cells show the numbers they hold, and which runs of text are no plain text."""

    def __init__(self) -> None:
        self.hidden: set[str] = set()  # styles of hidden sheets
        self.looks: dict[str, str] = {}  # styles of runs -> RAISED, LOWERED or STRUCK
        self.has_formats = False
        self._sections: dict[str, list[str]] = {}  # data style -> its part of a format code, in pieces
        self._maps: dict[str, list[tuple[str, str]]] = {}  # data style -> (condition, the data style then)
        self._cells: dict[str, tuple[str, str]] = {}  # cell style -> (its data style, its parent)
        self._sheet = self._data = self._run = ""
        self._is_percent = False
        self._text: list[str] | None = None  # of the literal being read

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == STYLE + "style":
            family, own = attributes.get(STYLE + "family"), attributes.get(STYLE + "name", "")
            self._sheet, self._run = own if family == "table" else "", own if family == "text" else ""
            self._data = ""  # a map in the style of a cell is its conditional format
            if self._sheet:
                self.hidden.discard(own)  # content.xml comes after styles.xml and may use a name again
            if family == "table-cell":
                parent = attributes.get(STYLE + "parent-style-name", "")
                self._cells[own] = (attributes.get(STYLE + "data-style-name", ""), parent)
        elif name == STYLE + "table-properties":
            if self._sheet and attributes.get(TABLE + "display") == "false":
                self.hidden.add(self._sheet)
        elif name == STYLE + "text-properties":
            if self._run:
                self.looks[self._run] = _find_look(attributes)
        elif name == STYLE + "map":
            if not self._data:
                return
            condition = attributes.get(STYLE + "condition", "").replace("value()", "").replace("!=", "<>")
            then = attributes.get(STYLE + "apply-style-name", "")
            self._maps.setdefault(self._data, []).append((condition.replace(" ", ""), then))
        elif name.startswith(NUMBER):
            self._start_data_style(name[len(NUMBER) :], attributes)

    def _start_data_style(self, name: str, attributes: dict[str, str]) -> None:
        if name.endswith("-style"):
            self._data = attributes.get(STYLE + "name", "")
            self._sections[self._data] = []
            self._maps.pop(self._data, None)
            self._is_percent, self.has_formats = name == "percentage-style", True
        elif name == "number":
            places = read_count(attributes, NUMBER + "decimal-places", 0, 20)
            thousands = len(attributes.get(NUMBER + "display-factor", "1")) // 3
            digits = "#,##0" if thousands or attributes.get(NUMBER + "grouping") == "true" else "0"
            sign = "%" if self._is_percent else "," * thousands
            self._add(digits + (f".{'0' * places}" if places else "") + sign)
        elif name in ("text", "embedded-text"):
            self._text = []
        else:
            self._add(_SPELLED.get(name, ""))

    def end(self, name: str) -> None:
        if self._text is not None and name in (NUMBER + "text", NUMBER + "embedded-text"):
            text, self._text = "".join(self._text).replace('"', ""), None
            is_sign = self._is_percent and text.strip() == "%"
            self._add(f'"{text}"' if text.strip() and not is_sign else "")

    def add_text(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text[:100])

    def _add(self, piece: str) -> None:
        self._sections.setdefault(self._data, []).append(piece)

    def find_format(self, style: str, value: float) -> tuple[str, str] | None:
        """What a cell of `style` shows instead of the number it holds: (kind, format code)."""
        for _ in range(8):  # a style may stand on another; a circle of them ends here
            data, parent = self._cells.get(style, ("", ""))
            if data:
                code = self._spell(data)
                kind = judge_format(code)
                kind = judge_shown(code, value) if kind == VARYING else kind
                return (kind, code) if kind else None
            style = parent
        return None

    def _spell(self, data: str) -> str:
        """The code of a data style, as an .xlsx would have it."""
        maps = self._maps.get(data, [])[:3]
        sections = ["".join(self._sections.get(then, ())) for _, then in maps]
        sections.append("".join(self._sections.get(data, ())))
        if tuple(condition for condition, _ in maps) not in _USUAL_CONDITIONS:
            sections[:-1] = [f"[{maps[place][0]}]{one}" for place, one in enumerate(sections[:-1])]
        return ";".join(sections) if self._sections.get(data) or maps else "General"


# Conditions that sections of a code have by themselves.
_USUAL_CONDITIONS = ((), (">=0",), (">0", "<0"), (">0", "<0", "=0"))
_SPELLED = {
    **{"day": "d", "month": "m", "year": "y", "day-of-week": "ddd", "hours": "h", "minutes": "m", "seconds": "s"},
    **{"am-pm": "AM/PM", "text-content": "@", "fraction": "0", "scientific-number": "0", "boolean": "General"},
}


def _find_look(attributes: dict[str, str]) -> str:
    """Of a run of text: raised, lowered, struck out; "" for none of it."""
    position = attributes.get(STYLE + "text-position", "").split("%")[0].split(" ")[0]
    if position == "super" or (position.isdigit() and int(position) > 0):
        return RAISED
    if position == "sub" or (position.startswith("-") and position[1:].isdigit()):
        return LOWERED
    lines = (attributes.get(STYLE + f"text-line-through-{what}", "none") for what in ("type", "style"))
    return STRUCK if any(line != "none" for line in lines) else ""

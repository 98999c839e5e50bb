"""The cell styles of an .xlsx, as far as they change what a number says. Runs in the sandbox.

Source: ECMA-376 part 1, 18.8.10 (cellXfs), 18.8.30 (numFmt).
"""

from __future__ import annotations

from kybaocao.workbook.number_formats import BUILT_IN, judge_format
from kybaocao.workbook.package_xml import list_elements


def read_styles(xml: bytes) -> dict[str, tuple[str, str]]:
    """Cell style number -> (kind of mark or "", its format code)."""
    codes = {str(number): code for number, code in BUILT_IN.items()}
    numbers: list[str] = []
    is_inside = is_past = False
    for name, attributes in list_elements(xml):
        if name == "numFmt" and not is_past:  # later ones belong to conditional formats
            codes[_spell_number(attributes)] = attributes.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            is_inside = name == "cellXfs"
            is_past = is_past or is_inside
        elif name == "xf" and is_inside:
            numbers.append(_spell_number(attributes))
    judged = {number: judge_format(codes.get(number, "")) for number in set(numbers)}
    return {
        str(style): (judged[number], codes.get(number, ""))
        for style, number in enumerate(numbers)
        if _is_number(number)  # a format that no number names is none: what such a cell shows is not known
    }


def _spell_number(attributes: dict[str, str]) -> str:
    """The number of a format, "0" where none is given."""
    written = attributes.get("numFmtId", "0").strip() or "0"
    return written.lstrip("0") or "0" if _is_number(written) else written


def _is_number(written: str) -> bool:
    return written.isascii() and written.isdigit()

"""From the bytes of a workbook to plain cells. Runs in the sandbox, in a process started for one file.

Each kind of file has its own reader.
"""

from __future__ import annotations

from kybaocao.workbook.ods import parse_ods
from kybaocao.workbook.package import WORKBOOK_PART, list_members, normalize_path
from kybaocao.workbook.plain_book import MAX_SHEET_NAME, DamagedBookError
from kybaocao.workbook.xlsx import parse_xlsx

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from kybaocao.workbook.plain_book import PlainBook


def parse_book(data: bytes) -> PlainBook:
    """Parse an .xlsx, .xls or .ods. Raises whatever a reader raises on hostile bytes."""
    book = _parse(data)
    if any(len(name) > MAX_SHEET_NAME for name, *_ in book):  # every answer about a cell repeats it
        raise DamagedBookError("a name that no sheet has")
    return book


def _parse(data: bytes) -> PlainBook:
    if not data.startswith(b"PK"):
        from kybaocao.workbook.xls import parse_xls  # takes twenty milliseconds; the sandbox does it before

        return parse_xls(data)
    members = list_members(data)
    if not any(WORKBOOK_PART.fullmatch(normalize_path(member.name)) for member in members):
        return parse_ods(data)
    return parse_xlsx(data, members)

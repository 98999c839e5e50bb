"""What it costs that a reader confines itself: the same file by readers that do and that do not, in turns."""

from __future__ import annotations

from typing import Any

from kybaocao.workbook.reader_slots import READER_MEGABYTES
from kybaocao.workbook.sandbox import READ_BOOK, ask_degree, run_limited
from tests.bench.judging import AGENCY, alternate, in_ms, workbooks

ROUNDS = 100
# Without the locks, and without what is imported beforehand only because of them: the reader of .ods, encodings.
READ_FREELY = (
    "from kybaocao.workbook import reader; reader._confine = lambda: (0, False); reader.ENCODINGS = ();"
    "from kybaocao.workbook.package import list_members; from kybaocao.workbook.xlsx import parse_xlsx;"
    "reader.answer(lambda data: parse_xlsx(data, list_members(data)), reader.MAX_BOOK_BYTES)"
)


def measure_confining() -> dict[str, Any]:
    """The difference for a workbook; for other files it is no larger, they need nothing else beforehand."""
    files = workbooks()

    def read(program: str, data: bytes) -> object:
        return run_limited(program, data, seconds=20, megabytes=READER_MEGABYTES)

    assert read(READ_BOOK, files[0]) == read(READ_FREELY, files[0])
    works = {"confined": lambda data: read(READ_BOOK, data), "free": lambda data: read(READ_FREELY, data)}
    seconds = alternate(works, files, ROUNDS)
    more = (seconds["confined"] - seconds["free"]) * 1000
    degree = ask_degree()
    return {
        "what": f"reading a workbook of {AGENCY} by a reader that confines itself / by one that does not",
        "confined_ms": in_ms(seconds["confined"]),
        "free_ms": in_ms(seconds["free"]),
        "landlock_abi": degree.abi,
        "seccomp": degree.is_filtered,
        "claims": [{"what": "milliseconds more for a file", "value": round(more, 3), "at_most": 5.0}],
    }

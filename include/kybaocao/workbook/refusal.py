"""Why a file is sent back unread, so that its agency knows what to do."""

from __future__ import annotations

from kybaocao.findings import Finding
from kybaocao.workbook.guard import MAX_BYTES, TOO_LARGE, inspect
from kybaocao.workbook.sandbox import CLAUSES, SandboxError, run_limited

_FIND_EMPTY_ROWS = (
    "from kybaocao.workbook.reader import answer; from kybaocao.workbook.empty_rows import find_empty_rows;"
    "answer(find_empty_rows)"
)
_LARGEST_BYTES = 4 * MAX_BYTES  # of a file that is searched for its empty rows

# Why no book could be read -> (code, the clause that says why); for any other reason the file is damaged.
_FAILURES = {
    **{reason: ("file-unreadable", clause) for reason, clause in CLAUSES.items()},
    "EncryptedBookError": ("file-encrypted", ""),
    "UnsafeXmlError": ("file-unsafe", "kieu_tai_lieu"),
}


def find_refusal(data: bytes) -> Finding | None:
    """Why these bytes must not be opened (see `inspect`), None when a reader may try.

    A workbook that is too large is searched, in the sandbox, for the empty rows that made it so.
    """
    refused = inspect(data)
    is_large = refused is not None and (refused.code == "file-too-large" or refused.facts.get("ly_do") in TOO_LARGE)
    if not is_large or not data.startswith(b"PK") or len(data) > _LARGEST_BYTES:
        return refused
    try:
        found = run_limited(_FIND_EMPTY_ROWS, data, seconds=10, megabytes=200)
    except SandboxError:
        return refused
    if found is None:
        return refused
    sheet, filled, last = str(found[0]), int(found[1]), int(found[2])
    facts = {"dong_cuoi": str(last), "dong_co_chu": str(filled), "dong_xoa": str(filled + 1)}
    return Finding("sheet-has-empty-rows", sheet, facts=facts)


def explain_failure(error: SandboxError) -> Finding:
    """Why the reader came back without a book."""
    if error.reason == "BookTooLargeError":
        facts = {"noi_thua": "co_o" if error.sheet and error.cell else "khong_o"}
        return Finding("sheet-too-large", error.sheet, error.cell, facts=facts)
    code, clause = _FAILURES.get(error.reason, ("file-damaged", ""))
    return Finding(code, facts={"ly_do": clause})

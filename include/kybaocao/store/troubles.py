"""What is wrong with the store, in Vietnamese: from what a database says to what an operator can do."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

# What the database says, and what that is to an operator. Both engines; the first that fits.
_TROUBLES = (
    (("database is locked", "database table is locked"), "đang bận ghi việc khác; xin chạy lại sau ít phút"),
    (
        ("not a database", "malformed", "file is encrypted"),
        "bị hỏng, xin khôi phục từ bản sao lưu (sổ tay vận hành, phần 13)",
    ),
    (
        ("no such table", "no such column", "does not exist", "has no column"),
        "chưa đúng phiên bản, xin chạy: python -m kybaocao store upgrade",
    ),
    (("unable to open", "readonly"), "không mở hoặc không ghi được, xin kiểm tra thư mục dữ liệu và quyền"),
    (("disk is full", "no space"), "không ghi được vì ổ đĩa hết chỗ"),
    (("connect", "could not translate", "timeout", "password", "terminat"), "chưa kết nối được (KYBAOCAO_DB_URL)"),
)


def describe_trouble(error: DBAPIError) -> str:
    """ "" when the database complains about what the program asked."""
    said = str(error.orig)
    for signs, words in _TROUBLES:
        if any(sign in said.lower() for sign in signs):
            return f"Kho dữ liệu {words} ({said.splitlines()[0]})."
    return f"Kho dữ liệu chưa dùng được ({said.splitlines()[0]})." if error.connection_invalidated else ""

"""Difficulties that several agencies raise."""

from __future__ import annotations

from tests.figures.taking import take
from tests.submissions import Value, arrive


def difficulty(content: str, *, section: str = "III.4", wish: str = "Nâng cấp") -> dict[tuple[str, str, str], Value]:
    row = {"muc": section, "noi_dung": content, "kien_nghi": wish, "tinh_trang": "Mới phát sinh"}
    return {("vuong_mac", "1", column): value for column, value in row.items()}


def test_the_same_difficulty_from_many_is_said_once() -> None:
    """Case, spaces and a final dot do not make another difficulty; another wish does."""
    snapshot = take(
        arrive("X-04183", difficulty("Mạng chưa ổn định")),
        arrive("STC", difficulty("mạng  chưa ổn định.")),
        arrive("STP", difficulty("Mạng chưa ổn định", wish="Thay mới")),
        arrive("SNV", difficulty("Thiếu biên chế", section="III.1")),
    )
    assert [(d.section, d.content, d.agencies) for d in snapshot.difficulties] == [
        (1, "Thiếu biên chế", ("SNV",)),
        (4, "mạng  chưa ổn định.", ("STC", "X-04183")),
        (4, "Mạng chưa ổn định", ("STP",)),
    ]

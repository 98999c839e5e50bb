"""Running probes: each by itself, every one a line."""

from __future__ import annotations

from collections.abc import Iterator

from kybaocao.doctor.probing import Answer, Examined, Probe, Setting, bad, describe, doubtful, examine, good, is_sound
from tests.doctor.conftest import ask


def break_down(_setting: Setting) -> Iterator[Answer]:
    yield good("phần đầu")
    raise RuntimeError("ổ đĩa\nbiến mất")


def test_a_probe_that_breaks_is_a_line_and_the_next_one_runs(setting: Setting) -> None:
    """What it said before stays; no traceback reaches the operator."""
    found = examine(setting, [Probe("một", break_down), Probe("hai", lambda _: [good("xong")])])
    assert [[answer.state.mark for answer in one.answers] for one in found] == [["✓", "✗"], ["✓"]]
    assert ask(setting, break_down)[1] == ("✗", "phép thử này không chạy được: RuntimeError: ổ đĩa biến mất")


def test_only_what_is_broken_makes_an_installation_unsound() -> None:
    """What should be looked at does not stop a start."""
    assert is_sound([Examined("a", (good("x"), doubtful("y", "z")))])
    assert not is_sound([Examined("a", (good("x"),)), Examined("b", (bad("y", "z"),))])


def test_the_page_says_what_to_do_below_the_line_and_counts_at_the_end(setting: Setting) -> None:
    """An area without a line is left out."""
    found = [Examined("Thư mục", (good("được"), bad("hỏng", "sửa"))), Examined("Trống", ())]
    page = describe(found, setting, setting.now.tzinfo or setting.plans[0].timezone).splitlines()
    assert page[1:6] == ["", "Thư mục", "  ✓ được", "  ✗ hỏng", "      → sửa"]
    assert page[-1] == "Kết luận: chưa sẵn sàng. 1 mục tốt (✓), 0 nên xem (!), 1 phải sửa (✗)."

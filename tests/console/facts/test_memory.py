"""What the console keeps in memory, and until when."""

from __future__ import annotations

from kybaocao.console.facts.memory import Memory


def test_a_result_is_made_again_once_its_mark_is_another() -> None:
    memory: Memory[list[int]] = Memory()
    first = memory.recall("a", lambda: [1], mark=1)
    assert memory.recall("a", lambda: [2], mark=1) is first
    assert memory.recall("a", lambda: [2], mark=2) == [2]


def test_what_grows_is_made_from_what_was_known() -> None:
    memory: Memory[tuple[int, ...]] = Memory()
    for _ in range(3):
        memory.renew("a", lambda known: (*(known or ()), len(known or ())))
    assert memory.renew("a", lambda known: known or ()) == (0, 1, 2)


def test_no_more_keys_are_kept_than_agreed_and_those_asked_for_stay() -> None:
    memory: Memory[str] = Memory(most=2)
    for key in "ababc":
        memory.recall(key, lambda: "old")
    assert [memory.recall(key, lambda: "new") for key in "bca"] == ["old", "old", "new"]


def test_nothing_is_kept_of_what_failed() -> None:
    memory: Memory[int] = Memory()
    for answer in (0, 7):
        try:
            memory.recall("a", lambda answer=answer: 7 // answer)  # type: ignore[misc]
        except ZeroDivisionError:
            continue
    assert memory.recall("a", lambda: 9) == 1

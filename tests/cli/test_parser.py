"""argparse in Vietnamese: no sentence that a user can see is left in English."""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path

import pytest

from kybaocao.cli.parser import SENTENCES

# Only for who writes a parser wrongly.
FOR_PROGRAMMERS = re.compile(
    r"not defined|conflict|cannot merge|invalid argument for|invalid option string|dest=|must be optional"
    r"|cannot have multiple|subcommands|callable|with mode|%\(prog\)s|is deprecated"
)


def _list_sentences() -> set[str]:
    """Every text that argparse of this Python gives to its two functions for languages."""
    tree = ast.parse(Path(argparse.__file__).read_text(encoding="utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    asked = (node.args for node in calls if getattr(node.func, "id", "") in ("_", "ngettext"))
    return {one.value for args in asked for one in args if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def test_every_sentence_of_this_python_has_its_vietnamese() -> None:
    assert {one for one in _list_sentences() if not FOR_PROGRAMMERS.search(one)} - SENTENCES.keys() == set()


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_translation_takes_no_value_that_the_sentence_does_not_have(sentence: str) -> None:
    marks = re.compile(r"%(?:\(\w+\))?")
    assert set(marks.findall(SENTENCES[sentence])) <= set(marks.findall(sentence))

"""docs/reliability.md against the tests: whatever it says is shown by a test, is shown by one that is there."""

from __future__ import annotations

import re

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`((?:[a-z_]+/)*test_[a-z_]+\.py)(?:::(test_\w+))?`", PAGE)
SECTIONS = ("A hostile file", "A hostile agency", "A curious insider", "A stolen mailbox", "Forged mail", "Replay")


def test_every_test_that_is_named_exists() -> None:
    texts = {path: (ROOT / "tests" / path).read_text(encoding="utf-8") for path, _ in NAMED}
    assert len(NAMED) > 30
    assert [f"{path}::{name}" for path, name in NAMED if name and f"\ndef {name}(" not in texts[path]] == []


def test_each_threat_says_what_is_not_stopped() -> None:
    parts = re.split(r"^### ", PAGE.split("\n## Threat model\n")[1], flags=re.MULTILINE)[1:]
    titles = tuple(part.partition("\n")[0] for part in parts)
    assert titles == SECTIONS
    assert [title for title, part in zip(titles, parts, strict=True) if "\nNot stopped: " not in part] == []

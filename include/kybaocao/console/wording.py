"""The words of the console, in Vietnamese and English: one catalogue, a file for each page.

What the store and the rules say (findings, names, titles of letters) is Vietnamese in both.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from kybaocao.yaml_source import read_yaml

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "console" / "words"
LANGUAGES = ("vi", "en")


@dataclass(frozen=True)
class Words:
    """`words("late_days", count=3)`. Raises KeyError for a key that no file has."""

    language: str

    def __call__(self, key: str, /, **values: object) -> str:
        return load_catalogue()[key][self.language].format(**values)

    def find(self, key: str) -> str:
        """The text of a key that may be missing, as a code of the store; "" then."""
        found = load_catalogue().get(key)
        return found[self.language] if found else ""


@functools.cache
def load_catalogue() -> dict[str, dict[str, str]]:
    """Each key with its text in every language. Raises SourceError or ValueError for a key twice or a missing text."""
    catalogue: dict[str, dict[str, str]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        for key, texts in read_yaml(path).data.items():
            if key in catalogue or set(texts) != set(LANGUAGES):
                raise ValueError(f"{path.name}: {key} stands twice, or not in {' and '.join(LANGUAGES)}")
            catalogue[key] = texts
    return catalogue


def choose_language(asked: str | None) -> str:
    return asked if asked in LANGUAGES else LANGUAGES[0]

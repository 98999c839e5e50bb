"""The words of the workbook for results that were done by hand: `templates/import_results.yaml`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from kybaocao.findings import TEMPLATES
from kybaocao.yaml_source import read_yaml


@functools.lru_cache(maxsize=1)
def load_words() -> Mapping[str, Any]:
    words: Mapping[str, Any] = read_yaml(TEMPLATES / "import_results.yaml").data
    return words


def describe_source(imported_by: str, paper: str) -> str:
    """Where an imported figure comes from, in the words of `lineage` and of the report's annex."""
    words = load_words()
    named = words["nguon_van_ban"].format(van_ban=paper) if paper else ""
    return str(words["nguon"].format(van_ban=named, nguoi=imported_by))

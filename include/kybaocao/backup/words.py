"""The words for what `verify` finds: `templates/verify.yaml`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from kybaocao.backup.verifying import Difference
from kybaocao.findings import TEMPLATES
from kybaocao.yaml_source import read_yaml


@functools.lru_cache(maxsize=1)
def load_words() -> Mapping[str, Any]:
    words: Mapping[str, Any] = read_yaml(TEMPLATES / "verify.yaml").data
    return words


def describe_difference(one: Difference) -> dict[str, str]:
    """What `--json` shows: code, severity, place, message, hint."""
    words = load_words()[one.code]
    return {
        "code": one.code,
        "severity": words["muc_do"],
        "place": one.place,
        "message": words["noi_dung"].format(noi=one.place, ly_do=one.reason or "không đọc được"),
        "hint": words["cach_sua"],
    }

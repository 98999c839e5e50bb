"""The base of every configured thing, and the kinds of text that its fields hold.

Attribute names are English; the keys officials write in YAML and CSV are the aliases, their own words
without diacritics.  Every entry is frozen and refuses unknown keys, so a misspelt key is found at once.
Nothing here reads files (see `load`) or the clock.
"""

from __future__ import annotations

import datetime as dt
from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints


def _read_hour(value: object) -> object:
    """YAML takes 14:00 without quotes for the number 840, which must not become fourteen minutes past midnight."""
    if isinstance(value, int | float):
        raise ValueError("giờ phải viết trong dấu nháy, dạng '08:00'")
    return value


Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9_-]*$", max_length=20)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Hour = Annotated[dt.time, BeforeValidator(_read_hour)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+$", max_length=200)]


def fills(*names: str) -> AfterValidator:
    """A sentence whose blanks are among `names`."""

    def check(sentence: str) -> str:
        try:
            used = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
        except ValueError:
            raise ValueError("dấu ngoặc nhọn { } không cân") from None
        unknown = sorted(used - set(names))
        if unknown:
            known = ", ".join("{" + name + "}" for name in names) or "không có"
            raise ValueError(f"không điền được {{{unknown[0]}}}; chỗ điền được dùng: {known}")
        return sentence

    return AfterValidator(check)


class Entry(BaseModel):
    """Base of every configured thing."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

"""What the operators were warned of in the last pass, each since when: a small file for the console.

Finding the warnings reads folders and every submission, which a page cannot do for each of its readers.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kybaocao.files import write_whole
from kybaocao.stages.support.passes import Pass

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecordedWarning:
    text: str
    since: dt.datetime  # the pass that found it first


@dataclass(frozen=True)
class WarningRecord:
    at: dt.datetime  # the pass that looked last
    warnings: tuple[RecordedWarning, ...] = ()


_RECORD = TypeAdapter(WarningRecord)


def record_warnings(p: Pass, warnings: Sequence[str]) -> None:
    """What was known before keeps its moment. No pass fails because this cannot be written."""
    path = p.home.warning_record(p.cycle.id)
    before = read_warning_record(path)
    since = {one.text: one.since for one in before.warnings} if before else {}
    record = WarningRecord(p.as_of, tuple(RecordedWarning(text, since.get(text, p.as_of)) for text in warnings))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, _RECORD.dump_json(record, indent=1))
    except OSError as error:
        log.warning("%s is not written: %s", path, error)


def read_warning_record(path: Path) -> WarningRecord | None:
    """None when no pass has left one, or it cannot be read."""
    try:
        return _RECORD.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None

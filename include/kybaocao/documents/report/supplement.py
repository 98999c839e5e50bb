"""What the coordinator writes into the report: a plain text file, edited with any editor.

    # a line that begins with # is a note
    [V.2 Nhiệm vụ trọng tâm thời gian tới]
    Every line is a paragraph.
    - A line that begins with "- " is an item ("+ " one below it).

A heading is recognised by the number it begins with, the key of its slot (see `open_slots`); its words are
there for the reader.  The file is written once, with a heading for every open slot, and never again:
from then on it is the coordinator's.  What cannot be used is reported and never stops a report.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path, PurePath

from kybaocao.documents.model import Paragraph, Style
from kybaocao.documents.report.open_slots import OpenSlot, list_open_slots
from kybaocao.documents.report.source import clean
from kybaocao.files import create_inside
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.plan import Plan
from kybaocao.vietnamese import nfc

LIMIT_KB = 200
_HEADING = re.compile(r"\[([^\]]*)\]?(.*)")
_ITEM = re.compile(r"([-–—•+])(?:\s+|(?=[^\W\d]))(.+)")  # "-5%" begins no item
_NOTE = "#"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # "Unicode" in the Save As of older editors


class Fault(Enum):
    UNREADABLE = auto()
    TOO_LARGE = auto()
    NOT_UTF_8 = auto()
    UNKNOWN_HEADING = auto()
    NO_HEADING = auto()  # words before the first heading
    CLOSED_SLOT = auto()  # the submission it stood in for has come in


@dataclass(frozen=True)
class Problem:
    """Something in the file that did not reach the report."""

    fault: Fault
    line: int = 0
    text: str = ""


@dataclass(frozen=True)
class Supplement:
    """The coordinator's words by the key of their slot, and what could not be used."""

    paragraphs: Mapping[str, tuple[Paragraph, ...]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    data: bytes | None = None  # as read; None when there is no file, or none that can be read


# --- reading -------------------------------------------------------------------------------------------


def read_supplement(path: Path, plan: Plan) -> Supplement:
    """The content of the file; an empty supplement when there is no file."""
    if not path.exists():
        return Supplement()
    try:
        if not path.is_file():  # reading a pipe would never end
            return _refuse(Fault.UNREADABLE)
        with path.open("rb") as file:
            data = file.read(LIMIT_KB * 1024 + 1)
    except OSError:
        return _refuse(Fault.UNREADABLE)
    return parse_supplement(data, list_open_slots(plan))


def parse_supplement(data: bytes, slots: Sequence[OpenSlot]) -> Supplement:
    if len(data) > LIMIT_KB * 1024:
        return _refuse(Fault.TOO_LARGE)
    try:
        text = data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        return _refuse(Fault.NOT_UTF_8)
    found: dict[str, list[Paragraph]] = {}
    problems: list[Problem] = []
    slot: OpenSlot | None = None
    is_headed = False
    for number, line in enumerate(nfc(text).splitlines(), start=1):
        line = clean(line)
        if line.startswith(_NOTE):
            continue
        if heading := _HEADING.fullmatch(line):
            is_headed, slot = True, _find_slot(heading[1], slots)
            line = heading[2].lstrip(" :")
            if slot is None:
                problems.append(Problem(Fault.UNKNOWN_HEADING, number, heading[1].strip()))
        if line and not is_headed:
            problems.append(Problem(Fault.NO_HEADING, number))
            is_headed = True  # reported once
        if line and slot is not None:
            found.setdefault(slot.key, []).append(_read_paragraph(line, slot))
    return Supplement({key: tuple(paragraphs) for key, paragraphs in found.items()}, tuple(problems), data)


def list_unused(supplement: Supplement, plan: Plan, slots: Collection[str]) -> list[Problem]:
    """Words for slots that have closed: the agency they stood in for has reported. `slots`: labels in the report."""
    return [
        Problem(Fault.CLOSED_SLOT, text=slot.label)
        for slot in list_open_slots(plan)
        if slot.key in supplement.paragraphs and not slot.is_lasting and slot.label not in slots
    ]


def _refuse(fault: Fault) -> Supplement:
    return Supplement(problems=(Problem(fault),))


def _find_slot(heading: str, slots: Iterable[OpenSlot]) -> OpenSlot | None:
    """The slot whose key the heading begins with: "v. 2 nhiệm vụ …" is V.2, "III.2.1" is none."""
    wanted = _squeeze(heading)
    fitting = [slot for slot in slots if re.match(re.escape(_squeeze(slot.key)) + r"(?!\w|\.\d)", wanted)]
    return max(fitting, key=lambda slot: len(slot.key), default=None)


def _squeeze(text: str) -> str:
    return re.sub(r"\s*\.\s*", ".", text.strip()).casefold()


def _read_paragraph(line: str, slot: OpenSlot) -> Paragraph:
    if item := _ITEM.fullmatch(line):
        return Paragraph(item[2], Style.SUBITEM if item[1] == "+" else Style.ITEM, place=slot.label)
    return Paragraph(line, place=slot.label)


# --- writing -------------------------------------------------------------------------------------------


def write_blank(path: Path, plan: Plan, cycle: Cycle, waiting: Sequence[str]) -> bytes | None:
    """A file with a heading for every waiting slot; None when there is a file already, which stays as it is."""
    words = plan.require_wording()
    blanks = {"ky": cycle.name, "cho_bo_sung": words.placeholder, "toi_da": LIMIT_KB}
    lines = [f"{_NOTE} {line.format(**blanks)}" for line in words.supplement.instructions]
    for label in waiting:
        lines += ["", f"[{label}]", ""]
    optional = [slot.label for slot in list_open_slots(plan, cycle) if slot.is_lasting and slot.label not in waiting]
    if optional:
        lines += ["", f"{_NOTE} {words.supplement.optional}", *(f"{_NOTE} [{label}]" for label in optional)]
    # With the mark and the line ends that Windows editors of any age keep.
    data = codecs.BOM_UTF8 + "\r\n".join([*lines, ""]).encode()
    return data if _create(path, data) else None


def _create(path: Path, data: bytes) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        create_inside(path.parent, PurePath(path.name), data)  # never replaces a file
    except FileExistsError:
        return False
    return True

"""What the parts of a report are written from, and how they name and count things."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from kybaocao.documents.model import Cell, Paragraph, Style
from kybaocao.documents.report.open_slots import OpenSlot, list_open_slots
from kybaocao.figures.snapshot import Snapshot
from kybaocao.plan.agencies import AgencyKind
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.header import Section
from kybaocao.plan.plan import Plan
from kybaocao.plan.report_document import Audience, DocumentWording
from kybaocao.plan.report_wording import ReportWording
from kybaocao.vietnamese import format_number, format_percent, sort_key

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
LETTERS = "abcdđeghiklmnopqrstuvxy"  # điểm a), b), c), d), đ), e)… (Nghị định 30/2020, Phụ lục I)
KINDS = (AgencyKind.DEPARTMENT, AgencyKind.OTHER, AgencyKind.WARD, AgencyKind.COMMUNE)  # order of every list
LOCAL_KINDS = (AgencyKind.WARD, AgencyKind.COMMUNE)
_PLURAL = "các "
NAMES_SHOWN = 15  # of agencies in one sentence: three lines


@dataclass(frozen=True)
class ReportSource:
    """One plan, cycle and snapshot, with the words to report them in and what the coordinator supplied."""

    plan: Plan
    cycle: Cycle
    snapshot: Snapshot
    words: ReportWording
    supplied: Mapping[str, tuple[Paragraph, ...]] = field(default_factory=dict)  # by the key of its slot
    audience: Audience = Audience.MINISTRY

    @property
    def document(self) -> DocumentWording:
        return self.words.document(self.audience)

    @property
    def has_internal(self) -> bool:
        """Whether what concerns the province alone stands in this document: always where it is the only one."""
        return self.audience is Audience.PROVINCE or self.words.province is None

    @cached_property
    def open_slots(self) -> dict[str, OpenSlot]:
        return {slot.key: slot for slot in list_open_slots(self.plan, self.cycle)}

    def fill(self, key: str, before: str = "", style: Style = Style.BODY) -> tuple[Paragraph, ...]:
        """A slot with the coordinator's words, or with the mark that they are missing.

        `before`: what the software writes there; the mark stands in the same paragraph.
        """
        label = self.open_slots[key].label
        written = tuple(replace(paragraph, place=label) for paragraph in self.supplied.get(key, ()))
        if written:
            return (Paragraph(before, style), *written) if before else written
        text = f"{before} {self.words.placeholder}".strip()
        return (Paragraph(text, style, place=label),)

    def name(self, agency: str) -> str:
        """An agency as the report writes it; the code of one that left the register."""
        return self._names.get(agency, agency)

    @cached_property
    def _names(self) -> dict[str, str]:
        return {code: self.shorten(agency.name) for code, agency in self.plan.agencies.items()}

    def shorten(self, name: str) -> str:
        return self.words.shorten(name)

    def kind(self, agency: str) -> AgencyKind:
        known = self.plan.agencies.get(agency)
        return known.kind if known else AgencyKind.OTHER

    def order(self, agency: str) -> tuple[int, int]:
        """Departments before wards before communes, each in Vietnamese alphabetical order."""
        return KINDS.index(self.kind(agency)), self._positions.get(agency, len(self._positions))

    @cached_property
    def _positions(self) -> dict[str, int]:
        """In the alphabetical order of all names: comparing names for each of 91 tasks takes most of the time."""
        ordered = sorted(self._names, key=lambda code: sort_key(self._names[code]))
        return {code: position for position, code in enumerate(ordered)}

    def sorted(self, agencies: Iterable[str]) -> list[str]:
        return sorted(dict.fromkeys(agencies), key=self.order)

    def names(self, agencies: Iterable[str]) -> str:
        """Wards and communes under one word: "Sở Y tế, UBND các xã Bó Sinh, Co Mạ"."""
        return ", ".join(
            self._name_together(kind, [self.name(agency) for agency in some])
            for kind, some in itertools.groupby(self.sorted(agencies), key=self.kind)
        )

    def _name_together(self, kind: AgencyKind, names: Sequence[str]) -> str:
        together = self.words.kinds[kind]  # "UBND các xã", each of which is a "UBND xã …"
        single = together.replace(_PLURAL, "", 1) + " "
        if len(names) == 1 or _PLURAL not in together or not all(name.startswith(single) for name in names):
            return ", ".join(names)
        return f"{together} " + ", ".join(name.removeprefix(single) for name in names)

    def list_agencies(self, agencies: Sequence[str]) -> str:
        """Their names, or how many of each kind where the annex is the better place for a long list."""
        if len(agencies) <= NAMES_SHOWN:
            return self.names(agencies)
        counts = [(kind, sum(self.kind(agency) is kind for agency in agencies)) for kind in KINDS]
        words = self.words.submission
        return join(words.of_kind.format(loai=self.words.kinds[kind], so=count(n)) for kind, n in counts if n)

    def is_for_everyone(self, codes: Sequence[str]) -> bool:
        return any(code in self.plan.header.groups for code in codes)

    def section(self, number: int) -> Section | None:
        return next((section for section in self.plan.header.sections if section.number == number), None)

    def annex(self, number: int) -> str:
        return self.words.annex.label.format(so=ROMAN[number - 1])

    def name_table(self, number: int) -> str:
        """ "Bảng 1" """
        return self.words.charts.table_caption.format(so=number, ten="").split(". ")[0].strip(" .")


def letter(index: int) -> str:
    """a, b, c, d, đ, e … and, should the alphabet not suffice, a1, b1 …"""
    turn, position = divmod(index, len(LETTERS))
    return LETTERS[position] + (str(turn) if turn else "")


def clean(text: str) -> str:
    """An agency's words on one line, without control characters (a file may hold any)."""
    if text.isprintable() and "  " not in text:
        return text.strip()  # true of nearly all texts
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def bare(text: str) -> str:
    """Cleaned words without their closing full stop, for the middle of a sentence."""
    return clean(text).rstrip(" .;,")


def sentence(text: str) -> str:
    """Cleaned words closed by a full stop, unless they close themselves."""
    text = clean(text).rstrip(" ;,")
    return text if not text or text[-1] in ".!?…" else text + "."


def capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """For the middle of a sentence; abbreviations such as PCI keep their capitals."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def join(parts: Iterable[str]) -> str:
    return "; ".join(part for part in parts if part)


def count(number: int) -> str:
    return format_number(number)


def count_cell(number: int) -> Cell:
    return Cell(count(number), Decimal(number))


def share(part: int, whole: int) -> str:
    """ "41,33%"; a share of nothing is not 0%."""
    return format_percent(Decimal(part) * 100 / Decimal(whole)) if whole else "–"

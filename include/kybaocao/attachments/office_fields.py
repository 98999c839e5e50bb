"""The fields of a Word document, as Word puts their instructions together from runs. Runs in the sandbox.

A field says what it does by its first word.  A writer may cut that word into any number of runs, Word joins them
again; what joins differently for different readers (pieces deleted, pieces alternative to each other, a field
inside the word) is refused instead of guessed.

Source: ECMA-376 part 1, 17.16.2 (field syntax), 17.16.5 (field definitions), 17.16.18 (complex fields).
"""

from __future__ import annotations

import re

from kybaocao.attachments import dangers

_DANGERS = {
    "DDE": dangers.DDE,
    "DDEAUTO": dangers.DDE,
    "LINK": dangers.FETCHING_FIELDS,
    "INCLUDE": dangers.FETCHING_FIELDS,
    "INCLUDEPICTURE": dangers.FETCHING_FIELDS,
    "INCLUDETEXT": dangers.FETCHING_FIELDS,
    "IMPORT": dangers.FETCHING_FIELDS,
    "DATABASE": dangers.FETCHING_FIELDS,
    "RD": dangers.FETCHING_FIELDS,
}
_WORD = re.compile(r"[\W_]*([A-Za-z]+)")
_WHOLE_WORD = re.compile(r"[\W_]*[A-Za-z]+[^A-Za-z]|\s*[^\sA-Za-z]")  # "TOC \o"; "=", a formula
_LOOSE = re.compile(r"\b(?:DDE|DDEAUTO|LINK|INCLUDEPICTURE|INCLUDETEXT)\b", re.IGNORECASE)
_CHARACTER_CODES = re.compile(r"""\s*QUOTE[\s"]+\d""", re.IGNORECASE)  # text that nobody sees until it is worked out
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_HEAD = 256  # of an instruction, enough to know what it does


class Fields:
    """The fields of a part, while it is read; `danger` is the first found, "" while there is none.

    A place says in which deletion, alternative or text box something stands; any value that can be compared.
    """

    def __init__(self) -> None:
        self.danger = ""
        self._open: list[_Field] = []
        self._loose = ""

    @property
    def is_instruction(self) -> bool:
        """Whether text that comes now belongs to the instruction of a field."""
        return bool(self._open) and self._open[-1].is_instruction

    def begin(self, place: object) -> None:
        if self.is_instruction and not _WHOLE_WORD.match(self._open[-1].head):
            self._describe(dangers.PIECED_FIELDS)
        self._open.append(_Field(place))

    def add_text(self, text: str, place: object) -> None:
        """Text of an instruction."""
        text = _UNSEEN.sub("", text)
        if self.is_instruction:
            field = self._open[-1]
            if place != field.place and text.strip() and not _WHOLE_WORD.match(field.head):
                self._describe(dangers.PIECED_FIELDS)
            field.head = (field.head + text[: _HEAD + 1]).lstrip()[:_HEAD]
        else:  # of no field: readers differ in what they do with it
            self._loose = self._loose[-32:] + text
            found = _LOOSE.search(self._loose)
            self._describe(_DANGERS[found[0].upper()] if found else "")

    def separate(self) -> None:
        """The instruction is over, its result follows."""
        if self.is_instruction:
            self._open[-1].is_instruction = False
            self.judge(self._open[-1].head)

    def end(self) -> None:
        self.separate()
        if self._open:
            self._open.pop()

    def finish(self) -> None:
        """The part is over; fields may be left open."""
        while self._open:
            self.end()

    def judge(self, instruction: str) -> None:
        """A whole instruction."""
        instruction = _UNSEEN.sub("", instruction)
        word = _WORD.match(instruction)
        self._describe(_DANGERS.get(word[1].upper(), "") if word else "")
        if _CHARACTER_CODES.match(instruction):
            self._describe(dangers.PIECED_FIELDS)

    def _describe(self, danger: str) -> None:
        self.danger = self.danger or danger


class _Field:
    def __init__(self, place: object) -> None:
        self.place = place
        self.head = ""
        self.is_instruction = True

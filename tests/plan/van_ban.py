"""The plan's own text, read by a small parser that shares nothing with the product.

`read_document` joins the wraps of page breaks, forgets Markdown and divides section III into lead blocks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

NUMBERED = re.compile(r"^(\d)\.(\d)\. (.+)$")  # "2.1. Sở Tài chính"
EVERYONE = "Các Sở, ban, ngành, UBND các xã, phường, các đơn vị có liên quan"


@dataclass
class Block:
    """One lead block of section III: its number, who leads, and its tasks word for word."""

    number: str
    lead: str
    tasks: list[str] = field(default_factory=list)

    @property
    def is_for_everyone(self) -> bool:
        return self.lead == EVERYONE


@dataclass
class Document:
    text: str  # everything, on one line
    blocks: list[Block]  # section III
    obligations: list[str]  # section IV
    copies: list[str]  # Nơi nhận
    annex: list[str]  # rows of the PHỤ LỤC


def plain(text: str) -> str:
    """Without Markdown and with single spaces."""
    return " ".join(re.sub(r"[*#]+|</?b>", "", text).split())


def read_document(path: Path) -> Document:
    paragraphs = _paragraphs(path.read_text(encoding="utf-8"))
    starts = {name: _find(paragraphs, name) for name in ("III. ", "IV. ", "Nơi nhận:", "PHỤ LỤC")}
    third = paragraphs[starts["III. "] + 1 : starts["IV. "]]
    fourth = paragraphs[starts["IV. "] + 1 : starts["Nơi nhận:"]]
    copies = [line.removeprefix("- ") for line in paragraphs[starts["Nơi nhận:"] :] if line.startswith("- ")]
    annex = [line for line in paragraphs[starts["PHỤ LỤC"] :] if re.match(r"^\d ", line)]
    return Document(plain(" ".join(paragraphs)), _blocks(third), _obligations(fourth), copies, annex)


def _paragraphs(text: str) -> list[str]:
    """Paragraphs; one that begins in the middle of a sentence belongs to the one before it (page break)."""
    found: list[str] = []
    for raw in re.split(r"\n\s*\n|\n(?=- |\d\t)", text):
        line = plain(raw)
        if found and line[:1].islower() and not line.startswith("- "):
            found[-1] += " " + line
        elif line:
            found.append(line)
    return found


def _find(paragraphs: list[str], start: str) -> int:
    return next(number for number, line in enumerate(paragraphs) if line.startswith(start))


def _blocks(paragraphs: list[str]) -> list[Block]:
    blocks: list[Block] = []
    for line in paragraphs:
        numbered = NUMBERED.match(line)
        if numbered:
            blocks.append(Block(f"{numbered[1]}.{numbered[2]}", numbered[3]))
        elif re.match(r"^\d\. ", line) or line.startswith("(Có phụ lục"):
            continue  # the heading of one of the eight sections, a remark
        elif line == EVERYONE:
            blocks.append(Block("1", line))  # section III.1 has one block and no number
        else:
            blocks[-1].tasks.append(line.removeprefix("- "))
    return blocks


def _obligations(paragraphs: list[str]) -> list[str]:
    """IV.1's bullets, IV.2, and IV.3 in its two sentences: to follow up, and to report twice a year."""
    bullets = [line.removeprefix("- ") for line in paragraphs if line.startswith("- ")]
    second, third = (
        line.removeprefix(number) for number in ("2. ", "3. ") for line in paragraphs if line.startswith(number)
    )
    follow_up, report = third.split(". Định kỳ ")
    return [*bullets, second, follow_up + ".", "Định kỳ " + report]

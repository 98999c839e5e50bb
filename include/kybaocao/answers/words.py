"""Words as Vietnamese officials type them: comparing labels, reading words in number cells, finding agencies by name.

Every list is closed and every comparison exact, because names of communes differ in one letter: nothing is matched
because it looks similar.  Texts are normalized for comparison only and kept as they were sent.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from kybaocao.vietnamese import clean_text, drop_invisible

# --- comparing labels ----------------------------------------------------------------------------------------------

MAX_REMEMBERED = 200  # characters; longer texts are no labels, and are not cached


def normalize_label(text: str) -> str:
    """The key under which two spellings of one label are equal; "" for a text of nothing but ":", "*" and spaces.

    Equal are texts that differ only in composition (NFC), capitals, spaces, zero-width signs, the vowel that bears
    the tone in oa, oe, uy (hoá and hóa), letters of other alphabets that look alike, full-width forms, kinds of
    dashes and quotes, a ":" or "*" at the end.  Texts that differ in marks, tones, or i and y are different.
    """
    return _remember(text) if len(text) <= MAX_REMEMBERED else _normalize(text)


def _normalize(text: str) -> str:
    if text.isascii():
        return " ".join(text.lower().split()).rstrip(": *")
    return _normalize_letters(text).rstrip(": *")


_remember = lru_cache(maxsize=16_384)(_normalize)


def _normalize_letters(text: str) -> str:
    text = drop_invisible(text)
    if _FOREIGN.search(text):
        # Decomposed, so that a Cyrillic о with a tone is replaced, too; twice, before and after capitals become small.
        text = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).translate(_LOOK_ALIKES).casefold())
        text = text.translate(_LOOK_ALIKES)
    return _TONE_ON_FIRST.sub(_move_tone, clean_text(text).casefold())


# A sign that is neither ASCII nor a Vietnamese letter, composed or decomposed.
_FOREIGN = re.compile(
    "[^\\s\x20-\x7eÀ-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323]"
)


def _list_look_alikes() -> dict[int, str]:
    pairs = (
        ("АВЕЅІЈКМНОРСТУХҮԚԜҺԀ", "ABESIJKMHOPCTYXYQWHD"),  # Cyrillic
        ("аеѕіјкорсухүԛԝһԁ", "aesijkopcyxyqwhd"),
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),  # Greek
        ("αικνορ", "aikvop"),
        ("ÐðƉɖ", "ĐđĐđ"),  # Icelandic and African letters drawn like ours
        ("‐‑‒–—―−", "-------"),
        ("“”„″«»", '""""""'),
        ("‘’‚′´", "'''''"),
    )
    found = {ord(a): b for given, ours in pairs for a, b in zip(given, ours, strict=True)}
    return found | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # full width


_LOOK_ALIKES = _list_look_alikes()

_PLAIN_VOWEL = dict(zip("òóỏõọùúủũụ", "ooooouuuuu", strict=True))
_TONED = {
    "a": dict(zip("òóỏõọ", "àáảãạ", strict=True)),
    "e": dict(zip("òóỏõọ", "èéẻẽẹ", strict=True)),
    "y": dict(zip("ùúủũụ", "ỳýỷỹỵ", strict=True)),
}
_TONE_ON_FIRST = re.compile("[òóỏõọ][ae]|[ùúủũụ]y")


def _move_tone(cluster: re.Match[str]) -> str:
    first, second = cluster[0][0], cluster[0][1]
    return _PLAIN_VOWEL[first] + _TONED[second][first]


def find_word(text: str, words: Sequence[str]) -> str | None:
    """The word of a closed list that `text` is, None for no such: "Đã hòan thành." is "Đã hoàn thành"."""
    normalized = _normalize_end(text)
    return next((word for word in words if _normalize_end(word) == normalized), None) if normalized else None


def _normalize_end(text: str) -> str:
    return normalize_label(text).rstrip(" .;,")


# --- words where a number was asked for ----------------------------------------------------------------------------


class Marker(StrEnum):
    """What a word in a number cell says; the checks decide whether it may stand there."""

    NOTHING = "nothing"  # không phát sinh: nothing of the kind happened
    NO_FIGURE = "no-figure"  # the agency has no figure yet
    NOT_PUBLISHED = "not-published"  # the body that ranks or measures has not published it
    UNCLEAR = "unclear"  # used for any of these, for zero, or for "does not apply": the agency has to say


_MARKERS: dict[Marker, tuple[str, ...]] = {
    Marker.NOTHING: (
        *("không phát sinh", "không có phát sinh", "ko phát sinh", "k phát sinh", "chưa phát sinh"),
        *("kps", "k.p.s", "k ps", "ko ps", "không ps"),
    ),
    Marker.NO_FIGURE: (
        *("chưa có", "chưa có số liệu", "chưa có sl", "chưa có số", "không có số liệu", "chưa tổng hợp"),
        *("chưa thống kê", "đang tổng hợp", "đang cập nhật", "chưa cập nhật", "…"),
    ),
    Marker.NOT_PUBLISHED: (
        *("chưa công bố", "chưa công bố số liệu", "chưa được công bố", "chưa công bố kết quả"),
        *("chưa có công bố", "chưa có kết quả công bố"),
    ),
    # "không" may be zero or "không phát sinh"; "x" is yes in one column and no in another.
    Marker.UNCLEAR: (
        *("x", "-", "--", "/", "\\", "*", "?", "+", "o", "v", "✓", "√", "×", "k", "ko", "không", "không có", "ko có"),
        *("có", "n/a", "na", "#n/a", "không áp dụng"),
    ),
}
_DOTS = re.compile(r"(?:\.{2,}|…)[.…]*")


def _normalize_marker(text: str) -> str:
    """Like a label, but a single "*" stays, and the dot behind "KPS." is left out."""
    normalized = _normalize_letters(text)
    return "…" if _DOTS.fullmatch(normalized) else (normalized.rstrip(" .;,") or normalized)


_MEANINGS = {_normalize_marker(word): marker for marker, words in _MARKERS.items() for word in words}


def read_marker(text: str) -> Marker | None:
    """What a word or sign typed instead of a number says; None for numbers, blanks and any other text."""
    return _MEANINGS.get(_normalize_marker(text)) if len(text) <= MAX_REMEMBERED else None


# --- agencies ------------------------------------------------------------------------------------------------------

# name or alias -> [(code of the agency, first day, last day or None)]; both days belong to the term
Aliases = Mapping[str, Sequence[tuple[str, dt.date, dt.date | None]]]

_COMMITTEE = re.compile(rf"\b{normalize_label('ủy ban nhân dân')}\b")
_OF_A_COMMUNE = re.compile(r"^(?:ubnd )?(xã|phường|đặc khu|thị trấn|huyện|thị xã|thành phố) (?=.)")
_SHORT_KIND = re.compile(r"^(?:ubnd )?([xp])\. ?(?=.)")


def find_agency(name: str, on: dt.date, aliases: Aliases) -> str | None:
    """The code of the agency called `name` on that day; None for no agency or more than one.

    `name` must equal one of the aliases after `normalize_label`; "Ủy ban nhân dân xã X", "UBND xã X", "xã X" and
    "X. X" are one name.  "X" alone, or another kind of unit ("huyện X"), is a name only if `aliases` has it.
    """
    wanted = _normalize_agency(name)
    codes = {
        code
        for alias, terms in aliases.items()
        if _normalize_agency(alias) == wanted
        for code, first, last in terms
        if first <= on and (last is None or on <= last)
    }
    return codes.pop() if len(codes) == 1 and wanted else None


@lru_cache(maxsize=4_096)
def _normalize_name(name: str) -> str:
    normalized = _COMMITTEE.sub("ubnd", normalize_label(name))
    normalized = _SHORT_KIND.sub(lambda match: {"x": "xã ", "p": "phường "}[match[1]], normalized, count=1)
    return _OF_A_COMMUNE.sub(r"\1 ", normalized, count=1)


def _normalize_agency(name: str) -> str:
    return _normalize_name(name) if len(name) <= MAX_REMEMBERED else ""

"""Text typed for .VnTime or VNI-Times is recognised among other texts and decoded."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybaocao.answers.cells import READERS
from kybaocao.answers.legacy_fonts import (
    TCVN3,
    VNI,
    LegacyEncoding,
    decode_legacy,
    detect_legacy_encoding,
)
from kybaocao.plan.form_edition import Column, Kind
from tests.conftest import CONFIG

_TO_TCVN3 = {letter: code for code, letter in TCVN3.items()}
_TO_VNI = {letter: code for code, letter in VNI.items() if letter.islower() or code.isupper()}
ENCODINGS: tuple[LegacyEncoding, ...] = ("TCVN3", "VNI")


def encode(text: str, encoding: LegacyEncoding) -> str:
    """What the keyboard driver of the time put into the file."""
    if encoding == "VNI":
        return "".join(_TO_VNI.get(letter, letter) for letter in text)
    return "".join(_TO_TCVN3.get(letter) or _TO_TCVN3.get(letter.lower(), letter) for letter in text)


def _config_lines() -> list[str]:
    texts = [path.read_text() for path in sorted(CONFIG.iterdir())]
    return [unicodedata.normalize("NFC", line.strip()) for text in texts for line in text.splitlines() if line.strip()]


LINES = _config_lines()
# Plain running words: no code, number or abbreviation.
RUNS = [run for line in LINES for run in re.findall(r"(?:[A-Za-zÀ-ỹ][a-zà-ỹ]+ ){3,}[a-zà-ỹ]+", line)]
ENGLISH = """
    The figures were compiled from returns sent by ninety agencies. A late return is marked as late, never left out.
    Company® and Product™ are registered; see note¹ and note². Temperature: 20 °C ± 1 °C, 5 µm, 3 N·m, 10 m² × 2.
    Price: £5, ¥300, §4(a) ½ share. Résumé, café, naïve, façade, Zürich, São Paulo, Curaçao, Ångström, El Niño.
    Do the men go to him on the day? He can go, she may do it; no man is in the cat pen.
"""
FOREIGN = """
    Société Générale, où l'été était là; un goût très naïf, le maïs haï. Müller über Tür und Straße, schön für Öl.
    El niño mañana comió piñas; ¿qué? ¡Olé! Smørrebrød på en blå ø. A função não é só do João. Ça va? Citroën, Noël.
"""


@pytest.mark.parametrize(
    ("text", "encoding", "wanted"),
    [
        ("Céng hoµ x· héi chñ nghÜa ViÖt Nam", "TCVN3", "Cộng hoà xã hội chủ nghĩa Việt Nam"),
        ("§éc lËp - Tù do - H¹nh phóc", "TCVN3", "Độc lập - Tự do - Hạnh phúc"),
        ("Xin chµo tÊt c¶ mäi ng\xadêi", "TCVN3", "Xin chào tất cả mọi người"),
        ("Uû ban nh©n d©n x· Mêng LÇm", "TCVN3", "Uỷ ban nhân dân xã Mường Lầm"),  # its ư lost on the way
        ("Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", "VNI", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
        ("COÄNG HOØA XAÕ HOÄI CHUÛ NGHÓA VIEÄT NAM", "VNI", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        ("Ñoäc laäp - Töï do - Haïnh phuùc", "VNI", "Độc lập - Tự do - Hạnh phúc"),
    ],
)
def test_what_old_letters_say(text: str, encoding: LegacyEncoding, wanted: str) -> None:
    """The usual first lines of letters, as Excel shows them without the fonts."""
    assert detect_legacy_encoding(text) == encoding
    assert decode_legacy(text, encoding) == wanted


@pytest.mark.skipif(shutil.which("iconv") is None, reason="iconv is not installed")
def test_the_table_of_tcvn_is_that_of_the_standard() -> None:
    """TCVN 5712-1 as the C library has it, where the fonts follow it."""
    codes = "".join(TCVN3)
    shown = subprocess.run(
        ["iconv", "-f", "TCVN5712-1", "-t", "UTF-8"], input=codes.encode("latin-1"), capture_output=True
    )
    assert unicodedata.normalize("NFC", shown.stdout.decode()) == "".join(TCVN3.values())


def test_the_tables_write_every_letter() -> None:
    """134 letters with marks in VNI; in TCVN3 the 67 small ones and seven capitals."""
    marked = {letter for letter in map(chr, range(0xC0, 0x1EFA)) if _is_ours(letter)}
    assert len(marked) == 134
    assert set(VNI.values()) == marked
    assert set(TCVN3.values()) == {letter for letter in marked if letter.islower()} | set("ĂÂĐÊÔƠƯ")


def _is_ours(letter: str) -> bool:
    base, *marks = unicodedata.normalize("NFD", letter.lower())
    tones, shapes = (
        set("\u0300\u0301\u0303\u0309\u0323"),
        {"a": "\u0302\u0306", "e": "\u0302", "o": "\u0302\u031b", "u": "\u031b"},
    )
    if letter in "Đđ":
        return True
    allowed = tones | set(shapes.get(base, ""))
    return (
        base in "aeiouy"
        and 1 <= len(marks) <= 2
        and set(marks) <= allowed
        and sum(mark in tones for mark in marks) <= 1
    ) and sum(mark not in tones for mark in marks) <= 1


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_was_encoded_is_decoded(encoding: LegacyEncoding) -> None:
    """Every line of the configuration; TCVN3 has no capitals with tones."""
    for line in LINES:
        if set(line) & set(_TO_TCVN3 if encoding == "TCVN3" else _TO_VNI):
            plain = "".join(c for c in line if ord(c) < 0x80 or c.lower() in _TO_TCVN3)
            assert decode_legacy(encode(plain, encoding), encoding).lower() == plain.lower()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("words", "share"), [(4, 0.99), (8, 0.999), (15, 1.0)])
def test_sentences_in_old_letters_are_recognised(encoding: LegacyEncoding, words: int, share: float) -> None:
    """At least 99 of 100 sentences of four words; every one of fifteen."""
    random = Random(2)
    runs = [run.split() for run in RUNS]
    runs = [run for run in runs if len(run) >= words]
    found = []
    while len(found) < 3_000:
        run = random.choice(runs)
        start = random.randrange(len(run) - words + 1)
        sentence = " ".join(run[start : start + words])
        if not sentence.isascii():
            found.append(detect_legacy_encoding(encode(sentence, encoding)) == encoding)
    assert sum(found) / len(found) >= share


def test_our_own_texts_raise_no_alarm() -> None:
    """Every line of the configuration, whole and in pieces of two to six words, composed or not."""
    assert len(LINES) > 3_000
    random = Random(2)
    for line in LINES:
        words = line.split()
        start = random.randrange(len(words))
        piece = " ".join(words[start : start + random.randint(2, 6)])
        for text in (line, piece, unicodedata.normalize("NFD", piece)):
            assert detect_legacy_encoding(text) is None, text


@pytest.mark.parametrize("text", [ENGLISH, FOREIGN, *ENGLISH.split("."), *FOREIGN.split("."), *FOREIGN.split(",")])
def test_other_languages_raise_no_alarm(text: str) -> None:
    """Texts in other languages are not taken for legacy Vietnamese."""
    assert detect_legacy_encoding(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.234,5; 98,7%; 10²",
        "½ ¼ ¾",
        "5 µm; 3 µg",
        "« »",
        "· · ·",
        "12 × 3",
        "cá",
        "Hà",
        "à á ã ó",
        "B¶o",
        "C«ng ty",
    ],
)
def test_too_little_is_no_evidence(text: str) -> None:
    """Signs, numbers and a single word."""
    assert detect_legacy_encoding(text) is None


@given(st.text(max_size=60) | st.text(st.characters(max_codepoint=255), max_size=60))
def test_any_text_can_be_weighed_and_decoded(text: str) -> None:
    """Nothing makes the readers fail; what is ASCII stays as it is."""
    assert detect_legacy_encoding(text) in (None, *ENCODINGS)
    for encoding in ENCODINGS:
        decoded = decode_legacy(text, encoding)
        assert decoded == text or not text.isascii()


def test_a_soft_hyphen_in_unicode_is_no_letter_of_a_legacy_encoding() -> None:
    """Word leaves it where it may break a line; nobody sees it, so it is left out."""
    column = Column.model_construct(id="a", heading="a", kind=Kind.TEXT, choices=())
    text = "Đã ban hành kế hoạch thực hiện, thúc đẩy phát triển doanh nghiệp"
    spoilt = text.replace("hành", "hà\xadnh").replace("triển", "\xadtriển")
    assert READERS[Kind.TEXT](spoilt, column) == (text, text, None)


def test_a_soft_hyphen_that_is_a_letter_of_a_legacy_encoding_is_kept() -> None:
    """In TCVN3 its code is ư: the proposal needs it."""
    column = Column.model_construct(id="a", heading="a", kind=Kind.TEXT, choices=())
    _, _, complaint = READERS[Kind.TEXT]("§· thùc hiÖn nhiÖm vô trong n¨m, ch\xada cã v\xadíng m¾c", column)
    assert complaint is not None and complaint.proposal == "Đã thực hiện nhiệm vụ trong năm, chưa có vướng mắc"

"""Vietnamese typed for the fonts of the nineties: .VnTime (TCVN3, also called ABC) and VNI-Times.

Such a text is Latin-1; only its font shows it as Vietnamese.  It is recognised by words that are no Vietnamese
syllables as they stand and become syllables when decoded.  The decoded text is proposed to the agency, never used
without asking.

Tables: TCVN 5712:1993 (VN3, the set of the .Vn fonts, whose capitals with tones exist only in the .VnTimeH
fonts as small letters) and VNI Windows (a letter followed by a letter for its marks).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple

LegacyEncoding = Literal["TCVN3", "VNI"]

MAX_WEIGHED = 2_000  # characters; the beginning of a longer text is enough

# --- tables --------------------------------------------------------------------------------------------------------

_TCVN3_ROWS = (
    ("µ¶·¸¹", "àảãáạ"),
    ("¨»¼½¾Æ", "ăằẳẵắặ"),
    ("©ÇÈÉÊË", "âầẩẫấậ"),
    ("®", "đ"),
    ("ÌÎÏÐÑ", "èẻẽéẹ"),
    ("ªÒÓÔÕÖ", "êềểễếệ"),
    ("×ØÜÝÞ", "ìỉĩíị"),
    ("ßáâãä", "òỏõóọ"),
    ("«åæçèé", "ôồổỗốộ"),
    ("¬êëìíî", "ơờởỡớợ"),
    ("ïñòóô", "ùủũúụ"),
    ("\xadõö÷øù", "ưừửữứự"),
    ("úûüýþ", "ỳỷỹýỵ"),
    ("¡¢£¤¥¦§", "ĂÂÊÔƠƯĐ"),
)
TCVN3: dict[str, str] = {
    code: letter for codes, letters in _TCVN3_ROWS for code, letter in zip(codes, letters, strict=True)
}

_VNI_PAIRS = {
    "a": ("øùûõïâáàåãäêéèúüë", "àáảãạâấầẩẫậăắằẳẵặ"),
    "e": ("øùûõïâáàåãä", "èéẻẽẹêếềểễệ"),
    "o": ("øùûõïâáàåãä", "òóỏõọôốồổỗộ"),
    "ô": ("øùûõï", "ờớởỡợ"),
    "u": ("øùûõï", "ùúủũụ"),
    "ö": ("øùûõï", "ừứửữự"),
    "y": ("øùûõ", "ỳýỷỹ"),
}
_VNI_SINGLES = dict(zip("ñôöîìíæóò", "đơưỵìíỉĩị", strict=True))


def _list_vni() -> dict[str, str]:
    """VNI spelling -> letter, small and capital; a capital may have small marks."""
    found = {}
    for letter, (marks, letters) in _VNI_PAIRS.items():
        for mark, wanted in zip(marks, letters, strict=True):
            found[letter + mark] = wanted
            found[letter.upper() + mark] = wanted.upper()
            found[letter.upper() + mark.upper()] = wanted.upper()
    for single, wanted in _VNI_SINGLES.items():
        found[single] = wanted
        found[single.upper()] = wanted.upper()
    return found


VNI: dict[str, str] = _list_vni()

_FROM_TCVN3 = str.maketrans(TCVN3)
_FROM_VNI = re.compile("|".join(sorted(VNI, key=len, reverse=True)))
# TCVN3 has ư at the code of the soft hyphen, which programs drop, so that ươ became ơ; no syllable has ơ alone here.
_LOST_HORN = re.compile(r"(?<![ưƯ])([ơờởỡớợ])(?=(?:ng|c|u)\b)")


def decode_legacy(text: str, encoding: LegacyEncoding) -> str:
    """`text` in Unicode (NFC)."""
    if encoding == "TCVN3":
        return unicodedata.normalize("NFC", _LOST_HORN.sub(r"ư\1", text.translate(_FROM_TCVN3)))
    return unicodedata.normalize("NFC", _FROM_VNI.sub(lambda match: VNI[match[0]], text))


# --- recognising ---------------------------------------------------------------------------------------------------


def detect_legacy_encoding(text: str) -> LegacyEncoding | None:
    """The legacy encoding of `text`; None for Unicode, other languages, and texts too short to be sure.

    A cell may be sent back for it, so a single word, or one doubtful word among few, is not enough.
    """
    if text.isascii() or (_UNICODE_LETTER.search(text) and not _LEGACY_SIGN.search(text)):
        return None  # the fast way for nearly all texts
    words = _split_words(text[:MAX_WEIGHED])
    tcvn3, vni = _weigh(words, "TCVN3"), _weigh(words, "VNI")
    if not vni.is_enough():
        return "TCVN3" if tcvn3.is_enough() else None
    if not tcvn3.is_enough() or vni.strength > tcvn3.strength:
        return "VNI"
    return "TCVN3" if tcvn3.strength > vni.strength else None


class _Evidence(NamedTuple):
    """Counts of words with letters and without digits; codes such as UBND or QĐ are left out."""

    words: int
    vietnamese: int  # syllables once decoded
    fixed: int  # no syllables as they stand, syllables once decoded
    surely_fixed: int  # of these, with signs that no Unicode text has inside a word
    spoilt: int  # words with marks that are no syllables when decoded, or that the encoding cannot write

    def is_enough(self) -> bool:
        if self.fixed == 0 or self.fixed < 3 * self.spoilt or self.vietnamese * 4 < self.words * 3:
            return False
        if self.fixed == 1:  # a single word may be a slip or a name: all others must be Vietnamese
            return self.vietnamese == self.words >= (3 if self.surely_fixed else 4)
        return True

    @property
    def strength(self) -> tuple[int, int]:
        """Compared where the text could be in either encoding."""
        return (self.fixed - self.spoilt, self.surely_fixed)


_UNICODE_LETTER = re.compile("[\u0100-\u024f\u0300-\u036f\u1ea0-\u1ef9]")
_LEGACY_SIGN = re.compile("[¨©ª¬®µ¶¸¹¼½¾×÷ß\xadÄÅÆÇËÎÏÑÖØÛÜäåæçëîïñöøûü]")  # in no Vietnamese word in Unicode
_BETWEEN_WORDS = re.compile(r"[\s!-/:-@\[-`{-~…–—“”‘’]+")
_TCVN3_SIGN = re.compile("[¡-¿×÷\xad]|[a-zß-ÿ][A-ZÀ-ÖØ-Þ]")  # a sign, or a capital behind a small letter
_VNI_SIGN = re.compile("[ñöæîÑÖÆÎ]|[AEOÔUYaeoôuy][ÀÁÂÃÄÅÈÉÊËÏÕØÙÚÛÜàáâãäåèéêëïõøùúûü]")
_SURE_SIGNS: dict[LegacyEncoding, re.Pattern[str]] = {"TCVN3": _TCVN3_SIGN, "VNI": _VNI_SIGN}
_MEASURES = frozenset(("µm", "µg", "µl", "µs", "µv", "µa", "µf", "n·m", "n·s"))


def _split_words(text: str) -> list[str]:
    words = _BETWEEN_WORDS.split(unicodedata.normalize("NFC", text))
    return [
        word
        for word in words
        if len(word) > 1  # a), b), c)
        and any(char.isascii() and char.isalpha() for char in word)  # "«" or "·" alone is punctuation
        and not any(char.isdecimal() for char in word)
        and word.casefold().replace("μ", "µ") not in _MEASURES
    ]


def _weigh(words: list[str], encoding: LegacyEncoding) -> _Evidence:
    known = vietnamese = fixed = surely = spoilt = 0
    for word in words:
        is_syllable = max(word) <= "ÿ" and _is_syllable(decode_legacy(word, encoding))
        if not is_syllable and word.isupper():
            continue
        known += 1
        vietnamese += is_syllable
        if word.isascii():
            continue
        is_sure = _SURE_SIGNS[encoding].search(word) is not None
        if not is_syllable:
            spoilt += 1
        elif not _is_syllable(word) or (encoding == "TCVN3" and is_sure):
            fixed += 1
            surely += is_sure
    return _Evidence(known, vietnamese, fixed, surely, spoilt)


# --- syllables -----------------------------------------------------------------------------------------------------

_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_WRITTEN_RIMES = """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
    i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
    o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong oong op ot
    ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
    u ua uân uâng uât uây uc uê uêch uênh ui um un ung uôc uôi uôm uôn uông uôt uơ up ut
    uy uya uych uyên uyêt uynh uyt uyu
    ư ưa ưc ưi ưm ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu
    y yêm yên yêng yêt yêu
"""
_RIMES = frozenset(_WRITTEN_RIMES.split())
_SYLLABLE = re.compile(
    "(qu|ngh|ng|nh|gh|gi|ch|kh|ph|th|tr|[bcdđghklmnprstvx]|)([aăâeêioôơuưy][aăâeêioôơuưy]*(?:ch|nh|ng|[cmnpt])?)"
)
_FRONT = frozenset("eêi")


def _is_syllable(word: str) -> bool:
    """Whether `word` is spelled like a Vietnamese syllable: initial, rime, and a tone that its ending allows."""
    apart = unicodedata.normalize("NFD", word.lower())
    tones = _TONES.findall(apart)
    match = _SYLLABLE.fullmatch(unicodedata.normalize("NFC", _TONES.sub("", apart)))
    if match is None or len(tones) > 1:
        return False
    initial, rime = match.groups()
    if initial == "gi" and rime not in _RIMES:
        initial, rime = "g", "i" + rime  # giêng, giếng
    elif initial == "g" and rime.startswith("i"):
        initial = "gi"  # gì, gìn
    if rime not in _RIMES or not _fit(initial, rime):
        return False
    is_stopped = rime.endswith(("c", "ch", "p", "t"))
    return not is_stopped or (len(tones) == 1 and tones[0] in "\u0301\u0323")


def _fit(initial: str, rime: str) -> bool:
    """The spelling rules: k, gh, ngh before e ê i; c, g, ng elsewhere; u after q belongs to it."""
    is_front = rime[0] in _FRONT
    if initial in ("gh", "ngh"):
        return is_front
    if initial in ("c", "ng"):
        return not is_front and (initial == "ng" or rime[0] != "y")
    if initial == "g":
        return rime[0] not in "eê"
    if initial == "k":
        return is_front or rime[0] == "y"
    return initial != "qu" or rime[0] not in "uưo"

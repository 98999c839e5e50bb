"""Which formulas may stay in a copy that we give out: those in which every word is known to do no harm.

What programs fetch, start or open by a formula has more spellings than anybody can list: WEBSERVICE, DDE with its
service in quotes or not, paths and addresses of other files, INDIRECT.  So nothing is looked for; what is not on
the list below does not pass.  A formula that passes reads cells of its own workbook and works something out.

openpyxl's tokenizer is not used here: importing it brings in all of openpyxl, ten times what marking a form takes,
and it passes on what it does not know, so that each word would have to be matched again all the same.  It is the
second opinion in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from kybaocao.marking.parts import Element

MAX_FORMULA = 8_192  # characters, as in Excel
BROKEN = "#REF!"
_FUNCTIONS = """
    AND OR NOT XOR IF IFS IFERROR IFNA SWITCH TRUE FALSE CHOOSE
    ISBLANK ISERR ISERROR ISEVEN ISLOGICAL ISNA ISNONTEXT ISNUMBER ISODD ISREF ISTEXT ISFORMULA ERROR.TYPE TYPE N NA T
    ABS CEILING CEILING.MATH CEILING.PRECISE ISO.CEILING COMBIN COMBINA EVEN EXP FACT FLOOR FLOOR.MATH FLOOR.PRECISE
    GCD INT LCM LN LOG LOG10 MOD MROUND ODD PI POWER PRODUCT QUOTIENT ROUND ROUNDDOWN ROUNDUP SIGN SQRT TRUNC
    ACOS ASIN ATAN ATAN2 COS DEGREES RADIANS SIN TAN BASE DECIMAL ROMAN ARABIC
    SUM SUMIF SUMIFS SUMPRODUCT SUMSQ SUMX2MY2 SUMX2PY2 SUMXMY2 SUBTOTAL AGGREGATE MMULT MDETERM MINVERSE
    AVEDEV AVERAGE AVERAGEA AVERAGEIF AVERAGEIFS CORREL COUNT COUNTA COUNTBLANK COUNTIF COUNTIFS COVAR DEVSQ FORECAST
    FORECAST.LINEAR FREQUENCY GEOMEAN GROWTH HARMEAN INTERCEPT KURT LARGE LINEST MAX MAXA MAXIFS MEDIAN MIN MINA MINIFS
    MODE MODE.MULT MODE.SNGL PEARSON PERCENTILE PERCENTILE.EXC PERCENTILE.INC PERCENTRANK PERCENTRANK.EXC
    PERCENTRANK.INC QUARTILE QUARTILE.EXC QUARTILE.INC RANK RANK.AVG RANK.EQ RSQ SKEW SLOPE SMALL STANDARDIZE STDEV
    STDEV.P STDEV.S STDEVA STDEVP STDEVPA STEYX TREND TRIMMEAN VAR VAR.P VAR.S VARA VARP VARPA
    CHAR CLEAN CODE CONCAT CONCATENATE DOLLAR EXACT FIND FIXED LEFT LEN LOWER MID NUMBERVALUE PROPER REPLACE REPT RIGHT
    SEARCH SUBSTITUTE TEXT TEXTAFTER TEXTBEFORE TEXTJOIN TEXTSPLIT TRIM UNICHAR UNICODE UPPER VALUE VALUETOTEXT
    DATE DATEDIF DATEVALUE DAY DAYS DAYS360 EDATE EOMONTH HOUR ISOWEEKNUM MINUTE MONTH NETWORKDAYS NETWORKDAYS.INTL NOW
    SECOND TIME TIMEVALUE TODAY WEEKDAY WEEKNUM WORKDAY WORKDAY.INTL YEAR YEARFRAC
    ADDRESS AREAS COLUMN COLUMNS HLOOKUP INDEX LOOKUP MATCH OFFSET ROW ROWS TRANSPOSE VLOOKUP XLOOKUP XMATCH
    FILTER SEQUENCE SINGLE SORT SORTBY UNIQUE
    """
_KNOWN_FUNCTIONS = frozenset(_FUNCTIONS.split())
_STORED_PREFIXES = re.compile(r"_XLFN\.(?:_XLWS\.)?")  # how newer functions are written in the file
_COLUMN, _ROW, _AFTER = r"\$?[A-Za-z]{1,3}", r"\$?[1-9][0-9]{0,6}", r"(?![\w.$!(\[\]'\"|\\?#@~])"
_WORDS = re.compile(
    r"(?P<blank>[ \t\r\n]+)"
    r'|(?P<text>"(?:[^"]|"")*+")(?!")'
    r"|(?P<error>#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A))"
    r"|(?P<sheet>'(?:[^']|'')++'|[^\W\d][\w.]*+)!"
    rf"|(?P<place>{_COLUMN}{_ROW}|{_COLUMN}:{_COLUMN}|{_ROW}:{_ROW}){_AFTER}"
    rf"|(?P<number>(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?){_AFTER}"
    rf"|(?P<table>[^\W\d][\w.]*+\[(?:[^\[\]'!|]|\[[^\[\]'!|]*+\])*+\]){_AFTER}"
    r"|(?P<function>[A-Za-z_][A-Za-z0-9_.]*+)\("
    rf"|(?P<name>[^\W\d][\w.]*+){_AFTER}"
    r"|(?P<sign><>|<=|>=|[-+*/^&=<>%,;:(){}])"
)
_OF_A_REFERENCE = {"sheet", "place", ",", ":"}
_HAS_ANOTHER_MEANING = re.compile(r"[\[\]:*?/\\|]")  # in the name of a sheet: a path, an address, a service


class Vocabulary(NamedTuple):
    """What a formula may name: the sheets and tables of its workbook, and its names for places; all in lower case."""

    sheets: frozenset[str]
    tables: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, sheets: Iterable[str], tables: Iterable[str] = (), names: Iterable[str] = ()) -> Vocabulary:
        """From words as they stand; a sheet whose name means something else elsewhere is none."""
        plain = (name for name in sheets if name and not _HAS_ANOTHER_MEANING.search(name))
        return cls(*(frozenset(map(str.casefold, words)) for words in (plain, tables, names)))


def read_formula(element: Element) -> str | None:
    """The text of a formula; None when something stands inside it, which one reader skips and another does not."""
    return None if len(element) else element.text or ""


def is_harmless(formula: str | None, known: Vocabulary) -> bool:
    """Whether every word of a formula is one that may stay."""
    return formula is not None and _list_kinds(formula, known) is not None


def is_reference(formula: str | None, known: Vocabulary) -> bool:
    """Whether a formula is a place in its own workbook, or several of them, and nothing else."""
    kinds = _list_kinds(formula or "", known) or set()
    return "place" in kinds and kinds <= _OF_A_REFERENCE


def _list_kinds(formula: str, known: Vocabulary) -> set[str] | None:
    """The kinds of its words, signs as themselves; None when one of them is not known."""
    if len(formula) > MAX_FORMULA:
        return None
    kinds: set[str] = set()
    place, before = 0, ""
    while place < len(formula):
        found = _WORDS.match(formula, place)
        if found is None:
            return None
        kind, word = found.lastgroup or "", found[found.lastgroup or 0]
        if before == "sheet" and kind not in ("place", "name") and word != BROKEN:
            return None
        if not _is_known(kind, word, known):
            return None
        kinds.add(word if kind == "sign" else kind)
        place, before = found.end(), kind
    return None if before == "sheet" else kinds


def _is_known(kind: str, word: str, known: Vocabulary) -> bool:
    if kind == "function":
        return _STORED_PREFIXES.sub("", word.upper(), count=1) in _KNOWN_FUNCTIONS
    if kind == "sheet":
        name = word[1:-1].replace("''", "'") if word.startswith("'") else word
        return name.casefold() in known.sheets
    if kind == "table":
        return word.partition("[")[0].casefold() in known.tables
    if kind == "name":
        return word.casefold() in known.names or word.upper() in ("TRUE", "FALSE")
    return True

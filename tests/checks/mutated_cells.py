"""Mutations of single cells: how numbers, dates, words are typed, kept and shown.

Each says what the cell means afterwards: the same as before, another value, or nothing that may be taken.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from openpyxl.utils.datetime import to_excel

from kybaocao.answers.legacy_fonts import decode_legacy
from kybaocao.plan.form_edition import Kind
from kybaocao.vietnamese import format_number
from tests.checks.mutants import OPEN, Draft, columns_of

CELLS: dict[str, Callable[[Draft], None]] = {}
FIGURES = (Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT)


def _cell(change: Callable[[Draft], None]) -> Callable[[Draft], None]:
    CELLS[change.__name__] = change
    return change


def _put(draft: Draft, key: Any, value: object, number_format: str | None = None) -> None:
    cell: Any = draft.cell(key)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    cell.number_format = number_format or ("@" if isinstance(value, str) else "General")


def _count(draft: Draft) -> int:
    """A new number; small, round and grouped ones are all likely."""
    return draft.random.choice(
        (0, 1, 7, 40, 100, 999, 1000, 1234, 5000, 12_000, 1_234_567, draft.random.randrange(10**6))
    )


# --- numbers typed as text -----------------------------------------------------------------------------------------


@_cell
def count_typed_the_vietnamese_way(draft: Draft) -> None:
    key, number = draft.pick(Kind.INTEGER), _count(draft)
    grouped = format_number(number)
    spellings = (
        *(str(number), f" {number} ", f"\u00a0{number}\u202f", grouped, grouped.replace(".", " ")),
        *(grouped.replace(".", "\u00a0"), f"{number},0", f"'{number}", f"0{number}", f"\u200b{number}\ufeff"),
        *(grouped + ",00", "".join(chr(ord(digit) + 0xFEE0) for digit in str(number)), f"{number}\n", f"\t{grouped}"),
    )
    _put(draft, key, draft.random.choice(spellings))
    draft.mean(key, Decimal(number))


@_cell
def count_typed_the_english_way(draft: Draft) -> None:
    """What the typist meant is the whole number; read otherwise, there must at least be a finding."""
    key, number = draft.pick(Kind.INTEGER), draft.random.choice((1234, 5000, 12_000, 999_999))
    _put(draft, key, draft.random.choice((f"{number:,}", f"{number:,}.0", f"{number}.00", f"{number:,}.")))
    draft.mean(key, Decimal(number))


@_cell
def decimal_typed_the_vietnamese_way(draft: Draft) -> None:
    key = draft.pick(Kind.PERCENT, *((Kind.DECIMAL,) if draft.agency != "X-04183" else ()))
    number = Decimal(draft.random.randrange(1, 999)) / 10
    typed = f"{number:.1f}".replace(".", ",")
    _put(draft, key, draft.random.choice((typed, f" {typed} ", f"{typed}0", f"{typed}\u00a0", f"0{typed}")))
    draft.mean(key, number)


@_cell
def decimal_typed_the_english_way(draft: Draft) -> None:
    key, number = draft.pick(Kind.PERCENT), Decimal(draft.random.randrange(1, 999)) / 10
    _put(draft, key, draft.random.choice((f"{number:.1f}", f"{number:.2f}", f"{number:.3f}", f"{number:.1f}%")))
    draft.mean(key, number)


@_cell
def three_decimals(draft: Draft) -> None:
    """ "6,125" has three decimals, or is an English six thousand."""
    key = draft.pick(Kind.PERCENT)
    number = Decimal(draft.random.randrange(1_001, 99_999)) / 1000
    _put(draft, key, str(number).replace(".", ","))
    draft.mean(key, number)


@_cell
def words_for_a_number(draft: Draft) -> None:
    """Units, pairs, guesses, signs: people understand them, but they are no numbers."""
    key, number = draft.pick(*FIGURES), _count(draft)
    words = (f"{number} hồ sơ", f"{number}/75", f"khoảng {number}", f"{number} - 50", f"{number}+", f"{number}²")
    words += ("x", "-", "KPS", "Không phát sinh", "chưa có", "…", "N/A", f"1 triệu {number}", f"{number} nghìn", "½")
    words += (
        f"~{number}",
        f"{number}*",
        f"({number})",
        f"{number}-",
        f"{number} {number % 90 + 10}",  # two groups of three would be a number
        f"{number}đ",
        "O",
        "l0",
        "٣",
    )
    _put(draft, key, draft.random.choice(words))
    draft.mean(key, OPEN)


@_cell
def odd_digits(draft: Draft) -> None:
    """Digits of other scripts, exponents, bases: Python's float() would take some of them."""
    odd = (
        "1e3",
        "0x28",
        "४०",
        "٤٠",
        "1_000",
        "inf",
        "nan",
        "4,0,0",
        "1.23.456",
        "12.34",
        "1 2",
        "--5",
        "①",
        "𝟒𝟎",
        "²",
        "1,2e3",
    )
    key = draft.pick(Kind.INTEGER)
    _put(draft, key, draft.random.choice(odd))
    draft.mean(key, OPEN)


@_cell
def negative_number(draft: Draft) -> None:
    """A change may well be negative; counts and shares are not."""
    key, number = draft.pick(*FIGURES), draft.random.randrange(1, 1000)
    _put(draft, key, draft.random.choice((-number, f"-{number}", f"−{number}", f"－{number}")))
    draft.mean(key, Decimal(-number) if columns_of(draft.agency)[key].kind is Kind.DECIMAL else OPEN)


@_cell
def huge_or_tiny_number(draft: Draft) -> None:
    key = draft.pick(*FIGURES)
    number = draft.random.choice((10**12, 10**13, 10**20, 1e308, 1e-9, 1e-300, 123456789012345678))
    _put(draft, key, draft.random.choice((number, "9" * draft.random.randrange(13, 400))))
    draft.mean(key, Decimal(10**12) if number == 10**12 and draft.cell(key).value == number else OPEN)


@_cell
def number_kept_with_binary_noise(draft: Draft) -> None:
    """0.1 + 0.2: what Excel keeps beyond the digits it shows."""
    key = draft.pick(Kind.PERCENT)
    number = draft.random.randrange(11, 999) / 10
    draft.write_xml(key, f"<v>{math.nextafter(number, draft.random.choice((0, 200)))!r}</v>")
    draft.cell(key).number_format = "General"
    draft.mean(key, Decimal(str(number)))


@_cell
def count_kept_with_binary_noise(draft: Draft) -> None:
    key, number = draft.pick(Kind.INTEGER), draft.random.randrange(2, 10_000)
    kept = draft.random.choice(
        (f"{number}.0", f"{number}E0", f"{number}.000000000000001", f"{number * 10}E-1", f"{number - 1}.99999999999")
    )
    draft.write_xml(key, f"<v>{kept}</v>")
    draft.mean(key, Decimal(number))


INVISIBLE = "\xad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"


def _sprinkle(draft: Draft, text: str) -> str:
    """The text with some signs that nobody sees."""
    for _ in range(draft.random.randrange(1, 5)):
        place = draft.random.randrange(len(text) + 1)
        text = text[:place] + draft.random.choice(INVISIBLE) + text[place:]
    return text


@_cell
def number_with_signs_that_nobody_sees(draft: Draft) -> None:
    """Copied from a calculator, a chat, a web page."""
    key, number = draft.pick(Kind.INTEGER), _count(draft)
    _put(draft, key, _sprinkle(draft, draft.random.choice((str(number), format_number(number), f" {number} "))))
    draft.mean(key, Decimal(number))


@_cell
def text_with_signs_that_nobody_sees(draft: Draft) -> None:
    """A choice, a date, a sentence, the code of a row."""
    key = draft.pick(Kind.CHOICE, Kind.TEXT, Kind.DATE)
    value = draft.cell(key).value
    text = f"{value:%d/%m/%Y}" if isinstance(value, dt.datetime) else str(value)
    _put(draft, key, _sprinkle(draft, text))
    code = draft.book[draft.positions[key][0]].cell(draft.positions[key][1], 1)
    if isinstance(code.value, str) and draft.random.random() < 0.5:
        code.value = _sprinkle(draft, code.value)  # type: ignore[assignment]


def _spell_control(draft: Draft) -> str:
    code = draft.random.choice((*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, 0x9B, 0xD800, 0xDFFF, 0xFFFE))
    return f"_x{code:04X}_" if draft.random.random() < 0.7 else f"_x{code:04x}_"


@_cell
def control_sign_in_a_text(draft: Draft) -> None:
    """What Word leaves behind; between digits it leaves two numbers, and so none."""
    key = draft.pick(Kind.CHOICE, Kind.INTEGER)
    value, sign = str(draft.cell(key).value), _spell_control(draft)
    place = draft.random.choice((0, len(value), value.find(" ") if " " in value else len(value)))
    inside = Kind.INTEGER is columns_of(draft.agency)[key].kind and len(value) > 1 and draft.random.random() < 0.5
    if inside:
        place = draft.random.randrange(1, len(value))
        draft.mean(key, OPEN)
    text = escape(value[:place]) + sign + escape(value[place:])
    draft.write_xml(key, f'<is><t xml:space="preserve">{text}</t></is>', ' t="inlineStr"')


# --- formats that show another number ------------------------------------------------------------------------------


@_cell
def percentage_kept_as_a_fraction(draft: Draft) -> None:
    key, share = draft.pick(Kind.PERCENT), draft.random.randrange(0, 1001)
    shapes = ("0%", "0.0%", "0.00%", "#,##0%", "0%;-0%", "[Blue]0%", "0 %", "0.##%", '0%" ước"', "0%_)", "[<=1]0%;0")
    _put(draft, key, share / 1000, draft.random.choice(shapes))
    draft.mean(key, Decimal(share) / 10)


@_cell
def percent_sign_that_only_decorates(draft: Draft) -> None:
    """A quoted % shows the number as it is kept."""
    key, share = draft.pick(Kind.PERCENT), draft.random.randrange(1, 101)
    _put(draft, key, share, draft.random.choice(('0"%"', "0\\%", '0" %"', '0.0"%"', '#,##0"% "')))
    draft.mean(key, Decimal(share))


@_cell
def whole_number_under_a_percent_format(draft: Draft) -> None:
    """75 that shows 7500%."""
    key, share = draft.pick(Kind.PERCENT), draft.random.randrange(2, 101)
    _put(draft, key, share, "0%")
    draft.mean(key, Decimal(share) * 100)


@_cell
def count_under_a_percent_format(draft: Draft) -> None:
    key = draft.pick(Kind.INTEGER)
    _put(draft, key, draft.random.choice((1, 0.4, 12)), draft.random.choice(("0%", "0.00%")))
    draft.mean(key, OPEN)


@_cell
def number_shown_in_thousands(draft: Draft) -> None:
    """The cell holds 40000 and shows 40: either may be meant."""
    key = draft.pick(Kind.INTEGER)
    shapes = ("#,##0,", "0,,", "0.0,", '#,##0,"k"', "0,;-0,", "#,##0.0,,", "0,_)", '0,"%"', "[>999]#,##0,;0")
    _put(draft, key, draft.random.randrange(2, 90) * 1_000_000, draft.random.choice(shapes))
    draft.mean(key, OPEN)


@_cell
def count_under_an_honest_format(draft: Draft) -> None:
    key, number = draft.pick(Kind.INTEGER), _count(draft)
    shapes = (
        "General",
        "0",
        "#,##0",
        "#,##0.00",
        '#,##0" hồ sơ"',
        "#,##0\\ [$₫-42A]",
        "_-* #,##0_-",
        "0.00E+00",
        "@",
        "# ?/?",
    )
    shapes += (
        '#,##0" đ"',
        '"Số: "0',
        "[Red]0",
        "000",
        '0 "h"',
        '0" (d/m)"',
        "#,##0\\đ",
        "#,##0;[Red]-#,##0",
        "#,##0 [$VND]",
    )
    draft.cell(key).value, draft.cell(key).number_format = number, draft.random.choice(shapes)
    draft.mean(key, Decimal(number))


@_cell
def number_that_became_a_date(draft: Draft) -> None:
    """ "5/6" typed into a cell, which then holds a date instead of a number."""
    key = draft.pick(*FIGURES)
    _put(draft, key, dt.date(2026, draft.random.randrange(1, 13), draft.random.randrange(1, 29)), "d-mmm")
    draft.mean(key, OPEN)


# --- what a cell holds -----------------------------------------------------------------------------------------------


@_cell
def formula_with_its_result(draft: Draft) -> None:
    key, number = draft.pick(Kind.INTEGER), _count(draft)
    formulas = (
        *(f"<f>{number}+0</f>", "<f>SUM(Z1:Z2)</f>", '<f ca="1">A1</f>', '<f t="array" ref="{r}">SUM(Z1:Z9)</f>'),
        *(
            '<f t="shared" ref="{r}" si="0">Z1+1</f>',
            '<f t="shared" si="0"/>',
            "<f>IF(1&lt;2,Z1,Z2)</f>",
            "<f><![CDATA[1+1]]></f>",
        ),
        *("<f>\n1+1\n</f>", '<f>"a"&amp;Z1</f>', "<f/>"),
    )
    draft.write_xml(key, f"{draft.random.choice(formulas)}<v>{number}</v>")
    draft.mean(key, Decimal(number))


@_cell
def formula_with_a_text_for_result(draft: Draft) -> None:
    key, number = draft.pick(Kind.INTEGER), _count(draft)
    draft.write_xml(key, f"<f>TEXT(Z1,0)</f><v>{number}</v>", ' t="str"')
    draft.mean(key, Decimal(number))


@_cell
def formula_under_a_percent_format(draft: Draft) -> None:
    key, share = draft.pick(Kind.PERCENT), draft.random.randrange(0, 101)
    draft.write_xml(key, f"<f>{share}/100</f><v>{share / 100!r}</v>")
    draft.cell(key).number_format = "0%"
    draft.mean(key, Decimal(share))


@_cell
def formula_nobody_worked_out(draft: Draft) -> None:
    key = draft.pick(*FIGURES, is_filled=draft.random.random() < 0.7)
    empty = ("", "<v/>", "<v></v>", "<v />", "<v> </v>")
    formula = draft.random.choice(("<f>20+20</f>", "<f>Z1</f>", '<f t="shared" si="3"/>'))
    draft.write_xml(key, formula + draft.random.choice(empty))
    draft.mean(key, OPEN)


@_cell
def formula_with_an_empty_text(draft: Draft) -> None:
    """=IF(A1="","",A1): seen as nothing."""
    key = draft.pick(*FIGURES)
    draft.write_xml(key, '<f>IF(Z1="","",Z1)</f><v></v>', ' t="str"')
    draft.mean(key, None)


@_cell
def error_for_a_number(draft: Draft) -> None:
    key = draft.pick(*FIGURES, is_filled=draft.random.random() < 0.7)
    error = draft.random.choice(
        ("#DIV/0!", "#REF!", "#N/A", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA", "#SPILL!", "")
    )
    formula = draft.random.choice(("", "<f>1/0</f>"))
    draft.write_xml(key, f"{formula}<v>{error}</v>", ' t="e"')
    draft.mean(key, OPEN)


@_cell
def truth_for_a_number(draft: Draft) -> None:
    key = draft.pick(*FIGURES)
    formula = draft.random.choice(("", "<f>1=1</f>"))
    draft.write_xml(key, f"{formula}<v>{draft.random.choice('01')}</v>", ' t="b"')
    draft.mean(key, OPEN)


@_cell
def number_kept_as_another_type(draft: Draft) -> None:
    """Inline text, text of a formula that is gone, explicit n: programs differ in how they keep 40."""
    key, number = draft.pick(Kind.INTEGER), _count(draft)
    inside, attributes = draft.random.choice(
        (
            (f"<is><t>{number}</t></is>", ' t="inlineStr"'),
            (
                f"<is><r><t>{str(number)[:1]}</t></r><r><rPr><b/></rPr><t>{str(number)[1:]}</t></r></is>",
                ' t="inlineStr"',
            ),
            (f"<v>{number}</v>", ' t="str"'),
            (f"<v>{number}</v>", ' t="n"'),
            (f'<is><t>{number}</t><rPh sb="0" eb="1"><t>77</t></rPh></is>', ' t="inlineStr"'),
        )
    )
    draft.write_xml(key, inside, attributes)
    draft.mean(key, Decimal(number))


@_cell
def number_cut_up_by_xml(draft: Draft) -> None:
    """The same number to every XML reader: references, comments, sections, spaces inside."""
    key, number = draft.pick(Kind.INTEGER), draft.random.randrange(10, 10_000)
    head, tail = str(number)[:1], str(number)[1:]
    inside = draft.random.choice(
        (
            f"<v>&#{ord(head)};{tail}</v>",
            f"<v>&#x{ord(head):x};{tail}</v>",
            f"<v>{head}<!-- x -->{tail}</v>",
            f"<v><![CDATA[{head}]]>{tail}</v>",
            f"<v>{head}<![CDATA[{tail}]]></v>",
            f"<v><![CDATA[{number}]]></v>",
            f"<!-- <v>77</v> --><v>{number}</v>",
            f"<v>{number}</v><!-- <v>77</v> -->",
            f"<v><?x 77?>{number}</v>",
            f'<v xml:space="preserve">{number}</v>',
            f"<v>{number}</v><extLst><ext><v>77</v></ext></extLst>",
            f"<v>{head}<?x?>{tail}</v>",
        )
    )
    draft.write_xml(key, inside)
    draft.mean(key, Decimal(number))


@_cell
def cell_that_contradicts_itself(draft: Draft) -> None:
    """No program writes it and readers disagree about it."""
    key, number = draft.pick(Kind.INTEGER), draft.random.randrange(10, 1000)
    inside, attributes = draft.random.choice(
        (
            (f"<v>{number}abc</v>", ""),
            (f"<v>0x{number}</v>", ""),
            (f"<v>{number} 0</v>", ""),
            (f"<v>{number}</v><v>{number + 1}</v>", ""),
            ("<v>99999</v>", ' t="s"'),
            ("<v>-1</v>", ' t="s"'),
            ("<v>1e400</v>", ""),
            ("<v>NaN</v>", ""),
            ("<v>nan</v>", ""),
            ("<v>inf</v>", ""),
            ("<v>infinity</v>", ""),
            (f"<v>{number}</v>", ' t="unknown"'),
            (f"<is><t>{number}</t></is><v>{number + 1}</v>", ' t="inlineStr"'),
        )
    )
    draft.write_xml(key, inside, attributes)
    draft.mean(key, OPEN)


@_cell
def white_space_around_a_value(draft: Draft) -> None:
    """As programs write it that put each element on a line of its own."""
    key, number = draft.pick(Kind.INTEGER), _count(draft)
    spaces = ("", " ", "\n", "\t", "\r\n  ", " \n")
    inside = f"<v>{draft.random.choice(spaces)}{number}{draft.random.choice(spaces)}</v>"
    draft.write_xml(key, inside, draft.random.choice(("", ' t="n"', ' t=""')))
    draft.mean(key, Decimal(number))


@_cell
def style_that_is_none(draft: Draft) -> None:
    """Beyond the table, negative, no number: what the cell shows is not known. One with nothing in it is none."""
    key, number = draft.pick(*FIGURES), draft.random.randrange(2, 90)
    style = draft.random.choice(("9999", "-1", "x", "1.5", "", " "))
    draft.write_xml(key, f"<v>{number}</v>", f' s="{style}"')
    draft.mean(key, Decimal(number) if not style.strip() else OPEN)


@_cell
def type_that_is_none(draft: Draft) -> None:
    key, number = draft.pick(*FIGURES), draft.random.randrange(2, 90)
    kind = draft.random.choice(("number", "N", "string", "date", "x"))
    draft.write_xml(key, f"<v>{number}</v>", f' t="{kind}"')
    draft.mean(key, OPEN)


@_cell
def share_about_the_whole(draft: Draft) -> None:
    """1 may be 1% or the whole; what is a remainder above the whole is the whole."""
    key = draft.pick(Kind.PERCENT)
    value, meaning = draft.random.choice(
        (
            *((one, OPEN) for one in (1, 1.0, "1", "1,0", "1,00", 1.0000000000000002, 0.9999999, 1.0000001, "1.0")),
            *((over, Decimal(100)) for over in (100.0000001, 100.00000000000001, 100, "100,0", "100%")),
            *((share, OPEN) for share in (100.001, 101, -0.001, "100,1", 1e-9)),
            ("1%", Decimal(1)),
        )
    )
    _put(draft, key, value)
    draft.mean(key, meaning)


@_cell
def answer_emptied(draft: Draft) -> None:
    """Cleared, or with invisible signs only."""
    key = draft.pick(*FIGURES)
    _put(draft, key, draft.random.choice((None, "", " ", "\u00a0", "\u200b", "\ufeff ", "\n")))
    draft.mean(key, None)


# --- dates -----------------------------------------------------------------------------------------------------------


def _day(draft: Draft) -> dt.date:
    return dt.date(2026, 1, 1) + dt.timedelta(days=draft.random.randrange(330))


@_cell
def date_typed_as_text(draft: Draft) -> None:
    key, day = draft.pick(Kind.DATE), _day(draft)
    spellings = (
        *(f"{day.day}/{day.month}/{day.year}", f"{day:%d/%m/%Y}", f"{day:%d-%m-%Y}", f"{day:%d.%m.%Y}"),
        *(f"ngày {day.day} tháng {day.month} năm {day.year}", f" {day:%d / %m / %Y} ", f"Ngày {day:%d/%m/%Y}"),
        *(f"{day:%d/%m/%Y}\u00a0", f"{day:%Y-%m-%d}", f"{day:%d/%m/%y}"),
    )
    _put(draft, key, unicodedata.normalize(draft.random.choice(("NFC", "NFD")), draft.random.choice(spellings)))
    draft.mean(key, day)


@_cell
def date_typed_the_american_way(draft: Draft) -> None:
    """The month first, where the day shows it."""
    key, month, day = draft.pick(Kind.DATE), draft.random.randrange(1, 12), draft.random.randrange(13, 28)
    _put(draft, key, draft.random.choice((f"{month}/{day}/2026", f"{month:02d}-{day}-2026")))
    draft.mean(key, dt.date(2026, month, day))


@_cell
def date_under_another_format(draft: Draft) -> None:
    key, day = draft.pick(Kind.DATE), _day(draft)
    shapes = (
        "d/m/yyyy",
        "[$-42A]dd/mm/yyyy",
        "dd/mm/yyyy;@",
        "mm-dd-yy",
        "d-mmm-yy",
        "yyyy\\-mm\\-dd",
        "m/d/yy h:mm",
        "mmm-yy",
        "yyyy",
    )
    shapes += (
        '"ngày "dd" tháng "mm" năm "yyyy',
        "[$-1010000]d/m/yyyy;@",
        "[Blue]dd/mm/yyyy",
        "dddd, dd/mm/yyyy",
        "[$-F800]dddd\\,\\ mmmm\\ dd",
    )
    draft.cell(key).value = dt.datetime.combine(day, dt.time(draft.random.choice((0, 0, 9))))
    draft.cell(key).number_format = draft.random.choice(shapes)
    draft.mean(key, day)


@_cell
def date_kept_as_a_bare_number(draft: Draft) -> None:
    key, day = draft.pick(Kind.DATE), _day(draft)
    serial = int(to_excel(dt.datetime.combine(day, dt.time())))
    _put(draft, key, draft.random.choice((serial, str(serial), serial + 0.5)))
    draft.mean(key, day)


@_cell
def date_kept_in_iso_form(draft: Draft) -> None:
    key, day = draft.pick(Kind.DATE), _day(draft)
    draft.write_xml(key, f"<v>{day:%Y-%m-%d}{draft.random.choice(('', 'T00:00:00', 'T00:00:00Z'))}</v>", ' t="d"')
    draft.mean(key, day)


@_cell
def date_just_before_midnight(draft: Draft) -> None:
    """Libraries that err about our time zone move midnight back to the day before."""
    key, day = draft.pick(Kind.DATE), _day(draft)
    before = draft.random.choice((0.5, 1, 20, 30, 43, 200, 390, 7 * 3_600))
    moment = dt.datetime.combine(day, dt.time()) - dt.timedelta(seconds=before)
    how = draft.random.choice(("serial", "iso", "text"))
    if how == "iso":
        draft.write_xml(key, f"<v>{moment.isoformat()}{draft.random.choice(('', 'Z'))}</v>", ' t="d"')
    elif how == "serial" or before > 600:
        _put(draft, key, float(to_excel(moment)), "dd/mm/yyyy")
    else:
        _put(draft, key, f"{moment:%d/%m/%Y %H:%M:%S}")
    draft.mean(key, OPEN)


@_cell
def time_without_its_date(draft: Draft) -> None:
    key = draft.pick(Kind.DATE)
    draft.write_xml(key, f"<v>{draft.random.choice(('10:30:00', 'T10:30', '17:00', '23:59:59Z'))}</v>", ' t="d"')
    draft.mean(key, OPEN)


@_cell
def date_that_never_was(draft: Draft) -> None:
    key = draft.pick(Kind.DATE)
    never = (
        "30/02/2026",
        "31/04/2026",
        "00/01/2026",
        "1/13/13",
        "29/02/2027",
        "hôm qua",
        "quý IV/2026",
        "12/2026",
        "2026",
        0,
        -1,
    )
    never += (60, 2_958_466, 99_999_999, 0.5)
    value = draft.random.choice(never)
    _put(draft, key, value, "@" if isinstance(value, str) else "dd/mm/yyyy")
    draft.mean(key, OPEN)


# --- words -----------------------------------------------------------------------------------------------------------


@_cell
def text_in_another_writing(draft: Draft) -> None:
    """NFD, spaces that do not break, signs without width: the same words."""
    key = draft.pick(Kind.TEXT)
    text = str(draft.cell(key).value)
    changes: tuple[Callable[[str], str], ...] = (
        lambda t: unicodedata.normalize("NFD", t),
        lambda t: t.replace(" ", "\u00a0"),
        lambda t: f"  {t}\u2003",
        lambda t: t[:3] + "\u200b" + t[3:],
        lambda t: "\ufeff" + t,
        lambda t: t.replace(" ", "\n", 1),
        lambda t: t.replace(" ", " \u200b", 1),
    )
    _put(draft, key, draft.random.choice(changes)(text))


@_cell
def text_that_could_be_live(draft: Draft) -> None:
    """Formulas, markup, control signs typed as text are text."""
    live = (
        '=HYPERLINK("http://x")',
        "+84 912",
        "@SUM(1)",
        "-1+1",
        "<b>đậm</b>",
        "a&b<c",
        "]]>",
        "{{ 7*7 }}",
        "%s %d",
        "0912",
        "1/2",
        "TRUE",
    )
    key, text = draft.pick(Kind.TEXT), draft.random.choice((*live, "x" * 3_999))
    draft.write_xml(key, f"<is><t>{escape(text)}</t></is>", ' t="inlineStr"')
    draft.mean(key, text)


@_cell
def text_in_a_legacy_encoding(draft: Draft) -> None:
    key = draft.pick(Kind.TEXT)
    text = "Đã hoàn thành rà soát, công khai kết quả thực hiện nhiệm vụ cải thiện môi trường kinh doanh"
    _put(draft, key, _encode_tcvn3(text))
    draft.mean(key, text)


def _encode_tcvn3(text: str) -> str:
    back = {decode_legacy(chr(code), "TCVN3"): chr(code) for code in range(0xA1, 0x100)}
    return "".join(back.get(sign, back.get(sign.lower(), sign)) if ord(sign) > 127 else sign for sign in text)


@_cell
def choice_in_another_writing(draft: Draft) -> None:
    key = draft.pick(Kind.CHOICE)
    text = str(draft.cell(key).value)
    changes: tuple[Callable[[str], str], ...] = (
        str.upper,
        str.lower,
        lambda t: unicodedata.normalize("NFD", t),
        lambda t: t.replace(" ", "\u00a0"),
        lambda t: f" {t} ",
        lambda t: t.replace("a", "а", 1),  # a Cyrillic one
        lambda t: t.replace(" ", "  "),
        lambda t: t + "\u200b",
    )
    _put(draft, key, draft.random.choice(changes)(text))


@_cell
def choice_that_is_none(draft: Draft) -> None:
    key = draft.pick(Kind.CHOICE)
    _put(
        draft,
        key,
        draft.random.choice(("Rồi", "có", "Đã hoàn thành một phần", "x", 1, True, "Có số liêu", "Dang thuc hien")),
    )
    choices = {choice.casefold(): choice for choice in columns_of(draft.agency)[key].choices}
    draft.mean(key, choices.get(str(draft.cell(key).value).casefold(), OPEN))

"""Words as officials type them: other spellings of a label are found, other labels are not."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybaocao.answers import words
from kybaocao.answers.words import MAX_REMEMBERED, Aliases, Marker, find_agency, normalize_label, read_marker
from kybaocao.plan.agencies import AgencyKind
from kybaocao.plan.plan import Plan
from kybaocao.vietnamese import clean_text

letters = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
vietnamese = st.text(letters + letters.upper() + "  -:,()", max_size=40)


def _labels(plan: Plan) -> Iterator[str]:
    """Every text of the form that the reader must not confuse with another."""
    edition = plan.require_edition()
    for sheet, table in edition.tables:
        yield from (sheet.name, sheet.heading, table.title, table.declaration)
        for column in table.columns:
            yield from (column.heading, *column.choices)
        for field in table.fields:
            yield from (field.label, *field.choices)
    yield from (str(word) for word in edition.words.model_dump().values())
    yield from (indicator.name for indicator in plan.indicators)
    yield from (task.title for task in plan.tasks)


# --- labels --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("Cụ thể hoá", "Cụ thể hóa"),
        ("Luỹ kế", "Lũy kế"),
        ("Tử số luỹ kế", "TỬ SỐ LŨY KẾ"),
        ("thuý", "thúy"),
        ("khoẻ", "khỏe"),
        ("uỷ ban", "Ủy  ban"),
        ("toàn", "tòan"),
        ("quý", "QUÝ"),
        ("  Tử\u00a0số\nkỳ này ", "Tử số kỳ này"),
        ("Mã\u200b chỉ tiêu\ufeff", "Mã chỉ tiêu"),
        ("Số\u00adliệu", "Sốliệu"),
        ("Người ký:", "Người ký"),
        ("Ngày ký (*) *", "Ngày ký (*)"),
        ("Mа", "Ma"),  # Cyrillic а
        ("Сhỉ tiêu", "Chỉ tiêu"),  # Cyrillic С
        ("ХÃ MƯỜNG LА\u0323N", "xã Mường Lạn"),  # with a mark of ours on it
        ("Αn", "An"),  # Greek
        ("Ðiện thoại", "Điện thoại"),  # Icelandic
        ("Ɖiện thoại", "điện thoại"),
        ("ＳＴＴ", "STT"),
        ("Trung tâm – Văn phòng", "Trung tâm - Văn phòng"),
        ("“Có”", '"Có"'),
    ],
)
def test_writings_of_one_label_meet(typed: str, wanted: str) -> None:
    """Spellings that look like the same label."""
    assert normalize_label(typed) == normalize_label(wanted)
    assert normalize_label(unicodedata.normalize("NFD", typed)) == normalize_label(wanted)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(
            ("hoá", "hoà"),
            ("Co Mạ", "Cò Mạ"),
            ("của", "cua"),
            ("Tô Múa", "To Múa"),
            ("kỳ", "kì"),
            ("Bó Sinh", "Bò Sinh"),
        ),
        *(("dân", "đân"), ("Mường La", "Mường Lạn"), ("T1", "T11"), ("Kỳ này", "Kỳ nảy"), ("(1)", "1"), ("10²", "102")),
    ],
)
def test_other_words_stay_others(one: str, other: str) -> None:
    """Another mark makes another word; similar labels are different."""
    assert normalize_label(one) != normalize_label(other)


def test_no_two_labels_of_our_form_have_one_key(plan: Plan) -> None:
    """All headings, choices, titles, indicators and tasks of the province's plan."""
    written: dict[str, set[str]] = defaultdict(set)
    for label in _labels(plan):
        if label:
            written[normalize_label(label)].add(clean_text(label).casefold())
    assert len(written) > 150
    assert [texts for texts in written.values() if len(texts) > 1] == []


def test_no_two_agencies_have_one_key(plan: Plan) -> None:
    """Names and aliases: 75 communes, nine pairs of them one letter apart."""
    owners: dict[str, set[str]] = defaultdict(set)
    for agency in plan.agencies.values():
        for name in (agency.name, *agency.aliases):
            owners[normalize_label(name)].add(agency.code)
    communes = [a for a in plan.agencies.values() if a.kind in (AgencyKind.COMMUNE, AgencyKind.WARD)]
    assert len({normalize_label(agency.name) for agency in communes}) == 75
    assert [codes for codes in owners.values() if len(codes) > 1] == []


@given(st.text(max_size=30) | vietnamese | st.text("оаеОАЕραΑðĐƉ:* \u200b\u0301\u0323а́", max_size=12))
def test_normalizing_twice_is_normalizing_once(text: str) -> None:
    """The key of a key is itself."""
    assert normalize_label(normalize_label(text)) == normalize_label(text)


@given(vietnamese)
def test_composition_case_and_spaces_do_not_count(text: str) -> None:
    """NFC and NFD, capitals and small letters, any spaces."""
    wanted = normalize_label(text)
    assert normalize_label(unicodedata.normalize("NFD", text)) == wanted
    assert normalize_label(text.upper()) == normalize_label(text.lower()) == wanted
    assert normalize_label(f"\u00a0{text.replace(' ', '  ')}\n") == wanted


@given(vietnamese)
def test_only_the_place_of_a_tone_is_lost(text: str) -> None:
    """Without oa, oe, uy, the key is the text itself."""
    plain = "".join(c for c in text if c.casefold() not in "oòóỏõọuùúủũụ")
    assert normalize_label(plain) == clean_text(plain).casefold().rstrip(": *")


def test_long_texts_are_normalized_and_not_cached() -> None:
    """Long texts are not cached, so that a file cannot fill the memory."""
    before = words._remember.cache_info().currsize
    assert normalize_label("Hoá " * MAX_REMEMBERED) == ("hoá " * MAX_REMEMBERED).strip()
    assert words._remember.cache_info().currsize == before


# --- marks in number cells -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *((text, Marker.NOTHING) for text in ("KPS", " kps ", "KPS.", "ko ps", "Không phát sinh", "KHÔNG  PHÁT SINH")),
        *((text, Marker.NO_FIGURE) for text in ("chưa có", "Chưa có số liệu", "…", "...", "....", "Chưa có số liệu.")),
        *((text, Marker.NOT_PUBLISHED) for text in ("Chưa công bố", "chưa được công bố")),
        *(
            (text, Marker.UNCLEAR)
            for text in ("x", "X", "Х", "-", "–", "—", "/", "*", "n/a", "N/A", "không", "Không có")
        ),
        *((text, Marker.UNCLEAR) for text in ("O", "ｘ", "−")),
        *(
            (text, None)
            for text in ("0", " 0 ", "12", "", " ", ".", "không rõ", "xx", "khoảng 40", "Không phát sinh gì")
        ),
    ],
)
def test_a_mark_says_what_the_list_says(text: str, wanted: Marker | None) -> None:
    """A closed list; zero is a number, and a sentence is no mark."""
    assert read_marker(text) is wanted
    assert read_marker(unicodedata.normalize("NFD", text)) is wanted


def test_the_words_of_the_form_are_marks_of_the_same_meaning(plan: Plan) -> None:
    """What the form offers as a choice, typed into a number cell."""
    choices = plan.require_edition().words
    assert read_marker(choices.nothing) is Marker.NOTHING
    assert read_marker(choices.no_figure_yet) is Marker.NO_FIGURE
    assert read_marker(choices.not_published) is Marker.NOT_PUBLISHED


@given(st.text(max_size=20))
def test_any_text_is_a_mark_or_none(text: str) -> None:
    """Nothing makes the reader fail."""
    assert read_marker(text) in (None, *Marker)


# --- agencies ------------------------------------------------------------------------------------------------------

START, DAY = dt.date(2025, 7, 1), dt.date(2026, 12, 9)


@pytest.fixture(scope="module")
def aliases(plan: Plan) -> Aliases:
    """The register's names and other names, from the day of the merger on."""
    found: dict[str, list[tuple[str, dt.date, dt.date | None]]] = defaultdict(list)
    for agency in plan.agencies.values():
        for name in (agency.name, *agency.aliases):
            found[name].append((agency.code, START, None))
    return found


def test_every_agency_is_found_by_every_name(plan: Plan, aliases: Aliases) -> None:
    """As registered, in capitals, decomposed."""
    for agency in plan.agencies.values():
        for name in (agency.name, *agency.aliases):
            for typed in (name, name.upper(), unicodedata.normalize("NFD", name), f" {name}: "):
                assert find_agency(typed, DAY, aliases) == agency.code


@pytest.mark.parametrize(
    "name",
    [
        *("Ủy ban nhân dân xã Mường Lầm", "Uỷ ban nhân dân xã Mường Lầm", "UBND xã Mường Lầm", "Xã Mường Lầm"),
        *("X. Mường Lầm", "UBND X.Mường Lầm", "ủy ban nhân dân  XÃ MƯỜNG LẦM"),
    ],
)
def test_a_commune_has_one_name_in_all_its_forms(name: str) -> None:
    """One alias is enough for all of them."""
    assert find_agency(name, DAY, {"UBND xã Mường Lầm": [("X-04183", START, None)]}) == "X-04183"


@pytest.mark.parametrize(
    "name",
    [
        *("Mường Lâm", "xã Mường Lam", "phường Mường Lầm", "huyện Mường La", "UBND huyện Mường La", "UBND Mường La"),
        *("Văn phòng UBND xã Mường Lầm", "xã", "UBND", "", "Sở", "xã Mường Lầm và xã Mường La", "Đảng ủy xã Mường Lầm"),
    ],
)
def test_a_name_that_is_not_listed_is_nobodys(name: str, aliases: Aliases) -> None:
    """Never the nearest: nine pairs of communes are one letter apart, and districts had the same names."""
    assert find_agency(name, DAY, aliases) is None


def test_a_name_counts_in_its_days_only() -> None:
    """Both days belong to the term; a name may pass from one body to another."""
    end = dt.date(2025, 6, 30)
    names: Aliases = {"UBND Mường La": [("OLD", dt.date(1976, 1, 1), end), ("NEW", START, None)]}
    assert [find_agency("UBND Mường La", day, names) for day in (end, START)] == ["OLD", "NEW"]
    assert find_agency("UBND Mường La", dt.date(1975, 12, 31), names) is None


def test_a_name_of_two_bodies_is_nobodys() -> None:
    """Two communes were called Chiềng Chung; two writings of one name may belong to two as well."""
    names: Aliases = {"xã Chiềng Chung": [("A", START, None)], "UBND xã Chiềng Chung": [("B", START, None)]}
    assert find_agency("X. Chiềng Chung", DAY, names) is None


@given(st.text(max_size=30))
def test_any_text_has_an_owner_or_none(text: str) -> None:
    """Nothing makes the look-up fail, and nothing but a name is found."""
    assert find_agency(text, DAY, {"UBND xã Mường Lầm": [("X-04183", START, None)]}) in (None, "X-04183")

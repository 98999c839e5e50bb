"""A long text that somebody else has handed in word for word is asked about; short formulas are not."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from collections.abc import Callable

import pytest

from kybaocao.checks.copied_texts import normalize_text
from kybaocao.cli.backtest import run_backtest, summarise
from kybaocao.cli.status_words import describe_status
from kybaocao.findings import load_catalogue
from kybaocao.inbox.submission import Submission
from kybaocao.plan.form_edition import RuleStage
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.copied_texts import list_shared_texts
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.support.status import gather_status
from kybaocao.stages.validate import validate_agency
from kybaocao.store.submissions import list_submissions
from tests.stages.conftest import EXPLAINED, MIDDAY, drop

Small = Callable[[str], Pass]
ONE, OTHER, THIRD = "X-04183", "X-03664", "STP"
LONG = (
    "Tuyến đường liên bản từ trung tâm xã đến bản Huổi Púng bị sạt lở trong đợt mưa lũ tháng 8, "
    "xe chở vật liệu không vào được nên công trình trạm y tế chậm ba tháng so với kế hoạch."
)
COPIED, REPEATED = "text-same-as-another-agency", "text-same-as-last-cycle"


def _trouble(text: str, **more: str) -> dict[str, object]:
    """One difficulty, as the only row of its table."""
    row = {"muc": "III.4", "noi_dung": text, "tinh_trang": "Mới phát sinh"} | more
    columns = ("muc", "noi_dung", "loai_nguyen_nhan", "nguyen_nhan", "kien_nghi", "noi_kien_nghi", "tinh_trang")
    said: dict[str, object] = {f"vuong_mac/1/{column}": row.get(column) for column in (*columns, "giai_trinh")}
    said |= {f"vuong_mac/2/{column}": None for column in columns}
    return said | {"vuong_mac//khai_bao": "Có"}


def _hand_in(p: Pass, agency: str, text: str = LONG, *, name: str = "a.xlsx", **more: str) -> Submission:
    drop(p, agency, name=name, **_trouble(text, **more))
    collect_files(p)
    validate_agency(p, agency)
    with p.store.read() as connection:
        return list_submissions(connection, p.cycle.id, agency)[-1]


def _list_reported(submission: Submission) -> tuple[str | None, list[tuple[str, str]]]:
    return submission.verdict, [(finding["code"], finding["cell"]) for finding in json.loads(submission.findings)]


FINE: tuple[str, list[tuple[str, str]]] = ("accepted", [])


# --- another agency -----------------------------------------------------------------------------------------------


def test_a_text_of_another_agency_is_asked_about_without_naming_it(small: Small) -> None:
    """The first to hand it in is not asked; the second hears that it is a copy, not of whom."""
    p = small(MIDDAY)
    assert _list_reported(_hand_in(p, ONE)) == FINE
    copy = _hand_in(p, OTHER)
    assert _list_reported(copy) == ("returned", [(COPIED, "C9")])
    for word in (ONE, "Mường Lầm"):
        assert word not in copy.findings


@pytest.mark.parametrize(
    "typed",
    [
        LONG.upper(),
        unicodedata.normalize("NFD", LONG),
        LONG.replace(" ", "  ").replace(",", ";").rstrip("."),
    ],
)
def test_case_spaces_marks_and_coding_do_not_hide_a_copy(small: Small, typed: str) -> None:
    """The words are the same."""
    p = small(MIDDAY)
    _hand_in(p, ONE)
    assert _list_reported(_hand_in(p, OTHER, typed))[1] == [(COPIED, "C9")]


@pytest.mark.parametrize("text", [LONG.replace("Huổi Púng", "Huổi Lạnh"), LONG[:110]])
def test_other_words_and_short_formulas_are_nobodys(small: Small, text: str) -> None:
    """One word changed is another text: nothing is ever matched because it looks similar."""
    p = small(MIDDAY)
    _hand_in(p, ONE, LONG[:110])
    _hand_in(p, ONE, name="b.xlsx")
    assert _list_reported(_hand_in(p, OTHER, text)) == FINE


def test_a_copy_that_is_explained_is_accepted_and_seen_by_the_operators(small: Small) -> None:
    """`status` names who has the same text, and where; the agency never hears of it."""
    _hand_in(small(MIDDAY), ONE)
    p = small("2026-12-01T11:00")
    explained = _hand_in(p, OTHER, giai_trinh="Hai xã chung tuyến đường, cùng đề nghị")
    assert _list_reported(explained) == ("accepted", [(COPIED, "C9")])
    (line,) = list_shared_texts(p)
    assert line.index(f"({ONE}, bảng “Khó khăn") < line.index(f"({OTHER}, bảng “Khó khăn")
    assert line in describe_status(gather_status(p))


def test_who_wrote_it_first_may_hand_it_in_again(small: Small) -> None:
    """After others copied it: a correction elsewhere in the form is not held against the author."""
    p = small(MIDDAY)
    _hand_in(p, ONE)
    _hand_in(p, OTHER, giai_trinh="Chung tuyến đường")
    again = _hand_in(p, ONE, name="b.xlsx", nguyen_nhan="Mưa lũ")
    assert _list_reported(again) == FINE


def test_a_text_that_was_taken_out_is_free_again(small: Small) -> None:
    """What counts is what stands in the versions in force."""
    p = small(MIDDAY)
    _hand_in(p, ONE)
    _hand_in(p, ONE, "Không còn vướng mắc lớn", name="b.xlsx")
    assert _list_reported(_hand_in(p, OTHER)) == FINE


@pytest.mark.parametrize(("leads", "verdict"), [(("STC", THIRD), "accepted"), (("SO_NGANH",), "returned")])
def test_agencies_that_carry_out_a_task_together_may_report_the_same(
    small: Small, leads: tuple[str, ...], verdict: str
) -> None:
    """Named one by one in the task: partners. Members of a group each do their own."""
    p = _give_task(small(MIDDAY), leads)
    for agency in ("STC", THIRD):
        said = {"trang_thai": "Đang thực hiện", "ket_qua": LONG, "ty_le": 50, "ly_do": None, "ngay": None}
        drop(p, agency, **{f"nhiem_vu/III.1.a/{column}": value for column, value in said.items()})
        collect_files(p)
        validate_agency(p, agency)
    with p.store.read() as connection:
        last = list_submissions(connection, p.cycle.id, THIRD)[-1]
    assert last.verdict == verdict


def _give_task(p: Pass, leads: tuple[str, ...]) -> Pass:
    """The same plan with task III.1.a given to `leads`."""
    tasks = tuple(t.model_copy(update={"leads": leads}) if t.id == "III.1.a" else t for t in p.plan.tasks)
    return dataclasses.replace(p, plan=dataclasses.replace(p.plan, tasks=tasks))


# --- the last cycle ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("standing", "reported"),
    [("Mới phát sinh", ("returned", [(REPEATED, "C9")])), ("Tồn kỳ trước", FINE)],
)
def test_a_text_of_the_last_cycle_is_asked_about_unless_it_says_so(
    small: Small, standing: str, reported: tuple[str, list[tuple[str, str]]]
) -> None:
    """A difficulty called new that was reported half a year ago; one called "Tồn kỳ trước" may be."""
    p = small(MIDDAY)
    before = dataclasses.replace(p, cycle=p.plan.cycles["nq02-2026-ky1"])
    drop(before, ONE, **_trouble(LONG), **EXPLAINED)
    collect_files(before)
    assert validate_agency(before, ONE)["accepted"] == 1
    assert _list_reported(_hand_in(p, ONE, tinh_trang=standing)) == reported


def test_a_text_is_folded_to_its_words() -> None:
    """Whatever stands between them."""
    assert normalize_text("  “Đã ban hành” – Kế hoạch_số 12/KH-UBND. ") == "đã ban hành kế hoạch số 12 kh ubnd"


@pytest.mark.parametrize("code", [COPIED, REPEATED])
def test_the_words_ask_for_an_answer_in_the_row(code: str) -> None:
    """What to write instead, or where to say why, with an example."""
    wording = load_catalogue()[code]
    assert wording.needs_answer and "{o_giai_trinh}" in wording.hint and "ví dụ" in wording.hint


def test_the_backtest_sees_copies_too(small: Small) -> None:
    """What a rule about texts would have said of returns already received."""
    _hand_in(small(MIDDAY), ONE)
    p = small("2026-12-01T11:00")
    _hand_in(p, OTHER)
    stage = RuleStage.model_validate({"ma": COPIED, "tu_ngay": "2026-01-01", "muc": "thu"})
    edition = p.plan.require_edition().model_copy(update={"stages": (stage,)})
    tried = dataclasses.replace(p.plan, edition=edition)
    codes = summarise(run_backtest(p, tried, p.local.date()))["codes"]
    assert {code: (count["before"], count["after"]) for code, count in codes.items()} == {COPIED: (1, 0)}

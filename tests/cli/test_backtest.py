"""A rule set is tried on what was sent, before it binds anyone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from kybaocao.cli.backtest import run_backtest, summarise
from kybaocao.plan.form_edition import RuleStage
from kybaocao.plan.plan import Plan
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.whole_pass import run_pass
from kybaocao.store.submissions import list_submissions
from tests.stages.conftest import MIDDAY, OPENING, drop


def _with_stage(plan: Plan, code: str, level: str) -> Plan:
    stage = RuleStage.model_validate({"ma": code, "tu_ngay": "2026-01-01", "muc": level})
    return replace(plan, edition=plan.require_edition().model_copy(update={"stages": (stage,)}))


def test_what_a_rule_would_change_is_shown_and_nothing_is_recorded(small: Callable[[str], Pass]) -> None:
    """One submission accepted, one sent back; with the rule on trial both would have been accepted."""
    run_pass(small(OPENING))
    p = small(MIDDAY)
    drop(p, "STP")
    drop(p, "X-04183", **{"ty_le/T15/tu_so_luy_ke": 10**7})
    run_pass(p)
    with p.store.read() as connection:
        before = list_submissions(connection, p.cycle.id)

    tried = _with_stage(p.plan, "numerator-exceeds-denominator", "thu")
    found = summarise(run_backtest(p, tried, dt.date(2026, 12, 1)))

    with p.store.read() as connection:
        assert list_submissions(connection, p.cycle.id) == before
    assert (found["versions"], found["verdicts_changed"]) == (2, 1)
    counts = found["codes"]["numerator-exceeds-denominator"]
    assert (counts["before"], counts["after"], counts["severities"]["before"]) == (1, 0, {"error": 1})
    (change,) = found["changes"]
    assert (change["receipt"], change["before"], change["after"]) == (
        f"{p.cycle.id}/X-04183/01",
        "returned",
        "accepted",
    )
    assert [line.split()[0] for line in change["vanishing"]] == ["numerator-exceeds-denominator"]


def test_a_rule_that_weighs_more_is_shown(small: Callable[[str], Pass]) -> None:
    """The same finding, a warning when it came: the verdict turns, and code, place and weight say why."""
    run_pass(small(OPENING))
    p = small(MIDDAY)
    with_warning = _with_stage(p.plan, "numerator-exceeds-denominator", "canh_bao")
    drop(p, "X-04183", **{"ty_le/T15/tu_so_luy_ke": 10**7})
    run_pass(replace(p, plan=with_warning))

    tried = _with_stage(p.plan, "numerator-exceeds-denominator", "loi")
    found = summarise(run_backtest(p, tried, dt.date(2026, 12, 1)))

    (change,) = found["changes"]
    assert (found["verdicts_changed"], change["before"], change["after"]) == (1, "accepted", "returned")
    assert found["codes"]["numerator-exceeds-denominator"] == {
        "before": 1,
        "after": 1,
        "severities": {"before": {"warning": 1}, "after": {"error": 1}},
    }
    assert [line.rsplit("(", 1)[1] for line in change["vanishing"]] == ["warning)"]
    assert [line.rsplit("(", 1)[1] for line in change["appearing"]] == ["error, sends back)"]


def test_before_is_what_was_reported_to_the_agency(small: Callable[[str], Pass]) -> None:
    """Not what today's rules would have said; a version that nobody has judged yet has no before."""
    run_pass(small(OPENING))
    p = small(MIDDAY)
    drop(p, "X-04183", **{"ty_le/T15/tu_so_luy_ke": 10**7})
    run_pass(p)
    drop(p, "STP")
    collect_files(p)

    on_trial = replace(p, plan=_with_stage(p.plan, "numerator-exceeds-denominator", "thu"))
    found = summarise(run_backtest(on_trial, on_trial.plan, p.local.date()))

    (change,) = found["changes"]
    assert (found["versions"], change["before"], change["after"]) == (1, "returned", "accepted")


def test_the_day_asked_for_decides_which_rules_bind(small: Callable[[str], Pass]) -> None:
    """Whatever the day the file came."""
    run_pass(small(OPENING))
    p = small(MIDDAY)
    drop(p, "X-04183", **{"ty_le/T15/tu_so_luy_ke": 10**7})
    run_pass(p)
    stage = RuleStage.model_validate({"ma": "numerator-exceeds-denominator", "tu_ngay": "2026-12-20", "muc": "thu"})
    tried = replace(p.plan, edition=p.plan.require_edition().model_copy(update={"stages": (stage,)}))

    turned = [summarise(run_backtest(p, tried, dt.date(2026, 12, day)))["verdicts_changed"] for day in (19, 20)]
    assert turned == [0, 1]


def test_the_rules_in_force_change_nothing(small: Callable[[str], Pass]) -> None:
    """The same rules find the same."""
    run_pass(small(OPENING))
    p = small(MIDDAY)
    drop(p, "STP")
    run_pass(p)

    assert summarise(run_backtest(p, p.plan, p.local.date()))["changes"] == []

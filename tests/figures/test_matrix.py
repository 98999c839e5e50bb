"""Agency × target, for the evaluator whom PHỤ LỤC of the plan names."""

from __future__ import annotations

from kybaocao.figures.matrix import MatrixCell, build_matrix
from kybaocao.figures.snapshot import Verdict
from tests.figures.taking import NOTHING, PLAN, take
from tests.submissions import arrive, figures

EVERYBODY = PLAN.members(("TAT_CA",))


def test_the_targets_that_bind_everybody_are_its_columns() -> None:
    """T13 and the four of PHỤ LỤC, each with its evaluator; every bound agency has a row."""
    matrix = build_matrix(PLAN, take())
    assert [(one.id, one.evaluator) for one in matrix.columns] == [
        ("T13", "Kế hoạch không nêu"),
        *((code, "Văn phòng UBND tỉnh") for code in ("T15", "T16", "T17", "T18")),
    ]
    assert tuple(row.agency for row in matrix.rows) == tuple(one for one in PLAN.agencies if one in EVERYBODY)


def test_a_cell_has_the_agencys_own_figures_and_verdict() -> None:
    """What nobody reported is no zero, and nothing that arose is no failure."""
    snapshot = take(
        arrive("STC", figures("T16", 3, 4) | figures("T17", 0, 0, status=NOTHING)), arrive("STP", figures("T16", 4, 5))
    )
    matrix = build_matrix(PLAN, snapshot, ["T16", "T17"])
    rows = {row.agency: row.cells for row in matrix.rows}
    nobody = MatrixCell(None, None, None, None)
    assert rows["STC"] == (MatrixCell(3, 4, 75, Verdict.NOT_MET), MatrixCell(None, None, None, Verdict.NOTHING))
    assert rows["STP"] == (MatrixCell(4, 5, 80, Verdict.MET), nobody)
    assert rows["SNV"] == (nobody, nobody)
    assert (matrix.count("T16", Verdict.MET), matrix.count("T16", Verdict.NOT_MET)) == (1, 1)
    assert matrix.count("T16", None) == len(EVERYBODY) - 2


def test_an_agency_has_no_cell_for_a_target_that_does_not_bind_it() -> None:
    matrix = build_matrix(PLAN, take(), ["T10", "T16"])
    rows = {row.agency: row.cells for row in matrix.rows}
    assert (rows["STC"][0], rows["SXD"][0]) == (None, MatrixCell(None, None, None, None))

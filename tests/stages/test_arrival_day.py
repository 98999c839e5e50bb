"""A file is judged by the rules of the day it came, and has one answer in the end, whenever a pass looks at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kybaocao.stages import validate
from kybaocao.stages.collect import collect_files
from kybaocao.stages.support.passes import Pass
from kybaocao.stages.validate import validate_agency
from kybaocao.store.submissions import list_submissions
from tests.stages.conftest import drop

Small = Callable[[str], Pass]
AGENCY = "X-04183"
RULE = "numerator-exceeds-denominator"
FAULTY = {"ty_le/T15/tu_so_luy_ke": 10**6}
EVENING, NIGHT = "2026-12-05T23:59", "2026-12-06T00:01"


def _verdict(p: Pass) -> str | None:
    with p.store.read() as connection:
        return list_submissions(connection, p.cycle.id, AGENCY)[-1].verdict


def _slips(p: Pass) -> list[str]:
    return sorted(path.name for path in p.home.replies(AGENCY, p.cycle.id).iterdir())


def _waive(p: Pass, until: str) -> None:
    signed = "nguoi_quyet_dinh: Giám đốc Sở Tài chính, van_ban: 12/STC, ngay: 2026-12-01, ly_do: số liệu đặc thù"
    entry = f"ky: {p.cycle.id}, co_quan: {AGENCY}, quy_tac: {RULE}, den_ngay: {until}"
    (p.plan.folder / "dieu_chinh.yaml").write_text(f"mien_quy_tac:\n  - {{{entry}, {signed}}}\n", encoding="utf-8")


def _stage(p: Pass, *stages: str) -> None:
    path = p.plan.folder / "bieu_mau.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("kem_theo:\n", f"giai_doan_quy_tac: [{', '.join(stages)}]\nkem_theo:\n", 1), "utf-8")


@pytest.mark.parametrize(("came", "verdict"), [(EVENING, "accepted"), (NIGHT, "returned")])
def test_a_waiver_holds_for_what_came_on_its_last_day(small: Small, came: str, verdict: str) -> None:
    """Collected a minute before midnight, judged two minutes later."""
    _waive(small(EVENING), "2026-12-05")
    drop(small(came), AGENCY, **FAULTY)
    collect_files(small(came))
    validate_agency(small(NIGHT), AGENCY)
    assert _verdict(small(NIGHT)) == verdict


def test_a_rule_binds_what_comes_from_its_day_on(small: Small) -> None:
    _stage(
        small(EVENING),
        f"{{ma: {RULE}, tu_ngay: 2026-01-01, muc: thu}}",
        f"{{ma: {RULE}, tu_ngay: 2026-12-06, muc: loi}}",
    )
    drop(small(EVENING), AGENCY, **FAULTY)
    collect_files(small(EVENING))
    validate_agency(small(NIGHT), AGENCY)
    assert _verdict(small(NIGHT)) == "accepted"


@pytest.mark.parametrize("is_mended", [True, False])
def test_a_version_has_one_answer_in_its_folder(small: Small, monkeypatch: pytest.MonkeyPatch, is_mended: bool) -> None:
    """The pass dies between page and verdict, and what is configured changes: the page of the other outcome goes."""
    p = small(EVENING)
    if not is_mended:
        _waive(p, "2026-12-31")
        p = small(EVENING)
    drop(p, AGENCY, **FAULTY)
    collect_files(p)

    def _die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(validate, "record_verdict", _die)
        validate_agency(p, AGENCY)
    first = _slips(p)
    _waive(p, "2026-12-31" if is_mended else "2026-12-02")
    validate_agency(small(NIGHT), AGENCY)
    kinds = ["Phieu-tra-lai_01.html", "Phieu-tiep-nhan_01.html"]
    before, after = kinds if is_mended else reversed(kinds)
    assert before in first and [name for name in _slips(p) if name.startswith("Phieu")] == [after]

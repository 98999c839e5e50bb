"""Who has an account on the server of the shared folders, and what the files for it hold."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from kybaocao.inbox.share_recipes import REGISTER, SCRIPT, Place, list_accounts, render_recipes, write_recipes
from kybaocao.plan.load import load_plan
from kybaocao.plan.plan import Plan
from tests.conftest import CONFIG, CYCLE
from tests.small_plan import write_small_plan

PLACE = Place("nop.sonla.example.vn", "/srv/kybaocao", "/srv/nop", 50_000, "kbc", 500)
NOW = dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC)


@pytest.fixture
def small(tmp_path: Path) -> Plan:
    """The plan with five reporters."""
    return load_plan(write_small_plan(tmp_path / "config") / CONFIG.name)


def change_register(plan: Plan, folder: Path, **rows: str) -> Plan:
    """The plan with the row of an agency replaced; "" takes it out."""
    path = folder / "config" / CONFIG.name / "co_quan.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [rows.get(line.split(",")[0].replace("-", "_"), line) for line in lines]
    path.write_text("\n".join(filter(None, kept)) + "\n", encoding="utf-8")
    return load_plan(path.parent)


def test_each_agency_that_reports_has_an_account(plan: Plan, small: Plan) -> None:
    """Named by its code, with the cycles that are not over; in every plan at once."""
    accounts = list_accounts([plan, small], "kbc", NOW)
    assert [one.agency for one in accounts] == [agency.code for agency in plan.expected]
    (commune,) = [one for one in accounts if one.agency == "X-04183"]
    assert (commune.name, commune.title) == ("kbc-x-04183", "Ủy ban nhân dân xã Mường Lầm")
    assert commune.cycles == (CYCLE, CYCLE)
    assert [one.cycles for one in list_accounts([small], "kbc", NOW + dt.timedelta(days=900))] == [()] * 5


def test_an_agency_that_is_closed_loses_its_account(small: Plan, tmp_path: Path) -> None:
    """From the day after its last one."""
    path = tmp_path / "config" / CONFIG.name / "co_quan.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines = [
        line + (",den_ngay" if n == 0 else ",2026-11-30" if line.startswith("STP,") else ",")
        for n, line in enumerate(lines)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    plan = load_plan(path.parent)
    assert plan.list_faults() == []
    for days, there in ((0, True), (1, False)):
        accounts = list_accounts([plan], "kbc", NOW + dt.timedelta(days=days))
        assert ("STP" in [one.agency for one in accounts]) is there


def test_the_files_hold_no_password_and_agree_on_group_and_folders(small: Plan) -> None:
    """A blank stands where the script puts the password that it has made."""
    files = render_recipes(list_accounts([small], "kbc", NOW), PLACE)
    assert sorted(files) == sorted(
        [REGISTER, SCRIPT, "samba.conf", "sshd.conf", "phieu/dau.html"]
        + [f"phieu/kbc-{code.lower()}.html" for code in ("STC", "STP", "HHDN", "X-04183", "X-03664")]
    )
    assert all(text.count("@MAT_KHAU@") == 1 for name, text in files.items() if "kbc-" in name)
    assert all("kbc-nop" in files[name] and "/srv/nop" in files[name] for name in ("samba.conf", "sshd.conf", SCRIPT))
    assert f"kbc-x-04183\tX-04183\t{CYCLE}" in files[REGISTER].splitlines()
    done = subprocess.run(["bash", "-n"], input=files[SCRIPT], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_name_of_the_register_cannot_add_to_a_slip(small: Plan) -> None:
    """It is text of officials; in the files that programs read it does not stand at all."""
    accounts = list_accounts([small], "kbc", NOW)
    named = [type(one)(**{**vars(one), "title": "<script>$(id)`id`"}) for one in accounts]
    files = render_recipes(named, PLACE)
    assert "&lt;script&gt;" in files["phieu/kbc-stc.html"]
    assert [name for name, text in files.items() if "$(id)" in text and not name.startswith("phieu/")] == []


def test_writing_again_changes_what_differs(small: Plan, tmp_path: Path) -> None:
    """An agency that is gone loses its slip; a new one is named."""
    folder = tmp_path / "out"
    first = write_recipes(folder, render_recipes(list_accounts([small], "kbc", NOW), PLACE))
    assert (len(first.changed), len(first.added), first.removed) == (10, 5, ())
    assert (folder / SCRIPT).stat().st_mode & 0o777 == 0o755
    accounts = list_accounts([small], "kbc", NOW)
    again = write_recipes(folder, render_recipes(accounts, PLACE))
    assert (again.changed, again.added, again.removed) == ((), (), ())
    less = write_recipes(folder, render_recipes(accounts[1:], PLACE))
    assert (less.changed, less.added, less.removed) == ((REGISTER,), (), ("STC",))
    assert not (folder / "phieu" / "kbc-stc.html").exists()
    more = write_recipes(folder, render_recipes(accounts, PLACE))
    assert (set(more.changed), more.added, more.removed) == ({REGISTER, "phieu/kbc-stc.html"}, ("STC",), ())

"""A report from the browser: compiled on demand, sent back or approved on the page of the decision.

The page asks Airflow's public API with the cookie of who is logged in.  The tests run in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kybaocao.embedded.api import AirflowApi
from kybaocao.embedded.system import System
from kybaocao.home import Home
from kybaocao.store.database import open_store
from kybaocao.store.reports import ReportVersion, find_version, list_versions
from tests.airflow.conftest import wait_until
from tests.airflow.replayed.browser import log_in
from tests.airflow.replayed.console_season import CYCLE

pytestmark = pytest.mark.airflow
PLACE = f"/kybaocao/ky/{CYCLE}"


@pytest.fixture(scope="module")
def decider(console: System, browser: Browser) -> Iterator[BrowserContext]:
    context = log_in(browser, console, "lanhdao")
    yield context
    context.close()


def read_newest(live: Home) -> ReportVersion:
    with open_store(live).read() as connection:
        return find_version(connection, CYCLE, max(one.version for one in list_versions(connection, CYCLE)))


def fill_decision(page: Page, version: int, signer: str = "Đặng Trọng Lâm") -> None:
    page.goto(f"{PLACE}/bao-cao/{version}/phe-duyet")
    page.locator("[name=so]").fill("87/BC-STC")
    page.locator("[name=ngay]").fill("11/12/2026")
    page.locator("[name=nguoi_ky]").select_option(signer)
    page.locator("[name=bo_qua]").fill("Diễn tập")
    page.locator("button[value=approve]").click()


def test_a_report_is_compiled_on_demand(console: System, browser: Browser, api: AirflowApi, live: Home) -> None:
    """As a run of its own, in the name of who asked, with the reason as its note."""
    (live.supplement(CYCLE)).parent.mkdir(parents=True, exist_ok=True)
    live.supplement(CYCLE).write_text("[V.2]\nNhiệm vụ trọng tâm (nội dung mẫu).\n", encoding="utf-8")
    before = read_newest(live).version
    context = log_in(browser, console, "vanhanh")
    page = context.new_page()
    page.goto(f"{PLACE}/bao-cao")
    page.get_by_role("link", name="Lập báo cáo ngay…").click()
    page.locator("[name=note]").fill("Lãnh đạo cần số liệu hôm nay")
    page.get_by_role("button", name="Lập báo cáo ngay").click()
    expect(page.get_by_role("status")).to_be_visible()
    context.close()
    wait_until("the new version asks", lambda: read_newest(live).version > before and read_newest(live).asked_in, 300)
    run = api.call("GET", f"/api/v2/dags/{CYCLE}/dagRuns/{read_newest(live).asked_in}")
    assert run["triggering_user_name"] == "vanhanh"
    assert run["note"].startswith("Lãnh đạo cần số liệu hôm nay")


def test_a_decision_that_came_too_late_says_so(decider: BrowserContext, live: Home) -> None:
    """About the version before: it has been replaced."""
    page = decider.new_page()
    page.goto(f"{PLACE}/bao-cao/{read_newest(live).version - 1}/phe-duyet")
    expect(page.locator("button[value=approve]")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("thay")
    page.close()


def test_the_report_is_approved_in_two_steps(decider: BrowserContext, api: AirflowApi, live: Home) -> None:
    """The first says whom it reaches; after the second it is submitted to UBND tỉnh, in the name of the leader.
    Whoever had the second step open too learns that it came too late.
    """
    asked = read_newest(live)
    page, late = decider.new_page(), decider.new_page()
    for one in (page, late):
        fill_decision(one, asked.version)
        expect(one.locator("main")).to_contain_text("87/BC-STC")
        assert read_newest(live).state == "waiting", "the first step sends nothing"
    page.locator("form button.main").click()
    expect(page.get_by_role("status")).to_be_visible()
    wait_until("submitted", lambda: read_newest(live).state == "submitted", 300)
    assert read_newest(live).decided_by == "lanhdao"
    late.locator("form button.main").click()
    expect(late.get_by_role("alert")).to_contain_text(re.compile("đã|không"))
    assert read_newest(live).state == "submitted"


def test_who_approved_is_not_asked_to_sign(console: System, browser: Browser, live: Home) -> None:
    """The next question is that of UBND tỉnh."""
    wait_until("UBND tỉnh is asked", lambda: read_newest(live).asked_in, 120)
    context = log_in(browser, console, "lanhdao")
    page = context.new_page()
    page.goto(f"{PLACE}/bao-cao/{read_newest(live).version}/phe-duyet")
    expect(page.locator("main")).to_contain_text("Người trả lời câu hỏi này: Văn phòng UBND tỉnh")
    expect(page.locator("[name=so]")).to_have_count(0)
    context.close()

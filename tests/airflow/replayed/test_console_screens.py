"""Every page of the console at two widths, light and dark: nothing beside the screen, no error, a picture kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from kybaocao.embedded.system import System
from kybaocao.home import Home
from kybaocao.store.database import open_store
from kybaocao.store.outbox import list_messages
from tests.airflow.replayed.browser import NARROW, WIDE, log_in
from tests.airflow.replayed.console_season import CYCLE, JUDGED

pytestmark = pytest.mark.airflow
SCREENSHOTS = Path(__file__).resolve().parents[3] / "var" / "screenshots"
PLACE = f"ky/{CYCLE}"
PAGES = {
    "dieu-hanh": "",
    "tinh-hinh": PLACE,
    "co-quan": f"{PLACE}/co-quan/X-04183",
    "thu": f"{PLACE}/thu",
    "mot-thu": f"{PLACE}/thu/{{first}}",
    "gui-lai-tat-ca": f"{PLACE}/thu/gui-lai-tat-ca",
    "bao-cao": f"{PLACE}/bao-cao",
    "lap-ngay": f"{PLACE}/bao-cao/lap-ngay",
    "phe-duyet": f"{PLACE}/bao-cao/1/phe-duyet",
    "chi-tieu": f"{PLACE}/chi-tieu",
    "mot-chi-tieu": f"{PLACE}/chi-tieu/T16",
    "nhiem-vu": f"{PLACE}/nhiem-vu",
    "luot": f"{PLACE}/luot?run={JUDGED}",
    "nhat-ky": f"{PLACE}/nhat-ky",
    "ky-chua-co-gi": f"ky/{CYCLE.replace('ky2', 'ky1')}",
}
IN_AIRFLOW = {
    "airflow-home": "/",
    "airflow-dieu-hanh": "/plugin/dieu-hanh",
    "airflow-tinh-hinh": f"/dags/{CYCLE}/plugin/tinh-hinh",
    "airflow-luot": f"/dags/{CYCLE}/runs/{JUDGED}/plugin/luot",
    "airflow-viec": f"/dags/{CYCLE}/runs/{JUDGED}/tasks/validate/mapped/0/plugin/viec",
}


@pytest.fixture(scope="module", params=[WIDE, NARROW], ids=["1280", "390"])
def session(request: pytest.FixtureRequest, console: System, browser: Browser) -> Iterator[BrowserContext]:
    """The operator's, who sees the most."""
    context = log_in(browser, console, "vanhanh", size=request.param)
    yield context
    context.close()


def find_first_letter(live: Home) -> int:
    """Letters of every cycle are numbered together."""
    with open_store(live).read() as connection:
        return list_messages(connection, CYCLE)[0].id


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_says_no_error(session: BrowserContext, live: Home, name: str, theme: str) -> None:
    page, faults = session.new_page(), []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    path = PAGES[name].format(first=find_first_letter(live))
    answer = page.goto(f"/kybaocao/{path}{'&' if '?' in path else '?'}theme={theme}")
    assert answer is not None
    keep_picture(page, name, theme)
    beside = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert (answer.status, faults, beside) == (200, [], 0)
    assert page.locator("html").get_attribute("data-theme") == theme
    page.close()


@pytest.mark.parametrize("name", IN_AIRFLOW)
def test_airflow_shows_it(session: BrowserContext, name: str) -> None:
    page = session.new_page()
    page.goto(IN_AIRFLOW[name])
    if name == "airflow-home":
        page.get_by_role("region", name="Kỳ báo cáo").wait_for()
    else:
        page.frame_locator("iframe[src*='/kybaocao']").get_by_role("heading", level=1).wait_for()
    keep_picture(page, name, "light")
    page.close()


def keep_picture(page: Page, name: str, theme: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    width = page.evaluate("innerWidth")
    page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{theme}.png", full_page=True)

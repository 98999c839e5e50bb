"""No page keeps out who cannot see it, or uses no mouse: the rules of axe, light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from kybaocao.home import Home
from tests.console.browser import find_missing, open_browser, read_axe, serve_console
from tests.console.every_page import PAGES
from tests.console.test_approval import YES

WEIGHTY = ("serious", "critical")
ASK = """async theme => {
  document.documentElement.dataset.theme = theme;
  for (const one of document.querySelectorAll("details")) one.open = true;
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.map(one => [one.impact, one.id, one.nodes.map(node => node.html.slice(0, 160))]);
}"""

SEND = """fields => {
  const form = Object.assign(document.createElement("form"), {method: "post"});
  for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), {name, value}));
  document.body.append(form);
  form.submit();
}"""


def list_faults(page: Page) -> list[list[object]]:
    """What is serious or critical on what the page shows, in light and in dark."""
    found = [[theme, *fault] for theme in ("light", "dark") for fault in page.evaluate(ASK, theme)]
    return [one for one in found if one[1] in WEIGHTY]


@pytest.fixture(scope="module")
def browser_page(played: Home) -> Iterator[tuple[Page, str]]:
    """A page of an operator's browser that knows the rules, and the console's address."""
    if reason := find_missing("chromium", "npm"):
        pytest.skip(reason)
    with serve_console() as address, open_browser() as browser:
        page = browser.new_page(bypass_csp=True)
        page.add_init_script(read_axe())
        yield page, address


@pytest.fixture
def sight(browser_page: tuple[Page, str]) -> tuple[Page, str]:
    browser_page[0].set_extra_http_headers({"x-account": "vanhanh"})
    browser_page[0].set_viewport_size({"width": 1280, "height": 800})
    return browser_page


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_a_serious_fault(sight: tuple[Page, str], name: str) -> None:
    """Everything that is folded away is opened first."""
    page, address = sight
    answer = page.goto(address + PAGES[name])
    assert answer and answer.status == (404 if name == "refusal" else 200)
    assert list_faults(page) == []


def test_neither_step_of_the_decision_has_a_serious_fault(sight: tuple[Page, str], asked: Home) -> None:
    """The fields that the leader fills in, and what is asked before anything leaves."""
    page, address = sight
    page.set_extra_http_headers({"x-account": "lanhdao"})
    page.goto(address + PAGES["approval"])
    assert page.locator("[name=so]").count() == 1 and list_faults(page) == []
    with page.expect_navigation():
        page.evaluate(SEND, YES)
    assert page.locator("[data-call]").count() == 1 and list_faults(page) == []


def test_a_page_with_a_fault_is_noticed(sight: tuple[Page, str]) -> None:
    """A field without a label, and grey on grey: the rules are really asked."""
    page, address = sight
    page.goto(address + PAGES["audit"])
    page.evaluate("document.querySelector('main').innerHTML = '<input><p class=grey>Chữ</p>'")
    page.add_style_tag(content=".grey { color: #999; background: #aaa }")
    assert {"label", "color-contrast"} <= {fault[1] for fault in page.evaluate(ASK, "light")}


@pytest.mark.parametrize("name", PAGES)
def test_a_telephone_shows_every_page_without_sliding_it(sight: tuple[Page, str], name: str) -> None:
    """What is wider, like a table, slides in a box of its own."""
    page, address = sight
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(address + PAGES[name])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

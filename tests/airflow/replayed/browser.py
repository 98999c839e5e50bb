"""A browser before the running system: Debian's Chromium, driven by Playwright, which downloads nothing."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect, sync_playwright

from kybaocao.embedded.system import System

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SECONDS = 60  # on a busy machine a page of Airflow takes its time
WIDE, NARROW = (1280, 900), (390, 844)


@contextmanager
def open_browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chưa cài Chromium (apt-get install chromium)")
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        # Root, as in a container of CI, has no sandbox of Chromium; the pages are our own.
        yield (browser := playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]))
        browser.close()


def log_in(browser: Browser, system: System, user: str, *, size: tuple[int, int] = WIDE) -> BrowserContext:
    """A session of somebody who has logged in on Airflow's own page."""
    width, height = size
    context = browser.new_context(
        base_url=system.url,
        viewport={"width": width, "height": height},
        color_scheme="light",
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
    )
    context.set_default_timeout(SECONDS * 1000)
    page = context.new_page()
    page.goto("/auth/login/")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", system.passwords()[user])
    page.click("button[type=submit]")
    page.wait_for_url(lambda address: "/login" not in address)
    page.close()
    return context


def find_frame(page: Page) -> FrameLocator:
    """The console inside the page of Airflow."""
    return page.frame_locator("iframe[src*='/kybaocao']")


class Walk:
    """From Airflow's Home to an answer about a cycle; counts the clicks."""

    def __init__(self, context: BrowserContext, cycle: str) -> None:
        self.page, self.cycle = context.new_page(), cycle
        self.page.goto("/")
        self.clicks = 0

    def click_card(self, name: str, *, is_of_cycle: bool = True) -> None:
        """A link of the card on Home; cycles of several plans may have one title."""
        link = self.page.get_by_role("region", name="Kỳ báo cáo").get_by_role("link", name=name, exact=True)
        if is_of_cycle:
            link = link.and_(self.page.locator(f"a[href*='/ky/{self.cycle}']"))
        link.first.click()
        self.clicks += 1

    def click(self, name: str | re.Pattern[str]) -> None:
        """A link inside the console."""
        find_frame(self.page).get_by_role("link", name=name, exact=isinstance(name, str)).first.click()
        self.clicks += 1

    def read(self, heading: str) -> str:
        """The console's text once it shows this page."""
        frame = find_frame(self.page)
        frame.get_by_role("heading", name=heading, level=1).wait_for()
        return frame.locator("main").inner_text()

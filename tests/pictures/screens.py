"""Pictures of pages: Airflow and the console, as an operator and those who decide see them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from kybaocao.demo.play import CYCLE
from kybaocao.embedded.system import System
from tests.airflow.replayed.browser import find_frame, log_in
from tests.pictures.album import keep_picture, keep_words

WIDTH, HEIGHT = 1280, 860
PLACE = f"/kybaocao/ky/{CYCLE}"
JUDGED, NEXT = "2026-12-02__luot_03", "2026-12-07__luot_04"  # runs: many files go back, and are corrected


class Screens:
    """`look` is called before every run and every answer of the season; `agency` has a file to correct after JUDGED."""

    def __init__(self, browser: Browser, system: System, agency: str) -> None:
        self.browser, self.system, self.agency = browser, system, agency
        self.questions = 0

    def look(self, coming: str) -> None:
        """`coming`: the run, or the task whose question waits for its answer."""
        self.questions += coming == "approve"
        if coming == NEXT:
            self._look_at_season()
        elif coming == "approve" and self.questions == 1:  # about the first draft, which is sent back
            self._look_at_draft()
        elif coming == "approve":
            self._look_at_decision()
        elif coming == "sign":
            self._look_at_versions()

    @contextmanager
    def _open(self, user: str) -> Iterator[Page]:
        context = log_in(self.browser, self.system, user, size=(WIDTH, HEIGHT))
        yield context.new_page()
        context.close()

    def _look_at_season(self) -> None:
        with self._open("vanhanh") as page:
            page.goto("/")
            page.get_by_role("region", name="Kỳ báo cáo").wait_for()
            take(page, "airflow-trang-dau", height=540)
            take_frame(page, "dieu-hanh", "/plugin/dieu-hanh")
            take_frame(page, "luot-nay", f"/dags/{CYCLE}/runs/{JUDGED}/plugin/luot")
            page.goto(f"/dags/{CYCLE}/runs/{JUDGED}/tasks/validate/mapped")
            page.get_by_text("trả lại").first.wait_for()
            take(page, "airflow-dong")
            page.goto(f"{PLACE}/co-quan/{self.agency}")
            take(page, "mot-co-quan", height=1240)
            page.goto(f"{PLACE}/thu")
            take(page, "thu")

    def _look_at_draft(self) -> None:
        with self._open("vanhanh") as page:
            take_frame(page, "tinh-hinh-nop", f"/dags/{CYCLE}/plugin/tinh-hinh")
            page.goto(f"{PLACE}/bao-cao/lap-ngay")
            take(page, "lap-ngay")
            page.goto(f"{PLACE}/chi-tieu")
            take(page, "chi-tieu")

    def _look_at_decision(self) -> None:
        """The page of the question; nothing is answered here."""
        with self._open("lanhdao") as page:
            page.goto(f"{PLACE}/bao-cao/2/phe-duyet")
            page.locator("form [name=so]").wait_for()
            take(page, "phe-duyet", height=1240)

    def _look_at_versions(self) -> None:
        with self._open("vanhanh") as page:
            page.goto(f"{PLACE}/bao-cao")
            take(page, "bao-cao")


def take_frame(page: Page, name: str, path: str) -> None:
    """A page of the console inside Airflow."""
    page.goto(path)
    find_frame(page).get_by_role("heading", level=1).wait_for()
    take(page, name)


def take(page: Page, name: str, *, height: int = HEIGHT) -> None:
    """At most `height` pixels of the page from its top, once it has come to rest."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2000)  # charts and tables of Airflow appear after their data
    keep_words(name, "\n".join(frame.locator("body").inner_text() for frame in page.frames))
    bottoms = "[...document.querySelectorAll('body *')].map(one => one.getBoundingClientRect().bottom + scrollY)"
    ends = page.evaluate(f"Math.ceil(Math.max(...{bottoms}))") + 12
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": min(height, ends)}
    keep_picture(name, page.screenshot(clip=clip, full_page=True))

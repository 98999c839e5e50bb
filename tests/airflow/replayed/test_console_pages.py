"""The console inside Airflow, in a browser: where its tabs stand, nine answers in two clicks, what operators do.

The tests run in order.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kybaocao.embedded.system import System
from kybaocao.home import Home
from kybaocao.store.database import open_store
from kybaocao.store.deliveries import AddressState, record_delivery
from kybaocao.store.outbox import LetterState, Message, add_message, find_key, mark_over
from tests.airflow.replayed.browser import Walk, find_frame, log_in
from tests.airflow.replayed.console_season import CYCLE, JUDGED

pytestmark = pytest.mark.airflow
PLACE = f"/kybaocao/ky/{CYCLE}"
TITLE = "NQ 02/2026 · Kỳ 2 – cả năm"


@pytest.fixture(scope="module")
def operator(console: System, browser: Browser) -> Iterator[BrowserContext]:
    context = log_in(browser, console, "vanhanh")
    yield context
    context.close()


@pytest.fixture
def page(operator: BrowserContext) -> Iterator[Page]:
    page = operator.new_page()
    yield page
    page.close()


def test_the_navigation_has_the_overview(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Điều hành", exact=True).click()
    expect(find_frame(page).get_by_role("heading", level=1)).to_have_text("Điều hành")


@pytest.mark.parametrize(
    ("path", "tab", "heading"),
    [
        (f"/dags/{CYCLE}", "Tình hình nộp", TITLE),
        (f"/dags/{CYCLE}/runs/{JUDGED}", "Lượt này", "Lượt này"),
        (f"/dags/{CYCLE}/runs/{JUDGED}/tasks/deliver_mail", "Kỳ Báo Cáo", "Thư"),
        (f"/dags/{CYCLE}/runs/{JUDGED}/tasks/collect", "Kỳ Báo Cáo", "Lượt này"),
    ],
)
def test_a_page_of_airflow_has_a_tab_of_ours(page: Page, path: str, tab: str, heading: str) -> None:
    page.goto(path)
    page.get_by_role("link", name=tab).click()
    expect(find_frame(page).get_by_role("heading", level=1)).to_have_text(heading)


def test_the_tab_of_a_row_is_the_page_of_its_agency(page: Page) -> None:
    """Which of the rows is whose, only Airflow knows."""
    shown = set()
    for row in (0, 1):
        page.goto(f"/dags/{CYCLE}/runs/{JUDGED}/tasks/validate/mapped/{row}")
        page.get_by_role("link", name="Kỳ Báo Cáo").click()
        shown.add(find_frame(page).get_by_role("heading", level=1).inner_text())
    assert shown == {"Sở Tài chính", "Ủy ban nhân dân xã Mường Lầm"}


def test_the_frame_is_as_dark_as_airflow(operator: BrowserContext, page: Page) -> None:
    """Also when it changes while the page is open."""
    page.goto(f"/dags/{CYCLE}/plugin/tinh-hinh")
    inside = find_frame(page).locator("html")
    expect(inside).to_have_attribute("data-theme", re.compile("light|dark"))
    for theme in ("dark", "light"):
        for _ in range(20):  # Airflow sets its own once more when its page has loaded
            page.evaluate("theme => { document.documentElement.className = theme }", theme)
            page.wait_for_timeout(300)
            if inside.get_attribute("data-theme") == theme:
                break
        expect(inside).to_have_attribute("data-theme", theme)


def ask_who_reported(walk: Walk) -> None:
    walk.click_card(TITLE)
    assert "Sở Tư pháp" in walk.read(TITLE)


def ask_who_is_late(walk: Walk) -> None:
    walk.click_card(TITLE)
    walk.click(re.compile(r"Chưa nộp, quá hạn"))
    expect(find_frame(walk.page).get_by_role("row", name=re.compile("Chiềng An"))).to_contain_text("Chưa nộp")
    expect(find_frame(walk.page).get_by_role("row", name=re.compile("Sở Tư pháp"))).to_have_count(0)


def ask_who_was_returned_and_why(walk: Walk) -> None:
    walk.click_card("2")  # of "Trả lại: 2"
    rows = find_frame(walk.page).get_by_role("row")
    expect(rows.filter(has_text="Mường Lầm")).to_contain_text("Không phải số")
    expect(rows.filter(has_text="Hiệp hội")).to_contain_text("Nộp sau hạn chưa ghi lý do")


def ask_which_letters_went(walk: Walk) -> None:
    walk.click_card(TITLE)
    walk.click("Thư")
    text = walk.read("Thư")
    assert "Không đến được (0)" in text
    assert re.search(r"Đã gửi \([1-9]\d*\)", text)


def ask_what_blocks_the_report(walk: Walk) -> None:
    walk.click_card(TITLE)
    walk.click("Báo cáo")
    assert "2/5" in walk.read("Báo cáo")


def ask_what_is_due_today(walk: Walk) -> None:
    walk.click_card("Mở trang Điều hành", is_of_cycle=False)
    rows = find_frame(walk.page).locator(f"section[aria-labelledby=today] tr:has(a[href*='{CYCLE}'])")
    expect(rows.filter(has_text="Báo cáo lãnh đạo Sở Tài chính")).to_contain_text("Đã xong")


def ask_where_the_report_is(walk: Walk) -> None:
    walk.click_card(TITLE)
    walk.click("Báo cáo")
    walk.read("Báo cáo")
    file = find_frame(walk.page).get_by_role("link", name=re.compile(r"^Du-thao_.*\.docx$")).first
    with walk.page.expect_download() as download:
        file.click()
    assert download.value.suggested_filename.endswith(".docx")


def ask_for_the_decision(walk: Walk) -> None:
    walk.click_card("1")  # of "Chờ phê duyệt: 1"
    assert "Người trả lời câu hỏi này: Giám đốc Sở Tài chính" in walk.read("Phê duyệt báo cáo, phiên bản 1")


def ask_whether_mail_works(walk: Walk) -> None:
    walk.click_card("Mở trang Điều hành", is_of_cycle=False)
    health = find_frame(walk.page).get_by_role("region", name="Sức khoẻ hệ thống")
    expect(health).to_contain_text(re.compile(r"Thư gửi gần nhất\s*\d\d:\d\d ngày"))
    assert "Máy chủ thư không nhận thư" not in walk.read("Điều hành")


@pytest.mark.parametrize(
    "ask",
    [
        ask_who_reported,
        ask_who_is_late,
        ask_who_was_returned_and_why,
        ask_which_letters_went,
        ask_what_blocks_the_report,
        ask_what_is_due_today,
        ask_where_the_report_is,
        ask_for_the_decision,
        ask_whether_mail_works,
    ],
)
def test_an_everyday_question_is_two_clicks_from_home(operator: BrowserContext, ask: Callable[[Walk], None]) -> None:
    walk = Walk(operator, CYCLE)
    ask(walk)
    assert walk.clicks <= 2
    walk.page.close()


def test_a_name_is_found_without_its_marks(page: Page) -> None:
    page.goto(PLACE)
    page.get_by_role("searchbox").first.fill("muong lam")
    page.get_by_role("searchbox").first.press("Enter")
    found = page.get_by_role("row").filter(has=page.locator("a[href*='/co-quan/']"))
    expect(found).to_have_count(1)
    expect(found).to_contain_text("Mường Lầm")


def test_a_figure_leads_to_the_cells_behind_it(page: Page) -> None:
    """From the list to the target, from there to the agency's own file."""
    page.goto(f"{PLACE}/chi-tieu")
    page.get_by_role("row").filter(has_text="T16").get_by_role("link").first.click()
    assert re.search(r"\b[A-Z]\d+\b", page.locator("main").inner_text())


def test_an_extension_is_granted_with_a_name_and_a_reason(page: Page) -> None:
    page.goto(f"{PLACE}/co-quan/X-03664")
    page.get_by_text("Gia hạn nộp", exact=True).click()
    form = page.locator("form").filter(has=page.locator("input[name=loai][value=gia_han]"))
    form.locator("[name=den_het_ngay]").fill("2026-12-15")
    form.locator("[name=nguoi_quyet_dinh]").fill("Đặng Trọng Lâm")
    form.locator("[name=van_ban]").fill("1240/STC-TH")
    form.locator("[name=ngay]").fill("2026-12-10")
    form.locator("[name=ly_do]").fill("Mất điện do mưa lũ")
    form.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text(re.compile(r"Đã ghi quyết định số \d+"))
    page.goto(f"{PLACE}/nhat-ky")
    expect(page.get_by_role("row").filter(has_text="Mất điện do mưa lũ").first).to_contain_text("vanhanh")


def refuse_letter(live: Home) -> int:
    """A letter that the mail server refused; its number."""
    at, address = dt.datetime.fromisoformat("2026-12-11T08:00+07:00"), "vanthu.hhdn@sonla.example.vn"
    message = Message("thu/tu-choi", CYCLE, "nhac", (address,), "Thư bị từ chối", "<p>Kính gửi</p>", "Kính gửi", "HHDN")
    with open_store(live).write() as connection:
        add_message(connection, message, at=at)
        found = find_key(connection, message.key)
        assert found is not None
        mark_over(connection, found.id, LetterState.REFUSED, "554 5.7.1 content rejected")
        record_delivery(connection, message.message_id, address, AddressState.REFUSED, at=at, reply="554")
    return found.id


def ask_to_resend(page: Page) -> None:
    form = page.locator("form[action$='/gui-lai']")
    if not form.is_visible():
        page.locator("details").filter(has=form).locator("summary").click()
    form.locator("[name=ly_do]").fill("Máy chủ đã sửa bộ lọc")
    form.get_by_role("button").click()


def test_a_letter_is_sent_again_and_what_came_too_late_says_so(
    operator: BrowserContext, page: Page, live: Home
) -> None:
    """Two people at the same letter: the second learns that nothing was changed."""
    number, late = refuse_letter(live), operator.new_page()
    page.goto(f"{PLACE}/thu?trang_thai=undelivered")
    page.get_by_role("link", name="Thư bị từ chối").click()
    late.goto(page.url)
    ask_to_resend(page)
    expect(page.get_by_role("status")).to_contain_text(f"Thư số {number}")
    ask_to_resend(late)
    expect(late.get_by_role("heading", level=1)).to_have_text("Không thực hiện được")
    late.close()

"""Pictures of papers: what an agency and the leaders get, from the folders and mails that the season left."""

from __future__ import annotations

import base64
import html
import re
import shutil
import subprocess
import tempfile
import zipfile
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import Browser, Page

from kybaocao.demo.play import CYCLE
from kybaocao.home import Home
from kybaocao.store.database import open_store
from kybaocao.store.reports import list_versions
from tests.pictures.album import keep_picture, keep_words

WIDTH, HEIGHT = 840, 1150
_DOTS_PER_INCH = 100
LETTERS = {"thu-nhac": "nhac", "thu-tinh-hinh": "tinh_hinh"}
# The bottom of the last paragraph or table that fits; a heading does not stand alone below.
_FITTING = """limit => {
  const page = document.querySelector('.trang') || document.body;
  const ends = [...page.querySelectorAll('p, table, ul, ol, div')].map(one => one.getBoundingClientRect().bottom);
  return Math.ceil(Math.max(...ends.filter(end => end <= limit)));
}"""
# Numbers as officials' machines show them.
_VIETNAMESE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>vi</value></prop></item>
</oor:items>
"""


def take_papers(browser: Browser, home: Home, agency: str) -> None:
    folder = home.shared / agency / CYCLE
    answers = folder / "tra_loi"
    page = browser.new_page(viewport={"width": WIDTH, "height": 100}, locale="vi-VN")
    take_html(page, "phieu-tra-lai", next(answers.glob("Phieu-tra-lai_*.html")).read_text(encoding="utf-8"))
    take_html(page, "phieu-tiep-nhan", next(answers.glob("Phieu-tiep-nhan_*.html")).read_text(encoding="utf-8"))
    for name, kind in LETTERS.items():
        take_html(page, name, show_letter(find_letter(home, kind)))
    page.close()
    with tempfile.TemporaryDirectory(prefix="kybaocao-hinh-") as work:
        form = draw_workbook(next(folder.glob("*.xlsx")), Path(work))
        take_page("bieu-mau-huong-dan", form, "Cách điền và nộp", is_sheet=True)
        take_page("bieu-mau-chi-tieu", form, "Tình trạng số liệu", is_sheet=True)
        marked = draw_workbook(next(answers.glob("Ban-danh-dau_*.xlsx")), Path(work))
        take_page("ban-danh-dau-ket-qua", marked, "Điều chưa đúng", is_sheet=True)
        take_page("ban-danh-dau-o-sai", marked, "khoảng 40", without="Điều chưa đúng", is_sheet=True)
    take_page("bao-cao-trang-1", find_report(home), "BÁO CÁO")


# --- letters and slips --------------------------------------------------------------------------------------------


def take_html(page: Page, name: str, text: str) -> None:
    page.set_content(text)
    keep_words(name, page.locator("body").inner_text())
    height = page.evaluate(_FITTING, HEIGHT) + 12
    keep_picture(name, page.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": height}, full_page=True))


def find_letter(home: Home, kind: str) -> EmailMessage:
    """One of its kind in the mailbox: the first by its recipients and its subject, whose days run on."""
    found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in home.root.glob(f"mail/{kind}__*")]
    return min(found, key=lambda one: (str(one["To"]), str(one["Subject"])))


def show_letter(message: EmailMessage) -> str:
    """As a mail program shows it: who, to whom, what about, then the page with its pictures."""
    body = message.get_body(("html",))
    assert body is not None
    text = str(body.get_content())
    for part in message.walk():
        if part.get_content_maintype() == "image" and (number := str(part["Content-ID"]).strip("<>")):
            data = base64.b64encode(part.get_payload(decode=True)).decode()
            text = text.replace(f"cid:{number}", f"data:{part.get_content_type()};base64,{data}")
    heads = (("Từ", "From"), ("Tới", "To"), ("Tiêu đề", "Subject"))
    rows = "".join(f"<b>{label}:</b> {html.escape(str(message[name]))}<br>" for label, name in heads)
    head = f'<div style="font:15px/1.5 sans-serif;padding:10px 16px;background:#e9edf2">{rows}</div>'
    return re.sub(r"(<body[^>]*>)", lambda found: found[1] + head, text, count=1)


# --- workbooks and documents --------------------------------------------------------------------------------------


def draw_workbook(workbook: Path, work: Path) -> Path:
    """A PDF of its sheets, with the letters of columns and the numbers of rows that the slips name."""
    copy, profile = work / workbook.name, work / "profile"
    with zipfile.ZipFile(workbook) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, _show_headings(data) if name.startswith("xl/worksheets/sheet") else data)
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_VIETNAMESE, encoding="utf-8")
    command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
    command += ["--convert-to", "pdf", "--outdir", str(work), str(copy)]
    subprocess.run(command, check=True, capture_output=True, timeout=240, cwd=work)
    shutil.rmtree(profile)
    return copy.with_suffix(".pdf")


def _show_headings(sheet: bytes) -> bytes:
    if b"<printOptions" in sheet:
        return sheet.replace(b"<printOptions", b'<printOptions headings="1"', 1)
    return sheet.replace(b"<pageMargins", b'<printOptions headings="1"/><pageMargins', 1)


def take_page(name: str, pdf: Path, words: str, *, without: str = "\0", is_sheet: bool = False) -> None:
    """The first page that has these words and not the others. Raises StopIteration when there is none."""
    pages = _run("pdftotext", "-layout", str(pdf), "-").decode().split("\f")
    texts = [" ".join(page.split()) for page in pages]
    number = next(n for n, text in enumerate(texts, 1) if words in text and without not in text)
    keep_words(name, pages[number - 1])
    page = ["-f", str(number), "-l", str(number)]
    keep_picture(name, _run("pdftoppm", "-png", "-r", str(_DOTS_PER_INCH), *page, str(pdf)), is_cut=is_sheet)


def _run(*command: str) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout


def find_report(home: Home) -> Path:
    """What was submitted to UBND tỉnh."""
    with open_store(home).read() as connection:
        version = list_versions(connection, CYCLE)[-1]
    return next((home.root / version.folder / "trinh-ubnd-tinh").glob("*-BC-STC_*.pdf"))

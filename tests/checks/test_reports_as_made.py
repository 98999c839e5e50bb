"""Reports as the programs of offices write them are accepted."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import docx
import pikepdf
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from PIL import Image

from kybaocao.attachments.inspection import choose_attachment, inspect_attachment
from kybaocao.plan.attachment_kinds import AttachmentKind
from tests.attachments.attachment_files import signed_pdf

SIGNED = AttachmentKind.model_validate(
    {"ma": "ban_ky", "ten": "Bản ký", "loai": ["pdf", "docx"], "ten_tep_co": ["bản ký"]}
)
HYPERLINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
LIBREOFFICE = {
    "docx": "docx:MS Word 2007 XML",
    "pdf": "pdf:writer_pdf_Export",
    "tagged.pdf": 'pdf:writer_pdf_Export:{"UseTaggedPDF":{"type":"boolean","value":"true"},'
    '"ExportBookmarks":{"type":"boolean","value":"true"},"ExportNotes":{"type":"boolean","value":"true"}}',
    "archive.pdf": 'pdf:writer_pdf_Export:{"SelectPdfVersion":{"type":"long","value":"2"}}',
}


def _picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.effect_noise((200, 280), 60).save(out, "PNG")
    out.seek(0)
    return out


def _report() -> bytes:
    """A report with all that reports have: headings, a table, a picture, links, a comment, page numbers, contents."""
    report = docx.Document()
    report.core_properties.author = "Văn phòng UBND xã"
    report.add_heading("BÁO CÁO kết quả thực hiện Nghị quyết 02/NQ-CP", 1)
    _add_field(report.add_paragraph(), 'TOC \\o "1-3" \\h \\z \\u')
    paragraph = report.add_paragraph("Xem tại ")
    for text, address in (("cổng thông tin", "https://sonla.gov.vn/a?b=c&d=e"), ("thư", "mailto:vp@sonla.gov.vn")):
        _add_link(paragraph, text, address)
    report.add_comment(paragraph.runs, text="Đã kiểm tra", author="Chị Xuân", initials="X")
    table = report.add_table(3, 4, style="Table Grid")
    for number, cell in enumerate(cell for row in table.rows for cell in row.cells):
        cell.text = f"ô {number}"
    table.cell(0, 0).merge(table.cell(0, 1))
    report.add_picture(_picture())
    _add_field(report.sections[0].footer.paragraphs[0], " PAGE  \\* MERGEFORMAT ")
    report.sections[0].header.paragraphs[0].text = "UBND XÃ MƯỜNG LẦM"
    out = io.BytesIO()
    report.save(out)
    return out.getvalue()


def _add_field(paragraph: docx.text.paragraph.Paragraph, instruction: str) -> None:
    for kind, text in (("begin", ""), ("", instruction), ("separate", ""), ("end", "")):
        run = paragraph.add_run()._r
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        element.text = text or None
        run.append(element)


def _add_link(paragraph: docx.text.paragraph.Paragraph, text: str, address: str) -> None:
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(address, HYPERLINK, is_external=True))
    run = paragraph.add_run(text)
    link.append(run._r)
    paragraph._p.append(link)


def _scan() -> bytes:
    """Pages of pictures, as scanners and phones write them."""
    out = io.BytesIO()
    pages = [Image.effect_noise((400, 560), 60).convert("RGB") for _ in range(3)]
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    return out.getvalue()


def _saved_again(**how: object) -> Callable[[], bytes]:
    """A scan that another program has written anew."""

    def make() -> bytes:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(_scan())) as document:
            document.save(out, **how)
        return out.getvalue()

    return make


MADE: dict[str, Callable[[], bytes]] = {
    "by Word": _report,
    "scanned": _scan,
    "scanned and signed": signed_pdf,
    "scanned and made quick to load": _saved_again(linearize=True),
    "scanned and made small": _saved_again(object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "scanned, with a line after its end": lambda: _scan() + b"\r\n\0\0",
}


@pytest.mark.parametrize("name", MADE)
def test_a_report_is_kept(name: str) -> None:
    data = MADE[name]()
    chosen = choose_attachment(data, "BC 125 (bản ký)", (SIGNED,))
    assert (chosen, inspect_attachment(data, SIGNED)) == (SIGNED, None)


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    folder: Path = tmp_path_factory.mktemp("libreoffice")
    (folder / "a.docx").write_bytes(_report())

    def convert(kind: str) -> bytes:
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to"]
        command += [LIBREOFFICE[kind], "--outdir", str(folder / kind), str(folder / "a.docx")]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return next((folder / kind).iterdir()).read_bytes()

    return convert


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("kind", LIBREOFFICE)
def test_a_report_from_libreoffice_is_kept(kind: str, converted: Callable[[str], bytes]) -> None:
    """Saved again, printed, with its structure, for the archive."""
    assert inspect_attachment(converted(kind), SIGNED) is None

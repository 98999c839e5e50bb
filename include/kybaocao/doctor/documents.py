"""The report as PDF: LibreOffice converts a small document, and the fonts that got into it are named."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from docx import Document

from kybaocao.doctor.probing import Answer, Setting, doubtful, good
from kybaocao.documents.layout import FONT
from kybaocao.documents.pdf import convert_to_pdf, find_converter

_TEXT = "Cộng hòa xã hội chủ nghĩa Việt Nam: ẰẴẨỠỤỲ ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđĐ"
_SAME_WIDTHS = {"timesnewroman", "timesnewromanpsmt", "liberationserif", "tinos", "thorndale"}
_INSTALL = "cài phông Times New Roman, hoặc gói fonts-liberation (cùng độ rộng chữ)"
_NO_PDF = "cài gói libreoffice-writer; chưa có thì báo cáo chỉ có bản Word"


def probe_documents(_setting: Setting) -> Iterator[Answer]:
    """Whether the report can be turned into a PDF, and how it will look."""
    converter = find_converter()
    if converter is None:
        yield doubtful("không tìm thấy LibreOffice: báo cáo sẽ không có bản PDF", _NO_PDF)
        yield from _probe_installed()
        return
    with tempfile.TemporaryDirectory(prefix="kybaocao-kiem-tra-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "kiem-tra.docx"
        document = Document()
        document.styles["Normal"].font.name = FONT  # type: ignore[attr-defined]
        document.add_paragraph(_TEXT)
        document.save(str(path))
        pdf = convert_to_pdf(path)
        if pdf is None:
            yield doubtful(
                f"LibreOffice ({converter}) không chuyển được tài liệu thử sang PDF: báo cáo sẽ không có bản PDF",
                "chạy thử soffice --headless --convert-to pdf bằng tài khoản của hệ thống; kiểm tra bộ nhớ, /tmp",
            )
            return
        yield good(f"LibreOffice ({converter}) chuyển tài liệu sang PDF được")
        fonts = list_embedded(pdf)
    if fonts is None:
        yield from _probe_installed()
    else:
        yield judge_fonts(fonts)


def list_embedded(pdf: Path) -> list[str] | None:
    """The fonts inside a PDF, without the mark of a subset; None where `pdffonts` is not installed."""
    program = shutil.which("pdffonts")
    if program is None:
        return None
    done = subprocess.run([program, str(pdf)], capture_output=True, text=True, timeout=60, check=True)
    names = [line.split()[0] for line in done.stdout.splitlines()[2:] if line.strip()]
    return sorted({re.sub(r"^[A-Z]{6}\+", "", name) for name in names})


def judge_fonts(fonts: list[str]) -> Answer:
    """One font for the whole text, as wide as the one the decree names."""
    shown = ", ".join(fonts)
    if len(fonts) != 1:
        return doubtful(f"chữ tiếng Việt trong PDF lấy từ nhiều phông: {shown or 'không có phông nào'}", _INSTALL)
    if re.sub(r"[^a-z]", "", fonts[0].partition("-")[0].lower()) not in _SAME_WIDTHS:
        return doubtful(f"PDF dùng phông {shown} thay cho {FONT}: chữ rộng hơn, trang vỡ khác bản Word", _INSTALL)
    return good(f"phông trong PDF: {shown}, đủ chữ tiếng Việt")


def _probe_installed() -> Iterator[Answer]:
    """What the machine has, where it cannot be seen what a PDF gets."""
    program = shutil.which("fc-match")
    if program is None:
        yield doubtful(
            "chưa biết máy có phông tiếng Việt nào (không có pdffonts, fc-match)", "cài gói poppler-utils, fontconfig"
        )
        return
    done = subprocess.run(
        [program, "-f", "%{family}", f"{FONT}:lang=vi"], capture_output=True, text=True, timeout=60, check=True
    )
    family = done.stdout.split(",")[0].strip()
    yield judge_fonts([family] if family else [])

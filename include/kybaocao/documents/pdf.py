"""The report as PDF, when LibreOffice is on the machine; without it the report is complete as .docx."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from kybaocao.files import write_whole

WORK_PREFIX = "kybaocao-pdf-"  # of the folder a conversion works in
_TIMEOUT_SECONDS = 120
_PROGRAMS = ("soffice", "libreoffice")


def find_converter() -> str | None:
    return next((found for program in _PROGRAMS if (found := shutil.which(program))), None)


def convert_to_pdf(docx: Path) -> Path | None:
    """Write the PDF beside the document. None when LibreOffice is absent, fails or takes too long.

    Each call has a profile of its own: two LibreOffice processes on one profile refuse each other.
    """
    converter = find_converter()
    if converter is None:
        return None
    with tempfile.TemporaryDirectory(prefix=WORK_PREFIX, ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        command = [
            converter,
            f"-env:UserInstallation={(work / 'profile').as_uri()}",
            "--headless",
            "--norestore",
            "--convert-to",
            "pdf:writer_pdf_Export",
            "--outdir",
            str(work),
            str(docx.resolve()),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_SECONDS, cwd=work)
        except (OSError, subprocess.SubprocessError):
            return None
        made = work / docx.with_suffix(".pdf").name
        if not made.is_file() or not made.stat().st_size:
            return None
        target = docx.with_suffix(".pdf")
        try:
            write_whole(target, made.read_bytes())
        except OSError:
            return None
    return target

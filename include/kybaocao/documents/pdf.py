"""The report as PDF, when LibreOffice is on the machine; without it the report is complete as .docx."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from kybaocao.files import write_whole

WORK_PREFIX = "kybaocao-pdf-"  # of the folder a conversion works in; the process that converts follows
_TIMEOUT_SECONDS = 120
_ATTEMPTS = 2  # it may end well and without a PDF, when its folder was cleared while it worked
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
    for _ in range(_ATTEMPTS):
        try:
            made = _run(converter, docx)
        except (OSError, subprocess.TimeoutExpired):
            return None
        if made:
            break
    else:
        return None
    target = docx.with_suffix(".pdf")
    try:
        write_whole(target, made)
    except OSError:
        return None
    return target


def _run(converter: str, docx: Path) -> bytes:
    """The PDF; b"" when LibreOffice ends without one."""
    with tempfile.TemporaryDirectory(prefix=f"{WORK_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True) as folder:
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
        subprocess.run(command, check=False, capture_output=True, timeout=_TIMEOUT_SECONDS, cwd=work)
        made = work / docx.with_suffix(".pdf").name
        return made.read_bytes() if made.is_file() else b""

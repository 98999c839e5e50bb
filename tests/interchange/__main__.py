"""Measures every program and writes docs/interchange.md: `python -m tests.interchange`, about five minutes."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version

from tests.interchange.programs import INSTALLED, JAVASCRIPT, PROGRAMS, find_missing
from tests.interchange.table import PAGE, write_page
from tests.interchange.trial import forms, try_program
from tests.javascript import install_javascript


def main() -> int:
    """Exit status 1 when a program is not installed: the page names them all or is not written."""
    if missing := sorted({reason for program in PROGRAMS if (reason := find_missing(program))}):
        print("; ".join(missing))
        return 1
    install_javascript(JAVASCRIPT, INSTALLED)
    outcomes = []
    for program in PROGRAMS:
        print(program.name, flush=True)
        outcomes += try_program(program, forms())
    PAGE.write_text(write_page(outcomes, _list_versions()), encoding="utf-8")
    return 0


def _list_versions() -> str:
    office = subprocess.run(["soffice", "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
    python = [f"{name} {version(name)}" for name in ("openpyxl", "XlsxWriter", "pandas")]
    libraries = {
        word: json.loads((INSTALLED / "node_modules" / name / "package.json").read_text(encoding="utf-8"))["version"]
        for word, name in (("ExcelJS", "exceljs"), ("SheetJS", "xlsx"))
    }
    return ", ".join([f"LibreOffice {office}", *python, *(f"{word} {number}" for word, number in libraries.items())])


if __name__ == "__main__":
    sys.exit(main())

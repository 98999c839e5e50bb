"""The report as PDF: without LibreOffice, with a broken one, with the wrong fonts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kybaocao.doctor.documents import judge_fonts, probe_documents
from kybaocao.doctor.probing import Setting
from tests.doctor.conftest import ask


def test_without_libreoffice_the_report_is_word_only(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Optional: to be looked at, not broken."""
    monkeypatch.setenv("PATH", "/nonexistent")
    marks = [mark for mark, _ in ask(setting, probe_documents)]
    assert marks[0] == "!" and "✗" not in marks


def test_a_libreoffice_that_makes_nothing(setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is installed, and it fails."""
    program = tmp_path / "bin" / "soffice"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    ((mark, found),) = ask(setting, probe_documents)
    assert (mark, str(program) in found) == ("!", True)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_the_installed_one_converts(setting: Setting) -> None:
    """A real document with every Vietnamese letter, and the fonts that got into it."""
    lines = ask(setting, probe_documents)
    assert lines[0][0] == "✓" and "chuyển tài liệu sang PDF được" in lines[0][1]
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("fonts", "mark"),
    [
        (["TimesNewRomanPSMT"], "✓"),
        (["LiberationSerif"], "✓"),
        (["LiberationSerif-Regular"], "✓"),
        (["DejaVuSerif"], "!"),
        (["LiberationSerif", "DejaVuSans"], "!"),
        ([], "!"),
    ],
)
def test_fonts_in_the_pdf(fonts: list[str], mark: str) -> None:
    """One font as wide as Times New Roman; a second one means that letters were missing in the first."""
    assert judge_fonts(fonts).state.mark == mark

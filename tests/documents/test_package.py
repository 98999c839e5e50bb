"""The files of one report."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kybaocao.documents import package, pdf
from kybaocao.documents.model import SignOff
from kybaocao.documents.package import name_document, write_report, write_reports
from kybaocao.documents.pdf import convert_to_pdf, find_converter
from kybaocao.documents.report.content import write_content, write_contents
from kybaocao.plan.report_document import Audience

from .sample import AS_OF, small_cycle, small_plan, small_snapshot

CONTENT = write_content(small_plan(), small_cycle(), small_snapshot())

DRAFT = "Du-thao_BC-UBND_Son-La_MAU_2026"


@pytest.fixture
def no_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "convert_to_pdf", lambda _: None)


@pytest.mark.usefixtures("no_pdf")
def test_a_report_is_a_document_and_a_workbook(tmp_path: Path) -> None:
    """Named after the cycle; the answer maps names to paths."""
    made = write_report(small_plan(), small_cycle(), CONTENT, tmp_path / "v001", AS_OF)
    assert list(made) == [f"{DRAFT}.docx", f"Phu-luc_{DRAFT}.xlsx"]
    assert all(zipfile.is_zipfile(path) and path.name == name for name, path in made.items())


@pytest.mark.usefixtures("no_pdf")
def test_writing_twice_leaves_the_same_files_and_no_others(tmp_path: Path) -> None:
    """Tasks are retried; no temporary file stays behind."""
    first = {
        p.name: p.read_bytes() for p in write_report(small_plan(), small_cycle(), CONTENT, tmp_path, AS_OF).values()
    }
    write_report(small_plan(), small_cycle(), CONTENT, tmp_path, AS_OF)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


@pytest.mark.usefixtures("no_pdf")
def test_content_of_another_cycle_is_refused(tmp_path: Path) -> None:
    """An approved report is never filed under another cycle's name."""
    other = dataclasses.replace(CONTENT, cycle="mau-ky1")
    with pytest.raises(ValueError, match="mau-ky1"):
        write_report(small_plan(), small_cycle(), other, tmp_path, AS_OF)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("no_pdf")
def test_the_lineage_goes_with_the_draft_for_the_province_and_never_with_the_ministry_s(tmp_path: Path) -> None:
    """A workbook of its own; what is written for the ministry alone is its document and its annex."""
    contents = write_contents(small_plan(), small_cycle(), small_snapshot())
    made = write_reports(small_plan(), small_cycle(), contents, tmp_path, AS_OF, small_snapshot())
    assert sorted(made) == [
        "Du-thao_BC-STC_Son-La_MAU_2026.docx",
        f"{DRAFT}.docx",
        "Phu-luc_Du-thao_BC-STC_Son-La_MAU_2026.xlsx",
        f"Phu-luc_{DRAFT}.xlsx",
        "Truy-nguyen_Du-thao_BC-STC_Son-La_MAU_2026.xlsx",
    ]
    alone = write_report(small_plan(), small_cycle(), contents[Audience.MINISTRY], tmp_path / "a", AS_OF)
    assert sorted(alone) == [f"{DRAFT}.docx", f"Phu-luc_{DRAFT}.xlsx"]


def test_without_libreoffice_there_is_no_pdf_and_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The document is the report; the PDF is a convenience."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert convert_to_pdf(tmp_path / "a.docx") is None


def test_a_conversion_that_came_to_nothing_is_tried_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LibreOffice ends well even when somebody has cleared the folder it worked in."""
    program, mark = tmp_path / "soffice", tmp_path / "tried"
    program.write_text(f'#!/bin/sh\n[ -e {mark} ] && echo PDF > "$7/a.pdf"\ntouch {mark}\n')
    program.chmod(0o755)
    monkeypatch.setattr(pdf, "find_converter", lambda: str(program))
    (tmp_path / "a.docx").touch()
    assert convert_to_pdf(tmp_path / "a.docx") == tmp_path / "a.pdf"


def test_a_failing_converter_leaves_no_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also none from an earlier, half-finished run."""
    monkeypatch.setattr(pdf, "find_converter", lambda: "/bin/false")
    assert convert_to_pdf(tmp_path / "a.docx") is None
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(find_converter() is None, reason="LibreOffice is not on this machine")
def test_with_libreoffice_the_pdf_stands_beside_the_document(tmp_path: Path) -> None:
    """And starts as PDF 1.4 or later does."""
    made = write_report(small_plan(), small_cycle(), CONTENT, tmp_path, AS_OF)
    found = made[f"{DRAFT}.pdf"]
    assert found.parent == tmp_path
    assert found.read_bytes().startswith(b"%PDF-1.")


@pytest.mark.usefixtures("no_pdf")
def test_the_whole_province_fits_in_memory(tmp_path: Path) -> None:
    """Ninety agencies, ninety-one tasks, in a process of its own: below 250 MB."""
    root = Path(__file__).resolve().parents[2]
    code = (
        "import re, sys; from pathlib import Path\n"
        "from tests.documents.sample import AS_OF, full_plan, full_snapshot\n"
        "from kybaocao.documents import package\n"
        "from kybaocao.documents.report.content import write_content\n"
        "package.convert_to_pdf = lambda docx: None\n"
        "plan = full_plan(); cycle = plan.require_cycle('nq02-2026-ky2')\n"
        "content = write_content(plan, cycle, full_snapshot(plan, cycle))\n"
        "print(len(package.write_report(plan, cycle, content, Path(sys.argv[1]), AS_OF)))\n"
        # not getrusage: its maximum starts with the size of the process that forked
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": f"{root / 'include'}:{root}", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    files, kilobytes = done.stdout.split()
    assert files == "2"
    assert int(kilobytes) < 250 * 1024


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("215", "215-BC-UBND_Son-La_MAU_2026"),
        ("215/BC-UBND", "215-BC-UBND_Son-La_MAU_2026"),
        ("07", "07-BC-UBND_Son-La_MAU_2026"),
        ("../215", "215-BC-UBND_Son-La_MAU_2026"),
    ],
)
def test_a_file_is_named_as_a_clerk_names_it(number: str, name: str) -> None:
    """Number, symbol, place, plan, period; nothing in a number can lead out of the folder."""
    signed = SignOff(number, dt.date(2026, 12, 15), "Nguyễn Văn Mẫu", "Chủ tịch")
    assert name_document(small_plan(), small_cycle(), CONTENT, signed) == name


def test_the_documents_of_one_version_have_names_of_their_own() -> None:
    """Both lie in one folder."""
    contents = write_contents(small_plan(), small_cycle(), small_snapshot())
    names = [name_document(small_plan(), small_cycle(), content) for content in contents.values()]
    assert names == ["Du-thao_BC-STC_Son-La_MAU_2026", DRAFT]


@pytest.mark.parametrize("place", ["Đắk Lắk", "CON", "a\\b:c*?", "Thừa Thiên – Huế" * 20])
def test_a_name_is_safe_on_windows(place: str) -> None:
    """No letter with a mark, no sign that a folder refuses, no device name, not too long."""
    letterhead = dataclasses.replace(CONTENT.letterhead, place=place)
    cycle = small_cycle().model_copy(update={"name": "6 tháng đầu năm 2026"})
    name = name_document(small_plan(), cycle, dataclasses.replace(CONTENT, letterhead=letterhead))
    assert re.fullmatch(r"Du-thao_BC-UBND_[A-Za-z0-9-]+_MAU_6-thang-dau-nam-2026", name)
    assert len(name) < 120

"""Every document against the schema that Word and Excel read by (openxml-audit)."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from openxml_audit import FileFormat, OpenXmlValidator

from kybaocao.documents.model import Annex, Cell, Row, Table
from kybaocao.documents.report.annex import render_annex
from kybaocao.documents.report.change_words import ChangeReport, render_changes
from kybaocao.documents.report.changes import compare_versions
from kybaocao.documents.report.document import render_document
from kybaocao.documents.report.lineage import render_lineage
from kybaocao.documents.report.source import ReportSource
from kybaocao.plan.report_document import Audience

from . import test_document, test_official_letters
from .sample import AS_OF, small_cycle, small_plan, small_snapshot

NAMES = ("bc-stc", "bc-ubnd", "signed", "don_doc_so_tai_chinh", "don_doc_ubnd_tinh")


def render(name: str) -> bytes:
    if name == "bc-stc":
        return test_document.render(audience=Audience.PROVINCE)
    if name == "bc-ubnd":
        return test_document.render()
    if name == "signed":
        return test_document.render(test_document.SIGNED)
    return test_official_letters.render(name)


def list_errors(path: Path) -> list[str]:
    found = OpenXmlValidator(file_format=FileFormat.MICROSOFT_365, max_errors=0).validate(path)
    return [f"{error.part_uri} {error.description}" for error in found.errors if error.severity.value == "error"]


@pytest.mark.parametrize("name", NAMES)
def test_a_document_has_no_finding(name: str, tmp_path: Path) -> None:
    """Word opens it without repairing anything."""
    path = tmp_path / "a.docx"
    path.write_bytes(render(name))
    assert list_errors(path) == []


@pytest.mark.parametrize("audience", list(Audience))
def test_a_workbook_has_no_error(audience: Audience, tmp_path: Path) -> None:
    """Excel opens it without repairing anything."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(render_annex(test_document.content(audience), AS_OF))
    assert list_errors(path) == []


def test_the_lineage_and_the_page_of_changes_have_no_error(tmp_path: Path) -> None:
    """They go to leaders, who open them in Word and Excel like everything else."""
    plan, snapshot = small_plan(), small_snapshot()
    lineage, page = tmp_path / "a.xlsx", tmp_path / "a.docx"
    lineage.write_bytes(render_lineage(plan, small_cycle(), snapshot, test_document.content(Audience.PROVINCE), AS_OF))
    before = dataclasses.replace(snapshot, indicators=snapshot.indicators[1:], tasks=(), documents=())
    source = ReportSource(plan, small_cycle(), snapshot, plan.require_wording())
    changes = ChangeReport(source, compare_versions(before, snapshot, {}, {}), 1, 2)
    page.write_bytes(render_changes(changes, "Sở Tài chính", "DỮ LIỆU MẪU", AS_OF))
    assert (list_errors(lineage), list_errors(page)) == ([], [])


@pytest.mark.parametrize("name", NAMES)
def test_a_section_numbers_its_pages_once(name: str) -> None:
    """And its right margin is 15 mm at least: 850 twips are less."""
    sections = docx.Document(io.BytesIO(render(name))).sections
    assert sections
    for section in sections:
        assert len(section._sectPr.findall(qn("w:pgNumType"))) <= 1
        assert section._sectPr.find(qn("w:pgMar")).get(qn("w:right")) == "851"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_the_library_s_template_is_left(name: str) -> None:
    """No picture of another page, no name of another program."""
    with zipfile.ZipFile(io.BytesIO(render(name))) as archive:
        names = archive.namelist()
        assert [one for one in names if "thumbnail" in one or "WithEffects" in one or "customXml" in one] == []
        assert b"Macintosh" not in b"".join(archive.read(one) for one in names)


@pytest.mark.parametrize("name", NAMES)
def test_tables_of_data_have_a_heading_row_and_a_name(name: str) -> None:
    """For those who hear the document read; the frames of letterhead and signature hold no data."""
    tables = docx.Document(io.BytesIO(render(name))).tables
    data = [table._tbl for table in tables if table._tbl.tblPr.find(qn("w:tblBorders")) is not None]
    assert data
    for table in data:
        assert table.tr_lst[0].trPr.find(qn("w:tblHeader")) is not None
        assert table.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_is_described(name: str) -> None:
    """In decimal commas, as the text is."""
    pictures = docx.Document(io.BytesIO(render(name))).element.body.findall(".//" + qn("wp:docPr"))
    assert all(picture.get("descr") for picture in pictures)
    assert bool(pictures) is not name.startswith("don_doc")


def test_a_line_feed_becomes_a_break() -> None:
    """Words of agencies and of configuration may hold one; inside a text element it would be lost."""
    content = test_document.content()
    table = Table("documents", content.annexes[3].table.columns, (Row((Cell("một\nhai"), *(Cell(""),) * 5)),))
    annex = Annex("Phụ lục", "VĂN BẢN", "", "Văn bản", table)
    document = docx.Document(io.BytesIO(render_document(dataclasses.replace(content, annexes=(annex,)), AS_OF)))
    texts = [text.text or "" for text in document.element.body.iter(qn("w:t"))]
    assert {"một", "hai"} <= set(texts)
    assert not any("\n" in text for text in texts)

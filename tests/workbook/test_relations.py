"""How one part of a package names another, by one rule for reading, marking and attachments."""

from __future__ import annotations

import pytest

from kybaocao.workbook.relations import find_source, name_relations_part, read_relation, resolve_target


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("/xl/styles.xml", "xl/styles.xml"),
        ("../docProps/app.xml", "docProps/app.xml"),
        ("./theme/../styles.xml", "xl/styles.xml"),
        ("worksheets\\sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("../../../a.xml", "a.xml"),
        ("/xl//a.xml", "xl/a.xml"),
    ],
)
def test_a_target_is_found_from_the_part_that_names_it(target: str, path: str) -> None:
    """Relative to its folder, or from the root; never above the root."""
    assert resolve_target("xl/workbook.xml", target) == path


@pytest.mark.parametrize(
    ("source", "relations_part"),
    [("", "_rels/.rels"), ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"), ("a.xml", "_rels/a.xml.rels")],
)
def test_relations_stand_beside_their_part(source: str, relations_part: str) -> None:
    """From the part to its relations and back."""
    assert (name_relations_part(source), find_source(relations_part)) == (relations_part, source)


@pytest.mark.parametrize(
    ("target", "mode", "expected"),
    [
        ("a.xml#B2", "Internal", ("xl/a.xml", "", False)),
        ("#Trang!A1", "Internal", ("", "", False)),
        ("https://sonla.example/", "External", ("", "https://sonla.example/", True)),
        ("a.xml", "external", ("", "a.xml", True)),
        ("file:///C:/a.xlsx", "", ("", "file:///C:/a.xlsx", False)),
    ],
)
def test_a_relation_leads_to_a_part_or_outside(target: str, mode: str, expected: tuple[str, str, bool]) -> None:
    """What has the form of an address leads outside even where it is not declared so."""
    attributes = {
        "Id": "rId1",
        "Type": " http://a.example/relationships/drawing ",
        "Target": target,
        "TargetMode": mode,
    }
    found = read_relation(attributes, "xl/workbook.xml")
    assert (found.id, found.kind, tuple(found[2:])) == ("rId1", "drawing", expected)

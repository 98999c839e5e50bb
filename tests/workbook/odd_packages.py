"""Workbooks written by hand, part by part, with everything in them that our own form never has."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf50"
    "0f0003860180b4cbb4a00000000049454e44ae426082"
)
QUOTED, CHARTED = "Số liệu 'riêng' xã", "Ảnh & ghi chú"


def zip_parts(parts: Mapping[str, str | bytes]) -> bytes:
    """A package of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content if isinstance(content, bytes) else _HEAD + content)
    return out.getvalue()


def unzip_parts(data: bytes) -> dict[str, bytes]:
    """The parts of a package, in their order."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _relations(**targets: str) -> str:
    """rId1="kind target" -> a relations part; a kind without a colon is one of Office's own."""
    rows = ""
    for relation_id, text in targets.items():
        kind, target = text.split(" ", 1)
        mode = ' TargetMode="External"' if ":" in target else ""
        kind = kind if kind.startswith("http") else f"{OFFICE}/{kind}"
        rows += f'<Relationship Id="{relation_id}" Type="{kind}" Target="{target}"{mode}/>'
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'


def _content_types(workbook: str, **types: str) -> str:
    defaults = {
        "rels": "application/vnd.openxmlformats-package.relationships+xml",
        "xml": "application/xml",
        "png": "image/png",
        "vml": "application/vnd.openxmlformats-officedocument.vmlDrawing",
        "bin": "application/vnd.ms-office.vbaProject",
    }
    rows = "".join(f'<Default Extension="{key}" ContentType="{value}"/>' for key, value in defaults.items())
    overrides = {"xl/workbook.xml": workbook} | types
    rows += "".join(f'<Override PartName="/{key}" ContentType="{value}"/>' for key, value in overrides.items())
    return f'<Types xmlns="{_TYPES}">{rows}</Types>'


_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_NOTE = (
    '<v:shape id="_x0000_s2049" type="#_x0000_t202" style="visibility:hidden" fillcolor="#ffffe1">'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:Anchor>3, 15, 1, 2, 5, 15, 5, 4</x:Anchor>'
    "<x:Row>{}</x:Row><x:Column>{}</x:Column></x:ClientData></v:shape>"
)


def workbook_with_everything() -> bytes:
    """A macro-enabled workbook: macros, a control, an embedded object, a link, a query, comments, a picture, rules.

    Sheet QUOTED: B2 has a comment, B3 a thread, C2 a formula into another file, C3 one that fetches, C4 a plain
    one; rows 2-4.  Sheet CHARTED: a picture, nothing else.
    """
    sheet = (
        f'<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility'
        '/2006" mc:Ignorable="x14ac" xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac">'
        '<sheetViews><sheetView tabSelected="1" workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="15"'
        ' x14ac:dyDescent="0.25"/><cols><col min="1" max="2" width="30" style="1" customWidth="1"/></cols><sheetData>'
        '<row r="2" spans="1:3" x14ac:dyDescent="0.25"><c r="A2" t="s"><v>0</v></c><c r="B2" s="1"><v>5</v></c>'
        '<c r="C2"><f>[1]Nguồn!A1*2</f><v>8</v></c></row>'
        '<row r="3"><c r="B3"><v>6</v></c><c r="C3" t="str"><f>WEBSERVICE("http://a.example/"&amp;B2)</f><v>x</v></c>'
        '<c r="D3"><f t="shared" ref="D3:D4" si="0">[1]Nguồn!B1</f><v>1</v></c></row>'
        '<row r="4"><c r="B4"><v>7</v></c><c r="C4"><f>SUM(B2:B4)</f><v>18</v></c>'
        '<c r="D4"><f t="shared" si="0"/><v>2</v></c></row></sheetData>'
        '<sheetProtection sheet="1" objects="1"/><mergeCells count="1"><mergeCell ref="A6:B8"/></mergeCells>'
        '<conditionalFormatting sqref="B2:B4"><cfRule type="cellIs" dxfId="0" priority="1" operator="lessThan">'
        '<formula>6</formula></cfRule></conditionalFormatting><dataValidations count="1"><dataValidation type="whole"'
        ' allowBlank="1" sqref="B2:B4"><formula1>0</formula1><formula2>9</formula2></dataValidation></dataValidations>'
        '<hyperlinks><hyperlink ref="A2" r:id="rId9"/></hyperlinks><pageMargins left="0.7" right="0.7" top="0.75"'
        ' bottom="0.75" header="0.3" footer="0.3"/><legacyDrawing r:id="rId1"/><mc:AlternateContent><mc:Choice'
        ' Requires="x14"><oleObjects><mc:AlternateContent><mc:Choice Requires="x14"><oleObject progId="Word"'
        ' shapeId="1" r:id="rId4"/></mc:Choice><mc:Fallback><oleObject progId="Word" shapeId="1" r:id="rId4"/>'
        "</mc:Fallback></mc:AlternateContent></oleObjects></mc:Choice></mc:AlternateContent>"
        '<controls><control shapeId="1026" r:id="rId5" name="Nút"/></controls></worksheet>'
    )
    picture = f'<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheetData/><drawing r:id="rId1"/></worksheet>'
    drawing = (
        '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a='
        '"http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:oneCellAnchor><xdr:from><xdr:col>1</xdr:col>'
        "<xdr:colOff>0</xdr:colOff><xdr:row>1</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:ext cx='9525'"
        " cy='9525'/><xdr:pic><xdr:nvPicPr><xdr:cNvPr id='2' name='Con dấu'/><xdr:cNvPicPr/></xdr:nvPicPr>"
        f"<xdr:blipFill><a:blip xmlns:r='{OFFICE}' r:embed='rId1'/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>"
        "<xdr:spPr><a:xfrm><a:off x='0' y='0'/><a:ext cx='9525' cy='9525'/></a:xfrm><a:prstGeom prst='rect'><a:avLst/>"
        "</a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/></xdr:oneCellAnchor></xdr:wsDr>"
    )
    workbook = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><workbookPr codeName="ThisWorkbook"/><bookViews><workbookView'
        f' firstSheet="1" activeTab="1"/></bookViews><sheets><sheet name="{CHARTED.replace("&", "&amp;")}" sheetId="4"'
        f' r:id="rId1"/><sheet name="{QUOTED}" sheetId="9" r:id="rId2"/></sheets><externalReferences>'
        '<externalReference r:id="rId3"/></externalReferences><definedNames><definedName name="_xlnm.Print_Area"'
        " localSheetId=\"1\">'Số liệu ''riêng'' xã'!$A$1:$D$4</definedName><definedName name=\"Auto_Mo\" function=\"1\""
        ' vbProcedure="1">#N/A</definedName><definedName name="ngoai">[1]Nguồn!$A$1</definedName></definedNames>'
        '<calcPr calcId="191029"/></workbook>'
    )
    styles = (
        f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        '</fill><fill><patternFill patternType="solid"><fgColor theme="4" tint="0.8"/></patternFill></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs'
        ' count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf'
        ' numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="4" fontId="0" fillId="2"'
        ' borderId="0" xfId="0" applyProtection="1"><protection locked="0"/></xf></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles><dxfs count="1"><dxf>'
        "<font><b/></font></dxf></dxfs></styleSheet>"
    )
    comments = (
        f'<comments xmlns="{MAIN}"><authors><author>Chị Xuân</author><author>tc={{1}}</author></authors><commentList>'
        '<comment ref="B2" authorId="0"><text><t>Đã hỏi xã</t></text></comment>'
        '<comment ref="B3" authorId="1"><text><t>[Threaded comment]</t></text></comment></commentList></comments>'
    )
    boxes = (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x='
        '"urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="2"/>'
        f"</o:shapelayout>{_NOTE.format(1, 1)}{_NOTE.replace('2049', '2050').format(2, 1)}</xml>"
    )
    thread = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
    macros = "http://schemas.microsoft.com/office/2006/relationships"
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _content_types(
            "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
            **{
                "xl/worksheets/sheet1.xml": _SHEET,
                "xl/worksheets/sheet2.xml": _SHEET,
                "xl/styles.xml": f"{_SPREADSHEET}.styles+xml",
                "xl/sharedStrings.xml": f"{_SPREADSHEET}.sharedStrings+xml",
                "xl/comments1.xml": f"{_SPREADSHEET}.comments+xml",
                "xl/calcChain.xml": f"{_SPREADSHEET}.calcChain+xml",
                "xl/connections.xml": f"{_SPREADSHEET}.connections+xml",
                "xl/externalLinks/externalLink1.xml": f"{_SPREADSHEET}.externalLink+xml",
                "xl/threadedComments/threadedComment1.xml": "application/vnd.ms-excel.threadedcomments+xml",
                "xl/drawings/drawing1.xml": "application/vnd.openxmlformats-officedocument.drawing+xml",
                "xl/embeddings/oleObject1.obj": "application/vnd.openxmlformats-officedocument.oleObject",
                "xl/activeX/activeX1.xml": "application/vnd.ms-office.activeX+xml",
                "xl/activeX/activeX1.dat": "application/vnd.ms-office.activeX",
                "customXml/itemProps1.xml": "application/vnd.openxmlformats-officedocument.customXmlProperties+xml",
            },
        ),
        "_rels/.rels": _relations(
            rId1="officeDocument xl/workbook.xml", rId2=f"{macros}/ui/extensibility customUI/customUI.xml"
        ),
        "customUI/customUI.xml": '<customUI xmlns="http://schemas.microsoft.com/office/2006/01/customui" onLoad="Mo"/>',
        "customXml/item1.xml": "<a/>",
        "customXml/itemProps1.xml": "<b/>",
        "customXml/_rels/item1.xml.rels": _relations(rId1="customXmlProps itemProps1.xml"),
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": _relations(
            rId1="worksheet worksheets/sheet1.xml",
            rId2="worksheet /xl/worksheets/sheet2.xml",
            rId3="externalLink externalLinks/externalLink1.xml",
            rId4="styles styles.xml",
            rId5=f"{macros}/vbaProject vbaProject.bin",
            rId6="connections connections.xml",
            rId7="customXml ../customXml/item1.xml",
            rId8="calcChain calcChain.xml",
            rId9="sharedStrings sharedStrings.xml",
        ),
        "xl/worksheets/sheet1.xml": picture,
        "xl/worksheets/_rels/sheet1.xml.rels": _relations(rId1="drawing ../drawings/drawing1.xml"),
        "xl/worksheets/sheet2.xml": sheet,
        "xl/worksheets/_rels/sheet2.xml.rels": _relations(
            rId1="vmlDrawing ../drawings/vmlDrawing1.vml",
            rId2="comments ../comments1.xml",
            rId3=f"{thread} ../threadedComments/threadedComment1.xml",
            rId4="oleObject ../embeddings/oleObject1.obj",
            rId5="control ../activeX/activeX1.xml",
            rId9="hyperlink https://sonla.example/",
        ),
        "xl/drawings/drawing1.xml": drawing,
        "xl/drawings/_rels/drawing1.xml.rels": _relations(rId1="image ../media/image1.png"),
        "xl/drawings/vmlDrawing1.vml": boxes.encode(),
        "xl/media/image1.png": _PIXEL,
        "xl/comments1.xml": comments,
        "xl/threadedComments/threadedComment1.xml": (
            '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"/>'
        ),
        "xl/externalLinks/externalLink1.xml": (
            f'<externalLink xmlns="{MAIN}"><externalBook xmlns:r="{OFFICE}" r:id="rId1"><sheetNames><sheetName'
            ' val="Nguồn"/></sheetNames></externalBook></externalLink>'
        ),
        "xl/externalLinks/_rels/externalLink1.xml.rels": _relations(rId1="externalLinkPath file:///C:/khac.xlsx"),
        "xl/activeX/activeX1.xml": f'<ocx xmlns="urn:a" xmlns:r="{OFFICE}" r:id="rId1"/>',
        "xl/activeX/_rels/activeX1.xml.rels": _relations(rId1=f"{macros}/activeXControlBinary activeX1.dat"),
        "xl/activeX/activeX1.dat": b"\0",
        "xl/embeddings/oleObject1.obj": b"\0",
        "xl/vbaProject.bin": b"\0",
        "xl/connections.xml": f'<connections xmlns="{MAIN}"/>',
        "xl/calcChain.xml": f'<calcChain xmlns="{MAIN}"><c r="C2" i="9"/><c r="C4" i="9"/></calcChain>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}" count="1" uniqueCount="1"><si><t>Mường Lầm</t></si></sst>',
        "xl/styles.xml": styles,
    }
    return zip_parts(parts)


def workbook_of_few_words() -> bytes:
    """No styles, no shared strings, no views, no addresses, a prefix of its own: all of that is optional."""
    cell = '<x:c t="inlineStr"><x:is><x:t>{}</x:t></x:is></x:c>'
    rows = f"<x:row>{cell.format('một')}<x:c><x:v>2</x:v></x:c></x:row><x:row>{cell.format('ba')}</x:row>"
    return zip_parts(
        {
            "_rels/.rels": _relations(rId1="officeDocument xl/workbook.xml"),
            "[Content_Types].xml": _content_types(f"{_SPREADSHEET}.sheet.main+xml", **{"xl/s.xml": _SHEET}),
            "xl/workbook.xml": f'<x:workbook xmlns:x="{MAIN}" xmlns:q="{OFFICE}"><x:sheets>'
            '<x:sheet name="Trang" sheetId="1" q:id="a"/></x:sheets></x:workbook>',
            "xl/_rels/workbook.xml.rels": _relations(a="worksheet s.xml"),
            "xl/s.xml": f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{rows}</x:sheetData></x:worksheet>',
        }
    )

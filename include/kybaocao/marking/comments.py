"""Comments on the cells of a sheet: Excel keeps the text in one part and the box on the screen in another (VML).

Our comments are recognised by the line they begin with, because LibreOffice forgets their author.  A cell holds only
one comment: where somebody else's is there already, ours is written below it.  Everything from that line on is taken
off again when the copy comes back.  A threaded comment keeps a stand-in among these comments, which is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from lxml import etree  # type: ignore[import-untyped]

from kybaocao.marking.order import insert_in_order
from kybaocao.marking.parts import (
    MAIN,
    OFFICE,
    RELATION_ID,
    XML_SPACE,
    Element,
    Parts,
    UnusualWorkbookError,
    local_name,
    main,
)
from kybaocao.marking.sheets import MAX_COLUMN, MAX_ROW, Grid, Place, join_address, split_address

AUTHOR = "Kỳ Báo Cáo"
MARK = f"{AUTHOR} – "
_COMMENTS = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_VML, _VML_OFFICE, _VML_EXCEL = (
    "urn:schemas-microsoft-com:vml",
    "urn:schemas-microsoft-com:office:office",
    "urn:schemas-microsoft-com:office:excel",
)
_NAMESPACES = f'xmlns:v="{_VML}" xmlns:o="{_VML_OFFICE}" xmlns:x="{_VML_EXCEL}"'
_BEGINS = re.compile(rf"(?:\A|\n)\s*{re.escape(MARK)}")
_WIDTH_PX, _LINE_PX, _PADDING_PX, _MAX_HEIGHT_PX = 330, 20, 16, 520
_CHARACTERS_A_LINE = 46
_FURTHEST = 300  # columns or rows a box may reach over, most of them hidden


class Passage(NamedTuple):
    """A piece of a comment's text."""

    text: str
    is_bold: bool = False


class Comments:
    """The comments of one sheet. Raises UnusualWorkbookError and lxml's errors on parts that are built otherwise."""

    def __init__(self, parts: Parts, sheet: str) -> None:
        self._parts, self._sheet = parts, sheet
        related = [relation.target for relation in parts.relations(sheet) if relation.kind == "comments"]
        if len(related) > 1:
            raise UnusualWorkbookError("comments in two parts")
        self._texts = related[0] if related else ""
        legacy = parts.look(sheet).find(main("legacyDrawing"))
        self._boxes = parts.target_of(sheet, legacy.get(RELATION_ID)) if legacy is not None else ""
        if legacy is not None and not self._boxes:
            raise UnusualWorkbookError("no drawing behind its relation")

    def remove_ours(self) -> None:
        """Take off what an earlier marking wrote; parts that held nothing else go too."""
        if not self._texts:
            return
        gone = set()
        for comment in list(self._parts.look(self._texts).iter(main("comment"))):
            begins = _BEGINS.search(_read_text(comment))
            if begins is None:
                continue
            self._parts.edit(self._texts)
            if begins.start() == 0:
                gone.add(split_address(comment.get("ref") or ""))
                comment.getparent().remove(comment)
            else:
                _cut_text(comment, begins.start())
        if gone:
            self._remove_boxes(gone)
            self._drop_empty_parts()

    def write(self, texts: Mapping[Place, list[Passage]], grid: Grid) -> None:
        """Put these texts on their cells, below a comment that is there."""
        if not texts:
            return
        if not self._texts:
            self._add_texts_part()
        root = self._parts.edit(self._texts)
        authors, listed = root.find(main("authors")), root.find(main("commentList"))
        if authors is None or listed is None:
            raise UnusualWorkbookError("comments without their list")
        names = [author.text or "" for author in authors]
        present = {split_address(one.get("ref") or ""): one for one in listed.iterfind(main("comment"))}
        new = []
        for place, passages in texts.items():
            comment = present.get(place)
            if comment is None:
                listed.append(_new_comment(place, passages, _find_author(authors)))
                new.append((place, passages))
            elif not names[int(comment.get("authorId", "0"))].startswith("tc="):  # stands in for a thread
                _append_text(comment, passages)
        if new:
            self._add_boxes(new, grid)

    def _add_texts_part(self) -> None:
        self._texts = self._parts.name_new("xl/comments{}.xml")
        root = etree.fromstring(f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>')
        self._parts.add(self._texts, root, _COMMENTS)
        self._parts.relate(self._sheet, "comments", self._texts)

    # --- boxes -----------------------------------------------------------------------------------------------------

    def _add_boxes(self, texts: Sequence[tuple[Place, list[Passage]]], grid: Grid) -> None:
        if not self._boxes:
            self._add_boxes_part()
        root = self._parts.edit(self._boxes)
        types = [one.get("id") for one in root.iter(f"{{{_VML}}}shapetype")]
        if "_x0000_t202" not in types:
            root.append(etree.fromstring(_BOX_TYPE))
        numbers = re.findall(r"_x0000_s(\d{1,9})\b", " ".join(one.get("id") or "" for one in root.iter(_shape())))
        number = max([int(self._find_block(root)) * 1024, *map(int, numbers)])
        self._remove_boxes({place for place, _ in texts})  # some lose a comment and keep its box
        for place, passages in texts:
            number += 1
            root.append(etree.fromstring(_write_box(number, place, passages, grid)))

    @staticmethod
    def _find_block(root: Element) -> str:
        """Boxes are numbered in blocks of 1,024; which one this drawing has."""
        blocks = next((one.get("data") for one in root.iter(f"{{{_VML_OFFICE}}}idmap")), None)
        return (blocks or "1").partition(",")[0]

    def _add_boxes_part(self) -> None:
        self._boxes = self._parts.name_new("xl/drawings/vmlDrawing{}.vml")
        block = "".join(re.findall(r"\d", self._boxes))
        layout = f'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{block}"/></o:shapelayout>'
        self._parts.add(self._boxes, etree.fromstring(f"<xml {_NAMESPACES}>{layout}</xml>"), _DRAWING)
        legacy = etree.Element(main("legacyDrawing"), nsmap={"r": OFFICE})
        legacy.set(RELATION_ID, self._parts.relate(self._sheet, "vmlDrawing", self._boxes))
        insert_in_order(self._parts.edit(self._sheet), legacy)

    def _remove_boxes(self, places: Collection[Place | None]) -> None:
        if not self._boxes:
            return
        for shape in list(self._parts.look(self._boxes).iter(_shape())):
            row, column = (shape.findtext(f".//{{{_VML_EXCEL}}}{side}") for side in ("Row", "Column"))
            if row is not None and column is not None and (int(row) + 1, int(column) + 1) in places:
                self._parts.edit(self._boxes)
                shape.getparent().remove(shape)

    def _drop_empty_parts(self) -> None:
        """Remove the parts that hold no comment any more, and all that refers to them."""
        if next(self._parts.look(self._texts).iter(main("comment")), None) is not None:
            return
        gone = [self._texts]
        if self._boxes and next(self._parts.look(self._boxes).iter(_shape()), None) is None:
            gone.append(self._boxes)
            sheet = self._parts.edit(self._sheet)
            sheet.remove(sheet.find(main("legacyDrawing")))
            self._boxes = ""
        self._texts = ""
        self._parts.unrelate(self._sheet, {one.id for one in self._parts.relations(self._sheet) if one.target in gone})


# --- texts -----------------------------------------------------------------------------------------------------------


def _find_author(authors: Element) -> int:
    """Our number among the authors, added when new."""
    for number, author in enumerate(authors):
        if author.text == AUTHOR:
            return number
    etree.SubElement(authors, main("author")).text = AUTHOR
    return len(authors) - 1


def _new_comment(place: Place, passages: list[Passage], author: int) -> Element:
    comment = etree.Element(main("comment"))
    comment.set("ref", join_address(place))
    comment.set("authorId", str(author))
    etree.SubElement(comment, main("text")).extend([_new_run(passage) for passage in passages])
    return comment


def _new_run(passage: Passage) -> Element:
    run = etree.Element(main("r"))
    properties = etree.SubElement(run, main("rPr"))
    if passage.is_bold:
        etree.SubElement(properties, main("b"))
    for name, attribute, value in (
        ("sz", "val", "11"),
        ("color", "indexed", "81"),
        ("rFont", "val", "Times New Roman"),
        ("family", "val", "1"),
    ):
        etree.SubElement(properties, main(name)).set(attribute, value)
    _set_text(etree.SubElement(run, main("t")), passage.text)
    return run


def _set_text(element: Element, text: str) -> None:
    element.text = text
    element.set(XML_SPACE, "preserve")


def _runs(comment: Element) -> list[Element]:
    """The <t> of a comment's runs, and its plain text turned into one."""
    return list(comment.iterfind(f"{main('text')}/{main('t')}")) + list(
        comment.iterfind(f"{main('text')}/{main('r')}/{main('t')}")
    )


def _read_text(comment: Element) -> str:
    return "".join(one.text or "" for one in _runs(comment))


def _append_text(comment: Element, passages: list[Passage]) -> None:
    text = comment.find(main("text"))
    if text is None:
        raise UnusualWorkbookError("comment without text")
    plain = text.find(main("t"))
    if plain is not None:  # plain text and runs do not stand side by side
        run = etree.Element(main("r"))
        text.replace(plain, run)
        run.append(plain)
        _set_text(plain, plain.text or "")
    place = sum(1 for one in text if local_name(one) == "r")
    for run in reversed([_new_run(passage) for passage in (Passage("\n\n"), *passages)]):
        text.insert(place, run)


def _cut_text(comment: Element, length: int) -> None:
    """Keep the first `length` characters."""
    for one in _runs(comment):
        kept = (one.text or "")[:length]
        length -= len(kept)
        if kept:
            _set_text(one, kept)
        else:
            whole = one.getparent() if one.getparent().tag == main("r") else one
            whole.getparent().remove(whole)


# --- boxes -----------------------------------------------------------------------------------------------------------

_BOX_TYPE = (
    f'<v:shapetype {_NAMESPACES} id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


def _shape() -> str:
    return f"{{{_VML}}}shape"


def _write_box(number: int, place: Place, passages: list[Passage], grid: Grid) -> str:
    """The hidden box of a comment, right of its cell and as high as its text."""
    text = "".join(passage.text for passage in passages)
    lines = sum(1 + len(line) // _CHARACTERS_A_LINE for line in text.split("\n"))
    height = min(lines * _LINE_PX + _PADDING_PX, _MAX_HEIGHT_PX)
    row, column = place
    left = min(column + 1, MAX_COLUMN)
    right, right_px = _walk(grid.width_px, left, 15 + _WIDTH_PX, MAX_COLUMN)
    bottom, bottom_px = _walk(grid.height_px, row, 4 + height, MAX_ROW)
    anchor = f"{left - 1}, 15, {row - 1}, 4, {right - 1}, {right_px}, {bottom - 1}, {bottom_px}"
    style = f"position:absolute;width:{_WIDTH_PX * 3 // 4}pt;height:{height * 3 // 4}pt;z-index:1;visibility:hidden"
    return (
        f'<v:shape {_NAMESPACES} id="_x0000_s{number}" type="#_x0000_t202" style="{style}" fillcolor="#ffffe1"'
        ' o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>'
        '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"/>'
        '</v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row - 1}</x:Row>"
        f"<x:Column>{column - 1}</x:Column></x:ClientData></v:shape>"
    )


def _walk(size_px: Callable[[int], int], start: int, length: int, last: int) -> tuple[int, int]:
    """Where a stretch of `length` pixels from `start` on ends: the row or column, and the pixels inside it."""
    for index in range(start, min(start + _FURTHEST, last)):
        size = size_px(index)
        if length < size:
            return index, length
        length -= size
    return min(start + _FURTHEST, last), 0

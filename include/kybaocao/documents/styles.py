"""Setting up a Word document: type, paragraph styles, pages and page headers (Nghị định 30/2020, Phụ lục I)."""

from __future__ import annotations

from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from kybaocao.documents import layout
from kybaocao.documents.model import Style

PART = "Heading 1"  # "I. …"; built-in names keep Word's navigation pane working
CLAUSE = "Heading 2"
CENTRED = "KBC Giua dong"
PICTURE = "KBC Hinh"
PLAIN = "KBC Thuong"  # no indent, no space: letterhead and signature
_LANGUAGE = "vi-VN"
_NAMES = {
    Style.BASIS: "KBC Can cu",
    Style.BODY: "KBC Doan",
    Style.CLAUSE: CLAUSE,
    Style.POINT: "KBC Diem",
    Style.ITEM: "KBC Gach dau dong",
    Style.SUBITEM: "KBC Cong dau dong",
    Style.CAPTION: "KBC Chu thich",
    Style.NOTE: "KBC Ghi chu",
}


def name_style(style: Style) -> str:
    return _NAMES[style]


def add_styled(container: Document | _Cell, name: str, text: str = "") -> Paragraph:
    """A paragraph at the end, in a style of `define_styles`.

    python-docx compares the style with every style of the document, for every paragraph; the id of ours is known.
    """
    paragraph: Paragraph = container.add_paragraph(text)
    paragraph._p.style = name.replace(" ", "")
    return paragraph


def define_styles(document: Document) -> None:
    known = {style.name: style for style in document.styles}  # each look-up by name goes through all of them
    normal = known["Normal"]
    assert isinstance(normal, ParagraphStyle)
    _set_type(normal, layout.BODY)
    _drop_default_fonts(document)
    _set_spacing(normal, before=0)
    for name, bold, italic, indent in (
        (PART, True, False, True),
        (CLAUSE, True, False, True),
        (_NAMES[Style.BASIS], False, True, True),
        (_NAMES[Style.BODY], False, False, True),
        (_NAMES[Style.POINT], False, False, True),
        (_NAMES[Style.ITEM], False, False, True),
        (_NAMES[Style.SUBITEM], False, False, True),
        (_NAMES[Style.CAPTION], True, False, False),
        (_NAMES[Style.NOTE], False, True, False),
        (CENTRED, False, False, False),
        (PICTURE, False, False, False),
        (PLAIN, False, False, False),
    ):
        style = known.get(name) or _add_style(document, name, normal)
        assert isinstance(style, ParagraphStyle)
        size = 11 if name == _NAMES[Style.NOTE] else 13 if name == _NAMES[Style.CAPTION] else layout.BODY
        _set_type(style, size, bold=bold, italic=italic)
        _set_spacing(style, before=0 if name == PLAIN else layout.PARAGRAPH_SPACE)
        shape = style.paragraph_format
        shape.first_line_indent = Mm(layout.FIRST_LINE) if indent else Mm(0)
        shape.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY if indent and not bold else WD_ALIGN_PARAGRAPH.LEFT
        shape.keep_with_next = name in (PART, CLAUSE, _NAMES[Style.POINT], PICTURE)
        if name in (CENTRED, PICTURE, _NAMES[Style.CAPTION]):
            shape.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _add_style(document: Document, name: str, base: ParagraphStyle) -> ParagraphStyle:
    added = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(added, ParagraphStyle)
    added.base_style = base
    return added


def _set_type(style: ParagraphStyle, size: int, *, bold: bool = False, italic: bool = False) -> None:
    style.font.name = layout.FONT
    style.font.size = Pt(size)
    style.font.bold = bold
    style.font.italic = italic
    style.font.color.rgb = RGBColor(0, 0, 0)
    properties = style.element.get_or_add_rPr()
    _name_fonts(properties)
    language = properties.find(qn("w:lang"))
    if language is None:
        language = OxmlElement("w:lang")
        properties.append(language)
    for attribute in ("w:val", "w:eastAsia"):
        language.set(qn(attribute), _LANGUAGE)


def _name_fonts(properties: object) -> None:
    """The same type for every script, also East Asian; theme fonts would win over it, so they go."""
    fonts = properties.find(qn("w:rFonts"))  # type: ignore[attr-defined]
    for name in list(fonts.attrib):
        if name.lower().endswith("theme"):
            del fonts.attrib[name]
    for attribute in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(attribute), layout.FONT)


def _drop_default_fonts(document: Document) -> None:
    """The template's document defaults name a theme font and English."""
    defaults = document.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    _name_fonts(defaults)
    language = defaults.find(qn("w:lang"))
    if language is not None:
        for attribute in ("w:val", "w:eastAsia"):
            language.set(qn(attribute), _LANGUAGE)


def _set_spacing(style: ParagraphStyle, before: int) -> None:
    shape = style.paragraph_format
    shape.space_before = Pt(before)
    shape.space_after = Pt(0)
    shape.line_spacing_rule = WD_LINE_SPACING.SINGLE
    shape.widow_control = True


# --- pages -----------------------------------------------------------------------------------------------


def set_page(section: Section, *, landscape: bool = False) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    width, height = (layout.PAGE_LONG, layout.PAGE_SHORT) if landscape else (layout.PAGE_SHORT, layout.PAGE_LONG)
    section.page_width, section.page_height = Mm(width), Mm(height)
    section.top_margin, section.bottom_margin = Mm(layout.TOP), Mm(layout.BOTTOM)
    section.left_margin, section.right_margin = Mm(layout.LEFT), Mm(layout.RIGHT)
    section.header_distance = Mm(layout.HEADER_DISTANCE)
    section.footer_distance = Mm(layout.HEADER_DISTANCE)
    section.different_first_page_header_footer = True  # the first page shows no number


def add_annex_page(document: Document, *, landscape: bool = True) -> Section:
    """A section of its own, its pages numbered from 1 again."""
    section: Section = document.add_section(WD_SECTION.NEW_PAGE)
    # The section break needs a paragraph; one of full height could fall on a page of its own.
    document.paragraphs[-1].paragraph_format.line_spacing = Pt(1)
    set_page(section, landscape=landscape)
    for copied in section._sectPr.findall(qn("w:pgNumType")):  # of the section before; the schema allows one
        section._sectPr.remove(copied)
    numbering = OxmlElement("w:pgNumType")
    numbering.set(qn("w:start"), "1")
    following = section._sectPr.find(qn("w:cols"))
    following.addprevious(numbering)
    return section


def write_page_headers(section: Section, sample_mark: str) -> None:
    """Page number centred in the top margin, from page 2; the mark of sample data on every page.

    Later sections are linked to these headers.
    """
    number = section.header.paragraphs[0]
    number.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _clear(number)
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = number.add_run()
        run.font.size = Pt(layout.PAGE_NUMBER)
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run._r.append(mark)
    first = section.first_page_header.paragraphs[0]
    _clear(first)
    if sample_mark:
        for paragraph in (section.header.add_paragraph(), first):
            _clear(paragraph)
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            run = paragraph.add_run(sample_mark)
            run.font.size = Pt(8)
            run.font.color.rgb = RGBColor(0x80, 0x80, 0x80)
            size_mark(paragraph, 8)


def size_mark(paragraph: Paragraph, size: int) -> None:
    """Give the paragraph mark the size of its text: Word makes a line as high as its largest character."""
    properties = paragraph._p.get_or_add_pPr()
    mark = OxmlElement("w:rPr")
    for name in ("w:sz", "w:szCs"):
        element = OxmlElement(name)
        element.set(qn("w:val"), str(size * 2))
        mark.append(element)
    properties.insert_element_before(mark, "w:sectPr", "w:pPrChange")


def _clear(paragraph: Paragraph) -> None:
    paragraph.style = "Normal"  # the template's header style has tab stops of another page

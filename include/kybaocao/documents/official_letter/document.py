"""A draft công văn as a Word document, to Nghị định 30/2020/NĐ-CP, Phụ lục I; the list on a page of its own.

Same content, same moment, same bytes.
"""

from __future__ import annotations

import datetime as dt

from kybaocao.documents.letterhead import add_address, add_letterhead, add_signature
from kybaocao.documents.official_letter.content import OfficialLetter
from kybaocao.documents.paper import Description, add_annex, add_paragraph, finish_paper, start_paper


def render_official_letter(letter: OfficialLetter, as_of: dt.datetime) -> bytes:
    head = letter.letterhead
    document = start_paper(letter.sample_mark)
    add_letterhead(document, head, None, about=letter.about)
    add_address(document, head)
    for paragraph in letter.body:
        add_paragraph(document, paragraph)
    add_signature(document, letter, None)
    add_annex(document, letter.late, landscape=False)
    description = Description(letter.about, letter.about, head.issuer_name, letter.cycle, letter.sample_mark)
    return finish_paper(document, description, as_of)

"""A draft công văn as a Word document, to Nghị định 30/2020/NĐ-CP, Phụ lục I; the list on a page of its own.

Same content, same moment, same bytes.
"""

from __future__ import annotations

import datetime as dt

from kybaocao.documents.letterhead import add_address, add_letterhead, add_signature
from kybaocao.documents.official_letter.content import OfficialLetter
from kybaocao.documents.paper import Description, add_annex, add_paragraph, finish_paper, start_paper


def render_official_letter(official_letter: OfficialLetter, as_of: dt.datetime) -> bytes:
    head = official_letter.letterhead
    document = start_paper(official_letter.sample_mark)
    add_letterhead(document, head, None, about=official_letter.about)
    add_address(document, head)
    for paragraph in official_letter.body:
        add_paragraph(document, paragraph)
    add_signature(document, official_letter, None)
    add_annex(document, official_letter.late, landscape=False)
    said = Description(
        official_letter.about,
        official_letter.about,
        head.issuer_name,
        official_letter.cycle,
        official_letter.sample_mark,
    )
    return finish_paper(document, said, as_of)

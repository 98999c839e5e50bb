"""A draft công văn as a Word document, to Nghị định 30/2020/NĐ-CP, Phụ lục I; the list on a page of its own.

Same content, same moment, same bytes.
"""

from __future__ import annotations

import datetime as dt

from kybaocao.documents.letterhead import add_address, add_letterhead, add_signature
from kybaocao.documents.official_letter.content import Dispatch
from kybaocao.documents.paper import Description, add_annex, add_paragraph, finish_paper, start_paper


def render_dispatch(dispatch: Dispatch, as_of: dt.datetime) -> bytes:
    head = dispatch.letterhead
    document = start_paper(dispatch.sample_mark)
    add_letterhead(document, head, None, about=dispatch.about)
    add_address(document, head)
    for paragraph in dispatch.body:
        add_paragraph(document, paragraph)
    add_signature(document, dispatch, None)
    add_annex(document, dispatch.late, landscape=False)
    said = Description(dispatch.about, dispatch.about, head.issuer_name, dispatch.cycle, dispatch.sample_mark)
    return finish_paper(document, said, as_of)

"""Letters: one template, two outputs (HTML and plain text), administrative Vietnamese throughout.

A template in `templates/mail/` says *what* a letter says, with the building blocks of a `Sheet`; how a
paragraph or a table looks in HTML or in plain text is decided here, once.  The slip in an agency's folder has
the words of the letter on a page that can be printed and signed (`templates/slips/_trang_in.j2`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from kybaocao.findings import TEMPLATES, shorten
from kybaocao.plan.cycle_moment import CycleMoment
from kybaocao.plan.form_edition import LATE_REASON
from kybaocao.plan.plan import Plan
from kybaocao.vietnamese import (
    format_moment,
    format_number,
    format_percent,
    name_day,
    spell_date,
    write_date,
)

Caller = Callable[[], str]
Group = tuple[str, Iterable[Sequence[object]]]  # name, "" for none; rows
CODE_LENGTH = 12
SUBJECT_LENGTH = 78  # characters: a longer one leaves out names that stand in the letter
_LINE_LENGTH = 110  # of a row of a table in plain text; what is longer goes on below
_DIGITS_SHOWN = 12  # of a SHA-256: nobody compares more by eye, and sixty-four are wider than a telephone

_STYLE = {
    "body": "margin:0;padding:0;background:#f3f5f7;",
    "page": "max-width:760px;margin:0 auto;background:#ffffff;padding:16px 4%;"
    "font-family:'Times New Roman',Times,serif;font-size:16px;line-height:1.5;color:#1f2937;",
    "title": "font-size:20px;line-height:1.3;font-weight:bold;color:#1f5c6b;margin:0 0 12px 0;",
    "heading": "font-size:17px;line-height:1.3;font-weight:bold;color:#1f5c6b;margin:16px 0 6px 0;",
    "p": "margin:0 0 10px 0;",
    "table": "border-collapse:collapse;width:100%;margin:6px 0 14px 0;font-size:15px;",
    "th": "border:1px solid #b8c1cc;background:#1f5c6b;color:#ffffff;padding:5px 8px;text-align:left;",
    "td": "border:1px solid #b8c1cc;padding:5px 8px;vertical-align:top;overflow-wrap:anywhere;",
    "group": "border:1px solid #b8c1cc;background:#e8eef2;padding:5px 8px;font-weight:bold;break-after:avoid;",
    "fact": "padding:3px 10px 3px 0;vertical-align:top;color:#5b6672;",
    "value": "padding:3px 0;vertical-align:top;font-weight:bold;overflow-wrap:anywhere;",
    "entries": "margin:4px 0 12px 0;padding-left:24px;",
    "entry": "margin:0 0 6px 0;",
    "picture": "display:block;width:100%;max-width:480px;height:auto;margin:6px 0 12px 0;",
    "note": "border-left:4px solid #b42318;background:#fef3f2;padding:8px 12px;margin:8px 0 12px 0;",
    "good": "border-left:4px solid #15803d;background:#f0fdf4;padding:8px 12px;margin:8px 0 12px 0;",
    "foot": "border-top:1px solid #d5dbe1;margin-top:20px;padding-top:10px;font-size:13px;color:#5b6672;",
}


class HtmlSheet:
    """The building blocks in HTML, with every style inline: mail programs ignore style sheets."""

    is_page = False

    def title(self, caller: Caller) -> Markup:
        return self._wrap("h1", "title", caller)

    def heading(self, caller: Caller) -> Markup:
        return self._wrap("h2", "heading", caller)

    annex = heading

    def signatures(self, agency: str, coordinator: str) -> str:
        """Room for two signatures, on paper only."""
        return ""

    def p(self, caller: Caller) -> Markup:
        return self._wrap("p", "p", caller)

    def note(self, caller: Caller) -> Markup:
        return self._wrap("div", "note", caller)

    def good(self, caller: Caller) -> Markup:
        return self._wrap("div", "good", caller)

    def foot(self, caller: Caller) -> Markup:
        return self._wrap("div", "foot", caller)

    def facts(self, pairs: Iterable[tuple[str, object]]) -> Markup:
        rows = "".join(
            f'<tr><td style="{_STYLE["fact"]}">{escape(label)}</td>'
            f'<td style="{_STYLE["value"]}">{escape(value)}</td></tr>'
            for label, value in pairs
        )
        return Markup(f'<table style="margin:6px 0 14px 0;">{rows}</table>')

    def items(self, lines: Iterable[object]) -> Markup:
        body = "".join(f"<li>{escape(line)}</li>" for line in lines)
        return Markup(f'<ul style="margin:4px 0 12px 0;padding-left:22px;">{body}</ul>')

    def entries(self, rows: Iterable[tuple[object, object]]) -> Markup:
        """A numbered list of names, what is said of each under it: what a table is on a narrow screen."""
        body = "".join(
            f'<li style="{_STYLE["entry"]}"><b>{escape(name)}</b><br>{escape(said)}</li>' for name, said in rows
        )
        return Markup(f'<ol style="{_STYLE["entries"]}">{body}</ol>')

    def cards(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
        """A table of many columns for a narrow screen: each row is an entry with its other fields named."""
        return self.entries((row[0], " · ".join(_name_fields(headings, row))) for row in rows)

    def picture(self, name: str, words: str) -> Markup:
        """A picture that travels with the letter (`store.outbox.MailAttachment.is_inline`), and its words."""
        return Markup(f'<img src="cid:{escape(name)}@kybaocao" alt="{escape(words)}" style="{_STYLE["picture"]}">')

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
        return self.groups(headings, [("", rows)])

    def groups(self, headings: Sequence[str], groups: Iterable[Group]) -> Markup:
        """A table whose rows stand under the names of their groups."""
        cells = "".join(f'<th style="{_STYLE["th"]}">{escape(heading)}</th>' for heading in headings)
        body = f"<tr>{cells}</tr>"
        for name, rows in groups:
            if name:
                body += f'<tr><td colspan="{len(headings)}" style="{_STYLE["group"]}">{escape(name)}</td></tr>'
            for row in rows:
                body += (
                    "<tr>" + "".join(f'<td style="{_style_cell(cell)}">{escape(cell)}</td>' for cell in row) + "</tr>"
                )
        return Markup(f'<table style="{_STYLE["table"]}">{body}</table>')

    def _wrap(self, tag: str, style: str, caller: Caller) -> Markup:
        return Markup(f'<{tag} style="{_STYLE[style]}">{" ".join(caller().split())}</{tag}>')


def _style_cell(cell: object) -> str:
    """A code like "III.2.4.a" is not broken over two lines."""
    is_code = len(text := str(cell)) <= CODE_LENGTH and " " not in text
    return _STYLE["td"] + ("white-space:nowrap;" if is_code else "")


class SlipSheet(HtmlSheet):
    """A page for the folder: signed on its first sheet of paper, the annex after it."""

    is_page = True

    def annex(self, caller: Caller) -> Markup:
        return Markup('<div class="phu-luc"></div>') + self.heading(caller)

    def signatures(self, agency: str, coordinator: str) -> str:
        return Markup(_template("_ky", True).render(agency=agency, coordinator=coordinator))


class TextSheet:
    """The same building blocks for readers without HTML."""

    is_page = False

    def title(self, caller: Caller) -> str:
        return " ".join(caller().split()).upper() + "\n\n"

    def heading(self, caller: Caller) -> str:
        return "\n" + " ".join(caller().split()) + "\n"

    def p(self, caller: Caller) -> str:
        return " ".join(caller().split()) + "\n\n"

    note = good = p
    annex = heading

    def signatures(self, agency: str, coordinator: str) -> str:
        return ""

    def foot(self, caller: Caller) -> str:
        return "-- \n" + " ".join(caller().split()) + "\n"

    def facts(self, pairs: Iterable[tuple[str, object]]) -> str:
        return "".join(f"  {label}: {value}\n" for label, value in pairs)

    def items(self, lines: Iterable[object]) -> str:
        return "".join(f"  - {line}\n" for line in lines)

    def entries(self, rows: Iterable[tuple[object, object]]) -> str:
        return "".join(f"  {number}. {name}\n     {said}\n" for number, (name, said) in enumerate(rows, 1))

    def cards(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
        return self.groups(headings, [("", rows)])

    def picture(self, name: str, words: str) -> str:
        return f"[{words}]\n\n"

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
        """One block per row: columns would not line up in a proportional font."""
        return self.groups(headings, [("", rows)])

    def groups(self, headings: Sequence[str], groups: Iterable[Group]) -> str:
        """Blocks under the names of their groups, numbered throughout.

        The first field needs no name: it says what the row is about. The others follow as far as a line goes.
        """
        blocks, number = [], 0
        for name, rows in groups:
            blocks += [f"* {name}\n"] if name else []
            for row in rows:
                number += 1
                mark = f"  {number}. "
                blocks.append(mark + ("\n" + " " * len(mark)).join(_fill_lines(headings, row)) + "\n")
        return "".join(blocks)


def _name_fields(headings: Sequence[str], row: Sequence[object]) -> list[str]:
    """The fields of a row after the first, without the empty ones."""
    return [f"{heading}: {cell}" for heading, cell in zip(headings[1:], row[1:], strict=True) if str(cell)]


def _fill_lines(headings: Sequence[str], row: Sequence[object]) -> list[str]:
    """A row on one line where it fits; else its first field alone, the others as far as lines go.

    A sentence ends its line.
    """
    first, *fields = str(row[0]), *_name_fields(headings, row)
    whole = " · ".join((first, *fields))
    if len(whole) <= _LINE_LENGTH and not any(field.endswith(".") for field in fields):
        return [whole]
    lines = [first]
    for field in fields:
        if len(lines) == 1 or lines[-1].endswith(".") or len(lines[-1]) + len(field) > _LINE_LENGTH:
            lines.append(field)
        else:
            lines[-1] += f" · {field}"
    return lines


@functools.lru_cache(maxsize=2)
def _environment(is_html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([TEMPLATES / name for name in ("mail", "slips", "alarms")]),
        autoescape=is_html,  # noqa: S701 - the other environment writes plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "ngay": write_date,
        "viet_ngay": spell_date,
        "thu_ngay": name_day,
        "luc": format_moment,
        "so": format_number,
        "phan_tram": format_percent,
        "gon": shorten,
        "ma_tep": show_digest,
        "lien": keep_on_one_line if is_html else str,
    }
    return environment


def keep_on_one_line(number: str) -> Markup:
    """A telephone number: half of it on the next line of a narrow screen is neither read nor dialled."""
    return Markup(f'<span style="white-space:nowrap">{escape(number)}</span>')


def write_letter(template: str, at: CycleMoment, *, agency: str = "", **facts: Any) -> tuple[str, str, str]:
    """(subject, HTML, plain text) of a letter. Raises UndefinedError when a fact is missing."""
    context = _gather_context(at, agency, facts)
    html = _render(template, HtmlSheet(), context)
    text = _render(template, TextSheet(), context)
    prefix = "[MẪU] " if at.plan.header.is_sample_data else ""
    subject = _write_subject(template, context)
    page = (
        '<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(subject)}</title></head>"
        f'<body style="{_STYLE["body"]}"><div style="{_STYLE["page"]}">{html}</div></body></html>'
    )
    return prefix + subject, page, text


def write_slip(template: str, at: CycleMoment, *, agency: str, **facts: Any) -> str:
    """The page for the agency's folder: the same words, made for A4 paper, with room for signatures.

    Raises UndefinedError when a fact is missing.
    """
    context = _gather_context(at, agency, facts)
    body = Markup(_render(template, SlipSheet(), context))
    subject = _write_subject(template, context)
    return _template("_trang_in", True).render(context, body=body, subject=subject)


def _gather_context(at: CycleMoment, agency: str, facts: dict[str, Any]) -> dict[str, Any]:
    recipients = at.plan.require_recipients()
    return {
        "plan": at.plan.header,
        "short_name": at.plan.header.name_beside(at.cycle.name),
        "cycle": at.cycle,
        "now": at.local,
        "officer": recipients.reply_to,
        "coordinator": at.plan.coordinator,
        "ministry": ", ".join(person.name for person in recipients.ministry),
        "nothing": at.plan.words.nothing,
        "agency": at.plan.agencies[agency] if agency else None,
        "due_on": at.cycle.due_on,
        "reason_sheet": _find_reason_sheet(at.plan),
        "has_room": True,
        **facts,
    }


def _find_reason_sheet(plan: Plan) -> str:
    """The sheet of the form on which an agency says why it comes late; "" when the form does not ask."""
    field = plan.edition.find_field(LATE_REASON) if plan.edition else None
    sheets = [sheet.name for sheet, table in plan.edition.tables if table is field[0]] if plan.edition and field else []
    return sheets[0] if sheets else ""


def show_digest(sha256: str) -> str:
    """The first digits of a SHA-256: enough to tell two files apart by eye."""
    return sha256[:_DIGITS_SHOWN]


def _write_subject(template: str, context: dict[str, Any]) -> str:
    """On one line; without the agency's name, which stands in the letter, where it would be too long with it."""
    subject = " ".join(_module(template, False, context).subject.split())
    if len(subject) <= SUBJECT_LENGTH:
        return subject
    return " ".join(_module(template, False, context | {"has_room": False}).subject.split())


def compile_templates() -> None:
    """Compile every template now, so that processes forked later need not."""
    for is_html in (True, False):
        for name in _environment(is_html).list_templates(extensions=["j2"]):
            _environment(is_html).get_template(name)


def _template(name: str, is_html: bool) -> Template:
    return _environment(is_html).get_template(f"{name}.j2")


def _render(name: str, sheet: HtmlSheet | TextSheet, context: dict[str, Any]) -> str:
    is_html = isinstance(sheet, HtmlSheet)
    text = _template(name, is_html).render(context, l=sheet)
    if is_html:
        return text.strip()
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def _module(name: str, is_html: bool, context: dict[str, Any]) -> Any:
    return _template(name, is_html).make_module({**context, "l": TextSheet()})

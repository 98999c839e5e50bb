"""Attachments: taken for what they are, kept when harmless, refused in words when not."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from random import Random

import pytest

from kybaocao.attachments import dangers
from kybaocao.attachments import inspection as inspection_module
from kybaocao.attachments.inspection import choose_attachment, inspect_attachment
from kybaocao.findings import load_catalogue, load_clauses, word
from kybaocao.plan.attachment_kinds import AttachmentKind
from kybaocao.workbook.sandbox import SandboxError
from tests.attachments.attachment_files import JAVASCRIPT, JPEG, OLD_WORD, PDF, PNG, docx, pdf, related
from tests.checks.catalogue import IDENTITY, edit, valid_form
from tests.workbook.odd_packages import unzip_parts, zip_parts


def _attachment(name: str, *kinds: str, **more: object) -> AttachmentKind:
    return AttachmentKind.model_validate({"ma": name, "ten": f"Tệp {name}", "loai": list(kinds)} | more)


SIGNED = _attachment("ban_ky", "pdf", "docx", ten_tep_co=["bản ký"])
EVIDENCE = _attachment("minh_chung", "anh", "pdf", "docx", ten_tep_co=["minh chứng", "phụ lục"])
BOTH = (SIGNED, EVIDENCE)
SMALL = _attachment("ban_ky", "pdf", dung_luong_mb=1)


@pytest.mark.parametrize(
    ("data", "name", "taken_as"),
    [
        (PDF, "Bao cao.pdf", "ban_ky"),  # listed first
        (PDF, "BC_125 (Bản ký).pdf", "ban_ky"),
        (PDF, "PHU LUC 1.pdf", "minh_chung"),  # by its name, typed without marks
        (PDF, "a.xlsx", "ban_ky"),  # content, never the extension
        (PNG, "Bản ký.png", "minh_chung"),  # a kind the signed report may not be
        (JPEG, "a.jpg", "minh_chung"),
        (docx(), "Bao cao.docx", "ban_ky"),
        (OLD_WORD, "Minh chung.doc", "minh_chung"),  # refused, and the answer says what would be taken
        (b"{\\rtf1 }", "a.rtf", "ban_ky"),
    ],
)
def test_a_document_is_taken_as_the_attachment_it_is(data: bytes, name: str, taken_as: str) -> None:
    """By a word in its name, otherwise as the first of the list that takes its kind."""
    chosen = choose_attachment(data, name, BOTH)
    assert chosen is not None and chosen.id == taken_as


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (valid_form(), "Bản ký.pdf"),
        (valid_form()[:5_000], "Bản ký.pdf"),  # broken
        (b"Rar!\x1a\x07", "Bao cao.rar"),
        (b"MZ", "Bao cao.exe"),
        (b"<html>", "Bao cao.xls"),
        (b"", "Bao cao.xlsx"),
    ],
)
def test_what_may_be_meant_as_the_form_is_answered_as_a_form(data: bytes, name: str) -> None:
    """Our workbook whatever its name, and what nothing shows to be anything else: the agency learns what it must be."""
    assert choose_attachment(data, name, BOTH) is None


FILM = b"\0\0\0\x20ftypmp42" + b"\0" * 200


@pytest.mark.parametrize(
    ("data", "name", "taken_as", "reported"),
    [
        (zip_parts({"a.txt": b"x"}), "Minh chung.zip", "minh_chung", "tệp nén ZIP"),
        (b"Rar!\x1a\x07", "ban ky.rar", "ban_ky", "tệp nén RAR"),
        ("xin chào".encode(), "phu luc.txt", "minh_chung", "tệp văn bản"),
        (FILM, "minh chung.mp4", "minh_chung", "video"),
        (OLD_WORD.replace("WordDocument".encode("utf-16-le"), "Workbook".encode("utf-16-le")), "Minh chung.xls", "minh_chung", "Excel đời cũ"),
    ],
)  # fmt: skip
def test_evidence_of_a_kind_that_is_not_taken_is_answered_as_evidence(
    data: bytes, name: str, taken_as: str, reported: str
) -> None:
    """By its name it is no form: no submission of the form is counted as sent back for it."""
    chosen = choose_attachment(data, name, BOTH)
    assert chosen is not None and chosen.id == taken_as
    finding = inspect_attachment(data, chosen)
    assert finding is not None and finding.code == "companion-kind-refused" and reported in word(finding).message


WITH_EXCEL = (SIGNED, _attachment("minh_chung", "anh", "xlsx", ten_tep_co=["minh chứng"]))


def _list_of_names() -> bytes:
    return edit(valid_form(), lambda book: book.__delitem__(IDENTITY))


@pytest.mark.parametrize(
    ("data", "name", "taken_as"),
    [
        (_list_of_names(), "Minh chung danh sach.xlsx", "minh_chung"),
        (_list_of_names(), "Danh sach.xlsx", None),  # nothing says that it is not meant as the form
        (valid_form(), "Minh chung.xlsx", None),  # the form, whatever it is called
        (valid_form()[:5_000], "Minh chung.xlsx", None),
    ],
)
def test_a_workbook_is_evidence_when_its_name_says_so_and_it_is_not_the_form(
    data: bytes, name: str, taken_as: str | None
) -> None:
    chosen = choose_attachment(data, name, WITH_EXCEL)
    assert (chosen.id if chosen else None) == taken_as


def test_a_workbook_is_looked_into_like_a_document() -> None:
    """Kept, or refused for what it would fetch or start."""
    data, attachment = _list_of_names(), WITH_EXCEL[1]
    link = {"xl/externalLinks/externalLink1.xml": b"<externalLink><ddeLink ddeService='cmd'/></externalLink>"}
    assert inspect_attachment(data, attachment) is None
    finding = inspect_attachment(zip_parts(unzip_parts(data) | link), attachment)
    assert finding is not None and finding.code == "companion-unsafe"


def test_without_attachments_everything_is_meant_as_the_form() -> None:
    """A plan that takes none keeps answering a scan as it always did."""
    assert choose_attachment(PDF, "a.pdf", ()) is None


@pytest.mark.parametrize(("data", "attachment"), [(PDF, SIGNED), (docx(), SIGNED), (PNG, EVIDENCE), (JPEG, EVIDENCE)])
def test_a_harmless_attachment_is_kept(data: bytes, attachment: AttachmentKind) -> None:
    """PDF, Word, pictures."""
    assert inspect_attachment(data, attachment) is None


def test_half_a_document_is_answered_as_a_document() -> None:
    """Not as an archive nobody asked for."""
    data = zip_parts(unzip_parts(docx()) | {"word/media/a": b"\0" * 2_000})[:-200]
    chosen = choose_attachment(data, "Bao cao.docx", BOTH)
    assert chosen is not None
    finding = inspect_attachment(data, chosen)
    assert finding is not None and finding.code == "companion-damaged"


# code -> bytes that earn it and nothing else, and as what they are handed in
REFUSED: dict[str, tuple[Callable[[], bytes], AttachmentKind]] = {
    "companion-too-large": (lambda: PDF + b"\0" * 2**20, SMALL),
    "companion-kind-refused": (lambda: PNG, SIGNED),
    "companion-encrypted": (lambda: pdf(trailer=b"/Encrypt 5 0 R"), SIGNED),
    "companion-with-macros": (lambda: docx({"word/vbaProject.bin": "x"}), SIGNED),
    "companion-unsafe": (lambda: pdf(more={4: JAVASCRIPT}), SIGNED),
    "companion-damaged": (lambda: PDF.replace(b"%%EOF", b""), SIGNED),
}


@pytest.mark.parametrize("code", REFUSED)
def test_an_attachment_that_would_harm_is_refused(code: str) -> None:
    """One reason at a time, in whole sentences."""
    make, attachment = REFUSED[code]
    finding = inspect_attachment(make(), attachment)
    assert finding is not None and finding.code == code
    worded = word(finding)
    assert worded.sends_back and "{" not in worded.message + worded.hint and "“”" not in worded.message


@pytest.mark.parametrize(
    ("data", "attachment", "code"),
    [
        (
            docx({"word/_rels/settings.xml.rels": related("attachedTemplate", "http://x/y.dotm")}),
            SIGNED,
            "companion-unsafe",
        ),
        (docx({"word/media/a": "0" * 2**22}), SIGNED, "companion-unsafe"),  # a bomb
        (zip_parts({"a": b""}).replace(b"a", b"word/document.xml"), SIGNED, "companion-damaged"),
        (OLD_WORD, EVIDENCE, "companion-kind-refused"),
        (PNG[:30], EVIDENCE, "companion-damaged"),
        (JPEG[:30], EVIDENCE, "companion-damaged"),
    ],
)
def test_the_guard_looks_at_each_kind(data: bytes, attachment: AttachmentKind, code: str | None) -> None:
    """Templates fetched from a network, bombs, halves of files."""
    finding = inspect_attachment(data, attachment)
    assert (finding.code if finding else None) == code


def _twice(data: bytes) -> bytes:
    """The same package, its first entry standing in the directory twice."""
    start = data.rindex(b"PK\x05\x06")
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 4)
    entry, end = data[first:second], data[start:]
    count = int.from_bytes(end[10:12], "little") + 1
    size = int.from_bytes(end[12:16], "little") + len(entry)
    reported = count.to_bytes(2, "little") * 2 + size.to_bytes(4, "little")
    return data[:start] + entry + end[:8] + reported + end[16:]


@pytest.mark.parametrize("name", ["Minh chung.docx", "Minh chung.xlsx"])
def test_nothing_is_unpacked_before_the_directory_is_judged(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty thousand entries for one part would be unpacked sixty thousand times, in every pass again."""

    def _never(*_: object) -> bytes:
        raise AssertionError("unpacked")

    monkeypatch.setattr(inspection_module, "read_member", _never)
    monkeypatch.setattr(inspection_module, "run_limited", _never)
    data = _twice(docx() if name.endswith("docx") else zip_parts({"xl/workbook.xml": "<workbook/>", "b": b""}))
    choose_attachment(data, name, WITH_EXCEL)
    finding = inspect_attachment(data, SIGNED if name.endswith("docx") else WITH_EXCEL[1])
    assert finding is not None and "(thành phần bên trong trùng tên)" in word(finding).message


NOISE = b"<!--" + Random(1).randbytes(150_000).hex().encode() + b"-->"  # keeps the ratio of packing low

BOMBS = {
    "elements never closed": docx({"word/document.xml": b"<d>" + NOISE + b"<a>" * 2**23}),
    "relations": docx({"word/_rels/a.rels": b"<r>" + NOISE + b'<Relationship a=""/>' * 1_900_000 + b"</r>"}),
    "a million attributes": docx(
        {
            "word/document.xml": b"<d "
            + b" ".join(b'a%d="1"' % number for number in range(1_500_000))
            + b">"
            + NOISE
            + b"</d>"
        }
    ),
    "streams nobody declared": b"%PDF-1.5\n" + b"stream\n" * (9 * 2**20 // 7) + b"\n%%EOF",
    "tiny packed streams": b"%PDF-1.5\n"
    + b" obj<</Type/ObjStm/Filter/FlateDecode>>stream\n".join([zlib.compress(b"")] * 100_000)
    + b"\n%%EOF",
    "an endless array": pdf(more={4: b"[" + b"<<>> " * 3_000_000 + b"]"}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_answered_by_a_finding(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes off in a process of its own, limited like those that read workbooks."""
    asked: list[tuple[float, int]] = []
    run = inspection_module.run_limited

    def _note(program: str, data: bytes, *, seconds: float, megabytes: int) -> object:
        asked.append((seconds, megabytes))
        return run(program, data, seconds=seconds, megabytes=megabytes)

    monkeypatch.setattr(inspection_module, "run_limited", _note)
    finding = inspect_attachment(BOMBS[name], SIGNED)
    assert finding is not None and finding.code in ("companion-unsafe", "companion-damaged")
    assert [(seconds <= 30, megabytes <= 512) for seconds, megabytes in asked] == [(True, True)]


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("too-long", "companion-unsafe"),
        ("MemoryError", "companion-unsafe"),
        ("died", "companion-unsafe"),
        ("RuntimeError", "companion-damaged"),
    ],
)
def test_a_reader_that_comes_back_without_an_answer_refuses(
    reason: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be looked into is not kept as evidence."""

    def _fail(*_: object, **__: object) -> object:
        raise SandboxError(reason)

    monkeypatch.setattr(inspection_module, "run_limited", _fail)
    finding = inspect_attachment(PDF, SIGNED)
    assert finding is not None and finding.code == code


@pytest.mark.parametrize("answer", ["<script>", ["commands"], None, 1, {"a": "b"}])
def test_a_reader_can_only_name_a_danger(answer: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else it says after a hostile file refuses it, and is not repeated."""
    monkeypatch.setattr(inspection_module, "run_limited", lambda *_, **__: answer)
    finding = inspect_attachment(PDF, SIGNED)
    assert finding is not None and (finding.code, finding.facts) == ("companion-damaged", {})


def test_every_danger_has_words() -> None:
    """A code of its own, or a reason."""
    named = {value for name, value in vars(dangers).items() if name.isupper() and isinstance(value, str)}
    assert len(named) >= 19 and named == dangers.REASONS | dangers.CODES.keys()
    assert load_clauses()["ly_do"].keys() >= dangers.REASONS
    assert set(dangers.CODES.values()) <= load_catalogue().keys()

"""Defects of the file itself: wrong kinds, damaged and hostile ones. Nothing of them may reach a reader."""

from __future__ import annotations

import base64
import io
import re
import warnings
import zipfile

from kybaocao.plan.verdict import Verdict
from kybaocao.workbook.guard import MAX_BYTES, MAX_ENTRIES
from tests.checks.catalogue import TARGETS, bytes_defect, file_defect
from tests.workbook.odd_packages import unzip_parts, zip_parts

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


def _other(code: str):  # type: ignore[no-untyped-def]
    return file_defect(Verdict.UNREADABLE, code)


def _zip(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def _with(data: bytes, entries: list[tuple[str, bytes]]) -> bytes:
    """A valid form with more members in its archive."""
    out = io.BytesIO(data)
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # zipfile warns of the duplicate name that is the point
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


# --- not a workbook ------------------------------------------------------------------------------------------------


@_other("file-not-a-workbook")
def file_is_a_pdf(_: bytes) -> bytes:
    return b"%PDF-1.7\n% scan\n" + b"\0" * 2048


@_other("file-not-a-workbook")
def file_is_a_word_document(_: bytes) -> bytes:
    return _zip({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"})


@_other("file-not-a-workbook")
def file_is_a_photo(_: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"\0" * 100


@_other("file-is-archive")
def file_is_a_zip_of_forms(data: bytes) -> bytes:
    """Stored, not deflated: the form's own bytes stand in the archive as they are."""
    return _zip({"Bieu-mau (1).xlsx": data, "Bieu-mau (2).xlsx": data}, zipfile.ZIP_STORED)


@_other("file-is-archive")
def file_is_a_rar(_: bytes) -> bytes:
    return b"Rar!\x1a\x07\x01\x00" + b"\0" * 100


@_other("file-not-a-workbook")
def file_is_a_web_page(_: bytes) -> bytes:
    """What web portals export as "Excel"."""
    return "<html><body><table><tr><td>Mã</td></tr></table></body></html>".encode()


@_other("file-is-mail")
def file_is_a_mail_with_the_form(data: bytes) -> bytes:
    """Saved instead of what is attached to it."""
    head = "Received: from mx by mail; Mon, 30 Nov 2026 08:00:00 +0700\r\nFrom: a@sonla.example.vn\r\nSubject: Nộp báo cáo\r\n"
    return head.encode() + b"MIME-Version: 1.0\r\n\r\n" + base64.encodebytes(data)


@_other("file-is-mail")
def file_is_an_outlook_mail(_: bytes) -> bytes:
    return _OLE + "__substg1.0_0037001F".encode("utf-16-le") + b"\0" * 512


@_other("file-is-mail")
def file_is_an_outlook_attachment_of_attachments(data: bytes) -> bytes:
    """winmail.dat: what other mail programs make of a mail of Outlook."""
    return b"\x78\x9f\x3e\x22" + b"\0" * 40 + data


@_other("file-not-a-workbook")
def file_is_a_web_page_in_one_file(_: bytes) -> bytes:
    return b'MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'


@_other("file-not-a-workbook")
def file_is_a_numbers_document(_: bytes) -> bytes:
    """Of an iPad or a Mac: a package that nobody can unpack into a workbook."""
    return _zip({"Index/Document.iwa": b"\0" * 50, "Index/Tables/Tile.iwa": b"\0" * 50, "preview.jpg": b"\xff\xd8\xff"})


@_other("file-damaged")
def file_was_unpacked_and_packed_into_a_folder(data: bytes) -> bytes:
    """A form of which somebody has packed the parts: to unpack it once more gives no form."""
    return zip_parts({f"Bieu mau/{name}": content for name, content in unzip_parts(data).items()})


@_other("file-not-a-workbook")
def file_is_a_csv(_: bytes) -> bytes:
    return "Mã,Tử số\nT15,40\n".encode()


@_other("file-damaged")
def old_excel_file_with_nothing_in_it(_: bytes) -> bytes:
    return _OLE + "Workbook".encode("utf-16-le") + b"\0" * 512


@_other("file-damaged")
def opendocument_with_nothing_in_it(_: bytes) -> bytes:
    return _zip({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, zipfile.ZIP_STORED)


@_other("file-not-a-workbook")
def file_is_empty(_: bytes) -> bytes:
    return b""


@_other("file-not-a-workbook")
def file_is_zero_bytes_only(_: bytes) -> bytes:
    """After a broken connection a copy may have its full size and only zero bytes."""
    return b"\0" * 20_000


# --- cannot or must not be opened --------------------------------------------------------------------------------------


@_other("file-encrypted")
def file_encrypted(_: bytes) -> bytes:
    return _OLE + "EncryptionInfo".encode("utf-16-le") + "EncryptedPackage".encode("utf-16-le") + b"\0" * 512


@_other("file-damaged")
def file_truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


@_other("file-damaged")
def file_with_a_hole(data: bytes) -> bytes:
    hole = len(data) // 2 - 300
    return data[:300] + b"\0" * hole + data[300 + hole :]


@_other("file-damaged")
def file_with_garbled_sheet(data: bytes) -> bytes:
    """The archive is whole, the sheet in it is not XML."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    return _zip(entries | {"xl/worksheets/sheet2.xml": b"<worksheet><sheetData><row"})


@_other("file-too-large")
def file_too_large(data: bytes) -> bytes:
    return data + b"\0" * (MAX_BYTES + 1 - len(data))


@_other("file-unsafe")
def file_is_a_bomb(data: bytes) -> bytes:
    """Five megabytes of zero bytes, compressed to five kilobytes."""
    return _with(data, [("xl/media/image1.png", b"\0" * (5 << 20))])


@_other("file-unsafe")
def file_is_a_bomb_in_pieces(data: bytes) -> bytes:
    """Each piece is small enough, all together are not."""
    return _with(data, [(f"xl/media/{number}.png", b"\0" * 1_000_000) for number in range(85)])


@_other("file-unsafe")
def file_with_two_entries_of_one_name(data: bytes) -> bytes:
    """Two readers would see two different sheets."""
    return _with(data, [("xl/worksheets/sheet2.xml", b"<worksheet/>")])


@_other("file-unsafe")
def file_with_too_many_entries(data: bytes) -> bytes:
    return _with(data, [(f"xl/media/{number}.png", b"") for number in range(MAX_ENTRIES)])


@_other("file-unsafe")
def file_with_a_climbing_path(data: bytes) -> bytes:
    return _with(data, [("xl/../../../etc/passwd", b"x")])


@_other("file-unsafe")
def file_with_an_encrypted_entry(data: bytes) -> bytes:
    """The first entry of the archive's directory says that it is encrypted."""
    found = bytearray(data)
    found[found.index(b"PK\x01\x02") + 8] |= 1
    return bytes(found)


@_other("file-unreadable")
def file_with_a_million_formats(data: bytes) -> bytes:
    """Within every limit of size; read whole, its formats alone take more memory than a reader is given."""
    formats = "".join(f'<numFmt numFmtId="{number * 7919 % 999_983}" formatCode="0"/>' for number in range(900_000))
    members = unzip_parts(data)
    members["xl/styles.xml"] = members["xl/styles.xml"].replace(b"<cellXfs", f"<!-- -->{formats}<cellXfs".encode(), 1)
    return zip_parts(members)


@bytes_defect(Verdict.RETURNED, ("cell-unreadable", TARGETS, "F8"))
def cell_with_a_style_that_is_not_there(data: bytes) -> bytes:
    """What it shows is not known; all other cells are."""
    return _change_sheet(data, r'<c r="F8" s="[0-9]+"', '<c r="F8" s="9999"')


@bytes_defect(Verdict.RETURNED, ("cell-unreadable", TARGETS, "F8"))
def cell_with_a_number_that_is_none(data: bytes) -> bytes:
    return _change_sheet(data, r'(<c r="F8"[^>]*><v>)[0-9]+', r"\1NaN")


@bytes_defect(Verdict.UNREADABLE, ("sheet-has-empty-rows", TARGETS, ""))
def sheet_with_a_million_formatted_rows(data: bytes) -> bytes:
    """A frame around the whole sheet."""
    rows = "".join(f'<row r="{row}" spans="1:10" s="3" customFormat="1" ht="15"/>' for row in range(200, 1_048_577))
    return _change_sheet(data, "</sheetData>", f"{rows}</sheetData>")


def _change_sheet(data: bytes, pattern: str, change: str) -> bytes:
    """The sheet of targets after one replacement in its XML."""
    members = unzip_parts(data)
    name = next(name for name, content in members.items() if name.startswith("xl/worksheets/") and b">T15<" in content)
    text, count = re.subn(pattern, change, members[name].decode(), count=1)
    assert count == 1
    return zip_parts(members | {name: text.encode()})

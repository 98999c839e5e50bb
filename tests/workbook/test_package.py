"""A package is read strictly: what two readers could see differently is refused."""

from __future__ import annotations

import ast
import inspect
import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybaocao.findings import load_clauses
from kybaocao.workbook import guard
from kybaocao.workbook.compound import list_names
from kybaocao.workbook.guard import find_excess, sniff
from kybaocao.workbook.package import PackageError, find_lie, list_members, read_member
from kybaocao.workbook.parsing import parse_book
from tests.checks.catalogue import valid_form
from tests.workbook.odd_packages import unzip_parts, zip_parts


def _package(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_members_read_as_the_standard_library_reads_them(method: int) -> None:
    """Names, sizes and contents."""
    entries = {"a.xml": b"x" * 5000, "xl/Chỉ tiêu.xml": "Mường Lầm".encode(), "rỗng": b""}
    data = _package(entries, method)
    assert {m.name: read_member(data, m, 10_000) for m in list_members(data)} == entries


def test_a_form_has_no_lie_in_it() -> None:
    """What openpyxl writes is plain; so is what it writes after a comment was appended."""
    data = valid_form()
    assert find_lie(data, list_members(data)) == ""


def test_a_package_cut_off_anywhere_is_damaged() -> None:
    """Half-copied files never look whole."""
    data = _package({"a.xml": b"x" * 5000})
    for length in range(len(data)):
        with pytest.raises(PackageError):
            list_members(data[:length])


def test_content_that_is_not_what_the_directory_says_is_refused() -> None:
    """Checksum and size are held against the content."""
    data = bytearray(_package({"a.xml": b"x" * 5000}, zipfile.ZIP_STORED))
    data[100] ^= 1
    with pytest.raises(PackageError, match="damaged"):
        read_member(bytes(data), list_members(bytes(data))[0], 10_000)


def test_a_member_is_never_unpacked_beyond_the_limit() -> None:
    """A directory that admits a bomb, and one that lies about it."""
    data = _package({"a.xml": b"\0" * 10_000_000})
    (member,) = list_members(data)
    with pytest.raises(PackageError):
        read_member(data, member, 1_000_000)
    with pytest.raises(PackageError, match="damaged"):
        read_member(data, member._replace(bytes=1000), 1_000_000)


def test_members_that_share_bytes_are_a_lie() -> None:
    """The trick behind bombs of petabytes: a thousand members, one content."""
    data = _package({"a.xml": b"x" * 5000, "b.xml": b"y" * 5000})
    second = data.rfind(b"PK\x01\x02")
    overlapping = data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]
    assert find_lie(overlapping, list_members(overlapping)) == "chong_len_nhau"


@given(st.binary(max_size=400))
def test_random_bytes_give_a_directory_or_a_package_error(noise: bytes) -> None:
    """Nothing else is raised, whatever stands between the bytes of a package."""
    data = _package({"a.xml": b"x" * 500})
    for candidate in (noise, data[:40] + noise + data[40:], data[:-40] + noise + data[-40:], noise + data):
        try:
            members = list_members(candidate)
            find_lie(candidate, members)
            for member in members:
                read_member(candidate, member, 10_000)
        except PackageError:
            pass


# --- names as programs write them ------------------------------------------------------------------------------------

RENAMED: dict[str, Callable[[str], str]] = {
    "backslashes": lambda name: name.replace("/", "\\"),
    "a slash in front": lambda name: f"/{name}",
    "a backslash in front": lambda name: "\\" + name.replace("/", "\\"),
    "a dot in front": lambda name: f"./{name}",
    "two slashes": lambda name: name.replace("/", "//"),
    "a dot between": lambda name: name.replace("/", "/./"),
    "capitals": str.upper,
}


def _renamed(data: bytes, rename: Callable[[str], str]) -> bytes:
    return zip_parts({rename(name): content for name, content in unzip_parts(data).items()})


@pytest.mark.parametrize("way", RENAMED)
def test_a_form_is_read_whatever_way_its_members_are_named(way: str) -> None:
    """What programs on Windows and of other packers write; the parts are the same."""
    data = _renamed(valid_form(), RENAMED[way])
    assert guard.inspect(data) is None
    assert parse_book(data) == parse_book(valid_form())


@pytest.mark.parametrize("way", RENAMED)
def test_two_names_that_become_one_are_refused(way: str) -> None:
    """Two readers would see two different sheets."""
    parts = unzip_parts(valid_form())
    name = "xl/worksheets/sheet2.xml"
    finding = guard.inspect(zip_parts(parts | {RENAMED[way](name): b"<worksheet/>"}))
    assert finding is not None and finding.facts["ly_do"] == "trung_ten"


@pytest.mark.parametrize(
    "name", ["..\\a.xml", "xl\\..\\..\\a.xml", "/../a.xml", "./../a.xml", "xl//../a.xml", "a\\..", "\\..\\a"]
)
def test_a_name_that_climbs_is_refused_in_every_spelling(name: str) -> None:
    finding = guard.inspect(zip_parts(unzip_parts(valid_form()) | {name: b"x"}))
    assert finding is not None and finding.facts["ly_do"] == "duong_dan_sai"


def compound_file(*names: str) -> bytes:
    """An OLE file whose directory (sector 1) names these streams; its FAT is sector 0."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHH", 0x3E, 3, 0xFFFE, 9)
    header = header.ljust(44, b"\0") + struct.pack("<II", 1, 1)
    header = header.ljust(76, b"\0") + struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    fat = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    entries = [name.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<HB", 2 * len(name) + 2, 2) for name in names]
    return header + fat + b"".join(entry.ljust(128, b"\0") for entry in entries).ljust(512, b"\0")


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("Root Entry", "Workbook"), "tệp Excel đời cũ (.xls)"),
        (("Root Entry", "Book"), "tệp Excel đời cũ (.xls)"),
        (("Root Entry", "WordDocument"), "tài liệu Word đời cũ (.doc)"),
        (("Root Entry", "EncryptedPackage"), "tệp Excel có mật khẩu"),
        (("Root Entry", "Notebook"), "tệp Office đời cũ"),
    ],
)
def test_an_old_file_is_what_its_directory_says(names: tuple[str, ...], kind: str) -> None:
    """Not what some text in it says: a letter about Booking.com is no workbook."""
    assert sniff(compound_file(*names) + "Workbook, Book, EncryptedPackage".encode("utf-16-le")).name == kind


@given(st.binary(max_size=600), st.integers(0, 1_500))
def test_a_damaged_directory_never_fails(noise: bytes, place: int) -> None:
    data = compound_file("Root Entry", "Workbook")
    spoiled = data[: max(8, place)] + noise + data[place + len(noise) :]
    assert isinstance(list_names(spoiled), set)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"BM" + bytes(40), "ảnh BMP"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "ảnh WEBP"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "ảnh HEIC chụp từ điện thoại"),
        ("STT;Mã".encode("utf-16"), "tệp văn bản thuần (txt, csv)"),
    ],
)
def test_what_phones_and_editors_write_is_named(data: bytes, kind: str) -> None:
    assert sniff(data).name == kind


@pytest.mark.parametrize("judge", [find_lie, find_excess])
def test_every_reason_has_words(judge: Callable[..., str]) -> None:
    """What the functions return is a clause of the catalogue, never shown itself."""
    returned = [node.value for node in ast.walk(ast.parse(inspect.getsource(judge))) if isinstance(node, ast.Return)]
    reasons = {node.value for node in returned if isinstance(node, ast.Constant)} - {""}
    assert len(reasons) >= 3 and reasons <= load_clauses()["ly_do"].keys()

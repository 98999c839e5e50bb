"""A package is read strictly: what two readers could see differently is refused."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybaocao.intake.package import PackageError, find_lie, list_members, read_member
from tests.intake.catalogue import valid_form


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
    assert find_lie(overlapping, list_members(overlapping)) == "các thành phần bên trong chồng lên nhau"


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail_otherwise(noise: bytes) -> None:
    """Random bytes between a package's own end in a PackageError or in a directory."""
    data = _package({"a.xml": b"x" * 500})
    for candidate in (noise, data[:40] + noise + data[40:], data[:-40] + noise + data[-40:], noise + data):
        try:
            members = list_members(candidate)
            find_lie(candidate, members)
            for member in members:
                read_member(candidate, member, 10_000)
        except PackageError:
            pass

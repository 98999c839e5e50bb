"""The parts of a mail that a stranger may have made: one loop over its bytes, with a limit on everything.

`email` reads such a mail by recursion, one level for each nested part, and compares every line with each open
boundary: 270 KB of nested parts end in a RecursionError, 600 KB of quoted parameters keep it busy for more than a
minute.  Here nothing recurses, each byte is looked at a fixed number of times, and what lies beyond a limit is not
read.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kybaocao.vietnamese import nfc

MAX_DEPTH = 8  # multiparts inside each other; the notices of mail servers have three
MAX_PARTS = 100
MAX_HEADER_BYTES = 64 * 1024  # of one part
MAX_FIELDS = 300  # of one part
MAX_VALUE_BYTES = 4_000  # of one field
MAX_CONTENT_BYTES = 256 * 1024  # of one part
_MAX_BOUNDARY_BYTES = 200  # RFC 2046 allows 70
_MAX_LINE_BYTES = 300  # of a line with a boundary

MAILS = ("message/rfc822", "message/global")
_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Part:
    """A part inside which no further parts were read."""

    kind: str  # "message/delivery-status"
    encoding: str  # "base64"; "" for none
    raw: bytes  # at most MAX_CONTENT_BYTES

    @property
    def content(self) -> bytes:
        """The bytes that the part stands for, lines ending with \\n; none when they are encoded wrongly."""
        return unify_lines(_decode(self.raw, self.encoding))


@dataclass(frozen=True)
class Mail:
    """What was read of a mail."""

    fields: Fields  # of its header, and of the header of a report that it forwards
    parts: tuple[Part, ...]
    is_whole: bool  # False when it ends too early: it may still be being copied


def scan_mail(data: bytes) -> Mail:
    """The parts of a mail in order, as far as the limits go. Takes any bytes."""
    scan = _Scan(b"\n" + unify_lines(data))
    place: int | None = 1
    header_is_whole = True
    for number in range(MAX_PARTS):
        if place is None:
            break
        header, body = scan.split_header(place)
        header_is_whole = header_is_whole and (number > 0 or body <= len(scan.text))
        own = read_fields(header)
        kind, encoding, boundary = _read_type(own)
        if place in scan.messages:
            scan.fields += own
        if boundary:
            if len(scan.open) == MAX_DEPTH:
                return scan.finish(is_whole=True)  # more than any mail server writes: nothing to wait for
            scan.open.append(b"--" + boundary)
            _, place = scan.find_next_part(body)
        elif kind in MAILS and not encoding and scan.is_report(body):
            scan.messages.add(body)  # somebody forwards a report: it is read as if it had come by itself
            place = body
        else:
            end, place = scan.find_next_part(body)
            scan.parts.append(Part(kind, encoding, scan.text[body : min(end, body + MAX_CONTENT_BYTES)]))
    return scan.finish(is_whole=place is not None or (header_is_whole and not scan.open))


class _Scan:
    """A mail that is being read. A line begins after each \\n of the text, the first one too."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.open: list[bytes] = []  # delimiters of the multiparts that are open, the outermost first
        self.messages = {1}  # where the headers of whole messages begin
        self.fields: Fields = ()
        self.parts: list[Part] = []

    def finish(self, *, is_whole: bool) -> Mail:
        return Mail(self.fields, tuple(self.parts), is_whole)

    def split_header(self, place: int) -> tuple[bytes, int]:
        """(the header that begins at `place`, where its body begins: behind the text when it ends in the header)."""
        if self.text.startswith(b"\n", place):
            return b"", place + 1
        limit = place + MAX_HEADER_BYTES
        end = self.text.find(b"\n\n", place, limit)
        body = end + 2
        if end < 0:
            end, body = (limit, limit) if limit < len(self.text) else (len(self.text), len(self.text) + 1)
        delimiter = self._find_delimiter(place, end)
        if delimiter is not None:
            end = body = delimiter[0]
        return self.text[place:end], body

    def is_report(self, place: int) -> bool:
        return _read_type(read_fields(self.split_header(place)[0]))[0] == "multipart/report"

    def find_next_part(self, body: int) -> tuple[int, int | None]:
        """(where the part with this body ends, where the next part begins); closes the multiparts that end here."""
        first, place = None, body
        while (delimiter := self._find_delimiter(place, len(self.text))) is not None:
            start, stop, level, is_last = delimiter
            first = start if first is None else first
            del self.open[level + (0 if is_last else 1) :]
            if not is_last:
                return first, stop + 1
            place = stop + 1
        return len(self.text) if first is None else first, None

    def _find_delimiter(self, place: int, limit: int) -> tuple[int, int, int, bool] | None:
        """The first delimiter line at `place` or after: start, end, number of its multipart, whether it closes that."""
        levels = {line: (level, False) for level, line in enumerate(self.open)}
        levels |= {line + b"--": (level, True) for level, line in enumerate(self.open)}
        before = self.text.find(b"\n--", place - 1, limit) if levels else -1
        while before >= 0:
            start = before + 1
            stop = self.text.find(b"\n", start, start + _MAX_LINE_BYTES)
            if stop < 0:
                stop = min(start + _MAX_LINE_BYTES, len(self.text))
            found = levels.get(self.text[start:stop].rstrip())
            if found is not None:
                return start, stop, *found
            before = self.text.find(b"\n--", start, limit)
        return None


def read_fields(header: bytes) -> Fields:
    """(name in small letters, value on one line) of each field of a header; what is beyond the limits is left out."""
    found: list[tuple[bytes, list[bytes]]] = []
    for line in header[:MAX_HEADER_BYTES].split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            if found:
                found[-1][1].append(line)
            continue
        name, colon, value = line.partition(b":")
        if not colon:
            continue
        if len(found) == MAX_FIELDS:
            break
        found.append((name, [value]))
    return tuple((clean(name).lower(), clean(b" ".join(lines)[:MAX_VALUE_BYTES])) for name, lines in found)


def read_blocks(content: bytes) -> Iterator[Fields]:
    """The fields of each block of lines, which empty lines divide, read as they are asked for."""
    return (read_fields(block) for block in re.split(rb"\n(?:[ \t]*\n)+", content.strip(b"\n")) if block.strip())


def unify_lines(text: bytes) -> bytes:
    """Each line ends with \\n: mail has \\r\\n, files of Unix \\n, of the first Macintoshes \\r."""
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def clean(text: str | bytes) -> str:
    """Text that can be stored, mailed and shown: one line, each sign visible, no half surrogate pair."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = " ".join(text.split())
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
    return nfc(text)


def _read_type(fields: Fields) -> tuple[str, str, bytes]:
    """(content type, encoding that changes bytes or "", boundary of a multipart or none)."""
    said = dict(reversed(fields))  # the first one counts
    content_type = said.get("content-type", "text/plain")
    kind = content_type.partition(";")[0].strip().lower()
    encoding = said.get("content-transfer-encoding", "").partition(";")[0].strip().lower()
    boundary = b""
    if kind.startswith("multipart/") and (match := _BOUNDARY.search(content_type)):
        boundary = (match[1] or match[2]).rstrip().encode()
    return kind, encoding if encoding in _DECODERS else "", boundary if len(boundary) <= _MAX_BOUNDARY_BYTES else b""


def _decode(raw: bytes, encoding: str) -> bytes:
    return _DECODERS[encoding](raw) if encoding else raw


def _decode_base64(raw: bytes) -> bytes:
    """Of an encoding that is cut off, all that can be decoded."""
    digits = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


_DECODERS: dict[str, Callable[[bytes], bytes]] = {"base64": _decode_base64, "quoted-printable": binascii.a2b_qp}

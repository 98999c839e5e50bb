"""Mutations of the package: what other programs write differently, what copying destroys, what attackers try.

None of them changes what the workbook says: whatever is accepted afterwards must be exactly the original.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable
from random import Random

PACKAGES: dict[str, Callable[[bytes, Random], bytes]] = {}
LAST: set[str] = set()  # what leaves no package that could be opened and written anew
Members = dict[str, bytes]


def _bytes(change: Callable[[bytes, Random], bytes]) -> Callable[[bytes, Random], bytes]:
    """Register a change of the file's bytes."""
    LAST.add(change.__name__)
    PACKAGES[change.__name__] = change
    return change


def _members(change: Callable[[Members, Random], Members]) -> Callable[[Members, Random], Members]:
    """Register a change of the package's members."""
    PACKAGES[change.__name__] = lambda data, random: pack(change(unpack(data), random))
    return change


def _xml(change: Callable[[str, Random], str]) -> Callable[[str, Random], str]:
    """Register another way to write the XML of the sheets, or of one other member."""

    def _change(members: Members, random: Random) -> Members:
        chosen = random.choice((SHEETS, SHEETS, SHEETS, [STYLES], [STRINGS], [WORKBOOK]))
        return {
            name: change(content.decode(), random).encode()
            if name in chosen or (chosen is SHEETS and is_sheet(name))
            else content
            for name, content in members.items()
        }

    PACKAGES[change.__name__] = lambda data, random: pack(_change(unpack(data), random))
    return change


SHEETS: list[str] = ["every sheet"]
STYLES, STRINGS, WORKBOOK = "xl/styles.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
RELATIONS, TYPES = "xl/_rels/workbook.xml.rels", "[Content_Types].xml"


def is_sheet(name: str) -> bool:
    return name.startswith("xl/worksheets/sheet")


def unpack(data: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def pack(members: Members, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as package:
        for name, content in members.items():
            package.writestr(zipfile.ZipInfo(name, (2026, 12, 8, 10, 0, 0)), content, how)
    return out.getvalue()


# --- bytes ---------------------------------------------------------------------------------------------------------


@_bytes
def bytes_flipped(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 5, 20, 200))):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


@_bytes
def bytes_flipped_in_the_directory(data: bytes, random: Random) -> bytes:
    """Where names, sizes and offsets stand."""
    changed, start = bytearray(data), data.rfind(b"PK\x01\x02", 0, len(data) - 400)
    for _ in range(random.choice((1, 2, 4))):
        changed[random.randrange(start, len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


@_bytes
def cut_off(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(4, len(data))]


@_bytes
def zeroes_inside(data: bytes, random: Random) -> bytes:
    """A copy that broke off on a drive that reserves room first."""
    start = random.randrange(len(data))
    length = random.randrange(1, len(data) - start + 1)
    return data[:start] + b"\0" * length + data[start + length :]


@_bytes
def bytes_inserted_or_lost(data: bytes, random: Random) -> bytes:
    start, count = random.randrange(len(data)), random.randrange(1, 64)
    return data[:start] + (random.randbytes(count) + data[start:] if random.random() < 0.5 else data[start + count :])


@_bytes
def something_before_or_behind(data: bytes, random: Random) -> bytes:
    junk = random.randbytes(random.randrange(1, 3000))
    return random.choice((data + junk, data + b"\0" * 512, junk + data, data + data, data[:-2] + b"\x05\x00ghi c"))


@_bytes
def crossed_with_another(data: bytes, random: Random) -> bytes:
    """The beginning of one file and the end of the same file packed otherwise."""
    other = pack(unpack(data), zipfile.ZIP_STORED)
    cut = random.randrange(len(data))
    return random.choice((data[:cut] + other[cut:], other[:cut] + data[cut:]))


# --- packing -------------------------------------------------------------------------------------------------------


@_bytes
def stored_not_deflated(data: bytes, random: Random) -> bytes:
    return pack(unpack(data), zipfile.ZIP_STORED)


@_bytes
def packed_another_way(data: bytes, random: Random) -> bytes:
    return pack(unpack(data), random.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))


@_bytes
def written_as_a_stream(data: bytes, random: Random) -> bytes:
    """Sizes behind the data, as programs write that cannot seek."""

    class _Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.parts: list[bytes] = []

        def writable(self) -> bool:
            return True

        def write(self, part: bytes) -> int:  # type: ignore[override]
            self.parts.append(bytes(part))
            return len(part)

    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in unpack(data).items():
            package.writestr(name, content)
    return b"".join(pipe.parts)


@_members
def members_in_another_order(members: Members, random: Random) -> Members:
    return dict(random.sample(sorted(members.items()), len(members)))


@_members
def member_of_no_use_added(members: Members, random: Random) -> Members:
    return members | {random.choice(("xl/", "docProps/thumbnail.jpeg", "customXml/item1.xml", "xl/calcChain.xml")): b""}


@_members
def member_dropped(members: Members, random: Random) -> Members:
    del members[random.choice(sorted(members))]
    return members


@_members
def member_emptied(members: Members, random: Random) -> Members:
    return members | {random.choice(sorted(members)): random.choice((b"", b" ", b"<?xml version='1.0'?>", b"<x/>"))}


@_members
def member_cut_off(members: Members, random: Random) -> Members:
    """Damaged before it was packed: checksums are right."""
    name = random.choice(sorted(members))
    return members | {name: members[name][: random.randrange(len(members[name]))]}


@_members
def member_renamed(members: Members, random: Random) -> Members:
    name = random.choice(sorted(members))
    renamed = random.choice(
        (name.upper(), name + "x", name.replace("/", "\\"), "../" + name, name.replace("xl/", "XL/"))
    )
    return {renamed if one == name else one: content for one, content in members.items()}


@_members
def members_named_another_way(members: Members, random: Random) -> Members:
    """All of them, as a program on Windows or another packer names them."""
    rename = random.choice(
        (
            lambda name: name.replace("/", "\\"),
            lambda name: f"/{name}",
            lambda name: f"./{name}",
            lambda name: "\\" + name.replace("/", "\\"),
            str.upper,
        )
    )
    return {rename(name): content for name, content in members.items()}


@_members
def member_with_a_twin_in_another_spelling(members: Members, random: Random) -> Members:
    """Two names that become one: readers take one or the other."""
    name = random.choice([one for one in members if is_sheet(one)])
    twin = random.choice((name.replace("/", "\\"), f"/{name}", f"./{name}", name.replace("/", "//"), f"\\{name}"))
    return members | {twin: re.sub(rb"<v>(\d+)</v>", rb"<v>1\1</v>", members[name])}


@_members
def cells_far_away(members: Members, random: Random) -> Members:
    """A blank far below or far to the right, or something that is seen."""
    name = random.choice([one for one in members if is_sheet(one)])
    row, letters = random.choice(((6_000, "B"), (1_048_576, "A"), (4_999, "GZ"), (100_000, "XFD")))
    inside = random.choice(("<is><t> </t></is>", "<is><t>\u00a0\n</t></is>", "<is><t/></is>", "<is><t>x</t></is>"))
    cell = f'<row r="{row}"><c r="{letters}{row}" t="inlineStr">{inside}</c></row></sheetData>'
    return members | {name: members[name].replace(b"</sheetData>", cell.encode())}


@_members
def empty_rows_with_formats(members: Members, random: Random) -> Members:
    """Thousands of them, written out one by one."""
    name = random.choice([one for one in members if is_sheet(one)])
    count = random.choice((100, 6_000, 60_000))
    rows = "".join(f'<row r="{row}" s="1" customFormat="1" ht="15"/>' for row in range(1_000, 1_000 + count))
    return members | {name: members[name].replace(b"</sheetData>", f"{rows}</sheetData>".encode())}


@_members
def members_exchanged(members: Members, random: Random) -> Members:
    """Two sheets swap their contents: tables are found by their headings."""
    first, second = random.sample([name for name in members if is_sheet(name)], 2)
    members[first], members[second] = members[second], members[first]
    return members


@_bytes
def member_twice(data: bytes, random: Random) -> bytes:
    """One name, two contents: readers take one or the other."""
    members = unpack(data)
    name = random.choice(sorted(members))
    other = re.sub(rb"<v>(\d+)</v>", rb"<v>1\1</v>", members[name])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for one, content in members.items():
            package.writestr(one, content)
        twin = random.choice((name, name.upper()))
        package.NameToInfo.pop(twin, None)  # so that Python does not warn
        package.writestr(twin, other)
    return out.getvalue()


@_bytes
def name_that_lies(data: bytes, random: Random) -> bytes:
    """The directory and the member itself have different names."""
    spot = data.find(b"xl/worksheets/sheet")
    return data[:spot] + b"xl/worksheets/shoot" + data[spot + 19 :]


@_bytes
def size_that_lies(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    spot = data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + random.randrange(600))
    if spot > 0:
        struct.pack_into("<I", changed, spot + random.choice((20, 24)), random.choice((0, 1, 10**6, 0xFFFFFFFF)))
    return bytes(changed)


# --- where things are ------------------------------------------------------------------------------------------------


@_members
def targets_from_the_root(members: Members, random: Random) -> Members:
    text = members[RELATIONS].decode()
    prefix = random.choice(("/xl/", "", "./"))
    members[RELATIONS] = re.sub(r'Target="(?:/xl/)?([^"]+)"', rf'Target="{prefix}\1"', text).encode()
    return members


@_members
def part_kept_under_another_name(members: Members, random: Random) -> Members:
    """A part is where the relations say, not where its name is expected."""
    name = random.choice((STYLES, STRINGS, *(one for one in members if is_sheet(one))))
    other = name.replace(".xml", "_1.xml")
    moved = {other if one == name else one: content for one, content in members.items()}
    for listing in (RELATIONS, TYPES):
        moved[listing] = moved[listing].replace(name.removeprefix("xl/").encode(), other.removeprefix("xl/").encode())
    return moved


@_members
def content_types_wrong(members: Members, random: Random) -> Members:
    if random.random() < 0.3:
        del members[TYPES]
    else:
        members[TYPES] = members[TYPES].replace(b"spreadsheetml", random.choice((b"wordprocessingml", b"x")))
    return members


@_members
def strings_cut_short(members: Members, random: Random) -> Members:
    """The last shared strings are gone; cells still point to them."""
    parts = members[STRINGS].decode().split("<si>")
    members[STRINGS] = ("<si>".join(parts[: -random.randrange(1, 10)]) + "</sst>").encode()
    return members


@_members
def strings_counted_wrong(members: Members, random: Random) -> Members:
    members[STRINGS] = re.sub(rb'ount="\d+"', rb'ount="%d"' % random.choice((0, 1, 4_000_000_000)), members[STRINGS])
    return members


@_members
def strings_in_runs(members: Members, random: Random) -> Members:
    """Each text in two runs of different looks, with a reading aid that is not part of it."""

    def _split(found: re.Match[str]) -> str:
        text = found[1]
        if "&" in text or len(text) < 2:
            return found[0]
        cut = random.randrange(1, len(text))
        parts = "".join(
            f'<r><rPr><b/></rPr><t xml:space="preserve">{part}</t></r>' for part in (text[:cut], text[cut:])
        )
        return f'<si>{parts}<rPh sb="0" eb="1"><t>đọc là 77</t></rPh><phoneticPr fontId="1"/></si>'

    members[STRINGS] = re.sub(r"<si><t(?: [^>]*)?>([^<]*)</t></si>", _split, members[STRINGS].decode()).encode()
    return members


@_members
def dimension_that_lies(members: Members, random: Random) -> Members:
    wrong = random.choice((b"A1", b"A1:B2", b"A1:XFD1048576", b"C9:D9", b"", b"?"))
    return {
        name: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="' + wrong + b'"', content)
        if is_sheet(name)
        else content
        for name, content in members.items()
    }


# --- XML -------------------------------------------------------------------------------------------------------------


@_xml
def attributes_shuffled(text: str, random: Random) -> str:
    def _shuffle(found: re.Match[str]) -> str:
        pairs = re.findall(r'[\w:]+="[^"]*"', found[2])
        random.shuffle(pairs)
        return f"<{found[1]} {' '.join(pairs)}{found[3]}>"

    return re.sub(r'<([\w:]+)((?:\s+[\w:]+="[^"]*")+)\s*(/?)>', _shuffle, text)


@_xml
def quotes_exchanged(text: str, random: Random) -> str:
    return re.sub(r'([\w:]+)="([^"\']*)"(?=[^<>]*>)', r"\1='\2'", text)


@_xml
def spaces_around_signs(text: str, random: Random) -> str:
    return re.sub(r'([\w:]+)="([^"]*)"(?=[^<>]*>)', r'\1 = "\2" ', text)


@_xml
def tags_broken_into_lines(text: str, random: Random) -> str:
    return re.sub(r"<([\w:]+) (?=[^<>]*>)", r"<\1\n  ", text)


@_xml
def spaces_between_tags(text: str, random: Random) -> str:
    return re.sub(r"><(?!/(?:t|v|f)>)", ">\n <", text)


@_xml
def names_with_a_prefix(text: str, random: Random) -> str:
    text = re.sub(r"<(/?)(?![\w]+:)(\w)", r"<\1x:\2", text)
    return text.replace('xmlns="', 'xmlns:x="', 1)


@_xml
def comments_between_tags(text: str, random: Random) -> str:
    return re.sub(r"(<(?:row|c|si|xf|numFmt|sheet)[ >])", r'<!-- <c r="A1"><v>77</v></c> -->\1', text)


@_xml
def references_for_signs(text: str, random: Random) -> str:
    """Every digit and every % of attributes and values as a reference."""

    def _spell(found: re.Match[str]) -> str:
        return re.sub(r"[0-9%]", lambda sign: f"&#{ord(sign[0])};", found[0])

    text = re.sub(r'(?<= formatCode=)"[^"]*"', _spell, text)
    text = re.sub(r'(?<= numFmtId=)"[^"]*"', _spell, text)
    return re.sub(r"(?<=<v>)[^<]*(?=</v>)", _spell, text) if random.random() < 0.5 else text


@_xml
def sections_for_text(text: str, random: Random) -> str:
    return re.sub(r"<(t|v)((?: [^>]*)?)>([^<&]+)</\1>", r"<\1\2><![CDATA[\3]]></\1>", text)


@_xml
def declared_with_a_document_type(text: str, random: Random) -> str:
    body = text[text.find("?>") + 2 :] if text.startswith("<?xml") else text
    entity = random.choice(('<!ENTITY a "77">', '<!ENTITY a SYSTEM "file:///etc/passwd">', ""))
    doctype = f"<!DOCTYPE x [{entity}]>"
    return doctype + (re.sub(r"<v>\d+</v>", "<v>&a;</v>", body, count=3) if entity else body)


@_xml
def addresses_left_out(text: str, random: Random) -> str:
    """Cells without addresses follow one another; rows are written whole so that nothing moves."""
    return re.sub(r'<c r="[A-Z]+\d+"', "<c", _fill_gaps(text)) if "<sheetData" in text else text


def _fill_gaps(text: str) -> str:
    def _fill(found: re.Match[str]) -> str:
        cells = {
            cell[1]: cell[0] for cell in re.finditer(r'<c r="([A-Z])\d+"[^>]*?(?:/>|>.*?</c>)', found[2], re.DOTALL)
        }
        last = max(cells, default="@")
        letters = [chr(code) for code in range(65, ord(last) + 1)]
        return found[1] + "".join(cells.get(letter, f'<c r="{letter}1"/>') for letter in letters) + "</row>"

    return re.sub(r"(<row [^>]*[^/]>)(.*?)</row>", _fill, text, flags=re.DOTALL)


@_xml
def empty_cells_written_out(text: str, random: Random) -> str:
    return _fill_gaps(text) if "<sheetData" in text else text


@_xml
def unknown_elements_added(text: str, random: Random) -> str:
    extra = '<extLst><ext uri="x"><z:c xmlns:z="urn:z" r="F8"><z:v>77</z:v></z:c></ext></extLst>'
    return re.sub(r"(</(?:worksheet|styleSheet|sst|workbook)>)", extra + r"\1", text)


@_members
def another_encoding(members: Members, random: Random) -> Members:
    name = random.choice((STYLES, STRINGS, WORKBOOK, RELATIONS, *(one for one in members if is_sheet(one))))
    text = re.sub(r"^<\?xml[^>]*\?>", "", members[name].decode())
    how, declared = random.choice(
        (("utf-16", "UTF-16"), ("utf-16-le", ""), ("utf-8-sig", "UTF-8"), ("utf-16-be", "UTF-16BE"))
    )
    start = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return members | {name: (start + text).encode(how)}


@_members
def cells_out_of_order(members: Members, random: Random) -> Members:
    """Rows, or the cells of a row, from last to first; every one has its address."""

    def _turn(text: str) -> str:
        if random.random() < 0.5:
            rows = re.findall(r"<row [^>]*/>|<row .*?</row>", text, re.DOTALL)
            return re.sub(
                r"<sheetData>.*</sheetData>",
                lambda _: f"<sheetData>{''.join(reversed(rows))}</sheetData>",
                text,
                flags=re.DOTALL,
            )
        return re.sub(
            r"(<row [^>]*[^/]>)(.*?)</row>",
            lambda row: row[1] + "".join(reversed(re.findall(r"<c [^>]*/>|<c .*?</c>", row[2], re.DOTALL))) + "</row>",
            text,
            flags=re.DOTALL,
        )

    return {name: _turn(content.decode()).encode() if is_sheet(name) else content for name, content in members.items()}


@_members
def cell_given_twice(members: Members, random: Random) -> Members:
    """Two contents for one address, or two rows of one number: Excel refuses, readers disagree."""
    name = random.choice([one for one in members if is_sheet(one)])
    text = members[name].decode()
    cells = [cell for cell in re.finditer(r'<c r="[A-Z]+\d+"(?: s="\d+")?(?: t="n")?><v>(\d+)</v></c>', text)]
    if cells:
        cell = random.choice(cells)
        twin = cell[0].replace(f"<v>{cell[1]}<", f"<v>{int(cell[1]) + 7}<")
        both = random.choice((cell[0] + twin, twin + cell[0]))
        text = text[: cell.start()] + both + text[cell.end() :]
    return members | {name: text.encode()}


@_members
def row_numbers_that_lie(members: Members, random: Random) -> Members:
    """The number of a row and the addresses of its cells differ: readers go by one or the other."""
    name = random.choice([one for one in members if is_sheet(one)])
    text = re.sub(r'<row r="(\d+)"', lambda row: f'<row r="{int(row[1]) + 3}"', members[name].decode())
    return members | {name: text.encode()}

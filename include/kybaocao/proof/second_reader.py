"""A second way from the bytes of .xlsx files to cells. Runs in the sandbox, in a process started for some files.

It shares nothing with the readers of `workbook`: the standard library unpacks and parses, and no mark is kept but the
percent sign and the day, because these files were accepted once.  openpyxl would do, too, and takes seven times as
long: a minute and a half for 3,800 communes.

Source: ECMA-376 part 1, 18.3 (worksheets), 18.4 (shared strings), 18.8.30 (number formats).
"""

# ruff: noqa: S314 (the sandbox bounds what hostile XML can do)

from __future__ import annotations

import datetime as dt
import io
import json
import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile

from kybaocao.workbook.reader import answer

TYPE_CHECKING = False  # typing itself takes five milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["answer", "read_files"]

NUMBER, PERCENT, DAY, TEXT = "n", "p", "d", "t"  # kinds of a cell; the text of a DAY is in ISO form
MAX_PART_BYTES = 40 * 2**20
_BUILT_IN_PERCENT = {"9", "10"}
_BUILT_IN_DAY = {"14", "15", "16", "22", *map(str, range(27, 32)), "36", *map(str, range(50, 59))}
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')  # what stands in a number format only to be shown


def read_files(data: bytes) -> list[Any]:
    """For each file its sheets, or the name of the exception it met.

    `data`: a line of JSON with the lengths of the files, then the files.  A sheet is `[name, is hidden, cells]`, a
    cell `[row, column, kind, text]`, zero-based.
    """
    head, _, rest = data.partition(b"\n")
    found: list[Any] = []
    for length in json.loads(head):
        file, rest = rest[:length], rest[length:]
        try:
            found.append(read_book(file))
        except Exception as error:  # whatever hostile bytes raise: the caller reads this file in another way
            found.append(type(error).__name__)
    return found


def read_book(data: bytes) -> list[Any]:
    """The sheets of one .xlsx."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = {name.lstrip("/").replace("\\", "/").casefold(): name for name in package.namelist()}

        def read(part: str) -> bytes:
            info = package.getinfo(names[part.casefold()])
            if info.file_size > MAX_PART_BYTES:
                raise ValueError("too large")
            return package.read(info)

        def relate(part: str) -> dict[str, tuple[str, str]]:
            folder, name = posixpath.split(part)
            root = ET.fromstring(read(posixpath.join(folder, "_rels", f"{name}.rels")))
            return {
                one.get("Id", ""): (
                    one.get("Type", "").rpartition("/")[2],
                    posixpath.normpath(posixpath.join("/", folder, one.get("Target", ""))).lstrip("/"),
                )
                for one in root
                if one.get("TargetMode") != "External"
            }

        workbook = next(target for kind, target in relate("").values() if kind == "officeDocument")
        relations = relate(workbook)
        parts = dict(relations.values())
        strings = _read_strings(read(parts["sharedStrings"])) if "sharedStrings" in parts else []
        kinds = _list_styles(read(parts["styles"])) if "styles" in parts else dict[str, str]()
        book = ET.fromstring(read(workbook))
        is_1904 = any(one.get("date1904") in ("1", "true") for one in _find_all(book, "workbookPr"))
        day_zero = dt.date(1904, 1, 1) if is_1904 else dt.date(1899, 12, 30)  # right from March 1900 on
        sheets: list[Any] = []
        for sheet in _find_all(book, "sheet"):
            relation = next(value for key, value in sheet.attrib.items() if key.rpartition("}")[2] == "id")
            kind, target = relations[relation]
            cells = list(_read_cells(read(target), strings, kinds, day_zero)) if kind == "worksheet" else []
            sheets.append([sheet.get("name", ""), sheet.get("state", "visible") != "visible", cells])
        return sheets


def _read_cells(part: bytes, strings: list[str], kinds: dict[str, str], day_zero: dt.date) -> Iterator[list[Any]]:
    root = ET.fromstring(part)
    space = root.tag.rpartition("}")[0] + "}" if "}" in root.tag else ""
    value, columns, number = f"{space}v", dict[str, int](), -1
    for row in root.iter(f"{space}row"):
        number, column = int(row.get("r", number + 2)) - 1, -1
        for cell in row:
            letters = cell.get("r", "").rstrip("0123456789")
            if letters and letters not in columns:
                columns[letters] = _count_column(letters)
            column = columns[letters] if letters else column + 1
            if len(cell) == 0:
                continue
            kind = cell.get("t", "n")
            if kind == "inlineStr":
                text = "".join(_join_runs(one) for one in cell)
            else:
                text = cell.findtext(value) or ""
                text = strings[int(text)] if kind == "s" and text else text
            if not text or kind == "e":
                continue
            if kind == "n":
                shown = kinds.get(cell.get("s", "0"), NUMBER)
                day = _find_day(day_zero, text) if shown == DAY else None
                yield [number, column, NUMBER if shown == DAY and day is None else shown, day or text]
            else:
                yield [number, column, TEXT, text]


def _find_day(day_zero: dt.date, text: str) -> str | None:
    try:
        return (day_zero + dt.timedelta(days=int(float(text)))).isoformat()
    except (OverflowError, ValueError):
        return None


def _count_column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _read_strings(part: bytes) -> list[str]:
    return [_join_runs(item) for item in ET.fromstring(part)]


def _join_runs(item: ET.Element) -> str:
    """The text of a string without what only says how it is spoken."""
    found = ""
    for one in item:
        if one.tag.endswith("}t"):
            found += one.text or ""
        elif one.tag.endswith("}r"):
            found += _join_runs(one)
    return found


def _list_styles(part: bytes) -> dict[str, str]:
    """Numbers of the cell formats that show a number as a percentage of one, or as a day."""
    root = ET.fromstring(part)
    formats = {one.get("numFmtId", ""): _QUOTED.sub("", one.get("formatCode", "")) for one in _find_all(root, "numFmt")}
    shown = dict.fromkeys(_BUILT_IN_DAY, DAY) | dict.fromkeys(_BUILT_IN_PERCENT, PERCENT)
    for key, code in formats.items():
        shown[key] = PERCENT if "%" in code else DAY if "d" in code.casefold() else NUMBER
    styles = next(iter(_find_all(root, "cellXfs")), ())
    return {str(number): shown.get(one.get("numFmtId", ""), NUMBER) for number, one in enumerate(styles)}


def _find_all(root: ET.Element, name: str) -> Iterator[ET.Element]:
    return (one for one in root.iter() if one.tag.rpartition("}")[2] == name)

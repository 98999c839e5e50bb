"""Configuration files with the line every value came from.

YAML and CSV are read into plain data and a map from a value's path to its line, so that officials see each mistake
with file, line and field.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from kybaocao.files import explain_os_error, read_settings

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One mistake in a configuration file, in Vietnamese, for the operators.

    `item` is the id of the entry that could not be used ('' when the whole file is affected).
    """

    file: str
    line: int
    field: str
    message: str
    item: str = ""

    def __str__(self) -> str:
        where = f"{self.file}, dòng {self.line}" if self.line else self.file
        return f"{where}, mục “{self.field}”: {self.message}" if self.field else f"{where}: {self.message}"


@dataclass
class Source:
    """A parsed file: its data, the line of each value, and the problems of CSV lines that were left out."""

    name: str
    data: Any
    lines: dict[Path_, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    headings: tuple[str, ...] = ()  # of a CSV file

    def line_of(self, path: Path_) -> int:
        """The line of the value at `path`, or of the nearest value that contains it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 1


class SourceError(Exception):
    """The file as a whole cannot be read; carries the problem to show."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class FieldError(ValueError):
    """A mistake between several fields, reported at the one to correct: `at` is its path inside the entry."""

    def __init__(self, message: str, *at: str | int) -> None:
        super().__init__(message)
        self.at = at


class SourceLines:
    """The lines where the entries of a plan stand, for mistakes that show only between two entries or files."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[object, Source, Path_]] = {}
        self._sources: dict[int, Source] = {}  # without their data, which is as large as all entries

    def keep(self, entry: object, source: Source, path: Path_) -> None:
        kept = self._sources.setdefault(id(source.lines), replace(source, data=None))
        self._held[id(entry)] = (entry, kept, path)

    def line_of(self, entry: object, *path: str | int) -> int:
        """The line of the value at `path` inside `entry`. Raises KeyError for an entry that stands in no file."""
        _, source, base = self._held[id(entry)]
        return source.line_of((*base, *path))

    def find_line(self, entry: object, *path: str | int) -> int:
        """The same, or 0 for an entry that stands in no file."""
        return self.line_of(entry, *path) if id(entry) in self._held else 0


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_text(path: Path) -> str:
    """The file's text in NFC. Raises SourceError when it is missing or not UTF-8."""
    try:
        data = read_settings(path)
    except FileNotFoundError:
        raise SourceError(Problem(path.name, 0, "", "không tìm thấy tệp cấu hình")) from None
    except OSError as error:
        raise SourceError(Problem(path.name, 0, "", f"không đọc được tệp: {explain_os_error(error)}")) from None
    try:
        return unicodedata.normalize("NFC", data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SourceError(Problem(path.name, line, "", "tệp phải lưu ở bảng mã UTF-8")) from None


def read_yaml(path: Path) -> Source:
    """Parse one YAML file. Raises SourceError with the line of a syntax mistake."""
    text = read_text(path)
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise SourceError(Problem(path.name, 1, "", "tệp rỗng"))
        source = Source(path.name, None)
        source.data = _build(loader, node, (), source, path.name)
        return source
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise SourceError(Problem(path.name, line, "", f"sai cú pháp YAML ({error.problem})")) from None
    except yaml.reader.ReaderError as error:
        line = text.partition(chr(error.character))[0].count("\n") + 1
        raise SourceError(Problem(path.name, line, "", "có ký tự điều khiển không được phép")) from None
    finally:
        loader.dispose()


def _build(loader: Any, node: yaml.Node, path: Path_, source: Source, name: str) -> Any:
    source.lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise SourceError(Problem(name, line, "", "lời văn có { } hoặc [ ] phải để trong dấu nháy"))
            key = _read_scalar(loader, key_node)
            if key in result:
                raise SourceError(Problem(name, line, str(key), "khai báo hai lần"))
            result[key] = _build(loader, value_node, (*path, key), source, name)
            source.lines[(*path, key)] = line
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, child, (*path, index), source, name) for index, child in enumerate(node.value)]
    return _read_scalar(loader, node)


def _read_scalar(loader: Any, node: Any) -> Any:
    try:
        return loader.construct_object(node, deep=True)
    except (ValueError, OverflowError):  # 2026-06-31 looks like a date to YAML: text, which the field's check refuses
        return node.value


def read_csv(path: Path, *, lists: Iterable[str] = ()) -> Source:
    """Parse one CSV file (comma or semicolon) into a list of rows; empty cells are left out.

    Columns named in `lists` hold several values separated by ";".  A row with more cells than headings is
    left out and reported.
    """
    text = read_text(path)
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    rows = _read_rows(reader, path.name)
    headings = tuple(heading.strip() for heading in next(rows))
    source = Source(path.name, [], {(): 1}, headings=headings)
    list_columns = set(lists)
    for row in rows:
        inside = sum(cell.count("\n") for cell in row.values() if isinstance(cell, str))
        line = reader.line_num - inside  # a quoted cell may span lines: the row begins at its first
        if None in row:
            message = "dòng có nhiều ô hơn dòng tiêu đề; ô có dấu phẩy phải để trong dấu nháy kép"
            source.problems.append(Problem(path.name, line, "", message, next(iter(row.values())) or ""))
            continue
        entry: dict[str, Any] = {}
        for key, value in row.items():
            value = (value or "").strip()
            if value:
                entry[key.strip()] = (
                    [p.strip() for p in value.split(";") if p.strip()] if key in list_columns else value
                )
        source.lines[(len(source.data),)] = line
        source.data.append(entry)
    return source


def _read_rows(reader: csv.DictReader[str], name: str) -> Iterator[dict[str, Any]]:
    """Headings first, though they are no row. Raises SourceError for a cell of more than 131,072 characters."""
    try:
        yield {heading: "" for heading in reader.fieldnames or ()}
        yield from reader
    except csv.Error:
        message = "không đọc được như CSV: một ô quá dài, có thể do dấu nháy kép chưa đóng"
        raise SourceError(Problem(name, reader.line_num, "", message)) from None


# --- pydantic's errors in Vietnamese ----------------------------------------------------------

_MESSAGES = {
    "missing": "thiếu, cần điền",
    "extra_forbidden": "không có mục này; kiểm tra chính tả",
    "string_type": "phải là chữ",
    "string_too_short": "không được để trống",
    "int_parsing": "phải là số nguyên",
    "int_type": "phải là số nguyên",
    "decimal_parsing": "phải là số",
    "decimal_type": "phải là số",
    "date_from_datetime_parsing": "không phải ngày hợp lệ (viết dạng 2026-12-09)",
    "date_parsing": "không phải ngày hợp lệ (viết dạng 2026-12-09)",
    "date_from_datetime_inexact": "không phải ngày hợp lệ (viết dạng 2026-12-09)",
    "date_type": "không phải ngày hợp lệ (viết dạng 2026-12-09)",
    "time_parsing": "không phải giờ hợp lệ (viết trong dấu nháy, dạng '08:00')",
    "time_type": "không phải giờ hợp lệ (viết trong dấu nháy, dạng '08:00')",
    "bool_parsing": "phải là true hoặc false",
    "bool_type": "phải là true hoặc false",
    "list_type": "phải là một danh sách",
    "tuple_type": "phải là một danh sách",
    "dict_type": "phải là một nhóm mục có tên",
    "model_type": "phải là một nhóm mục có tên",
    "too_short": "danh sách không được để trống",
    "too_long": "danh sách quá dài",
    "json_invalid": "không phải là JSON hợp lệ",
}


def explain(error: Mapping[str, Any]) -> str:
    """One pydantic error in Vietnamese."""
    kind, context, value = error["type"], error.get("ctx", {}), error.get("input")
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    if kind in ("enum", "literal_error"):
        return f"giá trị “{value}” không có trong danh sách cho phép: {context.get('expected')}".replace(
            " or ", " hoặc "
        )
    if kind == "string_pattern_mismatch":
        return f"“{value}” không đúng dạng quy định"
    if kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        return f"giá trị {value} nằm ngoài khoảng cho phép"
    return _MESSAGES.get(kind, f"giá trị không hợp lệ ({error['msg']})")


def problems_of(error: ValidationError, source: Source, base: Path_, item: str) -> list[Problem]:
    """The problems behind one failed entry, each with its line and field."""
    found = []
    for part in error.errors(include_url=False):
        cause = part.get("ctx", {}).get("error")
        location = (*part["loc"], *(cause.at if isinstance(cause, FieldError) else ()))
        line = source.line_of((*base, *location))
        name = ".".join(str(step + 1) if isinstance(step, int) else step for step in location)
        found.append(Problem(source.name, line, name, explain(part), item))
    return found

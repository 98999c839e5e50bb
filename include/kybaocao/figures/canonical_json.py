"""Canonical JSON: the same content gives the same text. So are snapshots, report contents and manifests stored."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal
from operator import itemgetter
from typing import Any

from pydantic import TypeAdapter

from kybaocao.figures.snapshot import Snapshot


def to_json(value: Any) -> str:
    """Canonical JSON of a tree of dataclasses: same content, same text."""
    return _dump(_plain(value))


def compute_checksum(snapshot: Snapshot) -> str:
    """SHA-256 of the content, in canonical JSON, without `as_of`."""
    digest = hashlib.sha256()
    for piece in write_pieces(dataclasses.replace(snapshot, as_of=None)):  # type: ignore[arg-type]
        digest.update(piece.encode())
    return digest.hexdigest()


def write_pieces(snapshot: Snapshot) -> Iterator[str]:
    """The canonical JSON, one result after the other: of 3,800 agencies the whole has 40 million characters."""
    before = "{"
    for name, value in sorted(_list_written(snapshot), key=itemgetter(0)):
        yield f"{before}{_dump(name)}:"
        before = ","
        if isinstance(value, tuple):
            yield "["
            for number, item in enumerate(value):
                yield ("," if number else "") + to_json(item)
            yield "]"
        else:
            yield to_json(value)
    yield "}"


def from_json(text: str | bytes) -> Snapshot:
    """The snapshot that a canonical JSON text (or its UTF-8) holds. Raises ValueError when it is none.

    No type is coerced.
    """
    return _build_reader().validate_json(text)


@functools.cache
def _build_reader() -> TypeAdapter[Snapshot]:
    return TypeAdapter(Snapshot)


def _dump(plain: Any) -> str:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


_AS_THEY_ARE = (str, int, bool, type(None))


def _plain(value: Any) -> Any:
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dt.date):
        return value.isoformat()
    if dataclasses.is_dataclass(value):
        return {name: _plain(found) for name, found in _list_written(value)}
    return value


def _list_written(value: Any) -> Iterator[tuple[str, Any]]:
    """(name, value) of the fields of a dataclass that are written."""
    for name, default in _list_fields(value.__class__):
        if (found := getattr(value, name)) != default:
            yield name, found


# Fields with a default that were always written. Nothing is ever added here.
_ALWAYS_WRITTEN = {"imported", "previous_imported", "text", "kind", "number_format", "imported_by", "paper"}


@functools.cache
def _list_fields(kind: Any) -> tuple[tuple[str, Any], ...]:
    """(name of a field, the value with which it is left out); only the classes of a snapshot leave fields out."""
    leaves_out = kind.__module__ == Snapshot.__module__
    return tuple(
        (field.name, field.default if leaves_out and field.name not in _ALWAYS_WRITTEN else dataclasses.MISSING)
        for field in dataclasses.fields(kind)
    )

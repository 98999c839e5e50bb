"""Bytes that somebody outside made: handed out so that no browser shows or runs them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import FileResponse

_NAMES = 150  # characters
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}


def send_hostile(name: str, data: bytes | Path) -> Response:
    """An attachment without a type of its own, under its name without what could mislead a header or a file system."""
    safe = _clean(name)
    plain = safe.encode("ascii", "replace").decode().replace("?", "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"
    headers = {**HEADERS, "Content-Disposition": disposition}
    kind = "application/octet-stream"
    if isinstance(data, Path):
        return FileResponse(data, media_type=kind, headers=headers)
    return Response(data, media_type=kind, headers=headers)


def _clean(name: str) -> str:
    """The last part of a path; no control or direction marks, no quotes, nothing hidden."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(sign if sign.isprintable() and sign not in '"<>:|?*' else "_" for sign in last)
    stem, dot, suffix = kept.strip(" .").rpartition(".")
    return (f"{stem[:_NAMES]}{dot}{suffix[:10]}" if dot else suffix[:_NAMES]) or "tep"

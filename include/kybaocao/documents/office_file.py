"""Office files whose bytes depend on their content alone.

.docx and .xlsx are ZIP files; their libraries stamp each member with the clock.  Here every member gets
the same date, so that equal content gives equal bytes and a checksum of the file means something.
"""

from __future__ import annotations

import datetime as dt
import io
import shutil
import zipfile
from collections.abc import Mapping

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a ZIP file can hold


def fix_archive(data: bytes, replaced: Mapping[str, bytes] | None = None) -> bytes:
    """The same archive with fixed dates, and with some members replaced."""
    replaced = replaced or {}
    fixed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(fixed, "w") as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o600 << 16
            if name in replaced:
                new.writestr(member, replaced[name])
            else:  # in pieces: a sheet of 76,000 rows is 80 megabytes
                with old.open(name) as source, new.open(member, "w") as target:
                    shutil.copyfileobj(source, target)
    return fixed.getvalue()


def to_naive_utc(as_of: dt.datetime) -> dt.datetime:
    """The moment as office files store it: in UTC, without offset and microseconds."""
    return (
        as_of.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0) if as_of.tzinfo else as_of.replace(microsecond=0)
    )

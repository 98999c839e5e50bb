"""What a backup holds, file by file, with the checksum of each; written last, so one that was cut short has none."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from kybaocao.files import explain_os_error, hash_file, write_whole

MANIFEST = "ban-ke.json"
_FORMAT = 1


class BackupError(Exception):
    """A backup that cannot be made or used; the message says why, in Vietnamese."""


@dataclass(frozen=True)
class Entry:
    """One file of a backup."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Manifest:
    """`files` are named by their paths below the backup, "archive/ab/ab12…"."""

    made_at: dt.datetime
    engine: str  # the store came from: sqlite, postgresql
    files: Mapping[str, Entry]

    def write(self, folder: Path) -> None:
        files = {name: asdict(entry) for name, entry in sorted(self.files.items())}
        facts = {"format": _FORMAT, "made_at": self.made_at.isoformat(), "engine": self.engine, "files": files}
        write_whole(folder / MANIFEST, json.dumps(facts, ensure_ascii=False, indent=1).encode())

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Raises BackupError when there is none that can be read."""
        try:
            facts = json.loads((folder / MANIFEST).read_bytes())
            if facts["format"] != _FORMAT:
                raise BackupError(f"bản sao lưu {folder} do phiên bản chương trình khác tạo (bản kê {facts['format']})")
            files = {name: Entry(**entry) for name, entry in facts["files"].items()}
            return cls(dt.datetime.fromisoformat(facts["made_at"]), facts["engine"], files)
        except FileNotFoundError:
            raise BackupError(f"{folder} không phải bản sao lưu hoàn chỉnh: không có bản kê {MANIFEST}") from None
        except OSError as error:
            raise BackupError(f"không đọc được bản kê {folder / MANIFEST}: {explain_os_error(error)}") from None
        except (ValueError, KeyError, TypeError):
            raise BackupError(f"bản kê {folder / MANIFEST} bị hỏng") from None

    def list_damaged(self, folder: Path) -> Iterator[str]:
        """Names of files that are missing or are not what was saved."""
        for name, entry in self.files.items():
            path = folder / name
            try:
                is_sound = path.stat().st_size == entry.size_bytes and hash_file(path) == entry.sha256
            except OSError:
                is_sound = False
            if not is_sound:
                yield name

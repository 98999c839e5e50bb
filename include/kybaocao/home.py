"""Where things lie: KYBAOCAO_HOME and the folders below it."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

INBOX = "nop"
REPLIES = "tra_loi"
SUPPLEMENT = "bo-sung.txt"
# What passes write beside `shared`; the rest is made by people, by backups or by the embedded system.
_WRITTEN = ("archive", "cau_hinh", "cho_ghi", "giam_sat", "locks", "nhat_ky", "reports", "so_ghi")
_PRIVATE = (*_WRITTEN, "airflow", "mail", "nhap", "sao-luu", "thu_bi_tra")
_STORE = "kybaocao.db"


def is_replay_system() -> bool:
    """Whether this system was started for replays (demonstration, tests): only then may a moment be given."""
    return os.environ.get("KYBAOCAO_REPLAY", "").strip() not in ("", "0")


def read_secret(name: str) -> str:
    """What the file holds that the environment variable `name` names, without its last line break; "" without one.

    A secret in a file stands in nobody's environment, which processes of the same user may read. Raises OSError.
    """
    path = os.environ.get(name)
    return Path(path).read_text(encoding="utf-8").rstrip("\r\n") if path else ""


@dataclass(frozen=True)
class Home:
    """The data folder of one installation."""

    root: Path

    @classmethod
    def from_environment(cls) -> Home:
        default = Path(__file__).resolve().parents[2] / "var"
        return cls(Path(os.environ.get("KYBAOCAO_HOME") or default).resolve())

    def close_to_others(self) -> None:
        """Let no other account of the machine read anything here, but what it may read in `shared`.

        Folders of an older version are closed, too; `shared` is left as it is, because its owner gives agencies their
        rights there.  Others may pass through the data folder on their way to it, and not list it.  What belongs to
        another account stays as it is: `doctor` warns of it.
        """
        for name in _WRITTEN:
            with suppress(OSError):  # whoever writes there says what is wrong
                (self.root / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        _withdraw_rights(self.root, 0o066)
        for name in (*_PRIVATE, _STORE, f"{_STORE}-wal", f"{_STORE}-shm"):
            _withdraw_rights(self.root / name, 0o077)

    def list_open_to_others(self) -> list[Path]:
        """What another account of the machine may read here although it should not."""
        places = [self.root / name for name in (*_PRIVATE, _STORE)]
        return [place for place in places if place.exists() and stat.S_IMODE(place.stat().st_mode) & 0o077]

    @property
    def shared(self) -> Path:
        return self.root / "shared"

    @property
    def unwritten(self) -> Path:
        """Files that could not yet be written to agencies' folders, in folders of the same names."""
        return self.root / "cho_ghi"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def returned_mail(self) -> Path:
        """Where delivery notices (mail that came back) are dropped, one .eml each."""
        return self.root / "thu_bi_tra"

    def cycle_folder(self, agency: str, cycle: str) -> Path:
        return self.shared / agency / cycle

    def inbox(self, agency: str, cycle: str) -> Path:
        """Where the agency drops files."""
        return self.cycle_folder(agency, cycle) / INBOX

    def replies(self, agency: str, cycle: str) -> Path:
        """Where the agency finds answers."""
        return self.cycle_folder(agency, cycle) / REPLIES

    def report_folder(self, cycle: str, version: int) -> Path:
        return self.reports / cycle / f"v{version:03d}"

    def official_letters(self, cycle: str) -> Path:
        """Where drafts of công văn are kept."""
        return self.reports / cycle / "cong-van"

    def watch_record(self, cycle: str) -> Path:
        """What the watch over running passes saw when it last looked."""
        return self.root / "giam_sat" / f"{cycle}.json"

    def warning_record(self, cycle: str) -> Path:
        """What the operators were warned of in the last pass, and since when."""
        return self.root / "giam_sat" / "viec" / f"{cycle}.json"

    @property
    def watch_heartbeat(self) -> Path:
        """Written whenever the watch has looked at everything."""
        return self.root / "giam_sat" / "nhip"

    @property
    def audit_head(self) -> Path:
        """The digest of the newest row of the audit trail, kept outside of the store."""
        return self.root / "nhat_ky" / "dau.json"

    def supplement(self, cycle: str) -> Path:
        """Where the coordinator writes the parts of the report that people must write."""
        return self.reports / cycle / SUPPLEMENT

    @property
    def has_store(self) -> bool:
        """Whether anything was ever recorded here; opening a store would create one."""
        return bool(os.environ.get("KYBAOCAO_DB_URL")) or (self.root / _STORE).exists()

    @property
    def store_url(self) -> str:
        """The address of the store; its password may stand in a file. Raises OSError when that cannot be read."""
        url = os.environ.get("KYBAOCAO_DB_URL") or f"sqlite:///{self.root / _STORE}"
        password = read_secret("KYBAOCAO_DB_PASSWORD_FILE")
        if not password or not (address := re.fullmatch(r"(\w[\w+]*://[^:/@]+)(@.+)", url)):
            return url
        return f"{address[1]}:{quote(password, safe='')}{address[2]}"


def _withdraw_rights(path: Path, rights: int) -> None:
    """Take these bits of its mode from what is there and is ours."""
    with suppress(OSError):
        info = path.stat()
        if info.st_mode & rights and info.st_uid == os.geteuid():
            path.chmod(stat.S_IMODE(info.st_mode) & ~rights)

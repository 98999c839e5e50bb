"""What the environment may say, judged before anything begins: each wrong variable in one line of Vietnamese.

Commands, the file of the DAGs and the container that prepares the production system call `check_settings` first.  A
variable that is not set, or empty, has its default.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_WHERE = "sửa trong tệp .env (docker compose) hoặc trong biến môi trường của lệnh"
_WHOLE = re.compile(r"[0-9]{1,6}")
_SECONDS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_STORES = ("sqlite", "postgresql", "postgresql+psycopg2")
MOST_ROWS = 100  # Airflow makes all rows of a task in one transaction, and its pages become slow
_LONGEST = 80  # characters of a value that are shown


class SettingsError(ValueError):
    """What is wrong in the environment, a line for each variable."""


@dataclass(frozen=True)
class _Setting:
    """`is_fit` judges a value that is not empty; `named_in` is what the operator writes where that has another name.

    Of a secret nothing is shown but the kind of an address.
    """

    name: str
    expected: str
    is_fit: Callable[[str], bool]
    named_in: str = ""
    is_secret: bool = False

    def describe(self, value: str) -> str:
        kind, mark, _ = value.partition("://")
        value = "" if self.is_secret and not mark else f"{kind}://…" if self.is_secret else value
        shown = f", hiện là “{_shorten(value)}”" if value else ""
        name = f"{self.named_in} ({self.name})" if self.named_in else self.name
        return f"{name} phải là {self.expected}{shown}; {_WHERE}."


def check_settings(environment: Mapping[str, str] = os.environ) -> None:
    """Raises SettingsError when a variable has a value that cannot be used."""
    if faults := list_setting_faults(environment):
        raise SettingsError("\n".join(faults))


def list_setting_faults(environment: Mapping[str, str] = os.environ) -> list[str]:
    """A line for each value that cannot be used: the variable, its value, what is expected, where to set it."""
    found = ((one, environment.get(one.name, "").strip()) for one in _SETTINGS)
    return [one.describe(value) for one, value in found if value and not one.is_fit(value)]


def read_setting(name: str) -> str:
    """The value of one of the variables below, "" when it has none. Raises SettingsError."""
    setting, value = next(one for one in _SETTINGS if one.name == name), os.environ.get(name, "").strip()
    if value and not setting.is_fit(value):
        raise SettingsError(setting.describe(value))
    return value


def _shorten(value: str) -> str:
    text = "".join(sign if sign.isprintable() else "·" for sign in value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _is_whole(least: int, most: int) -> Callable[[str], bool]:
    return lambda value: bool(_WHOLE.fullmatch(value)) and least <= int(value) <= most


def _is_switch(value: str) -> bool:
    return value in ("0", "1")


def _is_yes_or_no(value: str) -> bool:
    """As Airflow reads it."""
    return value.lower() in ("true", "false", "t", "f", "1", "0")


def _is_time(value: str) -> bool:
    return bool(_SECONDS.fullmatch(value)) and float(value) > 0


def _is_plan_root(value: str) -> bool:
    return any(Path(value).glob("*/ke_hoach.yaml"))


def _is_readable(value: str) -> bool:
    return Path(value).is_file() and os.access(value, os.R_OK)


def _is_home(value: str) -> bool:
    """A folder, or a place where one can be made."""
    path = Path(value).absolute()
    try:
        if path.exists():
            return path.is_dir()
        there = next(parent for parent in path.parents if parent.exists())
    except OSError:  # a folder on the way is closed to us
        return False
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _is_store(value: str) -> bool:
    kind, _, rest = value.partition("://")
    if kind not in _STORES:
        return False
    if kind == "sqlite":
        return rest.startswith("/") and len(rest) > 1
    host, _, database = rest.rpartition("@")[2].partition("/")
    port = host.rpartition("]")[2].partition(":")[2]  # an address of IPv6 stands in brackets
    return bool(database) and (not port or _is_whole(1, 65535)(port))


def _is_page(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_fernet(value: str) -> bool:
    """One key or several, the newest first."""
    try:
        return all(len(base64.urlsafe_b64decode(key.strip() + "==")) == 32 for key in value.split(","))
    except (binascii.Error, ValueError):
        return False


def _is_mail_server(value: str) -> bool:
    if not value.startswith("{"):
        return value.startswith("smtp://")
    try:
        given = json.loads(value)
        extra = given.get("extra") or {}
        switches = [extra.get(name, False) for name in ("disable_ssl", "disable_tls")]
    except (ValueError, AttributeError):
        return False
    port = given.get("port", 25)
    return type(port) is int and 0 < port <= 65535 and all(type(one) is bool for one in switches)


_SETTINGS = (
    _Setting("KYBAOCAO_HOME", "thư mục dữ liệu có sẵn hoặc tạo được", _is_home),
    _Setting("KYBAOCAO_CONFIG", "thư mục có sẵn, mỗi kế hoạch là một thư mục con có ke_hoach.yaml", _is_plan_root),
    _Setting(
        "KYBAOCAO_DB_URL",
        "địa chỉ kho dữ liệu dạng postgresql+psycopg2://tài_khoản:mật_khẩu@máy_chủ/kybaocao hoặc sqlite:////đường/dẫn",
        _is_store,
        is_secret=True,
    ),
    _Setting("KYBAOCAO_READERS", "số nguyên từ 1 đến 1000", _is_whole(1, 1000)),
    _Setting("KYBAOCAO_ROWS", f"số nguyên từ 1 đến {MOST_ROWS}", _is_whole(1, MOST_ROWS)),
    _Setting("KYBAOCAO_GROUP", "số nguyên từ 1 đến 1000", _is_whole(1, 1000)),
    _Setting("KYBAOCAO_DB_PASSWORD_FILE", "tệp đọc được, chứa mật khẩu của kho dữ liệu", _is_readable),
    _Setting("KYBAOCAO_SMTP_PASSWORD_FILE", "tệp đọc được, chứa mật khẩu của hộp thư gửi", _is_readable),
    _Setting("KYBAOCAO_REQUIRE_CONFINEMENT", "0 hoặc 1", _is_switch),
    _Setting("KYBAOCAO_REPLAY", "0 hoặc 1", _is_switch),
    _Setting("KYBAOCAO_KEEP_DAYS", "số ngày, số nguyên từ 0 (không tự xóa) đến 36500", _is_whole(0, 36500)),
    _Setting("KYBAOCAO_TASK_LIMIT_SECONDS", "số giây lớn hơn 0", _is_time),
    _Setting("KYBAOCAO_PASS_LIMIT_SECONDS", "số giây lớn hơn 0", _is_time),
    _Setting("KYBAOCAO_PORT", "cổng, số nguyên từ 1 đến 65535", _is_whole(1, 65535)),
    _Setting(
        "AIRFLOW_CONN_KYBAOCAO_SMTP",
        "thông tin máy chủ thư đúng dạng: cổng là số, hai biến SMTP_DISABLE_… là true hoặc false, mật khẩu không có "
        "dấu nháy kép",
        _is_mail_server,
        "SMTP_PORT, SMTP_DISABLE_SSL, SMTP_DISABLE_TLS",
        is_secret=True,
    ),
    _Setting("AIRFLOW__API__BASE_URL", "địa chỉ http:// hoặc https://", _is_page, "AIRFLOW_BASE_URL"),
    _Setting(
        "AIRFLOW__CORE__FERNET_KEY",
        "khóa sinh bằng lệnh openssl rand -base64 32 | tr '+/' '-_'",
        _is_fernet,
        "secrets/airflow_fernet_key",
        is_secret=True,
    ),
    _Setting("AIRFLOW__METRICS__STATSD_ON", "true hoặc false", _is_yes_or_no, "STATSD_ON"),
    _Setting("AIRFLOW__METRICS__STATSD_PORT", "cổng, số nguyên từ 1 đến 65535", _is_whole(1, 65535), "STATSD_PORT"),
    _Setting(
        "AIRFLOW__CELERY__WORKER_CONCURRENCY", "số nguyên từ 1 đến 1000", _is_whole(1, 1000), "WORKER_CONCURRENCY"
    ),
)

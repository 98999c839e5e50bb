"""`doctor`: try everything a live start needs, and say per line what was found and what to do.

Exit status: 0 nothing is broken (something may want a look), 1 something is; 2 wrong usage.  Nothing it tries leaves
a trace but the letter that it sends.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from kybaocao.cli.command import BaseArguments, UsageError, now, print_json
from kybaocao.doctor.accounts import Accounts, probe_accounts
from kybaocao.doctor.clock import ZONE, probe_clocks, probe_zones
from kybaocao.doctor.configuration import probe_configuration, probe_cycles, probe_mode, probe_settings
from kybaocao.doctor.database import probe_database
from kybaocao.doctor.documents import probe_documents
from kybaocao.doctor.folders import probe_agencies, probe_folders, probe_names, probe_privacy, probe_room
from kybaocao.doctor.mail import Connection, Post, probe_mail
from kybaocao.doctor.probing import Probe, Setting, describe, examine, is_sound, list_lines
from kybaocao.doctor.reading import probe_confinement, probe_reading, probe_rows, probe_slots
from kybaocao.embedded.environment import use_airflow_settings
from kybaocao.home import Home
from kybaocao.store.outbox import Message

NAME = "doctor"
HELP = "Thử mọi thứ cần có trước khi chạy thật: thư mục, thư, kho dữ liệu, giờ, PDF, tài khoản, cấu hình"


@dataclass(frozen=True)
class Arguments(BaseArguments):
    mail_to: str
    no_mail: bool


def add_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--mail-to", default="", metavar="ĐỊA_CHỈ", help="gửi thư thử tới đây; mặc định: tổ vận hành")
    command.add_argument("--no-mail", action="store_true", help="không gửi thư thử")


def run(arguments: Arguments) -> int:
    if arguments.mail_to and "@" not in arguments.mail_to:
        raise UsageError(f"“{arguments.mail_to}” không phải địa chỉ thư điện tử")
    setting = Setting(Home.from_environment(), now())
    with use_airflow_settings(setting.home):
        examined = examine(setting, list_probes(setting, arguments.mail_to, is_mailing=not arguments.no_mail))
    if arguments.json:
        print_json({"ok": is_sound(examined), "at": setting.now.isoformat(), "lines": list_lines(examined)})
    else:
        print(describe(examined, setting, ZoneInfo(ZONE)))
    return 0 if is_sound(examined) else 1


def list_probes(setting: Setting, mail_to: str, *, is_mailing: bool) -> list[Probe]:
    """Every probe, in the order of the lines."""
    post = Post(_find_connection, lambda message: _send_letter(message, setting.home.root))
    probes = [
        Probe("Biến môi trường", probe_settings),
        Probe("Cấu hình", probe_configuration),
        Probe("Chế độ", probe_mode),
        Probe("Kỳ báo cáo hôm nay", lambda s: probe_cycles(s, _list_paused)),
        Probe("Thư mục", probe_folders),
        Probe("Quyền đọc", probe_privacy),
        Probe("Thư mục của cơ quan", probe_agencies),
        Probe("Tên tệp", probe_names),
        Probe("Dung lượng", probe_room),
        Probe("Kho dữ liệu", probe_database),
        Probe("Múi giờ", probe_zones),
        Probe("Đồng hồ", probe_clocks),
        Probe("Bộ đọc tệp", probe_reading),
        Probe("Cách ly bộ đọc tệp", probe_confinement),
        Probe("Đọc cùng lúc", probe_slots),
        Probe("Dòng trong Airflow", probe_rows),
        Probe("PDF và phông chữ", probe_documents),
        Probe("Tài khoản", lambda s: probe_accounts(s, _read_accounts)),
    ]
    return [*probes, Probe("Thư", lambda s: probe_mail(s, post, mail_to))] if is_mailing else probes


# What Airflow is asked is imported when it is asked: where it cannot be loaded, that is a line of its probe.


def _list_paused() -> Mapping[str, bool]:
    from kybaocao.adapters.examination import list_paused

    return list_paused()


def _read_accounts() -> Accounts:
    from kybaocao.adapters.examination import read_accounts

    return read_accounts()


def _find_connection() -> Connection | None:
    from kybaocao.adapters.examination import find_connection

    return find_connection()


def _send_letter(message: Message, root: Path) -> object:
    from kybaocao.adapters.examination import send_letter

    return send_letter(message, root)

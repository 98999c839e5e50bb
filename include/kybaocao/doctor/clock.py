"""Time: the zones the plans name, and our clock against the other clocks that stamp files and rows."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import inspect, select, text

from kybaocao.doctor.database import UnreachableError, connect
from kybaocao.doctor.folders import name_scratch
from kybaocao.doctor.probing import Answer, Setting, bad, doubtful, good
from kybaocao.store.tables import audit
from kybaocao.vietnamese import format_moment

ZONE = "Asia/Ho_Chi_Minh"
SKEW_SECONDS, FAR_SECONDS = 5, 120
_ADVICE = "bật đồng bộ giờ (chrony, systemd-timesyncd, NTP) trên cả hai máy"


def probe_zones(setting: Setting) -> Iterator[Answer]:
    """Whether the machine knows Vietnam's time, and which time the plans use."""
    try:
        offset = setting.now.astimezone(ZoneInfo(ZONE)).utcoffset()
    except (ZoneInfoNotFoundError, OSError):
        yield bad(f"máy không có dữ liệu múi giờ {ZONE}", "cài gói tzdata")
        return
    if offset != dt.timedelta(hours=7):
        yield bad(f"dữ liệu múi giờ {ZONE} sai: lệch {offset} so với UTC", "cài lại gói tzdata")
    else:
        yield good(f"múi giờ {ZONE} dùng được (UTC+7)")
    for plan in setting.plans:
        if plan.timezone.key != ZONE:
            yield doubtful(
                f"{plan.id}: mui_gio là {plan.timezone.key}", f"nếu không cố ý, đổi thành {ZONE} trong ke_hoach.yaml"
            )
    if os.environ.get("TZ", ZONE) != ZONE:
        yield doubtful(
            f"biến TZ là {os.environ['TZ']}: giờ trong log khác giờ trong thư, báo cáo",
            f"đặt TZ={ZONE} cho dễ đối chiếu",
        )


def probe_clocks(setting: Setting, read_clock: Callable[[], float] = time.time) -> Iterator[Answer]:
    """Our clock against those of the shared disk and the database, and against what was recorded last."""
    zone = ZoneInfo(ZONE)
    yield good(
        f"đồng hồ của máy: {format_moment(dt.datetime.fromtimestamp(read_clock(), zone))}; xin đối chiếu với giờ thật"
    )
    for folder in (setting.home.shared, setting.home.root):
        if folder.is_dir():
            with suppress(OSError):  # reported by the probe of the folders
                yield _compare(
                    "ổ đĩa chứa shared", _read_disk_clock(setting) - read_clock(), "giờ nhận tệp lấy từ ổ đĩa"
                )
            break
    try:
        with connect(setting) as connection:
            if connection.dialect.name == "postgresql":
                theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one().timestamp()
                yield _compare("máy chủ cơ sở dữ liệu", theirs - read_clock(), "")
            last = None
            if inspect(connection).has_table(audit.name):
                last = connection.execute(select(audit.c.at).order_by(audit.c.id.desc()).limit(1)).scalar()
    except UnreachableError:
        return  # reported by the probe of the database
    if last is not None and last.timestamp() > read_clock() + FAR_SECONDS:
        yield bad(
            f"nhật ký đã có việc lúc {format_moment(last.astimezone(zone))}, sau giờ của máy: đồng hồ chạy lùi, "
            "hoặc kho dữ liệu là của một lần diễn lại",
            "chỉnh đồng hồ; nếu kho dữ liệu là của lần diễn thử, dùng thư mục dữ liệu mới",
        )


def _read_disk_clock(setting: Setting) -> float:
    folder = setting.home.shared if setting.home.shared.is_dir() else setting.home.root
    scratch = folder / name_scratch()
    try:
        scratch.touch(exist_ok=False)
        return scratch.stat().st_mtime
    finally:
        with suppress(OSError):
            scratch.unlink()


def _compare(whose: str, ahead_seconds: float, why: str) -> Answer:
    gap = abs(ahead_seconds)
    if gap <= SKEW_SECONDS:
        return good(f"đồng hồ của {whose} khớp với đồng hồ của máy")
    way = "nhanh" if ahead_seconds > 0 else "chậm"
    found = f"đồng hồ của {whose} {way} hơn đồng hồ của máy {gap:.0f} giây" + (f"; {why}" if why else "")
    return bad(found, _ADVICE) if gap > FAR_SECONDS else doubtful(found, _ADVICE)

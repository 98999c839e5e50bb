"""The data folder: rights, names and room, tried with scratch files where the real ones will lie.

Every scratch name is one that intake passes over, and is gone when the probe ends.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kybaocao.doctor.probing import Answer, Setting, bad, doubtful, good
from kybaocao.files import explain_os_error
from kybaocao.inbox.share_rights import list_writers
from kybaocao.inbox.shared_folders import is_plain_folder
from kybaocao.plan.plan import Plan
from kybaocao.vietnamese import format_number

MIB = 2**20
LEAST_MIB, ENOUGH_MIB = 1024, 5 * 1024
LEAST_INODES, ENOUGH_INODES = 10_000, 100_000
SHOWN = 5
_CONTENT = "thử\n".encode()


def name_scratch() -> str:
    """A name that no official gives a file, and that intake passes over."""
    return f".kiem-tra-{uuid.uuid4().hex[:12]}.tmp"


def try_folder(folder: Path) -> str:
    """Write, rename, read and delete a file in a folder; "" when all of it works, else why not."""
    first, second = folder / name_scratch(), folder / name_scratch()
    try:
        if not is_plain_folder(folder):
            return "không phải thư mục thường" if os.path.lexists(folder) else "không có thư mục này"
        with open(first, "xb") as file:
            file.write(_CONTENT)
            file.flush()
            os.fsync(file.fileno())
        os.replace(first, second)
        if second.read_bytes() != _CONTENT:
            return "đọc lại khác với đã ghi"
        second.unlink()
    except OSError as error:
        return explain_os_error(error)
    finally:
        for path in (first, second):
            with suppress(OSError):
                path.unlink()
    return ""


def probe_folders(setting: Setting) -> Iterator[Answer]:
    """The data folder and those below it."""
    home, root = setting.home, setting.home.root
    if not os.path.lexists(root):
        yield bad(f"chưa có thư mục dữ liệu {root}", "tạo thư mục, hoặc sửa biến KYBAOCAO_HOME")
        return
    if not root.is_dir():
        yield bad(f"{root} không phải thư mục", "sửa biến KYBAOCAO_HOME, hoặc dời tệp đang đứng ở đó")
        return
    obstacle = try_folder(root.resolve())
    if obstacle:
        yield bad(f"không ghi được vào thư mục dữ liệu {root}: {obstacle}", _advise_rights(root))
        return
    yield good(f"thư mục dữ liệu {root}: ghi, đổi tên, xóa được")
    for folder in (home.shared, home.archive, home.reports, home.returned_mail):
        name = folder.name
        if not os.path.lexists(folder):
            yield good(f"{name}: chưa có, hệ thống sẽ tạo")
        elif obstacle := try_folder(folder.resolve() if folder == home.shared else folder):
            yield bad(f"{name}: {obstacle}", _advise_rights(folder))
        else:
            yield good(f"{name}: ghi, đổi tên, xóa được")


def probe_privacy(setting: Setting) -> Iterator[Answer]:
    """What other accounts of the machine may read: the folders of agencies, and nothing else."""
    open_places = setting.home.list_open_to_others()
    for place in open_places:
        mode = "700" if place.is_dir() else "600"
        yield doubtful(f"{place.name}: tài khoản khác trên máy đọc được", f"chmod {mode} {place}, hoặc sửa chia sẻ")
    if not open_places:
        yield good("ngoài shared, tài khoản khác trên máy không đọc được gì trong thư mục dữ liệu")


def _advise_rights(folder: Path) -> str:
    return (
        f"cấp quyền đọc, ghi cho tài khoản chạy hệ thống (uid {os.getuid()}): chown, chmod, hoặc sửa chia sẻ: {folder}"
    )


def probe_agencies(setting: Setting) -> Iterator[Answer]:
    """Where agencies drop their files and find answers: every folder of a cycle that is not over."""
    for plan in setting.plans:
        yield from _probe_plan(setting, plan)


def _probe_plan(setting: Setting, plan: Plan) -> Iterator[Answer]:
    home, today = setting.home, setting.now.astimezone(plan.timezone).date()
    cycles = [cycle.id for cycle in plan.cycles.values() if cycle.closes_on >= today]
    tried, absent, obstacles, loose = 0, [], [], []
    for agency in plan.expected:
        own = home.shared / agency.code
        if not os.path.lexists(own):
            absent.append(agency.code)
            continue
        parts = (part(agency.code, cycle) for cycle in cycles for part in (home.inbox, home.replies))
        for folder in [own, *filter(os.path.lexists, parts)]:
            tried += 1
            name = folder.relative_to(home.shared)
            if obstacle := try_folder(folder):
                obstacles.append(f"{name}: {obstacle}")
            elif folder.stat().st_mode & 0o002:
                loose.append(str(name))
    for obstacle in obstacles[:SHOWN]:
        yield bad(
            f"shared/{obstacle}", "sửa quyền, hoặc dời thứ đang đứng ở chỗ thư mục; cơ quan khác không bị ảnh hưởng"
        )
    if len(obstacles) > SHOWN:
        yield bad(f"và {len(obstacles) - SHOWN} thư mục khác của cơ quan không dùng được", "xem các dòng trên")
    if loose:
        names = ", ".join(loose[:SHOWN]) + ("…" if len(loose) > SHOWN else "")
        yield doubtful(
            f"{len(loose)} thư mục cho mọi tài khoản trên máy ghi vào (ví dụ {names})",
            "mỗi cơ quan một tài khoản riêng; bỏ quyền ghi của người khác: chmod o-w",
        )
    if without := _list_without_account(setting, plan, cycles):
        names = ", ".join(without[:SHOWN]) + ("…" if len(without) > SHOWN else "")
        yield doubtful(
            f"{len(without)} thư mục nop chưa có tài khoản nào của cơ quan ghi được (ví dụ {names})",
            "chạy lại make-shares rồi tao-tai-khoan.sh (sổ tay vận hành, mục 1.10)",
        )
    if tried and not obstacles:
        yield good(f"{plan.id}: {tried} thư mục của cơ quan ghi, đổi tên, xóa được")
    if absent:
        yield good(f"{plan.id}: {len(absent)} cơ quan chưa có thư mục trong shared, sẽ được tạo khi mở kỳ")


def _list_without_account(setting: Setting, plan: Plan, cycles: list[str]) -> list[str]:
    """Inboxes that no account of an agency may write into, while others have one: rights are given one by one."""
    inboxes = [setting.home.inbox(agency.code, cycle) for agency in plan.expected for cycle in cycles]
    writers = {inbox: list_writers(inbox) for inbox in inboxes if is_plain_folder(inbox)}
    if not any(writers.values()):
        return []
    return [str(inbox.relative_to(setting.home.shared)) for inbox, found in writers.items() if not found]


def probe_names(setting: Setting) -> Iterator[Answer]:
    """Whether the shared folder keeps names as they are given: letters large and small, Vietnamese marks."""
    folder = setting.home.shared if setting.home.shared.is_dir() else setting.home.root
    if try_folder(folder.resolve()):
        return  # reported by probe_folders
    scratch = folder / name_scratch()
    scratch.mkdir()
    try:
        (scratch / "A").touch()
        composed = unicodedata.normalize("NFC", "Biểu mẫu")
        (scratch / composed).touch()
        normalizes_case = (scratch / "a").exists()
        normalizes_marks = (scratch / unicodedata.normalize("NFD", composed)).exists()
        keeps_marks = composed in {path.name for path in scratch.iterdir()}
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if normalizes_case:
        yield doubtful(
            f"{folder.name} không phân biệt chữ hoa, chữ thường trong tên tệp",
            "vẫn dùng được; hai tệp tên chỉ khác chữ hoa, chữ thường sẽ đè nhau trước khi hệ thống thấy",
        )
    if normalizes_marks or not keeps_marks:
        yield doubtful(
            f"{folder.name} đổi cách viết dấu tiếng Việt trong tên tệp (NFC/NFD)",
            "vẫn dùng được: hệ thống đọc nội dung, không đọc tên; tên trong thư trả lời có thể hiện khác",
        )
    if not normalizes_case and not normalizes_marks and keeps_marks:
        yield good(f"{folder.name} giữ nguyên tên tệp (chữ hoa, dấu tiếng Việt)")


def probe_room(setting: Setting) -> Iterator[Answer]:
    """Free space and free inodes on every disk that is written to."""
    home, seen = setting.home, set[int]()
    for folder in (home.root, home.shared, home.archive, home.reports, Path(tempfile.gettempdir())):
        if folder.is_dir() and (device := folder.stat().st_dev) not in seen:
            seen.add(device)
            yield from judge_room(folder)


def judge_room(folder: Path) -> Iterator[Answer]:
    status = os.statvfs(folder)
    free, inodes = status.f_bavail * status.f_frsize // MIB, status.f_favail
    found = f"ổ đĩa của {folder}: còn {format_number(free)} MB"
    advice = "giải phóng hoặc thêm dung lượng; hết chỗ thì không nhận được tệp của cơ quan"
    if free < LEAST_MIB:
        yield bad(found, advice)
    elif free < ENOUGH_MIB:
        yield doubtful(found, advice)
    else:
        yield good(found)
    if status.f_files:  # some file systems have no fixed number of them
        found = f"ổ đĩa của {folder}: còn {format_number(inodes)} inode"
        if inodes < LEAST_INODES:
            yield bad(found, "xóa bớt tệp nhỏ không cần; hết inode thì không tạo được tệp dù còn dung lượng")
        elif inodes < ENOUGH_INODES:
            yield doubtful(found, "theo dõi; hết inode thì không tạo được tệp dù còn dung lượng")

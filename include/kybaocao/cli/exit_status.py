"""What the number means that a command ends with: one meaning a number. The only list; `--help` prints it."""

from __future__ import annotations

import textwrap
from enum import IntEnum


class ExitStatus(IntEnum):
    """0 and 1 answer the question that was asked; every other number says why there is no answer."""

    DONE = 0
    NOT_SOUND = 1
    WRONG_CALL = 2
    UNREADABLE = 3
    SYSTEM_TROUBLE = 4
    PROGRAM_FAULT = 5
    INTERRUPTED = 130  # as a shell reports a program that SIGINT ended
    READER_GONE = 141  # the same for SIGPIPE

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    ExitStatus.DONE: "xong, không có gì phải sửa",
    ExitStatus.NOT_SOUND: "đã xem xong và thấy điều chưa đạt: tệp bị trả lại (check), cấu hình có lỗi (config), có mục "
    "phải sửa (doctor), kết quả chưa được nhập (import-results), có cơ quan chưa được phục vụ hoặc thư chưa gửi được "
    "(pass), quy tắc đôn đốc bị vi phạm (season), số liệu khác với bản tính lại (demo), kho dữ liệu khác sổ ghi, bản "
    "gốc hoặc báo cáo (verify), còn điều phải quyết định (reconcile), còn tiến trình chưa kết thúc được (down)",
    ExitStatus.WRONG_CALL: "chưa làm được với điều đã cho: đối số, mã kỳ, mã cơ quan, tệp hoặc cấu hình; xin sửa rồi "
    "gọi lại",
    ExitStatus.UNREADABLE: "tệp không đọc được (chỉ lệnh check)",
    ExitStatus.SYSTEM_TROUBLE: "máy chủ chưa làm được: kho dữ liệu, ổ đĩa, quyền, kết nối, quá tải; không phải do lệnh "
    "hay do tệp",
    ExitStatus.PROGRAM_FAULT: "lỗi của chương trình; chi tiết được ghi vào tệp nêu trong thông báo",
    ExitStatus.INTERRUPTED: "người dùng dừng (Ctrl-C)",
    ExitStatus.READER_GONE: "chương trình nhận kết quả đã đóng (ví dụ: … | head)",
}


def describe_statuses() -> str:
    """The end of `--help`: a line for each number."""
    lines = (f"  {status.value:<4} {status.words}" for status in ExitStatus)
    return "\n".join(["mã thoát:", *(textwrap.fill(line, 100, subsequent_indent=" " * 7) for line in lines)])

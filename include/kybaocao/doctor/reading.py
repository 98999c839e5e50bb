"""The file reader: a form is written and read in the sandbox, within its limits, as an agency's file is.

And how far a reader is confined on this machine, as one says that was started to be asked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from kybaocao.doctor.probing import Answer, Setting, bad, doubtful, good
from kybaocao.plan.plan import PlanError
from kybaocao.settings import SettingsError

_CLAIM = "biểu mẫu do hệ thống lập"


def probe_reading(setting: Setting) -> Iterator[Answer]:
    """The first agency's form of each plan's latest cycle, written and read again."""
    from kybaocao.answers.reading import read_identity
    from kybaocao.form.layout import build_layout
    from kybaocao.form.workbook import render_form
    from kybaocao.workbook.book import load_book
    from kybaocao.workbook.sandbox import BusyMachineError, SandboxError, UnconfinedReaderError, parse_limited

    if not setting.plans:
        yield doubtful("chưa thử được bộ đọc tệp: chưa có kế hoạch nào dùng được", "sửa cấu hình trước")
    for plan in setting.plans:
        if not plan.expected or not plan.cycles:
            continue
        agency, cycle = plan.expected[0].code, list(plan.cycles)[-1]
        begun = time.monotonic()
        try:
            data = render_form(build_layout(plan, cycle, agency))
            identity = read_identity(load_book(parse_limited(data)))
        except PlanError as error:
            yield doubtful(f"{plan.id}: chưa lập được biểu mẫu thử", str(error))
            continue
        except BusyMachineError:
            yield doubtful(f"{plan.id}: máy đang quá tải nên chưa đọc thử được {_CLAIM}", "thử lại khi máy rảnh hơn")
            continue
        except UnconfinedReaderError:
            yield bad(f"{plan.id}: chưa đọc thử được {_CLAIM}", "xem mục “Cách ly bộ đọc tệp”")
            continue
        except SandboxError as error:
            yield bad(
                f"{plan.id}: bộ đọc tệp không đọc được {_CLAIM} ({error.reason})",
                "kiểm tra bộ nhớ còn trống, giới hạn tiến trình (ulimit), và quyền chạy Python",
            )
            continue
        if (identity.get("co_quan"), identity.get("ky")) != (agency, cycle):
            yield bad(f"{plan.id}: đọc sai {_CLAIM}", "gửi dòng này cho người phụ trách kỹ thuật")
        else:
            spent = f"{time.monotonic() - begun:.1f}".replace(".", ",")
            yield good(f"{plan.id}: lập biểu mẫu ({len(data) // 1024} KB) và đọc lại trong {spent} giây")


def probe_slots(_setting: Setting) -> Iterator[Answer]:
    """How many readers may run at once, and what they may take together."""
    from kybaocao.workbook.reader_slots import READER_MEGABYTES, SETTING, count_readers, read_bound

    try:
        is_set = read_bound() is not None
    except SettingsError as error:
        yield bad(str(error), f"sửa {SETTING}, hoặc bỏ trống để tính theo máy")
        return
    number = count_readers()
    origin = f"theo {SETTING}" if is_set else "tính theo máy"
    yield good(f"nhiều nhất {number} tiến trình đọc tệp cùng lúc ({origin}), tối đa {number * READER_MEGABYTES} MB")


def probe_rows(_setting: Setting) -> Iterator[Answer]:
    """From how many agencies on a row of Airflow's grid holds several of them."""
    from kybaocao.stages.support.row_groups import RowBounds

    try:
        bounds = RowBounds.read()
    except SettingsError as error:
        yield bad(str(error), "sửa biến này, hoặc bỏ trống để dùng mặc định")
        return
    yield good(
        f"đến {bounds.rows} cơ quan: mỗi cơ quan một dòng; nhiều hơn: nhiều nhất {bounds.rows} dòng, mỗi dòng từ "
        f"{bounds.least} cơ quan"
    )


def probe_confinement(_setting: Setting) -> Iterator[Answer]:
    """What a reader takes from itself here, and whether less than everything is accepted."""
    from kybaocao.workbook.confinement_degree import SETTING, is_required
    from kybaocao.workbook.sandbox import BusyMachineError, SandboxError, ask_degree

    try:
        degree = ask_degree()
    except (SandboxError, BusyMachineError) as error:
        yield doubtful(f"chưa hỏi được tiến trình đọc tệp ({error})", "thử lại khi máy rảnh hơn")
        return
    found = f"tiến trình đọc tệp tự cách ly: {degree}"
    advice = "cần Linux 5.13 trở lên có Landlock (chữ landlock trong /sys/kernel/security/lsm) và Docker 23 trở lên"
    if degree.is_full:
        yield good(f"{found}; {SETTING} " + ("đang bật" if is_required() else "không bật"))
    elif is_required():
        yield bad(f"{found}; {SETTING} đang bật nên không tệp nào được đọc", f"{advice}; hoặc tắt {SETTING}")
    else:
        yield doubtful(found, f"{advice}; sổ tay vận hành, phần 1.1, ghi mỗi mức chặn được gì")

"""What `up` and `down` say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kybaocao.embedded.system import Step, Stopped, System

COMPONENT_WORDS = {
    "thu": "hộp thư trên máy này (thu)",
    "giam-sat": "bộ giám sát lượt chạy (giam-sat)",
    "api-server": "trang Airflow (api-server)",
    "scheduler": "bộ lập lịch (scheduler)",
    "dag-processor": "bộ đọc kỳ báo cáo (dag-processor)",
    "triggerer": "bộ theo dõi thư mục (triggerer)",
}
_STEP_WORDS = {
    Step.DATABASE.value: "Chuẩn bị cơ sở dữ liệu…",
    Step.COMPONENTS.value: f"Khởi động {len(COMPONENT_WORDS)} bộ phận…",
}
_RUNNING = ("RUNNING", "STARTING", "STOPPING")


@dataclass(frozen=True)
class CycleState:
    """One cycle as Airflow has it; `is_paused` is None when Airflow has not read it yet."""

    id: str
    title: str
    is_paused: bool | None
    agencies: int


def describe_step(step: str) -> str:
    return _STEP_WORDS.get(step) or f"Đã sẵn sàng: {COMPONENT_WORDS[step]}"


def describe_system(
    system: System, cycles: Sequence[CycleState], seconds: float | None, *, asked_port: int | None
) -> str:
    """A system that runs, and what to do next. `seconds`: how long the start took, None when it ran already."""
    if seconds is None:
        lines = [f"Hệ thống đã chạy từ trước: {system.url}"]
        if asked_port not in (None, system.api_port):
            lines.append(f"Muốn dùng cổng {asked_port}: make down, rồi make up PORT={asked_port}")
    else:
        lines = [f"Hệ thống đã sẵn sàng sau {seconds:.0f} giây: {system.url}"]
    lines += [f"  tài khoản {user}, mật khẩu {password}" for user, password in system.passwords().items()]
    lines += [
        f"Thư mục dùng chung: {system.home / 'shared'}",
        f"Thư giữ lại trên máy này, không gửi ra ngoài: {system.home / 'mail'}",
        "",
        *_describe_cycles(cycles),
        "",
        "Ba việc làm tiếp theo:",
        '  1. Kiểm tra cấu hình và môi trường: make cli ARGS="doctor"',
        f"  2. {_advise_switching(cycles)}",
        '  3. Theo dõi ai đã nộp, việc gì cần xử lý: make cli ARGS="status"',
        "",
        "Khởi động lại một bộ phận: make up RESTART=scheduler. Dừng hệ thống: make down",
    ]
    return "\n".join(lines)


def _describe_cycles(cycles: Sequence[CycleState]) -> list[str]:
    states = {True: "đang tạm dừng", False: "ĐANG BẬT", None: 'Airflow chưa đọc được, xem make cli ARGS="config"'}
    lines = [f"  {cycle.id}: {states[cycle.is_paused]} – {cycle.title}" for cycle in cycles]
    lines = ["Các kỳ báo cáo:", *lines] if lines else ["Chưa có kỳ báo cáo nào trong cấu hình."]
    if all(cycle.is_paused is not False for cycle in cycles):
        return [
            *lines,
            "Mọi kỳ đều tạm dừng: hệ thống không lập biểu mẫu, không gửi thư cho đến khi có người bật kỳ.",
        ]
    return [*lines, "Kỳ đang bật tự chạy tiếp: nhận tệp, trả lời, nhắc và gửi thư khi đến hạn."]


def _advise_switching(cycles: Sequence[CycleState]) -> str:
    most = max((cycle.agencies for cycle in cycles), default=0)
    counted = f"{most} cơ quan" if most else "mọi cơ quan"
    return (
        "Bật kỳ cần chạy: mở địa chỉ trên, đăng nhập bằng tài khoản vanhanh, gạt công tắc ở dòng của kỳ.\n"
        f"     Nếu đã đến ngày mở kỳ, lượt đầu tiên lập biểu mẫu và gửi thư mở kỳ cho {counted}."
    )


def describe_port(port: int, other: int, *, is_forbidden: bool, owner: str) -> str:
    """Why the system cannot listen on a port, and what to do. `owner`: the data folder of another system of ours."""
    if is_forbidden:
        return f"Máy này không cho dùng cổng {port}. Xin chọn cổng từ 1024 trở lên, ví dụ: make up PORT={other}"
    if owner:
        return (
            f"Cổng {port} đang được hệ thống Kỳ Báo Cáo của thư mục dữ liệu {owner} dùng.\n"
            f"Dừng hệ thống đó: KYBAOCAO_HOME={owner} make down\nHoặc chọn cổng khác: make up PORT={other}"
        )
    return (
        f"Cổng {port} đang có chương trình khác dùng.\n"
        f"Xem chương trình nào: ss -ltnp 'sport = :{port}'. Dừng chương trình đó rồi chạy lại,\n"
        f"hoặc chọn cổng khác: make up PORT={other}"
    )


def describe_stopped(system: System, stopped: Stopped) -> str:
    """What was running, what was stopped, what was not running."""
    left = f"Đã kết thúc {stopped.ended} tiến trình còn sót lại." if stopped.ended else ""
    if not stopped.was_running:
        first = f"Hệ thống (thư mục dữ liệu {system.home}) không chạy từ trước."
        advice = "Không có gì phải dừng. Hệ thống của thư mục khác: đặt KYBAOCAO_HOME của nó rồi chạy lại make down."
        return f"{first} {left or advice}"
    running = [COMPONENT_WORDS[name] for name in COMPONENT_WORDS if stopped.states.get(name) in _RUNNING]
    resting = [COMPONENT_WORDS[name] for name in COMPONENT_WORDS if stopped.states.get(name) not in _RUNNING]
    lines = [f"Đã dừng hệ thống (thư mục dữ liệu {system.home})."]
    if stopped.states:
        lines += [f"  Đang chạy, đã dừng: {'; '.join(running) or 'không có'}."]
        lines += [f"  Không chạy từ trước: {'; '.join(resting) or 'không có'}."]
    lines += [f"  {left}"] if left else []
    return "\n".join([*lines, "Dữ liệu được giữ nguyên. Khởi động lại: make up"])

"""The plans as they are written, their cycles as they stand today, and whether this is a live system at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kybaocao.doctor.probing import Answer, Setting, bad, doubtful, good
from kybaocao.home import is_replay_system
from kybaocao.plan.calendar import Calendar
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.last_good import find_kept
from kybaocao.plan.load import config_root, list_plan_folders, load_plan
from kybaocao.plan.plan import Plan
from kybaocao.plan.warnings import SAMPLE_CONTENT, list_config_warnings
from kybaocao.settings import list_setting_faults
from kybaocao.store.database import Store, open_store
from kybaocao.store.forms import list_issued
from kybaocao.vietnamese import format_date, format_moment, name_day
from kybaocao.yaml_source import SourceError

Paused = Callable[
    [], Mapping[str, bool]
]  # cycle -> whether Airflow has it paused; those Airflow does not know are left out


def probe_settings(_setting: Setting) -> Iterator[Answer]:
    """Variables of the environment that stop every other command."""
    faults = list_setting_faults()
    yield from (bad(fault, "sửa biến này rồi khởi động lại mọi thành phần") for fault in faults)
    if not faults:
        yield good("các biến môi trường có giá trị dùng được")


def probe_configuration(setting: Setting) -> Iterator[Answer]:
    """Faults, warnings, and which files are in force while there is a fault."""
    folders = list_plan_folders()
    if not folders:
        yield bad(f"không có kế hoạch nào trong {config_root()}", "đặt KYBAOCAO_CONFIG vào thư mục chứa các kế hoạch")
    for folder in folders:
        try:
            plan = load_plan(folder)
        except SourceError as error:
            yield bad(f"{folder.name}: {error}", "sửa tệp này; chưa sửa thì không có kế hoạch")
            continue
        if plan.problems:
            kept = find_kept(setting.home.root, folder.name)
            instead = (
                f"các tệp đã kiểm tra lúc {format_moment(kept.since.astimezone(plan.timezone))} vẫn có hiệu lực"
                if kept
                else "chưa có bộ tệp nào không lỗi để dùng thay"
            )
            for problem in plan.problems:
                yield bad(f"{folder.name}: {problem}", f"sửa tệp này; {instead}")
        else:
            cycles, agencies = len(plan.cycles), len(plan.expected)
            yield good(f"{folder.name}: không có lỗi; {agencies} cơ quan phải báo cáo, {cycles} kỳ ({folder})")
        today = setting.now.astimezone(plan.timezone).date()
        for warning in list_config_warnings(plan, today):
            yield doubtful(f"{folder.name}: {warning}", "")
        if plan.header.is_sample_data:
            yield doubtful(
                f"{folder.name}: du_lieu_mau là true, mọi thư và báo cáo mang nhãn mẫu",
                "khi dùng chính thức: nhập danh bạ thật, rồi đổi thành false trong ke_hoach.yaml",
            )


def probe_mode(_setting: Setting) -> Iterator[Answer]:
    """A system for demonstrations takes any moment that is given to it."""
    if is_replay_system():
        yield bad(
            "KYBAOCAO_REPLAY đang đặt: hệ thống chạy ở chế độ diễn lại, nhận thời điểm từ bên ngoài và không tự chạy",
            "bỏ biến KYBAOCAO_REPLAY khỏi môi trường rồi khởi động lại mọi thành phần",
        )
    else:
        yield good("chế độ chạy thật: thời điểm chỉ lấy từ đồng hồ")


def probe_cycles(setting: Setting, list_paused: Paused) -> Iterator[Answer]:
    """Which cycles are to come, open or over today, whether they run, and whether their forms are out."""
    try:
        paused, unknown = list_paused(), ""
    except Exception as error:
        paused, unknown = {}, str(error) or type(error).__name__
    if unknown:
        yield doubtful(
            f"chưa biết kỳ nào đang tạm dừng trong Airflow ({unknown})",
            "khởi động hệ thống rồi chạy lại lệnh này trong môi trường của Airflow",
        )
    issued = _count_issued(setting)
    for plan in setting.plans:
        for cycle in plan.cycles.values():
            if plan.calendar is not None:
                yield _judge_cycle(plan, cycle, setting, paused.get(cycle.id), issued.get(cycle.id, 0))
            else:
                yield doubtful(f"{cycle.id}: chưa tính được hạn vì lich.yaml có lỗi", "sửa lich.yaml")
    for plan in setting.plans:
        for cycle in plan.cycles.values():
            path = setting.home.supplement(cycle.id)
            words = path.read_text(encoding="utf-8", errors="replace").lower() if path.is_file() else ""
            if SAMPLE_CONTENT in words and not plan.header.is_sample_data:
                advice = "thay bằng nội dung chính thức trước khi lập báo cáo"
                yield doubtful(f"{path.relative_to(setting.home.root)} còn chữ “({SAMPLE_CONTENT})”", advice)


def _judge_cycle(plan: Plan, announced: Cycle, setting: Setting, is_paused: bool | None, issued: int) -> Answer:
    local = setting.now.astimezone(plan.timezone)
    cycle = plan.adjustments.cycle_on(announced, local.date())
    opening = Calendar.of(plan.require_calendar(), plan.timezone).at(cycle.opens)
    name, running = f"{cycle.title} ({cycle.id})", {True: "đang tạm dừng", False: "đang bật", None: ""}[is_paused]
    state = f"; trong Airflow {running}" if running else ""
    if local.date() > cycle.closes_on:
        found = f"{name}: đã đóng ngày {format_date(cycle.closes_on)}{state}"
        return doubtful(found, "nên để tạm dừng: kỳ đã đóng không còn việc") if is_paused is False else good(found)
    if local < opening:
        found = f"{name}: mở lúc {format_moment(opening)}, hạn cuối {name_day(cycle.due_on)}{state}"
        return doubtful(found, "bật kỳ này trong Airflow trước giờ mở") if is_paused else good(found)
    left = (
        f"hạn cuối {name_day(cycle.due_on)}"
        if local.date() <= cycle.due_on
        else f"hạn cuối {name_day(cycle.due_on)} đã qua"
    )
    found = (
        f"{name}: đang mở từ {format_moment(opening)}, {left}; đã phát {issued}/{len(plan.expected)} biểu mẫu{state}"
    )
    advice = []
    if is_paused:
        advice.append("bật kỳ này trong Airflow")
    if not issued:
        advice.append("lượt đầu tiên sẽ phát biểu mẫu và thư mở kỳ; các bậc đôn đốc đến hạn trước lúc đó không gửi nữa")
        if local.date() > cycle.due_on:
            advice.append("quyết định hạn mới (doi_han trong dieu_chinh.yaml) trước khi bật")
    return doubtful(found, "; ".join(advice)) if advice else good(found)


def _count_issued(setting: Setting) -> dict[str, int]:
    """cycle -> how many agencies were given their form; nothing while the store cannot be read."""
    if not setting.home.has_store:
        return {}
    cycles = [cycle for plan in setting.plans for cycle in plan.cycles]
    try:
        store: Store = open_store(setting.home)
        with store.read() as connection:
            return {cycle: len(list_issued(connection, cycle)) for cycle in cycles}
    except Exception:  # reported by the probe of the database
        return {}

"""Plans and snapshots the report tests are written on. DỮ LIỆU MẪU – no figure here is real.

`small_*`: a plan of six bodies and eleven indicators that shows every measure and every verdict; its
figures are written out, so that a golden text can be read against them.
`full_*`: the plan in include/config with about ninety bodies and seeded figures, for size and speed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

from kybaocao.documents.model import ReportContent, contents_checksum
from kybaocao.figures.snapshot import (
    AgencyResult,
    Difficulty,
    Figures,
    IndicatorResult,
    IssuedDocument,
    Origin,
    PartResult,
    Punctuality,
    Snapshot,
    Standing,
    TaskEntry,
    TaskResult,
    TaskStatus,
    Timeliness,
    Verdict,
)
from kybaocao.figures.tasks import judge_punctuality
from kybaocao.plan.agencies import Agency
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.header import Header
from kybaocao.plan.load import load_plan
from kybaocao.plan.plan import Plan
from kybaocao.plan.report_document import Audience
from kybaocao.plan.report_wording import ReportWording
from kybaocao.plan.targets import Indicator, Measure
from kybaocao.plan.tasks import Task
from kybaocao.yaml_source import read_yaml

CONFIG = Path(__file__).resolve().parents[2] / "include" / "config" / "nq02-2026"
AS_OF = dt.datetime(2026, 12, 14, 10, 0, tzinfo=dt.timezone(dt.timedelta(hours=7)))

_SIX = dict.fromkeys(("nguoi", "viec", "thoi_gian", "trach_nhiem", "san_pham", "tham_quyen"), "Kế hoạch không nêu")


def number(value: str | int) -> Decimal:
    return Decimal(str(value))


def figures(numerator: str | int | None, denominator: str | int | None, value: str | int | None) -> Figures:
    def one(x: str | int | None) -> Decimal | None:
        return None if x is None else number(x)

    return Figures(one(numerator), one(denominator), one(value))


NONE = figures(None, None, None)
DUE = dt.date(2026, 6, 30)


# --- the small plan ------------------------------------------------------------------------------------


def load_wording() -> ReportWording:
    return ReportWording.model_validate(read_yaml(CONFIG / "bao_cao.yaml").data)


def small_cycle() -> Cycle:
    return Cycle.model_validate(
        {
            "ma": "mau-ky2",
            "ten": "năm 2026",
            "tieu_de": "Mẫu · Kỳ 2",
            "ky_tu": "2026-06-01",
            "ky_den": "2026-11-30",
            "mo_ky": {"ngay": "2026-11-16", "gio": "08:00"},
            "truoc_ngay_co_quan": "2026-12-10",
            "truoc_ngay_so_tai_chinh": "2026-12-15",
            "den_ngay_bo_tai_chinh": "2026-12-25",
            "tong_hop": {"ngay": "2026-12-14", "gio": "10:00"},
            "dong_ky": "2027-01-29",
            "ky_truoc": "mau-ky1",
        }
    )


def _indicator(code: str, name: str, measure: str, direction: str, unit: str, goal: str, **more: Any) -> Indicator:
    fields = {
        "ma": code,
        "ten": name,
        "nguyen_van": name,
        "vi_tri": "II.2",
        "cach_do": measure,
        "tinh_chat": "phat_sinh",
        "don_vi": unit,
        "chieu": direction,
        "muc_tieu_chu": goal,
        "co_quan_bao_cao": ["STC"],
        "chu_tri_nguyen_van": "Sở Tài chính",
        "danh_gia": "Kế hoạch không nêu",
        "tu_so": "tử số",
        "mau_so": "mẫu số",
        "cong_thuc": "công thức",
    }
    return Indicator.model_validate(fields | more)


def _task(code: str, section: int, title: str, leads: list[str], lead_text: str, **more: Any) -> Task:
    return Task.model_validate(
        {
            "ma": code,
            "muc": section,
            "tieu_de": title,
            "nguyen_van": title,
            "chu_tri": leads,
            "chu_tri_nguyen_van": lead_text,
            "tinh_chat": "thường xuyên",
            "sau_ro": _SIX,
            **more,
        }
    )


_EVERYONE = "Các Sở, ban, ngành, UBND các xã, phường, các đơn vị có liên quan"


def small_plan() -> Plan:
    header = Header.model_validate(
        {
            "ma": "mau",
            "ten": "Kế hoạch mẫu",
            "trich_yeu": "Thực hiện Nghị quyết số 02/NQ-CP",
            "ten_ngan": "Nghị quyết 02/NQ-CP năm 2026",
            "nam": 2026,
            "tinh": "tỉnh Sơn La",
            "dia_danh": "Sơn La",
            "co_quan_ban_hanh": "Chủ tịch Ủy ban nhân dân tỉnh Sơn La",
            "co_quan_dau_moi": "STC",
            "muc": [
                {"so": 1, "tieu_de": "Triển khai các trụ cột thể chế", "tieu_de_ngan": "Thể chế nền tảng"},
                {"so": 2, "tieu_de": "Cải cách thủ tục hành chính", "tieu_de_ngan": "Cải cách thủ tục hành chính"},
                {"so": 3, "tieu_de": "Hỗ trợ doanh nghiệp nhỏ", "tieu_de_ngan": "Hỗ trợ doanh nghiệp"},
            ],
            "nhom": {"TAT_CA": ["so_nganh", "xa", "phuong"]},
            "du_lieu_mau": True,
        }
    )
    bodies = [
        ("STC", "Sở Tài chính", "so_nganh"),
        ("SCT", "Sở Công Thương", "so_nganh"),
        ("CAT", "Công an tỉnh", "so_nganh"),
        ("X-1", "Ủy ban nhân dân phường Tô Hiệu", "phuong"),
        ("X-2", "Ủy ban nhân dân xã Yên Châu", "xa"),
        ("X-3", "Ủy ban nhân dân xã Đoàn Kết", "xa"),
        ("X-4", "Ủy ban nhân dân xã Co Mạ", "xa"),
    ]
    agencies = [
        Agency.model_validate({"ma": code, "ten": name, "loai": kind, "nghia_vu": "phai_bao_cao"})
        for code, name, kind in bodies
    ]
    everyone = {"co_quan_bao_cao": ["TAT_CA"]}
    indicators = (
        _indicator(
            "T01",
            "Tỷ lệ số hóa quy hoạch",
            "ty_le",
            "bang",
            "%",
            "100%",
            muc_tieu=100,
            thanh_phan=[{"ma": "T01.1", "ten": "Quy hoạch tỉnh"}, {"ma": "T01.2", "ten": "Quy hoạch sử dụng đất"}],
        ),
        _indicator("T02", "Tổng số doanh nghiệp", "so_luong", "it_nhat", "doanh nghiệp", "khoảng 5.000", muc_tieu=5000),
        _indicator(
            "T04",
            "Mức tăng số doanh nghiệp rút lui",
            "tang_truong",
            "duoi",
            "%",
            "tăng dưới 10%",
            muc_tieu=10,
            don_vi_dem="doanh nghiệp",
        ),
        _indicator("T05", "Thứ hạng chỉ số PII", "thu_hang", "tang_bac", "bậc", "tăng ít nhất 01 bậc", muc_tieu=1),
        _indicator("T06", "Thứ hạng chính quyền số", "thu_hang", "tang_bac", "bậc", "tăng ít nhất 02 bậc", muc_tieu=2),
        _indicator("T09", "Tỷ lệ cập nhật văn bản", "ty_le", "bang", "%", "100%", muc_tieu=100),
        _indicator(
            "T14",
            "Số lần thanh tra đối với mỗi doanh nghiệp",
            "vi_pham",
            "nhieu_nhat",
            "lần/năm",
            "không quá 01 lần",
            muc_tieu=1,
            tu_so="Số doanh nghiệp bị thanh tra quá 01 lần trong năm",
        ),
        _indicator("T15", "Tỷ lệ cấp kết quả điện tử", "ty_le", "bang", "%", "100%", muc_tieu=100, **everyone),
        _indicator("T18", "Mức độ hài lòng", "ty_le", "it_nhat", "%", "Tối thiểu 90%", muc_tieu=90, **everyone),
        _indicator("D2", "Thứ hạng PAR INDEX", "thu_hang", "khong_giam", "hạng", "không giảm"),
        _indicator("D5", "Thời gian thanh tra doanh nghiệp", "so_sanh", "giam", "giờ", "rút ngắn thời gian"),
    )
    tasks = (
        _task("III.1.a", 1, "Quán triệt các nghị quyết", ["TAT_CA"], _EVERYONE),
        _task("III.2.1.a", 2, "Tháo gỡ vướng mắc cho doanh nghiệp", ["STC"], "Sở Tài chính"),
        _task(
            "III.2.2.a",
            2,
            "Xử lý phản ánh về chi phí không chính thức",
            ["CAT", "SCT"],
            "Công an tỉnh, Sở CT",
            han="2026-06-30",
        ),
        _task("III.2.2.b", 2, "Công khai thủ tục", ["SCT"], "Sở Công Thương"),
        _task("III.3.1.a", 3, "Xúc tiến thương mại", ["SCT"], "Sở Công Thương"),
    )
    everyone_bound = "Thủ trưởng các Sở, ban, ngành, Chủ tịch UBND các xã, phường"
    obligations = (
        _task("IV.1.a", 1, "Thông tin, tuyên truyền về Kế hoạch", ["TAT_CA"], everyone_bound),
        _task("IV.1.b", 1, "Kế hoạch triển khai của cơ quan", ["TAT_CA"], everyone_bound, han="2026-02-14"),
        _task("IV.1.d", 1, "Báo cáo định kỳ gửi Sở Tài chính", ["TAT_CA"], everyone_bound, hoi_trong_bieu=False),
        _task("IV.2", 1, "Tuyên truyền trên báo, đài", ["SCT"], "Sở Công Thương"),
        _task("IV.3.b", 1, "Báo cáo định kỳ của Sở Tài chính", ["STC"], "Sở Tài chính", hoi_trong_bieu=False),
    )
    return Plan(
        folder=CONFIG,
        header=header,
        agencies={agency.code: agency for agency in agencies},
        contacts=(),
        tasks=tasks,
        obligations=obligations,
        indicators=indicators,
        cycles={"mau-ky2": small_cycle()},
        calendar=None,
        ladder=None,
        recipients=None,
        edition=None,
        wording=load_wording(),
        problems=(),
    )


def result(code: str, cumulative: Figures, verdict: Verdict, **more: Any) -> IndicatorResult:
    fields: dict[str, Any] = {
        "period": NONE,
        "estimate": None,
        "reported": ("STC",),
        "missing": (),
        "nothing_count": 0,
        "no_figure_count": 0,
        "ranked_units": None,
        "previous_ranked_units": None,
        "published_on": None,
        "parts": (),
        "previous": None,
        "previous_verdict": None,
        "notes": (),
        "origins": (),
    }
    return IndicatorResult(id=code, cumulative=cumulative, verdict=verdict, **(fields | more))


def entry(agency: str, status: TaskStatus, text: str = "", **more: Any) -> TaskEntry:
    fields: dict[str, Any] = {"percent": None, "done_on": None, "evidence": "", "reason": ""}
    return TaskEntry(agency=agency, status=status, result=text, **(fields | more))


def small_snapshot() -> Snapshot:
    six = ("STC", "SCT", "CAT", "X-1", "X-2", "X-3")
    origins = tuple(Origin(code, "ab" * 32, "=nguy hiểm.xlsx", "Chỉ tiêu", "G12", "118") for code in six)
    indicators = (
        result(
            "T01",
            NONE,
            Verdict.NOT_MET,
            parts=(
                PartResult("T01.1", "Quy hoạch tỉnh", figures(2, 2, 100), Verdict.MET),
                PartResult("T01.2", "Quy hoạch sử dụng đất", figures(60, 75, 80), Verdict.NOT_MET),
            ),
        ),
        result(
            "T02", figures(4410, None, 4410), Verdict.NOT_MET, estimate=number(4450), previous=figures(4250, None, 4250)
        ),
        result("T04", figures(120, 125, -4), Verdict.MET),
        result(
            "T05",
            figures(21, 23, 21),
            Verdict.MET,
            ranked_units=number(34),
            previous_ranked_units=number(34),
            published_on=dt.date(2026, 10, 1),
        ),
        result("T06", NONE, Verdict.NOT_PUBLISHED, no_figure_count=1),
        result("T09", NONE, Verdict.NO_FIGURE, reported=(), missing=("STC",)),
        result("T14", figures(0, 412, 0), Verdict.MET),
        result(
            "T15",
            figures(49999, 50000, "99.998"),
            Verdict.NOT_MET,
            period=figures(20000, 20001, "99.995"),
            reported=six,
            missing=("X-4",),
            nothing_count=1,
            previous=figures(9520, 10000, "95.2"),
            notes=(("X-3", "=Hồ sơ giấy còn lại đang số hóa"),),
            origins=tuple(one for one in origins if one.agency != "SCT"),  # which has nothing
            by_agency=(
                AgencyResult("STC", number(40000), number(40000), Verdict.MET),
                AgencyResult("SCT", None, None, Verdict.NOTHING),
                AgencyResult("X-1", number(9999), number(10000), Verdict.NOT_MET),
            ),
        ),
        result(
            "T18",
            figures(913, 1000, "91.3"),
            Verdict.MET,
            reported=six,
            missing=("X-4",),
            origins=origins,
            by_agency=(
                AgencyResult("STC", number(500), number(500), Verdict.MET),
                AgencyResult("SCT", number(0), number(0), Verdict.NOTHING),
                AgencyResult("X-1", number(413), number(500), Verdict.NOT_MET),
            ),
        ),
        result("D2", figures(12, 13, 12), Verdict.MET, ranked_units=number(34), previous_ranked_units=number(63)),
        result("D5", figures("36.5", 40, "36.5"), Verdict.MET),
    )
    tasks = (
        TaskResult(
            "III.1.a",
            1,
            (
                entry("STC", TaskStatus.DONE, "Đã tổ chức hội nghị quán triệt"),
                entry("SCT", TaskStatus.DONE),
                entry("CAT", TaskStatus.ON_TRACK, percent=number(60)),
                entry("X-1", TaskStatus.DONE),
                entry("X-2", TaskStatus.LATE, reason="thiếu cán bộ chuyên trách"),
                entry("X-3", TaskStatus.LATE, reason="thiếu cán bộ chuyên trách."),
            ),
            ("X-4",),
        ),
        TaskResult(
            "III.2.1.a",
            2,
            (
                entry(
                    "STC",
                    TaskStatus.DONE,
                    "Đã giải quyết 31/75 kiến nghị\ncủa doanh nghiệp",
                    done_on=dt.date(2026, 11, 5),
                    evidence="Báo cáo số 12/BC-STC",
                ),
            ),
            (),
        ),
        TaskResult(
            "III.2.2.a",
            2,
            (
                entry(
                    "CAT",
                    TaskStatus.LATE,
                    "Đang xác minh 02 vụ việc",
                    percent=number(40),
                    reason="chờ kết luận",
                    punctuality=Punctuality.OVERDUE,
                ),
            ),
            ("SCT",),
            DUE,
        ),
        TaskResult("III.2.2.b", 2, (entry("SCT", TaskStatus.NOTHING),), ()),
        TaskResult("III.3.1.a", 3, (), ("SCT",)),
    )
    difficulties = (
        Difficulty(
            2,
            ("X-3", "X-2", "STC"),
            "Phần mềm một cửa chạy chậm",
            "Khách quan",
            "hạ tầng mạng yếu",
            "Nâng cấp đường truyền",
            "Bộ ngành Trung ương",
            "Mới phát sinh",
        ),
        Difficulty(2, ("CAT",), "Phối hợp còn chậm", "Chủ quan", "", "", "", "Tồn kỳ trước"),
        Difficulty(3, ("SCT",), "Thiếu kinh phí", "Khách quan", "", "Bố trí kinh phí", "UBND tỉnh", "Đã giải quyết"),
    )
    documents = (
        IssuedDocument("STC", "125/KH-STC", dt.date(2026, 2, 9), "", "Kế hoạch triển khai Nghị quyết 02.", "III.1.a"),
        IssuedDocument("STC", "19/KH-UBND", dt.date(2026, 1, 20), "UBND tỉnh", "Kế hoạch hành động", ""),
        IssuedDocument("SCT", "19/KH- UBND", dt.date(2026, 1, 20), "UBND tỉnh", "Kế hoạch hành động", ""),
        IssuedDocument("X-2", "+15/KH-UBND", dt.date(2026, 3, 2), "", "@Kế hoạch của xã", "III.1.a"),
    )

    def moment(day: int, hour: int) -> dt.datetime:
        return dt.datetime(2026, 12, day, hour, 30, tzinfo=dt.UTC)

    timeliness = (
        Timeliness("STC", Standing.ACCEPTED, moment(7, 2), False, 0, 0, 1),
        Timeliness("SCT", Standing.ACCEPTED, moment(9, 9), False, 0, 1, 2),
        Timeliness("CAT", Standing.ACCEPTED, moment(11, 3), True, 2, 0, 1),
        Timeliness("X-1", Standing.CONFIRMED_ZERO, moment(8, 4), False, 0, 0, 1),
        Timeliness("X-2", Standing.ACCEPTED, moment(8, 5), False, 0, 0, 1),
        Timeliness("X-3", Standing.RETURNED, None, False, 0, 1, 1),
        Timeliness("X-4", Standing.MISSING, None, False, 0, 0, 0),
    )
    return Snapshot(
        "mau", "mau-ky2", AS_OF, indicators, tasks, difficulties, documents, timeliness, small_obligations()
    )


def small_obligations() -> tuple[TaskResult, ...]:
    """In time, late, overdue and silent; X-3 was sent back, X-2 submitted a form that did not ask."""

    def _done(agency: str, day: dt.date, punctuality: Punctuality) -> TaskEntry:
        return entry(agency, TaskStatus.DONE, "Kế hoạch số 15/KH", done_on=day, punctuality=punctuality)

    active = tuple(entry(code, TaskStatus.ON_TRACK, "Đã tổ chức 02 hội nghị") for code in ("STC", "SCT", "CAT"))
    behind = entry("X-1", TaskStatus.NOT_STARTED, reason="thiếu cán bộ")
    plans = (
        _done("STC", dt.date(2026, 2, 10), Punctuality.ON_TIME),
        _done("SCT", dt.date(2026, 3, 2), Punctuality.DONE_LATE),
        entry("CAT", TaskStatus.ON_TRACK, reason="chờ hướng dẫn.", punctuality=Punctuality.OVERDUE),
        _done("X-1", dt.date(2026, 2, 14), Punctuality.ON_TIME),
    )
    silent = ("X-2", "X-3", "X-4")
    return (
        TaskResult("IV.1.a", 1, (*active, behind), silent),
        TaskResult("IV.1.b", 1, plans, silent, dt.date(2026, 2, 14)),
        TaskResult("IV.2", 1, (entry("SCT", TaskStatus.ON_TRACK, "Đã phát 4 chuyên mục"),), ()),
    )


# --- the full plan -------------------------------------------------------------------------------------


@functools.cache
def full_plan() -> Plan:
    return load_plan(CONFIG)


_RESULTS = (
    "Đã tham mưu UBND tỉnh ban hành kế hoạch và tổ chức triển khai đến các đơn vị trực thuộc; rà soát 42 thủ tục, "
    "đề xuất cắt giảm thời gian giải quyết 15 thủ tục",
    "Đã tổ chức 03 hội nghị đối thoại với doanh nghiệp; tiếp nhận 36 kiến nghị, giải quyết 31 kiến nghị, "
    "đang xử lý 05 kiến nghị",
    "Đã hoàn thành rà soát; kết quả được cập nhật trên hệ thống thông tin của tỉnh",
    "Đang phối hợp với các đơn vị liên quan hoàn thiện dự thảo, dự kiến trình trong tháng 12/2026",
)
_REASONS = (
    "thiếu biên chế chuyên trách công nghệ thông tin",
    "chờ văn bản hướng dẫn của bộ, ngành Trung ương",
    "kinh phí chưa được bố trí",
)
_TROUBLES = (
    ("Đường truyền mạng tại các bản vùng cao không ổn định, ảnh hưởng việc số hóa hồ sơ", "Khách quan"),
    ("Công chức cấp xã kiêm nhiệm nhiều việc, chưa được bồi dưỡng đầy đủ", "Chủ quan"),
    ("Quy định về cơ sở dữ liệu đất đai và quy định về đăng ký kinh doanh còn chồng chéo", "Khách quan"),
    ("Công tác phối hợp, cung cấp số liệu giữa các cơ quan có lúc chưa kịp thời", "Chủ quan"),
)
_PROPOSALS = (
    ("Sớm nâng cấp Hệ thống thông tin giải quyết thủ tục hành chính", "Bộ ngành Trung ương"),
    ("Bố trí kinh phí thay thế thiết bị số hóa cho cấp xã", "UBND tỉnh"),
    ("Sửa đổi quy định về điều kiện kinh doanh còn chồng chéo", "Chính phủ"),
    ("", ""),
)


def full_snapshot(plan: Plan, cycle: Cycle, seed: int = 2) -> Snapshot:
    """About 90 % of the bodies have reported; figures are seeded, so the same every time."""
    rng = random.Random(seed)
    silent = set(rng.sample([agency.code for agency in plan.expected if agency.kind.value == "xa"], 3))
    return Snapshot(
        plan.id,
        cycle.id,
        AS_OF,
        tuple(_full_indicator(plan, indicator, silent, rng) for indicator in plan.indicators),
        tuple(_full_task(plan, task, silent, rng) for task in plan.tasks),
        tuple(_full_difficulties(plan, silent, rng)),
        tuple(_full_documents(plan, silent, rng)),
        tuple(_full_timeliness(agency.code, silent, rng) for agency in plan.expected),
        tuple(_full_task(plan, duty, silent, random.Random(duty.id)) for duty in plan.asked_obligations),
    )


def _full_indicator(plan: Plan, indicator: Indicator, silent: set[str], rng: random.Random) -> IndicatorResult:
    members = plan.members(indicator.reporters)
    reported = tuple(code for code in members if code not in silent)
    origins = tuple(
        Origin(code, f"{rng.getrandbits(256):064x}", f"Bieu-mau_{code}_ky2.xlsx", "Chỉ tiêu", f"{column}{row}", "118")
        for code in reported
        for row, column in ((12, "G"), (12, "H"), (12, "I"), (12, "J"))
    )
    more: dict[str, Any] = {
        "reported": reported,
        "missing": tuple(code for code in members if code in silent),
        "origins": origins,
        "nothing_count": 9 if len(members) > 20 else 0,
        "by_agency": tuple(AgencyResult(code, number(1188), number(1250), Verdict.NOT_MET) for code in reported),
    }
    if indicator.parts and indicator.parts_are == "rieng":
        parts = tuple(
            PartResult(part.id, part.name, figures(18 + place, 20 + place, "90"), Verdict.NOT_MET)
            for place, part in enumerate(indicator.parts)
        )
        return result(indicator.id, NONE, Verdict.NOT_MET, parts=parts, **more)
    measure = indicator.measure
    if measure is Measure.RATIO:
        whole = rng.randrange(200, 60000) if len(members) > 1 else rng.randrange(40, 400)
        part = whole - rng.randrange(0, whole // 12)
        value = number(part) * 100 / number(whole)
        met = value >= (indicator.target or 0)
        more |= {
            "previous": figures(part // 2, whole // 2 + 9, "91.42"),
            "period": figures(part // 2, whole // 2, "94"),
        }
        return result(
            indicator.id, Figures(number(part), number(whole), value), Verdict.MET if met else Verdict.NOT_MET, **more
        )
    if measure is Measure.BREACH:
        return result(indicator.id, figures(0, 412, 0), Verdict.MET, **more)
    if measure is Measure.COUNT:
        value = (indicator.target or number(100)) - 41
        return result(indicator.id, Figures(value, None, value), Verdict.NOT_MET, estimate=value + 20, **more)
    if measure is Measure.GROWTH:
        parts = tuple(PartResult(p.id, p.name, figures(365, 310, "17.74"), Verdict.MET) for p in indicator.parts)
        return result(indicator.id, figures(365, 310, "17.7419354"), Verdict.MET, parts=parts, **more)
    if measure is Measure.RANK:
        if indicator.id in ("T06", "D3"):
            return result(indicator.id, NONE, Verdict.NOT_PUBLISHED, **more)
        return result(
            indicator.id,
            figures(21, 23, 21),
            Verdict.MET,
            ranked_units=number(34),
            previous_ranked_units=number(34),
            published_on=dt.date(2026, 10, 1),
            **more,
        )
    if indicator.id == "D6":
        return result(indicator.id, NONE, Verdict.NO_FIGURE, **more)
    return result(indicator.id, figures("28.5", "31", "28.5"), Verdict.MET, **more)


def _full_task(plan: Plan, task: Task, silent: set[str], rng: random.Random) -> TaskResult:
    members = plan.members(task.leads)
    entries = []
    for code in members:
        if code in silent:
            continue
        status = rng.choices(tuple(TaskStatus), (34, 52, 5, 3, 6))[0]
        late = status in (TaskStatus.LATE, TaskStatus.NOT_STARTED)
        entries.append(
            entry(
                code,
                status,
                rng.choice(_RESULTS) if status in (TaskStatus.DONE, TaskStatus.ON_TRACK, TaskStatus.LATE) else "",
                percent=number(rng.randrange(20, 95, 5)) if status in (TaskStatus.ON_TRACK, TaskStatus.LATE) else None,
                done_on=dt.date(2026, rng.randrange(6, 12), rng.randrange(1, 28))
                if status is TaskStatus.DONE
                else None,
                evidence=f"Văn bản số {rng.randrange(10, 900)}/BC" if rng.random() < 0.3 else "",
                reason=rng.choice(_REASONS) if late else "",
            )
        )
    missing = tuple(code for code in members if code in silent)
    return TaskResult(
        task.id, task.section, tuple(_hold_to_deadline(task, one) for one in entries), missing, task.due_on
    )


def _hold_to_deadline(task: Task, one: TaskEntry) -> TaskEntry:
    """Done about the day on which it was due."""
    if task.due_on is None:
        return one
    days = random.Random(one.agency).randrange(-12, 20)
    done_on = task.due_on + dt.timedelta(days=days) if one.status is TaskStatus.DONE else None
    judged = judge_punctuality(one.status, done_on, task.due_on, dt.date(2026, 11, 30))
    return dataclasses.replace(one, done_on=done_on, punctuality=judged)


def _full_difficulties(plan: Plan, silent: set[str], rng: random.Random) -> list[Difficulty]:
    codes = [agency.code for agency in plan.expected if agency.code not in silent]
    found = []
    for section in plan.header.sections:
        for (content, kind), (proposal, addressee) in zip(_TROUBLES, _PROPOSALS, strict=True):
            if rng.random() < 0.55:
                who = tuple(rng.sample(codes, rng.choice((1, 2, 4, 14))))
                standing = rng.choice(("Mới phát sinh", "Tồn kỳ trước", "Đã giải quyết"))
                cause = "điều kiện địa hình chia cắt, hạ tầng chưa đồng bộ" if kind == "Khách quan" else ""
                found.append(Difficulty(section.number, who, content, kind, cause, proposal, addressee, standing))
    return found


def _full_documents(plan: Plan, silent: set[str], rng: random.Random) -> list[IssuedDocument]:
    found = []
    for agency in plan.expected:
        if agency.code not in silent:
            for _ in range(rng.choice((0, 1, 1, 2, 5))):
                dated = dt.date(2026, rng.randrange(6, 12), rng.randrange(1, 28))
                subject = (
                    "Kế hoạch thực hiện Nghị quyết số 02/NQ-CP năm 2026 của Chính phủ và Kế hoạch hành động của tỉnh"
                )
                found.append(
                    IssuedDocument(agency.code, f"{rng.randrange(10, 999)}/KH-UBND", dated, "", subject, "III.1.a")
                )
    return found


def _full_timeliness(code: str, silent: set[str], rng: random.Random) -> Timeliness:
    if code in silent:
        return Timeliness(code, Standing.MISSING, None, False, 0, 0, 0)
    late = rng.random() < 0.18
    day = rng.choice((10, 11, 12)) if late else rng.randrange(1, 10)
    received = dt.datetime(2026, 12, day, rng.randrange(1, 10), 15, tzinfo=dt.UTC)
    returned = rng.choice((0, 0, 0, 1, 2))
    return Timeliness(code, Standing.ACCEPTED, received, late, day - 9 if late else 0, returned, returned + 1)


def hash_one(content: ReportContent) -> str:
    return contents_checksum({Audience.PROVINCE: content})

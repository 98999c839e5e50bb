"""Invented answers for the sample season: plausible figures and sentences, the same for the same seed.

Nothing here is real.  Ranges are anchored loosely on published figures (outline, section 5 and 6); every
workbook made from them carries "DỮ LIỆU MẪU – KHÔNG SỬ DỤNG".
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random

from kybaocao.form.layout import FormLayout, TableLayout
from kybaocao.plan.cycles import Cycle
from kybaocao.plan.form_edition import Source
from kybaocao.plan.targets import Nature

Answers = dict[tuple[str, str, str], object]

# target -> (lowest share, highest share, smallest and largest half-year count)
_SHARES = {
    "T01": (0.90, 1.00, 3, 40),
    "T08": (0.93, 0.99, 4200, 4400),
    "T09": (0.97, 1.00, 40, 70),
    "T10": (0.85, 1.00, 8, 30),
    "T11": (0.90, 1.00, 2, 12),
    "T12": (0.90, 0.99, 300, 400),
    "T13": (0.93, 1.00, 60, 320),
    "T14": (0.00, 0.00, 60, 120),
    "T15": (0.86, 1.00, 80, 900),
    "T16": (0.45, 0.92, 80, 900),
    "T17": (0.88, 1.00, 0, 40),
    "T18": (0.88, 0.99, 60, 700),
}
# for a target that is not named here
_ANY_SHARE, _ANY_COUNT, _ANY_GROWTH = (0.88, 0.99, 60, 700), (110, 120), (120, 110)
_COUNTS = {"T02": (4410, 4455), "T03": (322, 351)}
_GROWTHS = {"T04": (262, 241), "T07.1": (322, 276), "T07.2": (74, 69)}
_RANKS = {"T05": (21, 34, 24, 34, dt.date(2026, 10, 1)), "D2": (11, 34, 12, 34, dt.date(2026, 4, 20))}
_RANKS |= {  # PCI has ten components
    f"D1.{number}": (now, 34, before, 34, dt.date(2026, 5, 6))
    for number, (now, before) in enumerate(
        ((9, 11), (15, 15), (12, 14), (18, 16), (22, 23), (14, 14), (20, 17), (11, 13), (25, 24), (16, 18)), start=1
    )
}
_CHANGES = {
    "D4": ("22.5", "26"),
    "D5": ("14.5", "18"),
    "D6": ("41", "47"),
    "D7": ("6.35", "6.12"),
    "D8.2": ("21.4", "20.9"),
}

_DONE = (
    "Đã ban hành kế hoạch và tổ chức hội nghị quán triệt tới {n} cán bộ, công chức.",
    "Đã hoàn thành rà soát {n} nội dung, công khai trên trang thông tin điện tử.",
    "Đã tổ chức {n} buổi làm việc, đối thoại với doanh nghiệp, hợp tác xã; giải quyết hết kiến nghị thuộc thẩm quyền.",
)
_DOING = (
    "Đang triển khai theo kế hoạch; đã hướng dẫn {n} lượt tổ chức, cá nhân.",
    "Duy trì thường xuyên; tiếp nhận và trả lời {n} phản ánh, kiến nghị.",
    "Phối hợp với các cơ quan liên quan, đã hoàn thành {n} nội dung, còn lại tiếp tục thực hiện.",
)
_LATE = (
    "Chờ hướng dẫn của cơ quan chuyên môn cấp trên; dự kiến hoàn thành trong quý I/2027.",
    "Thiếu biên chế sau sắp xếp đơn vị hành chính; đã phân công lại, hoàn thành trước 31/12/2026.",
)
_STANDING_DUTIES = (
    "Đã tổ chức {n} hội nghị phổ biến, quán triệt",
    "Đã đăng {n} tin, bài trên trang thông tin điện tử của cơ quan",
    "Đã tổ chức {n} cuộc gặp gỡ, tiếp xúc với doanh nghiệp, hộ kinh doanh",
)
_DIFFICULTIES = (
    (
        "III.4",
        "Hạ tầng mạng tại một số bản vùng cao chưa ổn định, ảnh hưởng nộp hồ sơ trực tuyến",
        "Khách quan",
        "Địa hình chia cắt, chưa có cáp quang đến bản",
        "Bố trí kinh phí nâng cấp hạ tầng viễn thông vùng lõm sóng",
        "UBND tỉnh",
        "Tồn kỳ trước",
    ),
    (
        "III.4",
        "Dữ liệu hộ tịch, đất đai chưa đồng bộ nên khó khai thác, sử dụng lại",
        "Khách quan",
        "Các hệ thống chưa kết nối đầy đủ",
        "Sớm kết nối, chia sẻ dữ liệu giữa các hệ thống thông tin giải quyết thủ tục hành chính",
        "Bộ ngành Trung ương",
        "Mới phát sinh",
    ),
    (
        "III.1",
        "Cán bộ cấp xã kiêm nhiệm nhiều việc, kỹ năng số còn hạn chế",
        "Chủ quan",
        "Chưa được tập huấn thường xuyên",
        "Tổ chức tập huấn theo vị trí việc làm cho cấp xã",
        "Sở ngành tỉnh",
        "Mới phát sinh",
    ),
    (
        "III.5",
        "Doanh nghiệp nhỏ khó tiếp cận mặt bằng sản xuất",
        "Khách quan",
        "Quỹ đất sạch còn ít",
        "Rà soát, công khai quỹ đất và nhà công chưa sử dụng",
        "UBND tỉnh",
        "Tồn kỳ trước",
    ),
    (
        "III.2",
        "Một số quy định về đầu tư, đất đai, xây dựng còn chồng chéo",
        "Khách quan",
        "Văn bản hướng dẫn chưa thống nhất",
        "Kiến nghị sửa đổi, hướng dẫn thống nhất trình tự thực hiện dự án",
        "Bộ ngành Trung ương",
        "Mới phát sinh",
    ),
)
_PEOPLE = (
    "Lò Văn Pâng",
    "Cầm Thị Xuân",
    "Quàng Văn Hặc",
    "Giàng A Dếnh",
    "Bùi Thị Thơm",
    "Đinh Văn Khơ",
    "Hà Thị Phượng",
    "Tòng Văn Ính",
    "Sồng A Lử",
    "Nguyễn Thị Bưởi",
)


@dataclass(frozen=True)
class Filler:
    """Fills forms of one season. Two calls with the same arguments give the same answers."""

    seed: int

    def fill(self, layout: FormLayout, *, is_zero: bool = False, edition: int = 1) -> Answers:
        """Complete, valid answers for a form; `edition` 2 is a later, corrected version of the same submission."""
        random = Random(f"{self.seed}/{layout.identity.cycle}/{layout.identity.agency}")
        answers: Answers = {}
        for table in layout.tables:
            if table.table.source is Source.INDICATORS:
                self._fill_indicators(table, answers, random, layout, is_zero, edition)
            elif table.table.source is Source.TASKS:
                self._fill_tasks(table, answers, random, is_zero, layout)
            elif table.table.source is Source.OBLIGATIONS:
                self._fill_obligations(table, answers, layout)
            elif table.table.source is Source.OPEN:
                self._fill_open(table, answers, random, is_zero, layout)
            else:
                self._sign(table, answers, random, layout.cycle)
        return answers

    def _fill_indicators(
        self, table: TableLayout, answers: Answers, random: Random, layout: FormLayout, is_zero: bool, edition: int
    ) -> None:
        words = layout.edition.words
        has_period = layout.cycle.previous is not None
        for row in table.rows:
            put = _Put(answers, table.table.id, row.code)
            if table.table.natures == (Nature.STOCK,):
                # Of the same stock as in the cycle before; how much of it is done is drawn anew.
                _, base = self._draw_share(layout.cycle.previous or layout.cycle.id, layout, row.code)
                base = _count_at_closing("T02", has_period) if row.code == "T08" else base  # the same enterprises
                top, whole = self._draw_share(layout.cycle.id, layout, row.code)
                put(
                    tinh_trang=words.nothing if is_zero else words.has_figure,
                    **{} if is_zero else {"tu_so_luy_ke": round(base * top / whole), "mau_so_luy_ke": base},
                    nguon="Hệ thống thông tin giải quyết TTHC tỉnh",
                )
            elif table.table.id == "ty_le":
                top, base = (0, 0) if is_zero else self._draw_share(layout.cycle.id, layout, row.code)
                top_all, base_all = top, base
                if layout.cycle.previous is not None and not is_zero:
                    top_before, base_before = self._draw_share(layout.cycle.previous, layout, row.code)
                    top_all, base_all = top + top_before, base + base_before
                if base_all == 0:
                    put(tinh_trang=words.nothing)
                    continue
                if edition == 2 and row.code == "T15":
                    top_all = min(base_all, top_all + 3)
                put(
                    tinh_trang=words.has_figure,
                    tu_so_ky=top,
                    mau_so_ky=base,
                    tu_so_luy_ke=top_all,
                    mau_so_luy_ke=base_all,
                    nguon="Hệ thống thông tin giải quyết TTHC tỉnh",
                )
            elif table.table.id == "so_luong":
                now, year = _count_at_closing(row.code, has_period), _COUNTS.get(row.code, _ANY_COUNT)[1]
                put(tinh_trang=words.has_figure, thuc_hien=now, uoc_nam=year, nguon="Hệ thống đăng ký doanh nghiệp")
            elif table.table.id == "tang_truong":
                parts = [_GROWTHS.get(code, _ANY_GROWTH) for code in row.total_of or (row.code,)]
                halves = 1 if has_period else 2  # in June half of the year, as of the newly founded (T03)
                now, before = (sum(part[side] // halves for part in parts) for side in (0, 1))
                put(tinh_trang=words.has_figure, nam_nay=now, nam_truoc=before, nguon="Hệ thống đăng ký doanh nghiệp")
            elif row.code in _RANKS and has_period:
                rank, among, rank_before, among_before, day = _RANKS[row.code]
                put(
                    tinh_trang=words.has_figure,
                    hang=rank,
                    so_tinh=among,
                    hang_truoc=rank_before,
                    so_tinh_truoc=among_before,
                    ngay_cong_bo=day,
                )
            elif row.code in _CHANGES and has_period:
                now_text, before_text = _CHANGES[row.code]
                put(tinh_trang=words.has_figure, ky_nay=float(now_text), ky_truoc=float(before_text))
            else:
                put(tinh_trang=words.not_published, giai_trinh="Cơ quan đánh giá chưa công bố kỳ mới.")

    def _draw_share(self, cycle: str, layout: FormLayout, code: str) -> tuple[int, int]:
        """Numerator and denominator of one indicator in one cycle, the same whoever asks."""
        low, high, least, most = _SHARES.get(code.split(".")[0], _ANY_SHARE)
        random = Random(f"{self.seed}/{cycle}/{layout.identity.agency}/{code}")
        base = random.randint(least, most)
        return round(base * random.uniform(low, high)), base

    def _fill_tasks(
        self, table: TableLayout, answers: Answers, random: Random, is_zero: bool, layout: FormLayout
    ) -> None:
        """What was done in the cycle before stays done; some of what was late is done now."""
        cycle = layout.cycle
        for row in table.rows:
            put = _Put(answers, table.table.id, row.code)
            dice = Random(f"{self.seed}/{layout.identity.agency}/{row.code}").random()
            dice = 1.0 if is_zero else dice
            count = random.randint(2, 60)
            has_caught_up = cycle.previous is not None and (dice < 0.60 or 0.86 <= dice < 0.90)
            if dice < 0.38 or has_caught_up:
                day = cycle.period_to - dt.timedelta(days=random.randint(3, 120))
                put(
                    trang_thai="Đã hoàn thành",
                    ty_le=100,
                    ngay=day,
                    ket_qua=random.choice(_DONE).format(n=count),
                    minh_chung=f"Văn bản số {count}/UBND-KT",
                )
            elif dice < 0.86:
                put(
                    trang_thai="Đang thực hiện",
                    ty_le=random.choice((50, 60, 70, 75, 80, 90)),
                    ket_qua=random.choice(_DOING).format(n=count),
                )
                if row.due_on is not None and row.due_on <= cycle.period_to:
                    put(ly_do=_LATE[0])
            elif dice < 0.93:
                put(trang_thai="Chậm tiến độ", ty_le=random.choice((20, 30, 40)), ly_do=random.choice(_LATE))
            elif dice < 0.95:
                put(trang_thai="Chưa triển khai", ty_le=0, ly_do=random.choice(_LATE))
            else:
                put(trang_thai="Không phát sinh")

    def _fill_obligations(self, table: TableLayout, answers: Answers, layout: FormLayout) -> None:
        """Own random numbers, so that the answers to all other tables stay what they were without this one."""
        random = Random(f"{self.seed}/{layout.identity.agency}/{table.table.id}")
        for number, row in enumerate(table.rows):
            put, dice = _Put(answers, table.table.id, row.code), random.random()
            if row.due_on is None:
                done = _STANDING_DUTIES[number % len(_STANDING_DUTIES)].format(n=random.randint(2, 9))
                put(trang_thai="Đang thực hiện", ket_qua=done)
            elif row.due_on > layout.cycle.period_to or dice < 0.05:
                put(trang_thai="Đang thực hiện", ly_do=random.choice(_LATE))
            else:
                days = -random.randint(1, 12) if dice < 0.75 else random.randint(5, 70)
                put(
                    trang_thai="Đã hoàn thành",
                    ngay=row.due_on + dt.timedelta(days=days),
                    ket_qua=f"Kế hoạch số {random.randint(10, 90)}/KH-UBND",
                )

    def _fill_open(
        self, table: TableLayout, answers: Answers, random: Random, is_zero: bool, layout: FormLayout
    ) -> None:
        words = layout.edition.words
        count = 0 if is_zero else random.choice((0, 1, 1, 2)) if table.table.id == "vuong_mac" else random.randint(0, 3)
        answers[(table.table.id, "", "khai_bao")] = words.yes if count else words.nothing
        for number in range(1, count + 1):
            put = _Put(answers, table.table.id, str(number))
            if table.table.id == "vuong_mac":
                muc, content, kind, cause, wish, to, standing = _DIFFICULTIES[
                    (random.randrange(len(_DIFFICULTIES)) + number) % len(_DIFFICULTIES)
                ]
                put(
                    muc=muc,
                    noi_dung=content,
                    loai_nguyen_nhan=kind,
                    nguyen_nhan=cause,
                    kien_nghi=wish,
                    noi_kien_nghi=to,
                    tinh_trang=standing,
                )
            else:
                put(
                    so_ky_hieu=f"{random.randint(10, 480)}/KH-{layout.identity.agency.replace('X-', 'UBND')}",
                    ngay=layout.cycle.period_to - dt.timedelta(days=random.randint(5, 150)),
                    trich_yeu="Kế hoạch triển khai thực hiện Nghị quyết số 02/NQ-CP, cải thiện môi trường kinh doanh",
                    nhiem_vu="III.2.4.a",
                )

    def _sign(self, table: TableLayout, answers: Answers, random: Random, cycle: Cycle) -> None:
        values = {
            "nguoi_lap": random.choice(_PEOPLE),
            "dien_thoai": f"0212 3{random.randint(100000, 999999)}",
            "nguoi_ky": random.choice(_PEOPLE),
            "chuc_vu": "Thủ trưởng",
            "ngay_ky": cycle.due_on - dt.timedelta(days=random.randint(0, 6)),
        }
        for field, value in values.items():
            answers[(table.table.id, field, "gia_tri")] = value


def _count_at_closing(code: str, has_period: bool) -> int:
    """A count at the end of the cycle; in the first one half of the year's events, or a somewhat smaller stock."""
    now, _ = _COUNTS.get(code, _ANY_COUNT)
    return now if has_period else now // 2 if code == "T03" else now - 90


class _Put:
    """Sets answers of one row by column name."""

    def __init__(self, answers: Answers, table: str, row: str) -> None:
        self._answers, self._table, self._row = answers, table, row

    def __call__(self, **columns: object) -> None:
        for column, value in columns.items():
            self._answers[(self._table, self._row, column)] = value

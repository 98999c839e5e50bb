"""The country as a plan: 34 provinces with their 3,321 communes and wards, and departments; names of bodies are made up.

write_national_plan(root)                  one plan whose cycles ask all of them
write_province_plan(root, PROVINCES[4])    one plan for each province, its cycles named after it
Both are the sample plan with other bodies; Sơn La has its own in both.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from kybaocao.plan.load import load_plan
from tests.small_plan import CONFIG, write_small_plan

HOME_PROVINCE = "Sơn La"
# Names and numbers of communes, wards and special zones since 01/07/2025.
COMMUNES = {
    "Hà Nội": 126, "Cao Bằng": 56, "Tuyên Quang": 124, "Điện Biên": 45, "Lai Châu": 38, "Sơn La": 75, "Lào Cai": 99,
    "Thái Nguyên": 92, "Lạng Sơn": 65, "Quảng Ninh": 54, "Bắc Ninh": 99, "Phú Thọ": 148, "Hải Phòng": 114,
    "Hưng Yên": 104, "Ninh Bình": 129, "Thanh Hóa": 166, "Nghệ An": 130, "Hà Tĩnh": 69, "Quảng Trị": 78, "Huế": 40,
    "Đà Nẵng": 94, "Quảng Ngãi": 96, "Gia Lai": 135, "Khánh Hòa": 65, "Đắk Lắk": 102, "Lâm Đồng": 124, "Đồng Nai": 95,
    "Thành phố Hồ Chí Minh": 168, "Tây Ninh": 96, "Đồng Tháp": 102, "Vĩnh Long": 124, "An Giang": 102, "Cần Thơ": 103,
    "Cà Mau": 64,
}  # fmt: skip
DEPARTMENTS = {
    "STC": "Sở Tài chính",
    "STP": "Sở Tư pháp",
    "SKHCN": "Sở Khoa học và Công nghệ",
    "SNV": "Sở Nội vụ",
    "SNNMT": "Sở Nông nghiệp và Môi trường",
    "SCT": "Sở Công Thương",
    "SXD": "Sở Xây dựng",
    "SYT": "Sở Y tế",
    "SVHTTDL": "Sở Văn hóa, Thể thao và Du lịch",
    "SGDDT": "Sở Giáo dục và Đào tạo",
    "CAT": "Công an tỉnh",
    "TTRA": "Thanh tra tỉnh",
    "VPUB": "Văn phòng UBND tỉnh",
    "BQLKCN": "Ban Quản lý các khu công nghiệp",
}
_FIRST, _SECOND = (
    ["An", "Bình", "Đông", "Hòa", "Long", "Minh", "Phú", "Quang", "Tân", "Thanh"],
    ["Giang", "Hà", "Hải", "Lâm", "Mỹ", "Ngọc", "Sơn", "Thịnh", "Xuân", "Yên"],
)


@dataclass(frozen=True)
class Province:
    """One of the 34; `number` begins with 1."""

    number: int
    name: str
    communes: int

    @property
    def plan(self) -> str:
        return f"nq02-2026-t{self.number:02d}"


PROVINCES = tuple(Province(number, *row) for number, row in enumerate(COMMUNES.items(), start=1))


@dataclass(frozen=True)
class Body:
    code: str
    name: str
    kind: str


def write_national_plan(root: Path, count: int | None = None, today: dt.date | None = None) -> list[str]:
    """The one plan below `root`, of all bodies or the first `count`; with `today` its year-end cycle is open now.

    Returns the codes of those who report: Sơn La's first.
    """
    own = list_own_bodies()[:count]
    folder = write_small_plan(root, tuple(own), today, has_position_letter=True) / CONFIG.name
    others = (body for one in PROVINCES if one.name != HOME_PROVINCE for body in invent_bodies(one))
    added = list(others if count is None else islice(others, count - len(own)))
    add_bodies(folder, added)
    return [*own, *(body.code for body in added)]


def write_province_plan(root: Path, province: Province, today: dt.date | None = None) -> list[str]:
    """The plan of one province below `root`; its departments keep the codes that tasks name. Returns who reports."""
    own = list_own_bodies()
    kept = [code for code in own if province.name == HOME_PROVINCE or not code.startswith("X-")]
    folder = write_small_plan(root, tuple(kept), today, province.plan, has_position_letter=True) / province.plan
    added = [] if province.name == HOME_PROVINCE else [one for one in invent_bodies(province) if one.kind != "so_nganh"]
    add_bodies(folder, added)
    return [*kept, *(body.code for body in added)]


def list_own_bodies() -> list[str]:
    """Who reports in the sample plan."""
    return [agency.code for agency in load_plan(CONFIG).expected]


def invent_bodies(province: Province) -> Iterator[Body]:
    """Departments, then communes, of which every eighth is a ward."""
    for code, name in DEPARTMENTS.items():
        yield Body(f"{code}-{province.number:02d}", f"{name} ({province.name})", "so_nganh")
    for number in range(1, province.communes + 1):
        kind, word = ("phuong", "phường") if number % 8 == 0 else ("xa", "xã")
        name = f"{_FIRST[number // 10 % 10]} {_SECOND[number % 10]} {number // 100 + 1}"
        code = f"X-{50 + province.number}{number:03d}"
        yield Body(code, f"Ủy ban nhân dân {word} {name} ({province.name})", kind)


def add_bodies(folder: Path, bodies: list[Body]) -> None:
    """To the register and the contacts of a plan, an officer and a head each."""
    _append(
        folder / "co_quan.csv",
        [{"ma": body.code, "ten": body.name, "loai": body.kind, "nghia_vu": "phai_bao_cao"} for body in bodies],
    )
    roles = ("dau_moi", "lanh_dao")
    _append(
        folder / "lien_he.csv",
        [
            {
                "ma": body.code,
                "vai_tro": role,
                "ho_ten": f"Người của {body.code}",
                "email": f"{role}.{body.code.lower()}@sonla.example.vn",
            }
            for body in bodies
            for role in roles
        ],
    )


def _append(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open(encoding="utf-8", newline="") as handle:
        headings = next(csv.reader(handle))
    with path.open("a", encoding="utf-8", newline="") as handle:
        csv.DictWriter(handle, headings, lineterminator="\n", restval="").writerows(rows)

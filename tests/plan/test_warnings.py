"""What is hardly meant in a configuration: said with file, line, field and what to do, and nothing is stopped."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from kybaocao.plan.load import load_plan
from kybaocao.plan.recipients import is_sample_domain
from kybaocao.plan.warnings import list_config_warnings
from kybaocao.yaml_source import Problem
from tests.plan.test_mistakes import Mistake, copy_config, is_vietnamese, slip
from tests.plan.test_second_plan import ROOT as SECOND_PLANS

TODAY = dt.date(2026, 11, 14)
FILLED = {
    "so_ky_hieu: ''": "so_ky_hieu: 25/KH-UBND",
    "ngay_ban_hanh: null": "ngay_ban_hanh: 2026-01-30",
    "du_lieu_mau: true": "du_lieu_mau: false",
}
Warn = Callable[..., list[Problem]]


# The roster that is handed out lacks it.
ADDED = {
    "co_quan.csv": "SDTTG,Sở Dân tộc và Tôn giáo,so_nganh,phai_bao_cao,Giám đốc Sở Dân tộc và Tôn giáo,Sở DTTG\n",
    "lien_he.csv": "SDTTG,dau_moi,Lò Thị Mẫu,Văn thư,vanthu.sdttg@sonla.example.vn,0212 3000 199,2026-01-01,2027-12-31\n"
    "SDTTG,lanh_dao,Hà Văn Mẫu,Giám đốc,lanhdao.sdttg@sonla.example.vn,0212 3000 599,2026-01-01,2027-12-31\n",
}


def write_live_plan(root: Path) -> Path:
    """The province's plan as it is on the day before it goes live: number, date, addresses, roster filled in."""
    folder = copy_config(root)
    for path in folder.iterdir():
        text = (path.read_text(encoding="utf-8") + ADDED.get(path.name, "")).replace(".example.vn", ".gov.vn")
        for blank, value in FILLED.items() if path.name == "ke_hoach.yaml" else ():
            assert blank in text
            text = text.replace(blank, value)
        path.write_text(text, encoding="utf-8")
    return folder


def list_places(warnings: list[Problem]) -> list[tuple[str, int, str]]:
    return [(one.file, one.line, one.field) for one in warnings]


def test_a_plan_that_is_ready_warns_of_nothing(tmp_path: Path) -> None:
    """Real addresses, number and date, a roster whose groups are filled."""
    assert list_config_warnings(load_plan(write_live_plan(tmp_path)), TODAY) == []


def test_the_sample_plans_warn_of_nothing(tmp_path: Path) -> None:
    """Sample addresses belong into sample data; the second plan is in order, too."""
    folders = [copy_config(tmp_path), SECOND_PLANS / "gan-dan-2027"]
    assert [list_config_warnings(load_plan(folder), TODAY) for folder in folders] == [[], []]


SLIPS = {
    "số kế hoạch trống": Mistake("ke_hoach.yaml", "25/KH-UBND", "''", "so_ky_hieu"),
    "số kế hoạch chỉ có ký hiệu": Mistake("ke_hoach.yaml", "25/KH-UBND", "'     /KH-UBND'", "so_ky_hieu"),
    "ngày kế hoạch trống": Mistake("ke_hoach.yaml", "2026-01-30", "null", "ngay_ban_hanh"),
    "ngày kế hoạch chưa đến": Mistake("ke_hoach.yaml", "2026-01-30", "2026-12-30", "ngay_ban_hanh"),
    "ngày kế hoạch của năm khác": Mistake("ke_hoach.yaml", "2026-01-30", "2020-01-30", "ngay_ban_hanh"),
    "tên nói năm khác": Mistake("ke_hoach.yaml", "ten_ngan: Nghị quyết 02/NQ-CP năm 2026", "ten_ngan: Nghị quyết 02/NQ-CP năm 2025", "ten_ngan"),
    "tên kỳ nói năm khác": Mistake("ky_bao_cao.yaml", "ten: năm 2026", "ten: năm 2025", "ten"),
    "danh sách thiếu sở": Mistake("ke_hoach.yaml", "- Sở Dân tộc và Tôn giáo", "- Sở Ngoại vụ", "co_quan_phai_co", told_at="co_quan_phai_co:"),
    "nhóm rỗng": Mistake("ke_hoach.yaml", "  SO_NGANH: [so_nganh]", "  SO_NGANH: []", "nhom.SO_NGANH"),
    "tên miền mẫu": Mistake("nguoi_nhan.yaml", "cho_phep: [", "cho_phep: [mau.example.com, ", "ten_mien_cho_phep.1"),
    "địa chỉ mẫu của tổ vận hành": Mistake("nguoi_nhan.yaml", "vanhanh.kybaocao@sonla.gov.vn", "vanhanh@sonla.gov.vn.test", "van_hanh.1.email"),
    "địa chỉ mẫu của người phụ trách": Mistake("nguoi_nhan.yaml", "tonghop.stc@sonla.gov.vn", "tonghop@stc.invalid", "can_bo_phu_trach.email"),
    "địa chỉ mẫu của cơ quan": Mistake("lien_he.csv", "vanthu.stp@sonla.gov.vn", "vanthu@stp.example", "email"),
    "tên miền chưa cho phép": Mistake("nguoi_nhan.yaml", "vanthu@mof.gov.vn", "vanthu@botaichinh.vn", "bo_tai_chinh.1.email"),
    "tên miền của cơ quan chưa cho phép": Mistake("lien_he.csv", "vanthu.stp@sonla.gov.vn", "sotuphap@gmail.com", "email"),
    "lãnh đạo hai cơ quan một địa chỉ": Mistake("lien_he.csv", "lanhdao.skhcn@", "lanhdao.stp@", "email"),
    "liên hệ đã hết hạn": Mistake("lien_he.csv", "2027-12-31", "2026-06-30", "den_ngay"),
    "liên hệ hết hạn trước hạn nộp": Mistake("lien_he.csv", "2027-12-31", "2026-11-30", "den_ngay"),
    "liên hệ chưa có hiệu lực": Mistake("lien_he.csv", "2026-01-01", "2026-12-01", "den_ngay"),
    "không nêu người phê duyệt": Mistake("nguoi_nhan.yaml", "  - {tai_khoan: lanhdao", "  [] #", "nguoi_phe_duyet", told_at="nguoi_phe_duyet:"),
    "lịch thiếu ngày nghỉ của một năm": Mistake("lich.yaml", "{ngay: 2027-01-01", "{ngay: 2028-01-01", "ngay_nghi", told_at="ngay_nghi:"),
    "kỳ sau không nối kỳ trước": Mistake("ky_bao_cao.yaml", "ky_tu: 2026-06-01", "ky_tu: 2026-06-02", "ky_tu"),
    "kỳ sau chồng kỳ trước": Mistake("ky_bao_cao.yaml", "ky_tu: 2026-06-01", "ky_tu: 2026-05-01", "ky_tu"),
    "còn nội dung mẫu trong báo cáo": Mistake("bao_cao.yaml", "ket_thuc: ./.", "ket_thuc: (nội dung mẫu)", "ket_thuc"),
    "còn nội dung mẫu trong công văn": Mistake("cong_van.yaml", "      - Lãnh đạo Sở", "      - Lãnh đạo Sở (nội dung mẫu)", "noi_nhan.3"),
    "còn nội dung mẫu trong biểu mẫu": Mistake("bieu_mau.yaml", "huong_dan: \"Ví dụ 125/BC-UBND", "huong_dan: \"(Nội dung mẫu) Ví dụ 125/BC-UBND", "trang.6.bang.1.dong.6.huong_dan"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", SLIPS.values(), ids=list(SLIPS))
def test_a_slip_is_named_with_its_place_and_stops_nothing(tmp_path: Path, mistake: Mistake) -> None:
    """One warning with file, line and field, in Vietnamese; the plan has no fault."""
    folder = write_live_plan(tmp_path)
    line = slip(folder, mistake)
    plan = load_plan(folder)
    (warning,) = list_config_warnings(plan, TODAY)
    assert (warning.file, warning.line, warning.field) == (mistake.file, line, mistake.field)
    assert is_vietnamese(warning.message)
    assert plan.problems == ()


def test_a_leader_who_answers_for_ubnd_tinh_too_is_named(tmp_path: Path) -> None:
    """Nobody is named for UBND tỉnh, and the plan does not ask for two people: allowed, and said."""
    folder = write_live_plan(tmp_path)
    path = folder / "nguoi_nhan.yaml"
    text = path.read_text(encoding="utf-8").replace("hai_nguoi_quyet_dinh: true", "hai_nguoi_quyet_dinh: false")
    path.write_text(text.replace("  - {tai_khoan: ubndtinh", "  [] #"), encoding="utf-8")
    (warning,) = list_config_warnings(load_plan(folder), TODAY)
    assert warning.field == "nguoi_tra_loi_ubnd_tinh" and "cũng trả lời thay UBND tỉnh" in warning.message


@pytest.mark.parametrize(
    "email",
    ["a@sonla.example.vn", "a@example.com", "a@EXAMPLE.org.", "a@x.example", "a@x.invalid", "a@x.test", "a@localhost"],
)
def test_an_address_to_which_no_mail_goes_is_a_sample(email: str) -> None:
    """Domains kept for examples and tests, whatever stands before them."""
    assert is_sample_domain(email)


@pytest.mark.parametrize("email", ["a@sonla.gov.vn", "a@mof.gov.vn", "a@testing.vn", "example@sonla.gov.vn"])
def test_an_address_like_any_other_is_none(email: str) -> None:
    """A word in the name of the mailbox, or a part of a word, says nothing."""
    assert not is_sample_domain(email)


def test_many_sample_addresses_are_one_line_with_their_number(tmp_path: Path) -> None:
    """`du_lieu_mau: false` set before the contacts were filled in: one warning a file and list, not one an address."""
    folder = copy_config(tmp_path)
    header = folder / "ke_hoach.yaml"
    header.write_text(header.read_text(encoding="utf-8").replace("du_lieu_mau: true", "du_lieu_mau: false"), "utf-8")
    found = list_config_warnings(load_plan(folder), TODAY)
    contacts = [one.message for one in found if one.file == "lien_he.csv"]
    assert [re.findall(r"^\d+ địa chỉ thuộc tên miền mẫu", message) for message in contacts] == [
        ["180 địa chỉ thuộc tên miền mẫu"]
    ]
    assert [one.field for one in found if one.file == "ke_hoach.yaml"] == [
        "so_ky_hieu",
        "ngay_ban_hanh",
        "co_quan_phai_co",
    ]
    assert len(found) < 15


def test_real_addresses_in_sample_data_are_named(tmp_path: Path) -> None:
    """Real people would get letters that are marked as samples."""
    folder = write_live_plan(tmp_path)
    header = folder / "ke_hoach.yaml"
    header.write_text(header.read_text(encoding="utf-8").replace("du_lieu_mau: false", "du_lieu_mau: true"), "utf-8")
    (warning,) = list_config_warnings(load_plan(folder), TODAY)
    assert (warning.file, warning.field, "182 địa chỉ thật" in warning.message) == (
        "ke_hoach.yaml",
        "du_lieu_mau",
        True,
    )


def test_next_year_in_the_header_with_last_years_dates_is_named(tmp_path: Path) -> None:
    """`nam: 2027` in a copied folder whose cycles and names are all of 2026."""
    folder = write_live_plan(tmp_path)
    line = slip(folder, Mistake("ke_hoach.yaml", "nam: 2026", "nam: 2027", "nam"))
    found = list_config_warnings(load_plan(folder), TODAY)
    assert ("ke_hoach.yaml", line, "nam") in list_places(found)
    assert {one.field for one in found} == {"nam", "ten", "ten_ngan"}


def test_one_cycle_of_another_year_is_named_at_its_own_line(tmp_path: Path) -> None:
    """The other cycle says that the plan's year is right."""
    folder = write_live_plan(tmp_path)
    path = folder / "ky_bao_cao.yaml"
    head, mark, tail = path.read_text(encoding="utf-8").partition("  - ma: nq02-2026-ky2")
    path.write_text(head.replace(" 2025-", " 2024-").replace(" 2026-", " 2025-") + mark + tail, "utf-8")
    found = list_config_warnings(load_plan(folder), TODAY)
    assert [one.item for one in found if one.field == "ky_den"] == ["nq02-2026-ky1"]


def test_an_agency_that_is_asked_for_nothing_is_named(tmp_path: Path) -> None:
    """A body of a kind that no group names, bound to report: its form would be empty."""
    folder = write_live_plan(tmp_path)
    slip(folder, Mistake("co_quan.csv", "X-03856,Ủy ban nhân dân xã Bắc Yên,xa,", "X-03856,Ủy ban nhân dân xã Bắc Yên,khac,", ""))  # fmt: skip
    (warning,) = list_config_warnings(load_plan(folder), TODAY)
    assert (warning.file, warning.field, "X-03856" in warning.message) == ("co_quan.csv", "nghia_vu", True)


def test_agencies_without_any_contact_are_one_line_for_each_role(tmp_path: Path) -> None:
    """Both lines of one agency are missing in lien_he.csv."""
    folder = write_live_plan(tmp_path)
    path = folder / "lien_he.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("STP,")) + "\n", encoding="utf-8")
    found = list_config_warnings(load_plan(folder), TODAY)
    assert [(one.file, one.field) for one in found] == [("lien_he.csv", "ma")] * 2
    assert all("(STP)" in one.message and "chưa có liên hệ" in one.message for one in found)


def test_a_list_that_nobody_would_get_says_so(tmp_path: Path) -> None:
    """The only address of the ministry has a domain that is not listed."""
    folder = write_live_plan(tmp_path)
    slip(folder, SLIPS["tên miền chưa cho phép"])
    (warning,) = list_config_warnings(load_plan(folder), TODAY)
    assert warning.message.endswith("không có ai nhận được thư")


def test_a_plan_whose_cycles_are_all_closed_is_named(tmp_path: Path) -> None:
    """Nothing is left to run in it."""
    found = list_config_warnings(load_plan(write_live_plan(tmp_path)), dt.date(2027, 2, 1))
    assert [one.field for one in found] == ["dong_ky"]


@pytest.mark.parametrize("key", ["chu_tich", "bo_tai_chinh", "van_hanh", "lanh_dao_so_tai_chinh"])
def test_an_empty_list_of_recipients_is_a_fault(tmp_path: Path, key: str) -> None:
    """Without the Chairman, the ministry, the operators or the leaders nothing can be sent: no mere warning."""
    folder = write_live_plan(tmp_path)
    path = folder / "nguoi_nhan.yaml"
    text = re.sub(rf"^{key}:\n(  - .*\n)+", f"{key}: []\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
    assert [(one.file, one.field) for one in load_plan(folder).problems] == [("nguoi_nhan.yaml", key)]

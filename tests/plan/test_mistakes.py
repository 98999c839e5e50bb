"""Mistakes in configuration: each is reported with file, line and field, in Vietnamese, and stops only its part."""

from __future__ import annotations

import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pytest

from kybaocao.form.layout import build_layout
from kybaocao.plan.load import FILES, load_plan
from kybaocao.plan.plan import Plan, PlanError
from kybaocao.yaml_source import Problem, SourceError
from tests.conftest import CONFIG, CYCLE


@dataclass(frozen=True)
class Mistake:
    """One slip: `wrong` written where `right` stands first in `file` after `after`, and the field it is reported at."""

    file: str
    right: str
    wrong: str
    field: str
    after: str = ""
    told_at: str = ""  # text on the line that is named; the line of the slip itself when empty
    told_after: str = ""


MISTAKES = {
    "quy tắc không có": Mistake(
        "bieu_mau.yaml", "{ma: numerator-exceeds-denominator", "{ma: numerator-exceeds", "trang.1.bang.1.quy_tac.1.ma"
    ),
    "dòng có hạn ở bảng không có hạn": Mistake(
        "bieu_mau.yaml",
        "khi_cot: tinh_trang, la: [Có số liệu]}",
        "khi_cot: tinh_trang, la: [Có số liệu], chi_dong: qua_han}",
        "trang.1.bang.1.quy_tac.9.chi_dong",
        after="ma: figure-missing, loai: bat_buoc_khi",
    ),
    "dòng có hạn ở quy tắc khác": Mistake(
        "bieu_mau.yaml",
        "cot: [ngay]}",
        "cot: [ngay], chi_dong: qua_han}",
        "trang.2.bang.1.quy_tac.1.chi_dong",
        after="ma: nhiem_vu",
    ),
    "nghĩa vụ thiếu mục": Mistake("nghia_vu.yaml", "    tinh_chat:", "    tinhchat:", "tinhchat"),
    "chữ thay cho số": Mistake("nhiem_vu.yaml", "muc: 2", "muc: hai", "muc"),
    "sai chính tả tên mục": Mistake("nhiem_vu.yaml", "    tinh_chat:", "    tinhchat:", "tinhchat"),
    "thiếu mục": Mistake("chi_tieu.yaml", "don_vi: '%'", "# đã xóa", "don_vi", told_at="ma: T01"),
    "mã cơ quan lạ": Mistake("nhiem_vu.yaml", "chu_tri: [STP]", "chu_tri: [STPP]", "chu_tri"),
    "mã cơ quan lạ ở nghĩa vụ": Mistake("nghia_vu.yaml", "chu_tri: [STC]", "chu_tri: [XTC]", "chu_tri"),
    "mã cơ quan lạ ở chỉ tiêu": Mistake(
        "chi_tieu.yaml", "co_quan_bao_cao: [STP]", "co_quan_bao_cao: [STB]", "co_quan_bao_cao", after="ma: T08"
    ),
    "mã cơ quan lạ ở thành phần": Mistake(
        "chi_tieu.yaml", "co_quan_bao_cao: [STC]", "co_quan_bao_cao: [STX]", "co_quan_bao_cao", after="ma: T01.3"
    ),
    "mã cơ quan lạ ở liên hệ": Mistake("lien_he.csv", "STP,dau_moi", "STPP,dau_moi", "ma"),
    "mã cơ quan lạ ở tên cũ": Mistake("ten_cu.csv", "STC,Sở Kế", "SKHDT,Sở Kế", "ma"),
    "tên cũ đến một ngày không có": Mistake("ten_cu.csv", "2025-02-28", "2025-02-30", "den_ngay"),
    "cơ quan đầu mối lạ": Mistake("ke_hoach.yaml", "dau_moi: STC", "dau_moi: XTC", "co_quan_dau_moi"),
    "kỳ trước không có": Mistake("ky_bao_cao.yaml", "ky_truoc: nq02-2026-ky1", "ky_truoc: ky-1", "ky_truoc"),
    "hai nhiệm vụ cùng mã": Mistake("nhiem_vu.yaml", "ma: III.1.b", "ma: III.1.a", "ma"),
    "hai cơ quan cùng mã": Mistake("co_quan.csv", "STP,Sở Tư pháp", "STC,Sở Tư pháp", "ma"),
    "ngày không có trong lịch": Mistake(
        "ky_bao_cao.yaml", "co_quan: 2026-06-10", "co_quan: 2026-06-31", "truoc_ngay_co_quan"
    ),
    "ngày viết kiểu Việt": Mistake("lien_he.csv", ",2026-01-01,", ",01/01/2026,", "tu_ngay"),
    "ngày viết liền": Mistake("lich.yaml", "ngay: 2026-09-02", "ngay: 20260902", "ngay_nghi.13.ngay"),
    "giờ không có dấu nháy": Mistake("bac_thang.yaml", 'gio: "14:00"', "gio: 14:00", "bac.6.gio"),
    "hạn không theo thứ tự": Mistake(
        "ky_bao_cao.yaml", "tai_chinh: 2026-06-15", "tai_chinh: 2026-06-05", "truoc_ngay_so_tai_chinh"
    ),
    "mở kỳ sau hạn": Mistake("ky_bao_cao.yaml", "{ngay: 2026-05-18", "{ngay: 2026-06-18", "mo_ky"),
    "tổng hợp trước hạn": Mistake("ky_bao_cao.yaml", "{ngay: 2026-06-12", "{ngay: 2026-06-02", "tong_hop"),
    "bậc thang không theo thứ tự": Mistake(
        "bac_thang.yaml", "ngay_lam_viec: -5", "ngay_lam_viec: -15", "bac.2.ngay_lam_viec"
    ),
    "hai bậc cùng mã": Mistake("bac_thang.yaml", "ma: nhac_lan_2", "ma: nhac_lan_1", "bac.2.ma"),
    "mẫu thư không có": Mistake("bac_thang.yaml", "mau: qua_han}", "mau: qua_hạn}", "bac.5.mau"),
    "người nhận không có trong danh sách": Mistake("bac_thang.yaml", "gui: chu_tich", "gui: giam_doc", "bac.8.gui"),
    "ngày nghỉ khai hai lần": Mistake("lich.yaml", "ngay: 2026-02-17", "ngay: 2026-02-16", "ngay_nghi.4.ngay"),
    "ngày nghỉ vừa làm bù": Mistake("lich.yaml", "ngay: 2026-08-22", "ngay: 2026-08-31", "lam_bu.2.ngay"),
    "ngày làm bù không phải cuối tuần": Mistake("lich.yaml", "ngay: 2026-08-22", "ngay: 2026-08-21", "lam_bu.2.ngay"),
    "không có ngày làm việc giữa chốt số liệu và hạn": Mistake(
        "ky_bao_cao.yaml", "ky_den: 2026-05-31", "ky_den: 2026-06-08", "ky_den"
    ),
    "bậc thang vượt ngày phải báo cáo": Mistake(
        "bac_thang.yaml", "ngay_lam_viec: 3,", "ngay_lam_viec: 4,", "bac.8.ngay_lam_viec"
    ),
    "thứ không có trong tuần": Mistake("bac_thang.yaml", "thu: thứ Hai", "thu: Hai", "tinh_hinh.thu"),
    "giờ yên lặng cả ngày": Mistake("bac_thang.yaml", 'den: "07:00"', 'den: "18:00"', "gio_yen_lang.den"),
    "liên hệ không có thư điện tử": Mistake("lien_he.csv", "vanthu.stp@sonla.example.vn", "", "email"),
    "thư điện tử sai dạng": Mistake("nguoi_nhan.yaml", "vanthu@mof", "vanthu mof", "bo_tai_chinh.1.email"),
    "hai người mà một tài khoản": Mistake("nguoi_nhan.yaml", "tai_khoan: ubndtinh", "tai_khoan: lanhdao", "hai_nguoi_quyet_dinh", told_at="hai_nguoi_quyet_dinh: true"),
    "mức tối thiểu quá một trăm": Mistake("ke_hoach.yaml", "mui_gio: Asia/Ho_Chi_Minh", "toi_thieu_phan_tram_bao_cao: 101", "toi_thieu_phan_tram_bao_cao"),
    "liên hệ hết hạn trước khi bắt đầu": Mistake("lien_he.csv", "2027-12-31", "2025-12-31", "den_ngay"),
    "sai chính tả tên cột": Mistake("lien_he.csv", "email", "e-mail", "e-mail"),
    "dòng CSV thừa ô": Mistake("co_quan.csv", "STP,Sở Tư pháp", "STP,Sở Tư pháp, tỉnh", ""),
    "chỉ tiêu tăng trưởng không có mục tiêu": Mistake("chi_tieu.yaml", "muc_tieu: 5000", "# đã xóa", "chieu", told_at="chieu: it_nhat"),
    "biểu cũ không hỏi chỉ tiêu không có": Mistake("bieu_mau_cu.yaml", "cach_do_cu: {D1:", "cach_do_cu: {D9:", "cach_do_cu.D9"),
    "đối chiếu với chỉ tiêu không có": Mistake("chi_tieu.yaml", "voi: T02", "voi: T99", "doi_chieu.1.voi", after="ma: T08"),
    "đối chiếu với chỉ tiêu tính riêng từng phần": Mistake("chi_tieu.yaml", "voi: T02", "voi: T01", "doi_chieu.1.voi", after="ma: T08"),
    "đối chiếu số tồn với số phát sinh": Mistake("chi_tieu.yaml", "voi: T02", "voi: T03", "doi_chieu.1.voi", after="ma: T08"),
    "đối chiếu với mẫu số không có": Mistake("chi_tieu.yaml", "voi: T02}", "voi: T02, so_kia: mau_so}", "doi_chieu.1.so_kia", after="ma: T08"),
    "nhiệm vụ hoàn thành khi đạt chỉ tiêu không có": Mistake("nhiem_vu.yaml", "hoan_thanh_khi_dat: [T07]", "hoan_thanh_khi_dat: [T99]", "hoan_thanh_khi_dat"),
    "nhiệm vụ hoàn thành khi đạt chỉ tiêu của cơ quan khác": Mistake("nhiem_vu.yaml", "hoan_thanh_khi_dat: [T07]", "hoan_thanh_khi_dat: [T08]", "hoan_thanh_khi_dat"),
    "mục tiêu cả năm không có ước cả năm": Mistake("chi_tieu.yaml", "muc_tieu_chu: tăng dưới", "den_het_nam: true\n    muc_tieu_chu: tăng dưới", "den_het_nam"),
    "chỉ tiêu không có tính chất": Mistake("chi_tieu.yaml", "tinh_chat: ton", "# đã xóa", "tinh_chat", told_at="ma: T01", after="ma: T01"),
    "sai cú pháp YAML": Mistake("lich.yaml", "lam_bu:", "lam_bu: [", "", told_at="ngay: 2026-01-10"),
    "khai báo hai lần": Mistake("bieu_mau.yaml", "ten_tep:", "tieu_de:", "tieu_de"),
    "ký tự điều khiển": Mistake("bao_cao.yaml", "DỰ THẢO", "DỰ\x0bTHẢO", ""),
    "lời văn có ngoặc nhọn không trong dấu nháy": Mistake("bao_cao.yaml", 'khoang: "{so}–{tren}"', "{so}: {tren}", ""),
    "chỗ điền lạ trong báo cáo": Mistake("bao_cao.yaml", "có {dat}/{tong}", "có {dạt}/{tong}", "phan_muc_tieu.bang_so"),
    "chỗ điền lạ trong tên tệp": Mistake("bieu_mau.yaml", "Bieu-mau_{co_quan}", "Bieu-mau_{coquan}", "ten_tep"),
    "chỗ điền lạ trong hướng dẫn": Mistake("bieu_mau.yaml", "{ky_tu} đến", "{tu_ngay} đến", "huong_dan.5"),
    "công thức nhắc cột lạ": Mistake("bieu_mau.yaml", "ROUND({tu_so_luy_ke}", "ROUND({tu_so}", "trang.1.bang.1.cot.10.cong_thuc"),
    "chỗ điền lạ trong công văn": Mistake("cong_van.yaml", "{da_nop}/{tong}", "{danop}/{tong}", "noi_dung.2"),
    "tên tệp công văn không phải Word": Mistake("cong_van.yaml", "So-Tai-chinh.docx", "So-Tai-chinh.pdf", "ten_tep"),
    "công văn không có": Mistake("bac_thang.yaml", "cong_van: don_doc_ubnd_tinh", "cong_van: don_doc_tinh", "bac.8.cong_van"),
    "công văn ở bậc gửi từng cơ quan": Mistake("bac_thang.yaml", "mau: qua_han}", "mau: qua_han, cong_van: don_doc_ubnd_tinh}", "bac.5.cong_van"),
    "quy tắc nhắc cột lạ": Mistake("bieu_mau.yaml", "cot: [tu_so_ky, mau_so_ky]}", "cot: [tu_so, mau_so_ky]}", "trang.1.bang.1.quy_tac.1"),
    "tên trang Excel không nhận": Mistake("bieu_mau.yaml", "ten: Nhiệm vụ", "ten: Nhiệm vụ/giải pháp", "trang.2.ten"),
    "lựa chọn không có nghĩa": Mistake("bieu_mau.yaml", "[Đã hoàn thành, Đang", "[Đã xong, Đang", "trang.2.bang.1.cot.4.lua_chon"),
    "thiếu cột mang số liệu": Mistake("bieu_mau.yaml", "ma: thuc_hien", "ma: thuc_hien_ky", "trang.1.bang.3.cot", told_at="cot:", told_after="ma: so_luong"),
    "số tồn hỏi cả số của kỳ": Mistake("bieu_mau.yaml", "tinh_chat: [phat_sinh]", "tinh_chat: [phat_sinh, ton]", "trang.1.bang.1.cot.6.ma", told_at="{ma: tu_so_ky"),
    "chỉ tiêu không bảng nào hỏi": Mistake("bieu_mau.yaml", "tinh_chat: [phat_sinh]", "tinh_chat: [ton]", "trang.1.bang.1.cot.7.ma", told_at="{ma: mau_so_ky"),
    "tên lựa chọn thiếu một": Mistake("bieu_mau.yaml", "- III.8 Thanh tra và kiểm tra", "# đã xóa", "trang.4.bang.1.cot.2.ten_lua_chon", told_at="ten_lua_chon:"),
    "phiên bản đã phát dùng lại": Mistake("bieu_mau.yaml", '"2026.3"', '"2026.2"', "phien_ban"),
}  # fmt: skip


def copy_config(root: Path) -> Path:
    return Path(shutil.copytree(CONFIG, root / "nq02-2026"))


def slip(folder: Path, mistake: Mistake) -> int:
    """Make the mistake in a copied folder; returns the line it must be reported at."""
    path = folder / mistake.file
    text = path.read_text(encoding="utf-8")
    start = text.index(mistake.right, text.index(mistake.after))
    broken = text[:start] + mistake.wrong + text[start + len(mistake.right) :]
    path.write_text(broken, encoding="utf-8")
    where = broken.index(mistake.told_at, broken.index(mistake.told_after)) if mistake.told_at else start
    return broken.count("\n", 0, where) + 1


def is_vietnamese(text: str) -> bool:
    """Whether a sentence carries Vietnamese marks."""
    return any(unicodedata.combining(c) for c in unicodedata.normalize("NFD", text)) or "đ" in text


def reported(problems: tuple[Problem, ...]) -> list[tuple[str, int, str]]:
    return [(problem.file, problem.line, problem.field) for problem in problems]


def load_problems(folder: Path) -> tuple[Problem, ...]:
    """Everything said about a folder, whether or not a plan comes of it."""
    try:
        return load_plan(folder).problems
    except SourceError as error:
        return (error.problem,)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_file_line_and_field(tmp_path: Path, name: str) -> None:
    """Whoever edits the file finds the place without searching."""
    mistake = MISTAKES[name]
    folder = copy_config(tmp_path)
    line = slip(folder, mistake)
    assert (mistake.file, line, mistake.field) in reported(load_problems(folder))


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_vietnamese(tmp_path: Path, name: str) -> None:
    """No message in English, and none without a line."""
    folder = copy_config(tmp_path)
    slip(folder, MISTAKES[name])
    problems = load_problems(folder)
    assert problems
    assert [str(problem) for problem in problems if not is_vietnamese(problem.message) or problem.line < 1] == []


@pytest.mark.parametrize("name", [name for name in FILES if name != "ke_hoach.yaml"])
def test_a_missing_file_is_told_by_name(tmp_path: Path, name: str) -> None:
    """The plan loads without it and says which file is not there."""
    folder = copy_config(tmp_path)
    (folder / name).unlink()
    problems = load_plan(folder).problems
    assert (problems[0].file, problems[0].message) == (name, "không tìm thấy tệp cấu hình")


@pytest.mark.parametrize("name", [name for name in FILES if name != "ke_hoach.yaml"])
def test_a_file_in_another_encoding_is_told_with_its_first_bad_line(tmp_path: Path, name: str) -> None:
    """Saved by an old program: the line of the first letter that is not UTF-8."""
    folder = copy_config(tmp_path)
    path = folder / name
    data = path.read_bytes()
    middle = data.index(b"\n", len(data) // 2) + 1
    path.write_bytes(data[:middle] + "é".encode("cp1252") + data[middle:])
    line = data[:middle].count(b"\n") + 1
    problem = load_plan(folder).problems[0]
    assert (problem.file, problem.line, problem.message) == (name, line, "tệp phải lưu ở bảng mã UTF-8")


@pytest.mark.parametrize(
    ("right", "wrong", "line_of"),
    [("ma: nq02-2026", "ma: NQ 02", "ma: NQ 02"), ("mui_gio: Asia/Ho_Chi_Minh", "mui_gio: Asia/Ha_Noi", "mui_gio:")],
)
def test_without_its_header_there_is_no_plan(tmp_path: Path, right: str, wrong: str, line_of: str) -> None:
    """A mistake in ke_hoach.yaml is raised, with its line."""
    folder = copy_config(tmp_path)
    path = folder / "ke_hoach.yaml"
    broken = path.read_text(encoding="utf-8").replace(right, wrong)
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(SourceError) as raised:
        load_plan(folder)
    assert raised.value.problem.line == broken.count("\n", 0, broken.index(line_of)) + 1
    assert is_vietnamese(raised.value.problem.message)


PARTS = {
    "bac_thang.yaml": "ladder",
    "lich.yaml": "calendar",
    "nguoi_nhan.yaml": "recipients",
    "bieu_mau.yaml": "edition",
    "bao_cao.yaml": "wording",
}


@pytest.mark.parametrize("name", PARTS)
def test_a_broken_part_stops_itself_alone(tmp_path: Path, name: str) -> None:
    """Asking for the broken part raises PlanError with file and line; everything else stands."""
    folder = copy_config(tmp_path)
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8") + "\nmuc_la: 1\n", encoding="utf-8")
    line = path.read_text(encoding="utf-8").count("\n")
    broken = load_plan(folder)
    with pytest.raises(PlanError, match=f"{name}, dòng {line}, mục “muc_la”"):
        getattr(broken, f"require_{PARTS[name]}")()
    others = [part for part in PARTS.values() if part != PARTS[name]]
    assert [part for part in others if getattr(broken, f"require_{part}")() is None] == []
    assert (len(broken.tasks), len(broken.expected), len(broken.cycles)) == (91, 90, 2)


def test_a_misspelt_column_is_told_once(tmp_path: Path) -> None:
    """Not once for each of the 180 rows below it."""
    folder = copy_config(tmp_path)
    slip(folder, MISTAKES["sai chính tả tên cột"])
    assert reported(load_plan(folder).problems) == [("lien_he.csv", 1, "e-mail")]


def test_a_broken_cycle_leaves_the_other(tmp_path: Path) -> None:
    """A wrong date in the first cycle does not stop the second; asking for the first names the line."""
    folder = copy_config(tmp_path)
    mistake = MISTAKES["ngày không có trong lịch"]
    line = slip(folder, mistake)
    broken = load_plan(folder)
    assert list(broken.cycles) == [CYCLE]
    with pytest.raises(PlanError, match=f"ky_bao_cao.yaml, dòng {line}, mục “truoc_ngay_co_quan”"):
        broken.require_cycle("nq02-2026-ky1")


def test_a_broken_row_of_the_register_leaves_the_other_agencies(tmp_path: Path) -> None:
    """One commune's row is left out; the 89 others keep their forms."""
    folder = copy_config(tmp_path)
    path = folder / "co_quan.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",xa,", ",xã,", 1), encoding="utf-8")
    broken = load_plan(folder)
    assert (len(broken.expected), len(broken.problems)) == (89, 1 + 2 + 1)  # the row, its two contacts, its old names
    assert [agency.code for agency in broken.expected if broken.blocked(agency.code)] == []


@pytest.mark.parametrize("name", ["mã cơ quan lạ", "chữ thay cho số"])
def test_a_broken_task_holds_back_every_form(tmp_path: Path, name: str) -> None:
    """Whose task it was is not known, so no form that may lack it is issued."""
    folder = copy_config(tmp_path)
    slip(folder, MISTAKES[name])
    broken = load_plan(folder)
    assert len(broken.expected) == 90
    assert [agency.code for agency in broken.expected if not broken.blocked(agency.code)] == []


def test_a_broken_ladder_does_not_change_a_form(tmp_path: Path, plan: Plan) -> None:
    """Forms depend on the plan and the edition, not on how late bodies are reminded."""
    folder = copy_config(tmp_path)
    slip(folder, MISTAKES["bậc thang không theo thứ tự"])
    broken = load_plan(folder)
    assert broken.ladder is None
    assert build_layout(broken, CYCLE, "STC").identity == build_layout(plan, CYCLE, "STC").identity


def test_a_corrected_file_counts_at_once(tmp_path: Path) -> None:
    """No restart: the next look reads the file that has changed."""
    folder = copy_config(tmp_path)
    slip(folder, MISTAKES["hai bậc cùng mã"])
    assert load_plan(folder).ladder is None
    shutil.copy(CONFIG / "bac_thang.yaml", folder / "bac_thang.yaml")
    assert load_plan(folder).problems == ()

"""What a reader of the report reads that is not data: `bao_cao.yaml`, judged.

Only text stands here; how it is set is decided by `layout` and `document` (Nghị định 30/2020/NĐ-CP,
Phụ lục I).  Sentences carry named blanks such as {tong}; a blank that nothing fills is refused when the
plan is loaded, not when the report is due.  No document library is imported: DAG files load plans.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from kybaocao.plan.agencies import AgencyKind
from kybaocao.plan.entry import Entry, Text, fills
from kybaocao.plan.header import Header
from kybaocao.plan.organisation_wording import OrganisationWording
from kybaocao.plan.report_document import Audience, DocumentWording, ProvinceDocument
from kybaocao.plan.report_part_wording import (
    DifficultiesWording,
    PartWording,
    SubmissionWording,
    SummaryWording,
    TasksWording,
)
from kybaocao.plan.targets import Direction
from kybaocao.plan.workbook_wording import WorkbookWording
from kybaocao.vietnamese import strip_marks, write_date
from kybaocao.yaml_source import FieldError


class Headings(Entry):
    """Titles of the five parts, without their Roman numbers."""

    direction: Text = Field(alias="chi_dao")
    targets: Text = Field(alias="muc_tieu")
    tasks: Text = Field(alias="nhiem_vu")
    difficulties: Text = Field(alias="vuong_mac")
    proposals: Text = Field(alias="kien_nghi")


class DirectionWording(Entry):
    """Part I."""

    count: Annotated[Text, fills("tong", "chi_tiet")] = Field(alias="tong_so")
    of_kind: Annotated[Text, fills("loai", "so")] = Field(alias="theo_loai")
    main: Text = Field(alias="van_ban_chinh")
    other_issuers: Annotated[Text, fills("so", "co_quan")] = Field(
        "{so} văn bản của {co_quan} cơ quan khác", alias="co_quan_con_lai"
    )
    agency: Annotated[Text, fills("co_quan", "so", "danh_sach")] = Field(alias="co_quan")
    document: Annotated[Text, fills("so_ky_hieu", "ngay", "trich_yeu")] = Field(alias="van_ban")
    undated: Annotated[Text, fills("so_ky_hieu", "trich_yeu")] = Field(alias="van_ban_khong_ngay")
    others: Annotated[Text, fills("so")] = Field(alias="con_lai")
    see_annex: Annotated[Text, fills("phu_luc")] = Field(alias="xem_phu_luc")
    see_provincial: Annotated[Text, fills("phu_luc")] = Field(
        "Danh mục văn bản của các cơ quan cấp tỉnh tại {phu_luc}.", alias="xem_phu_luc_cap_tinh"
    )
    none: Text = Field(alias="khong_co")


class TargetsWording(PartWording):
    """Part II. A percentage never stands without the two numbers it comes from."""

    retired: ClassVar = frozenset({"co_quan_bao_cao", "co_so_lieu", "khong_co_so_lieu", "nhan_chua_bao_cao"})

    numeric: Annotated[Text, fills("ngay", "tong", "dat", "ty_le")] = Field(alias="bang_so")
    directional: Annotated[Text, fills("tong", "dat")] = Field(alias="dinh_huong")
    count: Annotated[Text, fills("so", "danh_gia")] = Field(alias="dem")
    see_annex: Annotated[Text, fills("bang", "phu_luc")] = Field(alias="xem_phu_luc")
    numeric_group: Text = Field(alias="nhom_bang_so")
    directional_group: Text = Field(alias="nhom_dinh_huong")
    met: Text = Field(alias="dat")
    not_met: Text = Field(alias="chua_dat")
    hoped: Text = Field("Các chỉ tiêu dự kiến đạt trong năm hoặc đạt tiến độ", alias="co_the_dat")
    unknown: Text = Field(alias="chua_ro")
    unknown_item: Annotated[Text, fills("danh_gia", "so", "danh_sach")] = Field(alias="chua_ro_theo_loai")
    unknown_many: Annotated[Text, fills("danh_gia", "so", "bang")] = Field(
        "{danh_gia}: {so} chỉ tiêu, danh mục tại {bang}", alias="chua_ro_nhieu"
    )
    named: Annotated[Text, fills("ten", "ma")] = Field(alias="chi_tieu")
    ratio: Annotated[Text, fills("tu_so", "mau_so", "ket_qua", "muc_tieu")] = Field(alias="ty_le")
    breach: Annotated[Text, fills("tu_so", "mau_so", "vi_pham", "ket_qua", "muc_tieu")] = Field(alias="vi_pham")
    no_breach: Annotated[Text, fills("mau_so", "doi_tuong", "vi_pham", "muc_tieu")] = Field(
        "không có {doi_tuong} nào trong {mau_so} {doi_tuong} {vi_pham} (mục tiêu: {muc_tieu})", alias="khong_vi_pham"
    )
    amount: Annotated[Text, fills("so", "don_vi", "muc_tieu")] = Field(alias="so_luong")
    share_of_target: Annotated[Text, fills("ty_le")] = Field(alias="so_voi_muc_tieu")
    growth: Annotated[Text, fills("so", "don_vi", "thay_doi", "so_goc", "nam_truoc", "muc_tieu")] = Field(
        alias="tang_truong"
    )
    rank: Annotated[Text, fills("hang", "muc_tieu")] = Field(alias="thu_hang")
    rank_change: Annotated[Text, fills("thay_doi", "hang_truoc")] = Field(alias="thay_doi_hang")
    rank_apart: Annotated[Text, fills("hang_truoc")] = Field(alias="hang_khong_so_sanh")
    change: Annotated[Text, fills("so", "don_vi", "muc_tieu")] = Field(alias="so_sanh")
    change_from: Annotated[Text, fills("thay_doi", "so_goc", "don_vi")] = Field(alias="so_voi_ky_truoc")
    up: Annotated[Text, fills("so")] = Field(alias="tang")
    down: Annotated[Text, fills("so")] = Field(alias="giam")
    same: Text = Field(alias="khong_doi")
    places_up: Annotated[Text, fills("so")] = Field(alias="tang_bac")
    places_down: Annotated[Text, fills("so")] = Field(alias="giam_bac")
    places_same: Text = Field(alias="giu_bac")
    published: Annotated[Text, fills("ngay")] = Field(alias="cong_bo")
    estimate: Annotated[Text, fills("so", "don_vi")] = Field(alias="uoc_nam")
    previous: Annotated[Text, fills("ket_qua")] = Field(alias="ky_truoc")
    coverage: Annotated[Text, fills("tong", "chi_tiet", "so", "con_lai")] = Field(
        "{so}/{tong} cơ quan có số liệu, {con_lai}", alias="do_phu"
    )
    coverage_full: Annotated[Text, fills("tong")] = Field("đủ số liệu của {tong} cơ quan", alias="do_phu_du")
    more_notes: Annotated[Text, fills("so")] = Field("{so} ghi chú khác", alias="ghi_chu_con_lai")
    no_figures: Annotated[Text, fills("tong", "bang")] = Field(
        "Đến thời điểm tổng hợp, chưa có số liệu để đánh giá {tong} chỉ tiêu của Kế hoạch; danh mục tại {bang}.",
        alias="chua_co_so_lieu",
    )
    goal: Annotated[Text, fills("ket_qua", "muc_tieu")] = Field(
        "{ket_qua} (mục tiêu: {muc_tieu})", alias="voi_muc_tieu"
    )
    worse: Annotated[Text, fills("so", "danh_sach")] = Field(
        "Có {so} chỉ tiêu giảm sút so với kỳ báo cáo trước: {danh_sach}.", alias="giam_sut"
    )
    parts: Annotated[Text, fills("danh_sach")] = Field(alias="thanh_phan")
    parts_met: Annotated[Text, fills("dat", "tong")] = Field("{dat}/{tong} thành phần đạt", alias="thanh_phan_dat")
    published_parts: Annotated[Text, fills("ten", "danh_sach")] = Field(
        "{ten}, đã công bố {danh_sach}", alias="thanh_phan_da_co"
    )
    # A target that consists of rankings, such as the ten of PCI: how many went up and down, before they are listed.
    ranks: Annotated[Text, fills("tong", "danh_sach")] = Field(
        "{tong} thành phần: {danh_sach}", alias="thanh_phan_xep_hang"
    )
    ranks_up: Annotated[Text, fills("so")] = Field("{so} tăng hạng", alias="so_tang_hang")
    ranks_same: Annotated[Text, fills("so")] = Field("{so} giữ hạng", alias="so_giu_hang")
    ranks_down: Annotated[Text, fills("so")] = Field("{so} giảm hạng", alias="so_giam_hang")
    ranks_apart: Annotated[Text, fills("so")] = Field("{so} chưa so sánh được", alias="so_khong_so_sanh")
    whole: Annotated[Text, fills("muc_tieu")] = Field(alias="danh_gia_theo_thanh_phan")
    goals: dict[Direction, Annotated[Text, fills("so", "don_vi")]] = Field(alias="muc_tieu_gon")
    goal_range: Annotated[Text, fills("so", "tren")] = Field(alias="khoang")
    numerator: Annotated[Text, fills("ma")] = Field("tử số của {ma}", alias="tu_so")
    denominator: Annotated[Text, fills("ma")] = Field("mẫu số của {ma}", alias="mau_so")
    discrepancy: Annotated[Text, fills("so_lieu", "so", "so_lieu_kia", "so_kia")] = Field(
        "{so_lieu} là {so}, khác {so_lieu_kia} là {so_kia}; hai số này phải bằng nhau",
        alias="so_lieu_khac_nhau",
    )
    table_note: Text = Field(alias="ghi_chu_bang")
    # Said once, under the table, when figures of the previous cycle were typed from paper reports.
    imported: Annotated[Text, fills("ky_truoc", "dau_moi", "chi_tiet")] = Field(
        "Số liệu kỳ trước ({ky_truoc}) do {dau_moi} nhập từ báo cáo giấy{chi_tiet}.",
        alias="ky_truoc_nhap_tay",
    )
    imported_partly: Annotated[Text, fills("danh_sach")] = Field(
        "chỉ tiêu chưa đủ số cơ quan báo cáo: {danh_sach}", alias="ky_truoc_chua_du"
    )
    imported_part: Annotated[Text, fills("ma", "so")] = Field("{ma} ({so})", alias="ky_truoc_so_co_quan")
    imported_wholly: Annotated[Text, fills("danh_sach")] = Field(
        "chỉ tiêu lấy số toàn tỉnh đã phát hành: {danh_sach}", alias="ky_truoc_toan_tinh"
    )
    imported_file: Annotated[Text, fills("tep", "nguon")] = Field(
        "{tep} (số liệu kỳ trước, {nguon})", alias="ky_truoc_tep"
    )

    @model_validator(mode="after")
    def _goals_complete(self) -> TargetsWording:
        for direction in Direction:
            if direction not in self.goals:
                raise ValueError(f"muc_tieu_gon thiếu “{direction.value}”")
        return self


class SupplementWording(Entry):
    """The file in which the coordinator writes what software must not; headings without their numbers."""

    instructions: tuple[Annotated[Text, fills("ky", "cho_bo_sung", "toi_da")], ...] = Field(
        alias="huong_dan", min_length=1
    )
    optional: Text = Field(alias="khong_bat_buoc")
    direction: Text = Field(alias="chi_dao")
    section: Annotated[Text, fills("muc")] = Field(alias="nhiem_vu")
    agency: Annotated[Text, fills("co_quan")] = Field(alias="co_quan")
    causes: Text = Field(alias="nguyen_nhan")
    next_work: Text = Field(alias="trong_tam")
    next_year: Annotated[Text, fills("nam")] = Field("Phương hướng, nhiệm vụ trọng tâm năm {nam}", alias="phuong_huong")
    general: Text = Field("Đánh giá chung kết quả thực hiện", alias="danh_gia_chung")


class TableWording(Entry):
    title: Text = Field(alias="tieu_de")
    columns: tuple[Text, ...] = Field(alias="cot", min_length=1)


class Tables(Entry):
    """Headings of every table, in the order of its columns."""

    dashboard: TableWording = Field(
        TableWording(
            tieu_de="Kết quả các chỉ tiêu, xa mục tiêu nhất trước",
            cot=("Mã", "Chỉ tiêu", "Mục tiêu", "Kết quả", "Còn cách mục tiêu", "Kỳ trước", "Đánh giá"),
        ),
        alias="tong_hop",
    )
    summary: TableWording | None = Field(None, alias="tom_tat")  # in configurations before the dashboard; not used
    targets: TableWording = Field(alias="chi_tieu")
    tasks: TableWording = Field(alias="nhiem_vu")
    ordinal: Text = Field("STT", alias="so_thu_tu")  # heads the first column where codes of the plan are not shown
    groups: TableWording = Field(
        TableWording(
            tieu_de="Kết quả thực hiện nhiệm vụ theo nhóm",
            cot=(
                "Nhóm nhiệm vụ, giải pháp",
                "Số nhiệm vụ",
                "Số lượt",
                "Đã hoàn thành",
                "Đang thực hiện",
                "Chậm tiến độ",
                "Chưa triển khai",
                "Không phát sinh",
                "Chưa báo cáo",
                "Tỷ lệ hoàn thành",
            ),
        ),
        alias="nhom_nhiem_vu",
    )
    details: TableWording = Field(
        TableWording(
            tieu_de="KẾT QUẢ, NGUYÊN NHÂN THEO TỪNG CƠ QUAN",
            cot=("Mã", "Nhiệm vụ", "Cơ quan", "Tình trạng", "Kết quả", "Nguyên nhân, minh chứng"),
        ),
        alias="tung_co_quan",
    )
    difficulties: TableWording = Field(alias="vuong_mac")
    documents: TableWording = Field(alias="van_ban")
    submission: TableWording = Field(alias="tinh_hinh_nop")
    origins: TableWording = Field(alias="nguon_so_lieu")

    @model_validator(mode="after")
    def _columns_fit(self) -> Tables:
        for name, count in COLUMN_COUNTS.items():
            found = len(getattr(self, name).columns)
            if found != count:
                alias = type(self).model_fields[name].alias
                raise ValueError(f"bảng {alias} phải có {count} cột, đang ghi {found}")
        return self


COLUMN_COUNTS = {
    "dashboard": 7,
    "targets": 15,
    "tasks": 10,
    "groups": 10,
    "details": 6,
    "difficulties": 9,
    "documents": 6,
    "submission": 7,
    "origins": 9,
}


class Charts(Entry):
    """Captions and legends."""

    targets: Text = Field(alias="chi_tieu")
    tasks: Text = Field(alias="nhiem_vu")
    submission: Text = Field(alias="tinh_hinh_nop")
    indicator: Annotated[Text, fills("ma", "ten", "muc_tieu")] = Field(alias="chi_tieu_muc_tieu")
    value: Text = Field(alias="ket_qua")
    target: Text = Field(alias="muc_tieu")
    # Titles: what the picture shows, at most 15 words; `targets`, `tasks`, `submission` where it shows nothing yet.
    targets_finding: Annotated[Text, fills("dat", "tong")] = Field(
        "{dat}/{tong} chỉ tiêu đạt mục tiêu", alias="chi_tieu_ket_luan"
    )
    targets_worst: Annotated[Text, fills("dat", "tong", "ma", "thieu")] = Field(
        "{dat}/{tong} chỉ tiêu đạt mục tiêu; xa nhất còn cách {thieu} điểm phần trăm", alias="chi_tieu_xa_nhat"
    )
    tasks_finding: Annotated[Text, fills("ty_le")] = Field(
        "{ty_le} lượt nhiệm vụ đã hoàn thành", alias="nhiem_vu_ket_luan"
    )
    tasks_worst: Annotated[Text, fills("ty_le", "so", "thap")] = Field(
        "{ty_le} lượt nhiệm vụ đã hoàn thành; thấp nhất là nhóm {so} ({thap})", alias="nhiem_vu_thap_nhat"
    )
    submission_finding: Annotated[Text, fills("dung_han", "tong", "qua_han", "chua_nop")] = Field(
        "{dung_han}/{tong} cơ quan nộp đúng hạn, {qua_han} nộp quá hạn, {chua_nop} chưa được tiếp nhận",
        alias="tinh_hinh_nop_ket_luan",
    )
    section: Annotated[Text, fills("so", "ten", "luot")] = Field(alias="muc")
    kind: Annotated[Text, fills("so", "ten")] = Field(alias="loai")
    on_time: Text = Field(alias="dung_han")
    late: Text = Field(alias="qua_han")
    missing: Text = Field(alias="chua_nop")
    caption: Annotated[Text, fills("so", "ten")] = Field(alias="chu_thich")
    table_caption: Annotated[Text, fills("so", "ten")] = Field(alias="chu_thich_bang")


class AnnexWording(Entry):
    label: Annotated[Text, fills("so")] = Field(alias="nhan")  # "Phụ lục {so}"
    attached: Annotated[Text, fills("nam")] = Field(alias="kem_theo")
    working_copy: Text = Field(alias="ban_lam_viec")  # first line of the workbook
    sheets: tuple[Annotated[Text, Field(max_length=31)], ...] = Field(alias="ten_trang", min_length=6, max_length=6)
    # In place of a table that is too long to be printed.
    in_workbook_columns: tuple[Text, ...] = Field(
        ("Số dòng", "Nơi có danh mục đầy đủ"), alias="cot_trong_tep", min_length=2, max_length=2
    )
    in_workbook: Annotated[Text, fills("trang")] = Field(
        "Trang “{trang}” của tệp phụ lục (Excel) gửi kèm Báo cáo", alias="trong_tep"
    )
    details_sheet: Annotated[Text, Field(max_length=31)] = Field("Nhiệm vụ từng cơ quan", alias="trang_tung_co_quan")


class ReportWording(DocumentWording):
    """All the words of the report. Letterhead, grounds and signature are those of the document to the ministry."""

    nation: Text = Field(alias="quoc_hieu")
    motto: Text = Field(alias="tieu_ngu")
    number_label: Text = Field("Số:", alias="so")
    draft: Text = Field("DỰ THẢO", alias="du_thao")
    sample: Text = Field(alias="du_lieu_mau")
    address_label: Text = Field("Kính gửi:", alias="nhan_kinh_gui")
    plan_number: Annotated[Text, fills("so", "ngay")] = Field(alias="so_ke_hoach")
    plan_unnumbered: Annotated[Text, fills("nam")] = Field(alias="so_ke_hoach_trong")
    headings: Headings = Field(alias="de_muc")
    placeholder: Text = Field(alias="cho_bo_sung")
    end: Text = Field("./.", alias="ket_thuc")
    recipients_label: Text = Field("Nơi nhận:", alias="nhan_noi_nhan")
    abbreviations: dict[str, Text] = Field({}, alias="viet_gon")  # in names of agencies: long form, short form
    kinds: dict[AgencyKind, Text] = Field(alias="loai_co_quan")
    direction: DirectionWording = Field(alias="phan_chi_dao")
    organisation: OrganisationWording = Field(
        default_factory=lambda: OrganisationWording.model_validate({}), alias="to_chuc_thuc_hien"
    )
    targets: TargetsWording = Field(alias="phan_muc_tieu")
    summary: SummaryWording = Field(default_factory=lambda: SummaryWording.model_validate({}), alias="tom_tat")
    tasks: TasksWording = Field(alias="phan_nhiem_vu")
    difficulties: DifficultiesWording = Field(alias="phan_vuong_mac")
    submission: SubmissionWording = Field(alias="phan_tinh_hinh_nop")
    supplement: SupplementWording = Field(alias="bo_sung")
    tables: Tables = Field(alias="bang")
    charts: Charts = Field(alias="bieu_do")
    annex: AnnexWording = Field(alias="phu_luc")
    workbook: WorkbookWording = Field(default_factory=lambda: WorkbookWording.model_validate({}), alias="bang_tinh")
    province: ProvinceDocument | None = Field(None, alias="trinh_ubnd_tinh")

    @property
    def audiences(self) -> tuple[Audience, ...]:
        """Of the documents of this plan, in the order in which they are signed."""
        return (Audience.PROVINCE, Audience.MINISTRY) if self.province else (Audience.MINISTRY,)

    def document(self, audience: Audience) -> DocumentWording:
        """Raises ValueError for a document that the plan does not have."""
        if audience is Audience.MINISTRY:
            return self
        if self.province is None:
            raise ValueError("kế hoạch không có báo cáo trình UBND tỉnh (trinh_ubnd_tinh)")
        return self.province

    def name_plan(self, header: Header) -> str:
        """ "số 25/KH-UBND ngày 30/01/2026", with blanks to fill in where the plan has no number yet."""
        if header.number and header.dated:
            return self.plan_number.format(so=header.number, ngay=write_date(header.dated))
        return self.plan_unnumbered.format(nam=header.year)

    def shorten(self, name: str) -> str:
        """An agency's name as the province's documents abbreviate it."""
        for long, short in self.abbreviations.items():
            name = name.replace(long, short)
        return name

    @model_validator(mode="after")
    def _symbols_differ(self) -> ReportWording:
        """Nghị định 30/2020, Phụ lục I, ô 3: two bodies never sign under one symbol, and files are named by it."""
        if self.province and _fold(self.province.symbol) == _fold(self.symbol):
            raise FieldError(
                f"ký hiệu “{self.province.symbol}” trùng với ký hiệu của báo cáo gửi Bộ Tài chính",
                "trinh_ubnd_tinh",
                "ky_hieu",
            )
        return self

    @model_validator(mode="after")
    def _kinds_complete(self) -> ReportWording:
        for kind in AgencyKind:
            if kind not in self.kinds:
                raise ValueError(f"loai_co_quan thiếu “{kind.value}”")
        return self


def _fold(symbol: str) -> str:
    return strip_marks(symbol).strip(" /").casefold()

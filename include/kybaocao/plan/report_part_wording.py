"""The words of the summary, of the tasks, of the difficulties and of who reported; see `report_wording`.

Keys that no sentence uses any more are taken without a word: the configuration of an earlier edition still loads.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from kybaocao.plan.entry import Entry, Text, fills


class PartWording(Entry):
    """`retired`: keys of earlier editions."""

    retired: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _drop_retired(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if key not in cls.retired} if isinstance(data, dict) else data


class SummaryWording(PartWording):
    """ "TÓM TẮT", before part I. The first figures are the headline, which mails and console have too."""

    retired: ClassVar = frozenset({"chi_tieu", "co_quan_bao_cao"})

    heading: Text = Field("TÓM TẮT", alias="de_muc")
    worse: Annotated[Text, fills("danh_sach")] = Field("Giảm sút so với kỳ trước: {danh_sach}.", alias="giam_sut")
    worse_item: Annotated[Text, fills("ten", "truoc", "nay")] = Field(
        "{ten} từ {truoc} còn {nay}", alias="giam_sut_chi_tieu"
    )
    others: Annotated[Text, fills("so")] = Field("{so} chỉ tiêu khác", alias="con_lai")
    no_targets: Annotated[Text, fills("tong")] = Field(
        "{tong} chỉ tiêu: chưa có số liệu để đánh giá.", alias="chua_co_chi_tieu"
    )
    tasks: Annotated[Text, fills("luot", "hoan_thanh", "ty_le", "cham")] = Field(
        "{luot} lượt nhiệm vụ: {hoan_thanh} hoàn thành ({ty_le}), {cham} chậm tiến độ.", alias="nhiem_vu"
    )
    no_tasks: Annotated[Text, fills("luot")] = Field(
        "{luot} lượt nhiệm vụ: chưa có cơ quan nào báo cáo.", alias="chua_co_nhiem_vu"
    )
    # Section IV of the plan in one line: of the duties that bind many, the one that is furthest behind.
    organisation: Annotated[Text, fills("viec", "danh_sach")] = Field(
        "Tổ chức thực hiện: {viec} {danh_sach}.", alias="to_chuc"
    )
    organisation_share: Annotated[Text, fills("so", "tong")] = Field("{so}/{tong} cơ quan", alias="to_chuc_ty_le")
    organisation_overdue: Annotated[Text, fills("so")] = Field("{so} quá hạn", alias="to_chuc_qua_han")
    organisation_behind: Annotated[Text, fills("so")] = Field("{so} chậm hoặc chưa triển khai", alias="to_chuc_cham")
    no_organisation: Text = Field("Tổ chức thực hiện: chưa có cơ quan nào báo cáo.", alias="chua_co_to_chuc")
    worst: Annotated[Text, fills("so", "danh_sach")] = Field(
        "{so} chỉ tiêu xa mục tiêu nhất: {danh_sach}.", alias="xa_nhat"
    )
    worst_item: Annotated[Text, fills("ten", "thieu")] = Field("{ten}, {thieu}", alias="xa_nhat_chi_tieu")
    points: Annotated[Text, fills("so")] = Field("{so} điểm %", alias="diem_phan_tram")
    units: Annotated[Text, fills("so", "don_vi")] = Field("{so} {don_vi}", alias="don_vi")
    numbered: Annotated[Text, fills("phu_luc")] = Field("(STT theo {phu_luc})", alias="so_thu_tu_theo")


class TasksWording(PartWording):
    """Part III. A task is counted once for every agency that holds it ("lượt")."""

    retired: ClassVar = frozenset(
        {"muc", "co_quan_chu_tri", "nhiem_vu_chung", "nhiem_vu", "ly_do", "khong_phat_sinh", "ket_qua_chung"}
        | {"cham", "cham_vi", "danh_gia", "xem_phu_luc"}
    )

    overall: Annotated[Text, fills("nhiem_vu", "co_quan", "luot")] = Field(alias="chung")
    counts: Annotated[Text, fills("hoan_thanh", "luot", "ty_le")] = Field(alias="ket_qua")
    without_nothing: Annotated[Text, fills("ty_le")] = Field(
        "({ty_le} nếu không tính lượt không phát sinh)", alias="tru_khong_phat_sinh"
    )
    count: Annotated[Text, fills("so", "trang_thai")] = Field(alias="dem")
    wholly_done: Annotated[Text, fills("so", "nhiem_vu", "ty_le")] = Field(alias="hoan_thanh_toan_bo")
    nobody: Text = Field("Đến thời điểm tổng hợp, chưa có cơ quan nào báo cáo.", alias="chua_ai_bao_cao")
    see_table: Annotated[Text, fills("bang", "phu_luc")] = Field(
        "Kết quả theo nhóm tại {bang}; tiến độ từng nhiệm vụ tại {phu_luc}.", alias="xem_bang"
    )
    see_details: Annotated[Text, fills("phu_luc")] = Field(
        "Kết quả, nguyên nhân theo từng cơ quan tại {phu_luc}.", alias="xem_tung_co_quan"
    )
    no_task: Text = Field(alias="muc_khong_co_nhiem_vu")
    total: Text = Field("Tổng số", alias="tong_so")
    title: Annotated[Text, fills("tieu_de")] = Field("“{tieu_de}”", alias="ten_nhiem_vu")
    others: Annotated[Text, fills("so")] = Field("{so} nhiệm vụ khác", alias="con_lai")
    done: Annotated[Text, fills("danh_sach")] = Field("Nhiệm vụ đã hoàn thành toàn bộ: {danh_sach}.", alias="da_xong")
    by: Annotated[Text, fills("tieu_de", "co_quan")] = Field("{tieu_de} ({co_quan})", alias="cua_co_quan")
    by_with_result: Annotated[Text, fills("tieu_de", "co_quan", "ket_qua")] = Field(
        "{tieu_de} ({co_quan}: {ket_qua})", alias="cua_co_quan_ket_qua"
    )
    # Reported as done while the target in the task's own text is missed (`hoan_thanh_khi_dat`).
    unmet: Annotated[Text, fills("danh_sach")] = Field(
        "Được báo cáo đã hoàn thành nhưng chỉ tiêu của nhiệm vụ chưa đạt, cần rà soát: {danh_sach}.",
        alias="chua_khop_chi_tieu",
    )
    unmet_outward: Annotated[Text, fills("danh_sach")] = Field(
        "Các cơ quan báo cáo đã hoàn thành, chỉ tiêu của nhiệm vụ chưa đạt: {danh_sach}.", alias="chua_khop_gui_bo"
    )
    unmet_item: Annotated[Text, fills("tieu_de", "co_quan", "ket_qua", "muc_tieu")] = Field(
        "{tieu_de} ({co_quan}; kết quả {ket_qua}, mục tiêu: {muc_tieu})", alias="chua_khop_nhiem_vu"
    )
    unmet_count: Annotated[Text, fills("so")] = Field(
        "Trong số đó, {so} nhiệm vụ có chỉ tiêu chưa đạt.", alias="chua_khop_tong_so"
    )
    agencies: Annotated[Text, fills("so")] = Field("{so} cơ quan", alias="so_co_quan")
    behind: Annotated[Text, fills("danh_sach")] = Field("Chậm hoặc chưa triển khai: {danh_sach}.", alias="con_cham")
    behind_item: Annotated[Text, fills("tieu_de", "so", "tong")] = Field(
        "{tieu_de} ({so}/{tong} lượt)", alias="con_cham_nhiem_vu"
    )
    reasons: Annotated[Text, fills("danh_sach")] = Field(
        "Nguyên nhân được nêu nhiều nhất: {danh_sach}.", alias="nguyen_nhan"
    )
    reason_item: Annotated[Text, fills("ly_do", "so")] = Field("{ly_do} ({so} lượt)", alias="nguyen_nhan_luot")
    # What was reported in the earlier cycles of the year, and what became of it.
    earlier: Annotated[Text, fills("ky", "luot", "hoan_thanh", "cham")] = Field(
        "Kỳ {ky}: báo cáo {luot} lượt, hoàn thành {hoan_thanh}, chậm hoặc chưa triển khai {cham}.",
        alias="ky_truoc",
    )
    became: Annotated[Text, fills("cham", "danh_sach")] = Field(
        "Trong {cham} lượt đó, đến nay {danh_sach}.", alias="ky_truoc_den_nay"
    )
    still_behind: Text = Field("vẫn chậm hoặc chưa triển khai", alias="van_cham")
    done_before: Annotated[Text, fills("so")] = Field(
        "Thêm {so} lượt đã hoàn thành từ kỳ đó, nay ghi không phát sinh hoặc chưa được báo cáo.",
        alias="ky_truoc_da_xong",
    )
    earlier_said: Annotated[Text, fills("ky", "noi_dung")] = Field("Kỳ {ky}: {noi_dung}", alias="ky_truoc_noi_dung")
    earlier_holders: Text = Field("Cơ quan chậm kỳ trước", alias="ky_truoc_co_quan")
    earlier_behind: Annotated[Text, fills("ky")] = Field("Kỳ {ky} chậm hoặc chưa triển khai", alias="ky_truoc_cham")
    earlier_names: Annotated[Text, fills("trang_thai", "danh_sach")] = Field(
        "nay {trang_thai}: {danh_sach}", alias="ky_truoc_danh_sach"
    )
    percent: Annotated[Text, fills("ty_le")] = Field(alias="ty_le")
    done_on: Annotated[Text, fills("ngay")] = Field(alias="ngay_hoan_thanh")
    evidence: Annotated[Text, fills("minh_chung")] = Field(alias="minh_chung")
    silent: Annotated[Text, fills("co_quan", "so", "danh_sach")] = Field(alias="chua_bao_cao")
    not_reported: Text = Field(alias="nhan_chua_bao_cao")
    not_reported_cell: Text = Field("Chưa báo cáo", alias="o_chua_bao_cao")
    general: Text = Field("Đánh giá chung", alias="danh_gia_chung")


class DifficultiesWording(PartWording):
    """Part IV and the proposals of part V."""

    retired: ClassVar = frozenset({"co_quan_khac"})

    count: Annotated[Text, fills("tong", "nguyen_nhan", "tinh_trang")] = Field(alias="tong_so")
    part: Annotated[Text, fills("so", "loai")] = Field(alias="dem")
    none: Text = Field(alias="khong_co")
    cause_kind: Annotated[Text, fills("chu", "loai")] = Field(alias="loai_nguyen_nhan")
    only_cause_kind: Annotated[Text, fills("loai")] = Field("Nguyên nhân {loai}:", alias="loai_nguyen_nhan_duy_nhat")
    unknown_kind: Text = Field(alias="chua_phan_loai")
    cause: Annotated[Text, fills("nguyen_nhan")] = Field(alias="nguyen_nhan")
    raised_by: Annotated[Text, fills("co_quan")] = Field(alias="co_quan_neu")
    earlier: Annotated[Text, fills("ky")] = Field("nêu trong kỳ {ky}", alias="neu_ky_truoc")
    now: Text = Field("nêu trong kỳ này", alias="neu_ky_nay")  # beside those who raised it earlier
    raised_by_many: Annotated[Text, fills("so")] = Field("{so} cơ quan, địa phương", alias="so_co_quan_neu")
    others: Annotated[Text, fills("so", "phu_luc")] = Field(
        "{so} nội dung khác tại {phu_luc}.", alias="noi_dung_con_lai"
    )
    legal: Annotated[Text, fills("dieu_khoan")] = Field("quy định liên quan: {dieu_khoan}", alias="dieu_khoan")
    see_annex: Annotated[Text, fills("phu_luc")] = Field(alias="xem_phu_luc")
    other_section: Text = Field(alias="nhom_khac")
    proposals: Text = Field(alias="kien_nghi")
    no_proposal: Text = Field(alias="khong_kien_nghi")
    addressee: Annotated[Text, fills("chu", "noi")] = Field(alias="kien_nghi_voi")
    only_addressee: Annotated[Text, fills("noi")] = Field("Đối với {noi}:", alias="kien_nghi_voi_duy_nhat")
    addressees: dict[str, Text] = Field(alias="noi_kien_nghi")  # as chosen in the form: as printed, in this order
    # Of `addressees`: left out of the document to the ministry where the plan has one to UBND tỉnh.
    internal_addressees: tuple[Text, ...] = Field((), alias="kien_nghi_noi_bo")
    next_work: Text = Field(alias="trong_tam")
    remarks: Text = Field(alias="nhan_xet")


class SubmissionWording(Entry):
    """The last clause of part I: who reported, when, and who did not."""

    heading: Text = Field(alias="de_muc")
    expected: Annotated[Text, fills("tong", "nhan", "ty_le", "dung_han", "qua_han")] = Field(alias="tong_so")
    all_on_time: Annotated[Text, fills("tong", "nhan", "ty_le", "dung_han", "qua_han")] = Field(
        "Có {nhan}/{tong} cơ quan đã nộp báo cáo được tiếp nhận, đạt {ty_le}; tất cả đều nộp đúng hạn.",
        alias="tong_so_dung_han",
    )
    all_late: Annotated[Text, fills("tong", "nhan", "ty_le", "dung_han", "qua_han")] = Field(
        "Có {nhan}/{tong} cơ quan đã nộp báo cáo được tiếp nhận, đạt {ty_le}; tất cả đều nộp quá hạn.",
        alias="tong_so_qua_han",
    )
    nobody: Annotated[Text, fills("tong")] = Field(
        "Đến thời điểm tổng hợp, chưa có cơ quan nào trong {tong} cơ quan nộp báo cáo được tiếp nhận.",
        alias="chua_ai_nop",
    )
    no_agency: Text = Field("Kỳ báo cáo này không có cơ quan nào phải báo cáo.", alias="khong_co_co_quan")
    waiting: Annotated[Text, fills("so", "trang_thai", "danh_sach")] = Field(alias="chua_xong")
    missing: Annotated[Text, fills("so", "danh_sach")] = Field(alias="chua_nop")
    of_kind: Annotated[Text, fills("loai", "so")] = Field("{loai}: {so}", alias="theo_loai")
    all_in: Text = Field(alias="da_du")
    decisions: Annotated[Text, fills("danh_sach")] = Field(
        "Các điều chỉnh đã được quyết định trong kỳ: {danh_sach}.", alias="dieu_chinh"
    )
    see_annex: Annotated[Text, fills("phu_luc")] = Field(alias="xem_phu_luc")
    on_time: Text = Field(alias="dung_han")
    late: Annotated[Text, fills("so")] = Field(alias="qua_han")
    not_applicable: Text = Field("–", alias="khong_ap_dung")

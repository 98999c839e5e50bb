"""What the report says about section IV of the plan, and about deadlines inside tasks: `to_chuc_thuc_hien`, judged.

A plan whose form asks no obligation needs none of it, so every sentence has a default.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kybaocao.plan.entry import Entry, Text, fills

_Count = Annotated[Text, fills("so")]
_Share = Annotated[Text, fills("so", "tong", "ty_le")]
_Names = Annotated[Text, fills("danh_sach")]


class OrganisationWording(Entry):
    """ "Kết quả tổ chức thực hiện", the second clause of part I; {han} is the last day in time."""

    direction: Text = Field("Văn bản chỉ đạo, điều hành", alias="van_ban")  # the first clause then
    heading: Text = Field("Kết quả tổ chức thực hiện (Mục IV của Kế hoạch)", alias="de_muc")
    none: Text = Field(
        "Đến thời điểm tổng hợp, chưa có cơ quan nào báo cáo kết quả tổ chức thực hiện Kế hoạch.", alias="khong_co"
    )
    duty: Annotated[Text, fills("tieu_de", "ma")] = Field("{tieu_de} ({ma})", alias="viec")
    dated: Annotated[Text, fills("viec", "han")] = Field("{viec}, hạn đến hết ngày {han}", alias="viec_co_han")
    done: _Share = Field("{so}/{tong} cơ quan đã hoàn thành, đạt {ty_le}", alias="hoan_thanh")
    none_done: Annotated[Text, fills("tong")] = Field(
        "chưa có cơ quan nào trong {tong} cơ quan hoàn thành", alias="chua_ai_hoan_thanh"
    )
    active: _Share = Field(
        "{so}/{tong} cơ quan đã hoàn thành hoặc đang thực hiện thường xuyên, đạt {ty_le}", alias="dang_lam"
    )
    none_active: Annotated[Text, fills("tong")] = Field(
        "chưa có cơ quan nào trong {tong} cơ quan thực hiện", alias="chua_ai_lam"
    )
    on_time: _Count = Field("{so} cơ quan đúng hạn", alias="dung_han")
    done_late: _Count = Field("{so} cơ quan hoàn thành muộn", alias="muon")
    undated: _Count = Field("{so} cơ quan chưa ghi ngày hoàn thành", alias="khong_ro_ngay")
    overdue: _Count = Field("{so} cơ quan quá hạn, chưa hoàn thành", alias="qua_han")
    not_due: _Count = Field("{so} cơ quan đang thực hiện trong hạn", alias="con_han")
    late: _Count = Field("{so} cơ quan chậm tiến độ", alias="cham")
    not_started: _Count = Field("{so} cơ quan chưa triển khai", alias="chua_trien_khai")
    nothing: _Count = Field("{so} cơ quan báo không phát sinh", alias="khong_phat_sinh")
    not_reported: _Count = Field("{so} cơ quan chưa báo cáo", alias="chua_bao_cao")
    not_asked: _Count = Field("{so} cơ quan đã nộp theo biểu mẫu chưa có nội dung này", alias="bieu_chua_hoi")
    silent_done: Annotated[Text, fills("so", "ky")] = Field(
        "{so} cơ quan chưa báo cáo kỳ này, đã báo cáo hoàn thành trong kỳ {ky}", alias="chua_bao_cao_da_xong"
    )
    earlier: Annotated[Text, fills("ky", "ket_qua")] = Field("Kỳ {ky}: {ket_qua}", alias="ket_qua_ky_truoc")
    names_done_late: _Names = Field("Hoàn thành muộn: {danh_sach}.", alias="ten_muon")
    names_overdue: _Names = Field("Quá hạn, chưa hoàn thành: {danh_sach}.", alias="ten_qua_han")
    names_late: _Names = Field("Chậm tiến độ, chưa triển khai: {danh_sach}.", alias="ten_cham")
    reason: Annotated[Text, fills("co_quan", "ly_do")] = Field("{co_quan} ({ly_do})", alias="vi")
    periodic: Annotated[Text, fills("nhan", "tong", "ty_le", "dung_han", "qua_han")] = Field(
        "{nhan}/{tong} cơ quan có báo cáo được tiếp nhận, đạt {ty_le}; {dung_han} cơ quan nộp đúng hạn, "
        "{qua_han} cơ quan nộp quá hạn",
        alias="bao_cao_dinh_ky",
    )
    periodic_on_time: Annotated[Text, fills("nhan", "tong", "ty_le", "dung_han", "qua_han")] = Field(
        "{nhan}/{tong} cơ quan có báo cáo được tiếp nhận, đạt {ty_le}; tất cả đều nộp đúng hạn",
        alias="bao_cao_dinh_ky_dung_han",
    )
    periodic_late: Annotated[Text, fills("nhan", "tong", "ty_le", "dung_han", "qua_han")] = Field(
        "{nhan}/{tong} cơ quan có báo cáo được tiếp nhận, đạt {ty_le}; tất cả đều nộp quá hạn",
        alias="bao_cao_dinh_ky_qua_han",
    )
    none_periodic: Annotated[Text, fills("tong")] = Field(
        "chưa có cơ quan nào trong {tong} cơ quan có báo cáo được tiếp nhận", alias="chua_ai_bao_cao_dinh_ky"
    )
    see_details: Annotated[Text, fills("phu_luc")] = Field("chi tiết tại {phu_luc}", alias="xem_chi_tiet")
    this_report: Text = Field("thực hiện bằng báo cáo này", alias="bang_bao_cao_nay")
    tasks: Annotated[Text, fills("ngay")] = Field(
        "Nhiệm vụ được Kế hoạch ấn định hạn riêng, tính đến ngày {ngay}:", alias="nhiem_vu_co_han"
    )
    # In the line of one agency's task.
    is_overdue: Annotated[Text, fills("han")] = Field("quá hạn (hạn đến hết ngày {han})", alias="dong_qua_han")
    is_done_late: Annotated[Text, fills("han")] = Field("muộn so với hạn ngày {han}", alias="dong_muon")

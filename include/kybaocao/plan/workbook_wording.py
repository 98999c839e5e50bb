"""Words of the sheets that stand in the annex's workbook alone: `bang_tinh` in `bao_cao.yaml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from kybaocao.plan.entry import Entry, Text, fills

BASE_COLUMNS, GROUP_COLUMNS = 2, 4  # of the matrix: those of the agency, and those of each target
_SINGLE_COLUMNS = 7


class MatrixWording(Entry):
    """Agency × target, for the targets that every agency reports."""

    sheet: Text = Field("Cơ quan - chỉ tiêu", alias="trang", max_length=31)
    title: Text = Field("KẾT QUẢ CÁC CHỈ TIÊU CHUNG THEO TỪNG CƠ QUAN", alias="tieu_de")
    note: Text = Field(
        "Số liệu lũy kế; mỗi cơ quan được đánh giá theo số của mình. Tỷ lệ toàn tỉnh tính từ tổng tử số và tổng mẫu "
        "số, không lấy bình quân các tỷ lệ.",
        alias="ghi_chu",
    )
    evaluated: Annotated[Text, fills("co_quan", "danh_sach")] = Field(
        "Cơ quan đánh giá theo Kế hoạch: {co_quan} ({danh_sach}).", alias="co_quan_danh_gia"
    )
    unnamed: Text = Field("Kế hoạch không nêu", alias="khong_neu")  # how `danh_gia` of such a target begins
    target: Annotated[Text, fills("ten", "muc_tieu")] = Field("{ten} (mục tiêu: {muc_tieu})", alias="chi_tieu")
    columns: tuple[Text, ...] = Field(("STT", "Cơ quan", "Tử số", "Mẫu số", "Kết quả", "Đánh giá"), alias="cot")
    province: Text = Field("Toàn tỉnh", alias="toan_tinh")
    not_reported: Text = Field("Chưa báo cáo", alias="chua_bao_cao")

    @model_validator(mode="after")
    def _columns_fit(self) -> MatrixWording:
        if len(self.columns) != BASE_COLUMNS + GROUP_COLUMNS:
            raise ValueError(f"ma_tran phải có {BASE_COLUMNS + GROUP_COLUMNS} cột, đang ghi {len(self.columns)}")
        return self


class SingleWording(Entry):
    """The targets of named agencies, one line for each agency."""

    sheet: Text = Field("Chỉ tiêu giao riêng", alias="trang", max_length=31)
    title: Text = Field("KẾT QUẢ CÁC CHỈ TIÊU GIAO CHO TỪNG CƠ QUAN", alias="tieu_de")
    columns: tuple[Text, ...] = Field(
        ("Chỉ tiêu", "Mục tiêu", "Cơ quan", "Tử số", "Mẫu số", "Kết quả", "Đánh giá"), alias="cot"
    )

    @model_validator(mode="after")
    def _columns_fit(self) -> SingleWording:
        if len(self.columns) != _SINGLE_COLUMNS:
            raise ValueError(f"giao_rieng phải có {_SINGLE_COLUMNS} cột, đang ghi {len(self.columns)}")
        return self


class ChartSheetWording(Entry):
    """The figures of the first chart with a chart that Excel draws."""

    sheet: Text = Field("Biểu đồ", alias="trang", max_length=31)
    title: Text = Field("BIỂU ĐỒ KẾT QUẢ CÁC CHỈ TIÊU CHUNG", alias="tieu_de")
    category: Text = Field("Chỉ tiêu", alias="chi_tieu")


class WorkbookWording(Entry):
    matrix: MatrixWording = Field(default_factory=lambda: MatrixWording.model_validate({}), alias="ma_tran")
    single: SingleWording = Field(default_factory=lambda: SingleWording.model_validate({}), alias="giao_rieng")
    chart: ChartSheetWording = Field(default_factory=lambda: ChartSheetWording.model_validate({}), alias="bieu_do")

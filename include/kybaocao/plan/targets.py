"""The targets of a plan, and how each of them is measured."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from kybaocao.plan.entry import Code, Entry, Text, fills
from kybaocao.yaml_source import FieldError

SHORT_NAME = 45  # signs


class Measure(StrEnum):
    """How an indicator is measured; decides which table of the form it stands in."""

    RATIO = "ty_le"  # numerator / denominator × 100
    BREACH = "vi_pham"  # cases over the limit / all cases; met when there is no case
    COUNT = "so_luong"  # one number at the cut-off
    GROWTH = "tang_truong"  # (this year / same period last year - 1) × 100
    RANK = "thu_hang"  # place in a published ranking, with the number ranked
    CHANGE = "so_sanh"  # this period against the previous one, direction only


class Nature(StrEnum):
    """Whether the figures are a state or events; decides whether a ratio is asked for once or twice.

    A stock has no figure "of the period": two of them must not be added up, nor one taken from the other.
    """

    STOCK = "ton"  # how many there are on the closing day, or in the latest publication
    FLOW = "phat_sinh"  # how many there were in the period, and since the start of the plan's year


class Direction(StrEnum):
    """How a value is held against its target."""

    EQUAL = "bang"
    AT_LEAST = "it_nhat"
    AT_MOST = "nhieu_nhat"
    BELOW = "duoi"  # strict
    UP_PLACES = "tang_bac"  # rank improves by at least so many places
    NOT_WORSE = "khong_giam"  # direction only: the new figure is not lower
    INCREASE = "tang"
    DECREASE = "giam"


class Part(Entry):
    """One population of an indicator that must be met by itself, or one addend of a total."""

    id: Text = Field(alias="ma")
    name: Text = Field(alias="ten")
    reporters: tuple[Code, ...] = Field((), alias="co_quan_bao_cao")


NUMERATOR, DENOMINATOR = "tu_so", "mau_so"


class CrossCheck(Entry):
    """A figure of a target that counts the same as a figure of another one."""

    figure: Literal["tu_so", "mau_so"] = Field(alias="so")
    other: Text = Field(alias="voi")  # target or part
    other_figure: Literal["tu_so", "mau_so"] = Field("tu_so", alias="so_kia")


class Indicator(Entry):
    """One target of the plan (T01-T18 with a number, D1-D8 with a direction only)."""

    id: Text = Field(alias="ma")
    name: Text = Field(alias="ten")
    short_name: str = Field("", alias="ten_ngan", max_length=SHORT_NAME)  # where a reader has one line for it
    quote: Text = Field(alias="nguyen_van")
    source: Text = Field(alias="vi_tri")
    measure: Measure = Field(alias="cach_do")
    nature: Nature = Field(alias="tinh_chat")
    unit: Text = Field(alias="don_vi")
    direction: Direction = Field(alias="chieu")
    target: Decimal | None = Field(None, alias="muc_tieu")
    target_upper: Decimal | None = Field(None, alias="muc_tieu_tren")
    target_text: Text = Field(alias="muc_tieu_chu")
    # The target is for the end of the year; until then an estimate or the pace says what is to be expected.
    is_for_year: bool = Field(False, alias="den_het_nam")
    counted: str = Field("", alias="don_vi_dem")  # tang_truong: what is counted, where the unit is "%"
    baseline: str = Field("", alias="goc_so_sanh")
    reporters: tuple[Code, ...] = Field(alias="co_quan_bao_cao", min_length=1)
    lead_text: Text = Field(alias="chu_tri_nguyen_van")
    evaluator: Text = Field(alias="danh_gia")
    numerator: Text = Field(alias="tu_so")
    denominator: str = Field("", alias="mau_so")
    formula: Text = Field(alias="cong_thuc")
    parts: tuple[Part, ...] = Field((), alias="thanh_phan")
    parts_are: Literal["rieng", "cong"] = Field("rieng", alias="thanh_phan_la")
    cross_checks: tuple[CrossCheck, ...] = Field((), alias="doi_chieu")
    # How the report says the result, where the sentence of its kind of measure would mislead.
    sentence: Annotated[str, fills("tu_so", "mau_so", "ket_qua", "thay_doi")] = Field("", alias="cau_ket_qua")
    note: str = Field("", alias="ghi_chu")
    # Below this share of its agencies a release is held up; None: the plan's (ke_hoach.yaml).
    min_coverage_percent: int | None = Field(None, alias="toi_thieu_phan_tram_bao_cao", ge=0, le=100)

    @property
    def brief_name(self) -> str:
        return self.short_name or self.name

    @property
    def has_number(self) -> bool:
        return self.target is not None

    @property
    def is_share(self) -> bool:
        """It is judged by a quotient, so that one agency's figures can be held against the target like the sums."""
        return self.measure in (Measure.RATIO, Measure.BREACH, Measure.GROWTH)

    @property
    def is_separate(self) -> bool:
        """It consists of parts that are judged one by one and never added."""
        return bool(self.parts) and self.parts_are == "rieng"

    @property
    def is_ceiling(self) -> bool:
        return self.direction in (Direction.AT_MOST, Direction.BELOW)

    @model_validator(mode="after")
    def _direction_fits(self) -> Indicator:
        needs_number = self.direction not in (Direction.NOT_WORSE, Direction.INCREASE, Direction.DECREASE)
        if needs_number and self.target is None:
            raise FieldError("chiều đánh giá này cần có mục tiêu bằng số (muc_tieu)", "chieu")
        if self.measure in (Measure.RATIO, Measure.BREACH) and not self.denominator:
            raise FieldError("chỉ tiêu tỷ lệ phải mô tả mẫu số (mau_so)", "cach_do")
        if self.is_for_year and (self.measure is not Measure.COUNT or self.target is None):
            raise FieldError("den_het_nam chỉ dùng cho chỉ tiêu so_luong có mục tiêu bằng số", "den_het_nam")
        for index, check in enumerate(self.cross_checks):
            if check.figure == DENOMINATOR and self.measure is Measure.COUNT:
                raise FieldError("chỉ tiêu so_luong không có mẫu số để đối chiếu", "doi_chieu", index, "so")
        return self

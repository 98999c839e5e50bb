"""What a plan is: agencies, tasks, targets, cycles, ladder, calendar, contacts, and what was decided since.

Attribute names are English; the keys officials write in YAML and CSV are the aliases, their own words
without diacritics.  Every model is frozen and refuses unknown keys, so a misspelt key is found at once.
Nothing here reads files (see `load`) or the clock.
"""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from enum import StrEnum
from string import Formatter
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from kybaocao.vietnamese import format_date, name_day
from kybaocao.yaml_source import FieldError


def _read_hour(value: object) -> object:
    """YAML takes 14:00 without quotes for the number 840, which must not become fourteen minutes past midnight."""
    if isinstance(value, int | float):
        raise ValueError("giờ phải viết trong dấu nháy, dạng '08:00'")
    return value


Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9_-]*$", max_length=20)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Hour = Annotated[dt.time, BeforeValidator(_read_hour)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+$", max_length=200)]


def fills(*names: str) -> AfterValidator:
    """A sentence whose blanks are among `names`."""

    def check(sentence: str) -> str:
        try:
            used = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
        except ValueError:
            raise ValueError("dấu ngoặc nhọn { } không cân") from None
        unknown = sorted(used - set(names))
        if unknown:
            known = ", ".join("{" + name + "}" for name in names) or "không có"
            raise ValueError(f"không điền được {{{unknown[0]}}}; chỗ điền được dùng: {known}")
        return sentence

    return AfterValidator(check)


class Entry(BaseModel):
    """Base of every configured thing."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


# --- Agencies -------------------------------------------------------------------------------------

FORM = "bieu_mau"  # the component of a return that every agency owes: its workbook


class Duty(StrEnum):
    """What a body owes under the plan (seed: IV.1, and the register's section 2)."""

    BOUND = "phai_bao_cao"  # IV.1: Sở, ban, ngành, UBND xã, phường
    INVITED = "moi_bao_cao"  # holds tasks but is not bound by IV.1; never escalated to the Chairman
    RECEIVER = "nhan_bao_cao"
    PARTNER = "phoi_hop"


class AgencyKind(StrEnum):
    DEPARTMENT = "so_nganh"
    COMMUNE = "xa"
    WARD = "phuong"
    OTHER = "khac"


class Agency(Entry):
    """A public body named by the plan; one founded, closed or merged during the plan has dates too."""

    code: Code = Field(alias="ma")
    name: Text = Field(alias="ten")
    kind: AgencyKind = Field(alias="loai")
    duty: Duty = Field(alias="nghia_vu")
    head_title: str = Field("", alias="chuc_danh_nguoi_dung_dau")
    aliases: tuple[str, ...] = Field((), alias="ten_khac")
    opens_on: dt.date = Field(dt.date.min, alias="tu_ngay")
    closes_on: dt.date = Field(dt.date.max, alias="den_ngay")  # the last day on which it exists
    merged_into: Code | None = Field(None, alias="sap_nhap_vao")

    @property
    def label(self) -> str:
        """Code and short name, for lists and grids: "X-04183 UBND xã Mường Lầm"."""
        return f"{self.code} {self.name.replace('Ủy ban nhân dân', 'UBND')}"

    @property
    def is_expected(self) -> bool:
        """Whether a return is expected from this body."""
        return self.duty in (Duty.BOUND, Duty.INVITED)

    def exists_on(self, day: dt.date) -> bool:
        return self.opens_on <= day <= self.closes_on

    @model_validator(mode="after")
    def _dates_in_order(self) -> Agency:
        if self.closes_on < self.opens_on:
            raise FieldError("ngày kết thúc (den_ngay) sớm hơn ngày bắt đầu (tu_ngay)", "den_ngay")
        if self.merged_into is not None and self.closes_on == dt.date.max:
            raise FieldError("cơ quan sáp nhập phải có ngày kết thúc (den_ngay)", "sap_nhap_vao")
        if self.merged_into == self.code:
            raise FieldError("cơ quan không thể sáp nhập vào chính mình", "sap_nhap_vao")
        return self


class FormerName(Entry):
    """What an agency, or one that became part of it, was called until a day; people go on using it."""

    agency: Code = Field(alias="ma")
    name: Text = Field(alias="ten")
    since: dt.date = Field(dt.date.min, alias="tu_ngay")
    until: dt.date = Field(alias="den_ngay")  # the last day of the name
    basis: str = Field("", alias="can_cu")

    @model_validator(mode="after")
    def _dates_in_order(self) -> FormerName:
        if self.until < self.since:
            raise FieldError("tên cũ kết thúc (den_ngay) trước khi bắt đầu (tu_ngay)", "den_ngay")
        return self


class ContactRole(StrEnum):
    OFFICER = "dau_moi"  # who fills the form in
    HEAD = "lanh_dao"  # the head of the agency


class Contact(Entry):
    """Where an agency's mail goes, and from when until when."""

    agency: Code = Field(alias="ma")
    role: ContactRole = Field(alias="vai_tro")
    person: Text = Field(alias="ho_ten")
    position: str = Field("", alias="chuc_vu")
    email: Email = Field(alias="email")
    phone: str = Field("", alias="dien_thoai")
    valid_from: dt.date = Field(dt.date.min, alias="tu_ngay")
    valid_until: dt.date = Field(dt.date.max, alias="den_ngay")

    def is_valid_on(self, day: dt.date) -> bool:
        return self.valid_from <= day <= self.valid_until

    @model_validator(mode="after")
    def _dates_in_order(self) -> Contact:
        if self.valid_until < self.valid_from:
            raise FieldError("ngày kết thúc (den_ngay) sớm hơn ngày bắt đầu (tu_ngay)", "den_ngay")
        return self


# --- Tasks and obligations ------------------------------------------------------------------------


class SixClear(Entry):
    """The plan's "6 rõ" (I.2): who, what, when, answerable how, with what product, by whose authority."""

    person: Text = Field(alias="nguoi")
    work: Text = Field(alias="viec")
    time: Text = Field(alias="thoi_gian")
    responsibility: Text = Field(alias="trach_nhiem")
    product: Text = Field(alias="san_pham")
    authority: Text = Field(alias="tham_quyen")


class Task(Entry):
    """One task of section III, or one obligation of section IV, verbatim."""

    id: Text = Field(alias="ma")
    section: int = Field(alias="muc", ge=1)
    title: Text = Field(alias="tieu_de")
    text: Text = Field(alias="nguyen_van")
    leads: tuple[Code, ...] = Field(alias="chu_tri", min_length=1)
    lead_text: Text = Field(alias="chu_tri_nguyen_van")
    role: Literal["chu_tri", "phoi_hop"] = Field("chu_tri", alias="vai_tro")
    nature: Text = Field(alias="tinh_chat")
    targets: tuple[str, ...] = Field((), alias="chi_tieu")
    due_on: dt.date | None = Field(None, alias="han")
    six: SixClear = Field(alias="sau_ro")


# --- Indicators -----------------------------------------------------------------------------------


class Measure(StrEnum):
    """How an indicator is measured; decides which table of the form it stands in."""

    RATIO = "ty_le"  # numerator / denominator × 100
    BREACH = "vi_pham"  # cases over the limit / all cases; met when there is no case
    COUNT = "so_luong"  # one number at the cut-off
    GROWTH = "tang_truong"  # (this year / same period last year - 1) × 100
    RANK = "thu_hang"  # place in a published ranking, with the number ranked
    CHANGE = "so_sanh"  # this period against the previous one, direction only


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


class Indicator(Entry):
    """One target of the plan (T01-T18 with a number, D1-D8 with a direction only)."""

    id: Text = Field(alias="ma")
    name: Text = Field(alias="ten")
    quote: Text = Field(alias="nguyen_van")
    source: Text = Field(alias="vi_tri")
    measure: Measure = Field(alias="cach_do")
    unit: Text = Field(alias="don_vi")
    direction: Direction = Field(alias="chieu")
    target: Decimal | None = Field(None, alias="muc_tieu")
    target_upper: Decimal | None = Field(None, alias="muc_tieu_tren")
    target_text: Text = Field(alias="muc_tieu_chu")
    baseline: str = Field("", alias="goc_so_sanh")
    reporters: tuple[Code, ...] = Field(alias="co_quan_bao_cao", min_length=1)
    lead_text: Text = Field(alias="chu_tri_nguyen_van")
    evaluator: Text = Field(alias="danh_gia")
    numerator: Text = Field(alias="tu_so")
    denominator: str = Field("", alias="mau_so")
    formula: Text = Field(alias="cong_thuc")
    parts: tuple[Part, ...] = Field((), alias="thanh_phan")
    parts_are: Literal["rieng", "cong"] = Field("rieng", alias="thanh_phan_la")
    note: str = Field("", alias="ghi_chu")

    @property
    def has_number(self) -> bool:
        return self.target is not None

    @model_validator(mode="after")
    def _direction_fits(self) -> Indicator:
        needs_number = self.direction not in (Direction.NOT_WORSE, Direction.INCREASE, Direction.DECREASE)
        if needs_number and self.target is None:
            raise FieldError("chiều đánh giá này cần có mục tiêu bằng số (muc_tieu)", "chieu")
        if self.measure in (Measure.RATIO, Measure.BREACH) and not self.denominator:
            raise FieldError("chỉ tiêu tỷ lệ phải mô tả mẫu số (mau_so)", "cach_do")
        return self


# --- Time -----------------------------------------------------------------------------------------


class Clock(Entry):
    """A day and an hour in the plan's time zone."""

    date: dt.date = Field(alias="ngay")
    time: Hour = Field(alias="gio")


class Cycle(Entry):
    """One reporting cycle. Every date an agency or a leader is held to stands here and nowhere else."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)] = Field(alias="ma")
    name: Text = Field(alias="ten")  # "năm 2026"
    title: Text = Field(alias="tieu_de")  # how ops see it
    period_from: dt.date = Field(alias="ky_tu")
    period_to: dt.date = Field(alias="ky_den")  # the data cut-off (chốt số liệu)
    opens: Clock = Field(alias="mo_ky")
    due_before: dt.date = Field(alias="truoc_ngay_co_quan")  # strict: the last day is the day before
    so_tai_chinh_before: dt.date = Field(alias="truoc_ngay_so_tai_chinh")
    bo_tai_chinh_by: dt.date = Field(alias="den_ngay_bo_tai_chinh")
    compile_at: Clock = Field(alias="tong_hop")
    closes_on: dt.date = Field(alias="dong_ky")
    previous: str | None = Field(None, alias="ky_truoc")
    basis: str = Field("", alias="can_cu")
    # Below this share of returns the human who approves is warned.
    warn_below_percent: int = Field(90, alias="canh_bao_duoi_phan_tram", ge=0, le=100)

    @property
    def due_on(self) -> dt.date:
        """Last day on which a return is on time ("trước ngày X" is strict)."""
        return self.due_before - dt.timedelta(days=1)

    @property
    def so_tai_chinh_due_on(self) -> dt.date:
        return self.so_tai_chinh_before - dt.timedelta(days=1)

    @model_validator(mode="after")
    def _dates_in_order(self) -> Cycle:
        order = [
            ("ky_tu", self.period_from),
            ("ky_den", self.period_to),
            ("truoc_ngay_co_quan", self.due_before),
            ("truoc_ngay_so_tai_chinh", self.so_tai_chinh_before),
            ("den_ngay_bo_tai_chinh", self.bo_tai_chinh_by),
            ("dong_ky", self.closes_on),
        ]
        for (left, earlier), (right, later) in itertools.pairwise(order):
            if earlier > later:
                raise FieldError(f"{right} ({format_date(later)}) sớm hơn {left} ({format_date(earlier)})", right)
        if not self.opens.date < self.due_before:
            raise FieldError("mo_ky phải trước hạn nộp của cơ quan (truoc_ngay_co_quan)", "mo_ky")
        if not self.due_before <= self.compile_at.date < self.so_tai_chinh_before:
            raise FieldError("tong_hop phải sau hạn nộp của cơ quan và trước hạn của Sở Tài chính", "tong_hop")
        return self


class Holiday(Entry):
    """A day off, or a weekend day worked instead, and the document that says so."""

    date: dt.date = Field(alias="ngay")
    name: Text = Field(alias="ten")
    source: Text = Field(alias="nguon")


SATURDAY = 5  # of date.weekday()


class WorkingCalendar(Entry):
    """Days off and swapped working days, as data that officials edit."""

    holidays: tuple[Holiday, ...] = Field(alias="ngay_nghi")
    working_weekends: tuple[Holiday, ...] = Field((), alias="lam_bu")

    @model_validator(mode="after")
    def _no_contradiction(self) -> WorkingCalendar:
        off: set[dt.date] = set()
        for index, day in enumerate(self.holidays):
            if day.date in off:
                raise FieldError(f"ngày {format_date(day.date)} khai báo hai lần", "ngay_nghi", index, "ngay")
            off.add(day.date)
        worked: set[dt.date] = set()
        for index, day in enumerate(self.working_weekends):
            if day.date in off:
                raise FieldError(f"{name_day(day.date)} vừa là ngày nghỉ vừa là ngày làm bù", "lam_bu", index, "ngay")
            if day.date in worked:
                raise FieldError(f"ngày {format_date(day.date)} khai báo hai lần", "lam_bu", index, "ngay")
            if day.date.weekday() < SATURDAY:
                raise FieldError(
                    f"{name_day(day.date)} không phải thứ Bảy hoặc Chủ nhật nên không thể làm bù",
                    "lam_bu",
                    index,
                    "ngay",
                )
            worked.add(day.date)
        return self


# --- Chasing --------------------------------------------------------------------------------------


class Addressee(StrEnum):
    OFFICER = "dau_moi"
    HEAD = "lanh_dao"
    COORDINATOR = "lanh_dao_so_tai_chinh"  # one collective mail
    CHAIRMAN = "chu_tich"  # one collective page

    @property
    def is_collective(self) -> bool:
        """Whether one letter names all the agencies, instead of one letter each."""
        return self in (Addressee.COORDINATOR, Addressee.CHAIRMAN)


class ReminderStep(Entry):
    """One step of the chase: so many working days from the deadline, at this hour, to whom."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=28)] = Field(alias="ma")
    name: Text = Field(alias="ten")
    day: int = Field(alias="ngay_lam_viec")  # negative: before the last day; positive: after it
    time: Hour = Field(alias="gio")
    to: Addressee = Field(alias="gui")
    copies: tuple[Addressee, ...] = Field((), alias="dong_gui")
    template: Text = Field(alias="mau")
    duties: tuple[Duty, ...] = Field((Duty.BOUND, Duty.INVITED), alias="ap_dung")
    repeat_every_working_days: int | None = Field(None, alias="lap_lai_sau_ngay_lam_viec", ge=1)
    may_disturb: bool = Field(False, alias="ngoai_gio")  # goes out in quiet hours and on days off, too
    official_letter: str = Field("", alias="cong_van")  # the draft công văn that goes with a collective letter

    @property
    def is_collective(self) -> bool:
        return self.to.is_collective


class QuietHours(Entry):
    """From when until when nobody is written to; may run over midnight."""

    begins: Hour = Field(alias="tu")
    ends: Hour = Field(alias="den")

    def covers(self, time: dt.time) -> bool:
        if self.begins < self.ends:
            return self.begins <= time < self.ends
        return time >= self.begins or time < self.ends

    @model_validator(mode="after")
    def _not_all_day(self) -> QuietHours:
        if self.begins == self.ends:
            raise FieldError("giờ yên lặng phải có giờ bắt đầu (tu) khác giờ kết thúc (den)", "den")
        return self


class Ladder(Entry):
    reminder_steps: tuple[ReminderStep, ...] = Field(alias="bac", min_length=1)
    quiet: QuietHours | None = Field(None, alias="gio_yen_lang")

    @model_validator(mode="after")
    def _steps_rise(self) -> Ladder:
        seen: set[str] = set()
        for index, rung in enumerate(self.reminder_steps):
            lower = self.reminder_steps[index - 1]
            if index and (rung.day, rung.time) <= (lower.day, lower.time):
                raise FieldError(f"bậc {rung.id} không đứng sau bậc {lower.id}", "bac", index, "ngay_lam_viec")
            if rung.id in seen:
                raise FieldError(f"hai bậc cùng mã {rung.id}", "bac", index, "ma")
            seen.add(rung.id)
        return self


# --- What was decided since -----------------------------------------------------------------------


class Adjustment(Entry):
    """A decision that changes somebody's duty in one cycle. It holds from the day it is dated."""

    cycle: Text = Field(alias="ky")
    granted_by: Text = Field(alias="nguoi_quyet_dinh")
    document: str = Field("", alias="van_ban")  # number and symbol of the letter that says so
    dated: dt.date = Field(alias="ngay")
    reason: Text = Field(alias="ly_do")


class DeadlineMove(Adjustment):
    """The province moves the deadline for all; dates that are not named stay as they are."""

    document: Text = Field(alias="van_ban")
    due_before: dt.date = Field(alias="truoc_ngay_co_quan")
    so_tai_chinh_before: dt.date | None = Field(None, alias="truoc_ngay_so_tai_chinh")
    bo_tai_chinh_by: dt.date | None = Field(None, alias="den_ngay_bo_tai_chinh")
    compile_at: Clock | None = Field(None, alias="tong_hop")
    closes_on: dt.date | None = Field(None, alias="dong_ky")

    def applied_to(self, cycle: Cycle) -> Cycle:
        """The cycle with its new dates. Raises ValidationError when they do not fit each other."""
        moved = {name: getattr(self, name) for name in DeadlineMove.model_fields if name not in Adjustment.model_fields}
        return Cycle.model_validate(dict(cycle) | {name: date for name, date in moved.items() if date is not None})


class Extension(Adjustment):
    """One agency is given more time."""

    agency: Code = Field(alias="co_quan")
    document: Text = Field(alias="van_ban")
    due_before: dt.date = Field(alias="truoc_ngay")  # strict, like the cycle's own


class Exemption(Adjustment):
    """One agency owes no return in one cycle."""

    agency: Code = Field(alias="co_quan")


class RuleWaiver(Adjustment):
    """One rule does not bind one agency in one cycle, until a day."""

    agency: Code = Field(alias="co_quan")
    rule: Text = Field(alias="quy_tac")  # a code of templates/findings.yaml
    until: dt.date = Field(alias="den_ngay")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> RuleWaiver:
        if self.until < self.dated:
            raise FieldError("ngày hết hiệu lực (den_ngay) sớm hơn ngày quyết định (ngay)", "den_ngay")
        return self


# --- Recipients -----------------------------------------------------------------------------------


class Person(Entry):
    name: Text = Field(alias="ten")
    email: Email = Field(alias="email")
    position: str = Field("", alias="chuc_vu")


class Officer(Entry):
    """Who answers the agencies' questions; stands in every message."""

    name: Text = Field(alias="ten")
    phone: Text = Field(alias="dien_thoai")
    email: Email = Field(alias="email")


class Approver(Person):
    """Whose answer to "approve or send back" counts: an account of Airflow, and where its holder reads mail."""

    account: Text = Field(alias="tai_khoan")


class Signer(Entry):
    """Who may sign the report that leaves the province."""

    name: Text = Field(alias="ten")
    position: str = Field("", alias="chuc_vu")


class Recipients(Entry):
    """Who receives the report, the collective notices and the operators' warnings; who approves and signs."""

    allowed_domains: tuple[Text, ...] = Field(alias="ten_mien_cho_phep", min_length=1)
    reply_to: Officer = Field(alias="can_bo_phu_trach")
    coordinator: tuple[Person, ...] = Field(alias="lanh_dao_so_tai_chinh", min_length=1)
    chairman: tuple[Person, ...] = Field(alias="chu_tich", min_length=1)
    ministry: tuple[Person, ...] = Field(alias="bo_tai_chinh", min_length=1)
    copies: tuple[Person, ...] = Field((), alias="dong_gui_bo_tai_chinh")
    operators: tuple[Person, ...] = Field(alias="van_hanh", min_length=1)
    approvers: tuple[Approver, ...] = Field((), alias="nguoi_phe_duyet")  # none named: whoever may run a pass
    signers: tuple[Signer, ...] = Field((), alias="nguoi_ky_bao_cao")  # none named: anybody

    @field_validator("allowed_domains")
    @classmethod
    def _lower(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.lower().lstrip("@") for domain in domains)


# --- The plan's own header ------------------------------------------------------------------------


class LegalBasis(Entry):
    document: Text = Field(alias="van_ban")
    dated: dt.date | None = Field(None, alias="ngay")
    about: str = Field("", alias="trich_yeu")


class Section(Entry):
    number: int = Field(alias="so", ge=1)
    title: Text = Field(alias="tieu_de")
    short: Text = Field(alias="tieu_de_ngan")


class Header(Entry):
    """Who planned what, on which grounds, in which province."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=40)] = Field(alias="ma")
    name: Text = Field(alias="ten")
    subject: Text = Field(alias="trich_yeu")
    short_name: Text = Field(alias="ten_ngan")  # "Nghị quyết 02/NQ-CP năm 2026"
    year: int = Field(alias="nam", ge=2000, le=2100)
    province: Text = Field(alias="tinh")  # "tỉnh Sơn La"
    place: Text = Field(alias="dia_danh")  # "Sơn La"
    number: str = Field("", alias="so_ky_hieu")
    dated: dt.date | None = Field(None, alias="ngay_ban_hanh")
    issuer: Text = Field(alias="co_quan_ban_hanh")
    signer: str = Field("", alias="nguoi_ky")
    coordinator: Code = Field(alias="co_quan_dau_moi")  # STC
    timezone: Text = Field("Asia/Ho_Chi_Minh", alias="mui_gio")
    legal_bases: tuple[LegalBasis, ...] = Field((), alias="can_cu")
    sections: tuple[Section, ...] = Field(alias="muc", min_length=1)
    groups: dict[Code, tuple[AgencyKind, ...]] = Field(alias="nhom")  # TAT_CA: bound bodies of these kinds
    copies: tuple[str, ...] = Field((), alias="noi_nhan")
    is_sample_data: bool = Field(False, alias="du_lieu_mau")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"không có múi giờ “{name}”; viết như Asia/Ho_Chi_Minh") from None
        return name

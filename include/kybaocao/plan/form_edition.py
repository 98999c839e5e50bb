"""An edition of the form: sheets, tables and columns, as data.

The writer, the reader, the rules and the instructions on the first sheet all read the same edition, so a
new form is a new `bieu_mau.yaml`, and what the form says can never differ from what the rules check.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from kybaocao.findings import Severity, load_catalogue
from kybaocao.plan.attachment_kinds import AttachmentKind
from kybaocao.plan.entry import Entry, Text, fills
from kybaocao.plan.targets import Indicator, Measure, Nature
from kybaocao.yaml_source import FieldError

# Which columns hold the two figures of each way of measuring: what is summed is found by these ids.
CUMULATIVE: dict[Measure, tuple[str, str | None]] = {
    Measure.RATIO: ("tu_so_luy_ke", "mau_so_luy_ke"),
    Measure.BREACH: ("tu_so_luy_ke", "mau_so_luy_ke"),
    Measure.COUNT: ("thuc_hien", None),
    Measure.GROWTH: ("nam_nay", "nam_truoc"),
    Measure.RANK: ("hang", "hang_truoc"),
    Measure.CHANGE: ("ky_nay", "ky_truoc"),
}
PERIOD = {Measure.RATIO: ("tu_so_ky", "mau_so_ky"), Measure.BREACH: ("tu_so_ky", "mau_so_ky")}


def list_period_columns(indicator: Indicator) -> tuple[str, ...]:
    """The columns with the figures of the cycle alone; a stock has none: its figures are those of the closing day."""
    return PERIOD.get(indicator.measure, ()) if indicator.nature is Nature.FLOW else ()


# The field of a `phieu` table in which an agency says why its report comes late or replaces an accepted one.
LATE_REASON = "ly_do_nop_muon"

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class Kind(StrEnum):
    """What a cell of a column holds."""

    LABEL = "nhan"  # printed by us, locked
    COMPUTED = "cong_thuc"  # a formula of ours, locked, never read
    CHOICE = "lua_chon"
    INTEGER = "so_nguyen"  # a count: whole, not negative
    DECIMAL = "so_thap_phan"
    PERCENT = "phan_tram"  # 0-100, typed as 98,7 for 98,7 %
    DATE = "ngay"
    TEXT = "van_ban"


class Source(StrEnum):
    """Where a table's rows come from."""

    INDICATORS = "chi_tieu"
    TASKS = "nhiem_vu"
    OBLIGATIONS = "nghia_vu"  # of section IV, asked like tasks
    OPEN = "tu_do"  # blank rows the agency fills
    FIELDS = "phieu"  # one row per field, described in `dong`


WORK = (Source.TASKS, Source.OBLIGATIONS)  # one row for each piece of work, with its status


class Column(Entry):
    id: Key = Field(alias="ma")
    heading: Text = Field(alias="tieu_de")
    kind: Kind = Field(alias="kieu")
    width: float = Field(alias="rong", gt=0)
    choices: tuple[Text, ...] = Field((), alias="lua_chon")
    # What the form shows for each choice, where the choice itself is a code; either may stand in a cell.
    choice_names: tuple[Text, ...] = Field((), alias="ten_lua_chon")
    shows_previous: bool = Field(False, alias="kem_ky_truoc")  # a label that also says what the last report said
    help: str = Field("", alias="huong_dan")
    example: str = Field("", alias="vi_du")
    formula: str = Field("", alias="cong_thuc")

    @property
    def is_answer(self) -> bool:
        return self.kind not in (Kind.LABEL, Kind.COMPUTED)

    @property
    def offered(self) -> tuple[str, ...]:
        """The choices as the form shows them."""
        return self.choice_names or self.choices

    @model_validator(mode="after")
    def _complete(self) -> Column:
        if self.kind is Kind.CHOICE and not self.choices:
            raise FieldError("cột lựa chọn phải có danh sách lua_chon", "kieu")
        if self.choice_names and len(self.choice_names) != len(self.choices):
            raise FieldError("phải có đúng một tên cho mỗi mục của lua_chon", "ten_lua_chon")
        if any("," in choice for choice in self.offered) or len(",".join(self.offered)) > 250:
            named = "ten_lua_chon" if self.choice_names else "lua_chon"
            raise FieldError(
                "mục lựa chọn không được có dấu phẩy, cả danh sách không quá 250 ký tự (giới hạn của Excel)", named
            )
        if self.kind is Kind.COMPUTED and not self.formula:
            raise FieldError("cột công thức phải có cong_thuc", "kieu")
        return self


class FormField(Entry):
    """One line of a `phieu` table: label on the left, answer on the right."""

    id: Key = Field(alias="ma")
    label: Text = Field(alias="tieu_de")
    kind: Kind = Field(alias="kieu")
    required: bool = Field(True, alias="bat_buoc")
    help: str = Field("", alias="huong_dan")
    choices: tuple[Text, ...] = Field((), alias="lua_chon")


# Kinds of check that no arithmetic can decide: the agency confirms or explains.
COPYING = ("trung_co_quan_khac", "trung_ky_truoc")  # about texts
SHARE = "ty_le_thuong_gap"  # a share of two figures
AGAINST_PREVIOUS = ("khong_giam", "bien_dong")  # figures against the same ones of the previous cycle
COPIED_FROM_PREVIOUS = "trung_ky_truoc"
COMPARING = (SHARE, "khong_giam", "bien_dong", "chenh_lech", "trong_khoang_khi", *COPYING)


def _in_catalogue(code: str) -> str:
    if code not in load_catalogue():
        raise ValueError(f"không có quy tắc “{code}” trong include/templates/findings.yaml")
    return code


RuleCode = Annotated[Text, AfterValidator(_in_catalogue)]


class Check(Entry):
    """A cross-field rule of one table. `code` names a finding in the catalogue."""

    code: RuleCode = Field(alias="ma")
    kind: Literal[
        "khong_lon_hon",  # first field not greater than the second
        "tong_bang_thanh_phan",  # a total equals the sum of its parts
        "bat_buoc_khi",  # needed when another field says so
        "de_trong_khi",  # empty when another field says so
        "ngay_trong_khoang",  # a day from `since` to the closing of the cycle
        "khong_la_ngay",  # a text that Excel has not made a date of
        "ty_le_thuong_gap",  # first / second field × 100 within the usual range
        "khong_giam",  # not less than in the previous cycle
        "bien_dong",  # not `factor` times more or less than in the previous cycle
        "chenh_lech",  # first field not `factor` times more or less than the second
        "trong_khoang_khi",  # within a range when another field says so
        "trung_co_quan_khac",  # a text of `least` characters or more is not another agency's of this cycle
        "trung_ky_truoc",  # nor the agency's own of the previous one, unless `when` says one of `excused`
    ] = Field(alias="loai")
    fields: tuple[Key, ...] = Field(alias="cot", min_length=1)
    when: Key | None = Field(None, alias="khi_cot")
    # Of `bat_buoc_khi`: only in rows with a due date, or whose due date is over at the cut-off of the cycle.
    due: Literal["co_han", "qua_han"] | None = Field(None, alias="chi_dong")
    values: tuple[Text, ...] = Field((), alias="la")
    low: Decimal = Field(Decimal(0), alias="tu")
    high: Decimal = Field(Decimal(100), alias="den")
    # the day the forms are given out, or the first of the year before the cycle's
    since: Literal["mo_ky", "nam_truoc"] = Field("nam_truoc", alias="tu_moc")
    factor: Decimal = Field(Decimal(10), alias="so_lan", gt=1)
    excused: tuple[Text, ...] = Field((), alias="tru_khi")
    # figures below it jump for no reason; texts shorter than it are formulas that many write
    least: Decimal = Field(Decimal(0), alias="it_nhat")
    except_rows: tuple[Text, ...] = Field((), alias="tru_dong")
    explained_in: Key | None = Field(None, alias="giai_trinh")  # the column where the agency explains it

    @model_validator(mode="after")
    def _complete(self) -> Check:
        if self.kind in ("khong_lon_hon", "chenh_lech") and len(self.fields) != 2:
            raise FieldError(f"quy tắc {self.kind} cần đúng hai cột: [nhỏ, lớn] hoặc [số xét, số so sánh]", "cot")
        if self.kind == SHARE and len(self.fields) != 2:
            raise FieldError("quy tắc ty_le_thuong_gap cần đúng hai cột: [tử số, mẫu số]", "cot")
        if self.kind in COMPARING and self.explained_in is None:
            raise FieldError(f"quy tắc {self.kind} cần giai_trinh: cột để cơ quan giải trình", "loai")
        if self.kind in ("bat_buoc_khi", "de_trong_khi", "trong_khoang_khi") and (self.when is None or not self.values):
            raise FieldError(f"quy tắc {self.kind} cần khi_cot và la", "loai")
        if self.due is not None and self.kind != "bat_buoc_khi":
            raise FieldError("chi_dong chỉ dùng cho quy tắc bat_buoc_khi", "chi_dong")
        return self

    def binds(self, due_on: dt.date | None, cut_off: dt.date) -> bool:
        """Whether a row with that deadline of its own is asked; a deadline is over when the cut-off has reached it."""
        return self.due is None or (due_on is not None and (self.due == "co_han" or due_on <= cut_off))


class Table(Entry):
    id: Key = Field(alias="ma")
    title: Text = Field(alias="tieu_de")
    source: Source = Field(alias="nguon_dong")
    measures: tuple[Measure, ...] = Field((), alias="cach_do")
    natures: tuple[Nature, ...] = Field((), alias="tinh_chat")  # none: whatever the nature
    blank_rows: int = Field(0, alias="so_dong_trong", ge=0, le=200)
    declaration: str = Field("", alias="khai_bao")  # "Có phát sinh … không?" asked above the table
    columns: tuple[Column, ...] = Field((), alias="cot")
    fields: tuple[FormField, ...] = Field((), alias="dong")
    checks: tuple[Check, ...] = Field((), alias="quy_tac")

    def asks(self, indicator: Indicator) -> bool:
        """Whether an indicator has its row in this table."""
        is_fitting = not self.natures or indicator.nature in self.natures
        return self.source is Source.INDICATORS and indicator.measure in self.measures and is_fitting

    @cached_property
    def answers(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.is_answer)

    @cached_property
    def headings(self) -> dict[str, str]:
        """Column -> its heading."""
        return {column.id: column.heading for column in self.columns}

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns without which nothing could be summed."""
        if self.source in WORK:
            return ("ma", "trang_thai")
        if self.source is not Source.INDICATORS:
            return ()
        figures = (column for measure in self.measures for column in CUMULATIVE[measure] if column)
        return ("ma", "tinh_trang", *dict.fromkeys(figures))

    @model_validator(mode="after")
    def _columns_known(self) -> Table:
        known = {column.id for column in self.columns} | {field.id for field in self.fields}
        if missing := [column for column in self.needed if column not in known]:
            raise FieldError(f"bảng này phải có cột mang mã {', '.join(missing)}", "cot")
        for index, check in enumerate(self.checks):
            unknown = {*check.fields, *filter(None, (check.when, check.explained_in))} - known
            if check.due and self.source not in WORK:
                raise FieldError("chi_dong chỉ dùng cho bảng nhiệm vụ, nghĩa vụ", "quy_tac", index, "chi_dong")
            if unknown:
                message = f"quy tắc {check.code} nhắc đến cột không có trong bảng: {', '.join(sorted(unknown))}"
                raise FieldError(message, "quy_tac", index)
        for index, column in enumerate(self.columns):
            unknown = {name for _, name, _, _ in Formatter().parse(column.formula) if name} - known
            if unknown:
                message = f"công thức nhắc đến cột không có trong bảng: {', '.join(sorted(unknown))}"
                raise FieldError(message, "cot", index, "cong_thuc")
        return self


class Sheet(Entry):
    id: Key = Field(alias="ma")
    # Excel's own limits for the name of a sheet
    name: Annotated[str, StringConstraints(pattern=r"^[^\[\]:*?/\\]+$", max_length=31)] = Field(alias="ten")
    heading: Text = Field(alias="tieu_de")
    landscape: bool = Field(True, alias="giay_ngang")
    note: str = Field("", alias="ghi_chu")
    tables: tuple[Table, ...] = Field(alias="bang", min_length=1)


class Words(Entry):
    """The closed lists that carry meaning, not only wording."""

    has_figure: Text = Field("Có số liệu", alias="co_so_lieu")
    nothing: Text = Field("Không phát sinh", alias="khong_phat_sinh")
    no_figure_yet: Text = Field("Chưa có số liệu", alias="chua_co_so_lieu")
    not_published: Text = Field("Chưa công bố", alias="chua_cong_bo")
    yes: Text = Field("Có", alias="co")
    done: Text = Field("Đã hoàn thành", alias="da_hoan_thanh")
    on_track: Text = Field("Đang thực hiện", alias="dang_thuc_hien")
    late: Text = Field("Chậm tiến độ", alias="cham_tien_do")
    not_started: Text = Field("Chưa triển khai", alias="chua_trien_khai")

    def meanings(self, column: str) -> frozenset[str]:
        """The answers a status column may offer; empty for any other column."""
        if column == "tinh_trang":
            return frozenset((self.has_figure, self.nothing, self.no_figure_yet, self.not_published))
        if column == "trang_thai":
            return frozenset((self.done, self.on_track, self.late, self.not_started, self.nothing))
        return frozenset()


class RuleStage(Entry):
    """From a day on, how much a rule weighs: tried out unseen, a note on the receipt, a warning, an error."""

    code: RuleCode = Field(alias="ma")
    since: dt.date = Field(alias="tu_ngay")
    level: Literal["thu", "luu_y", "canh_bao", "loi"] = Field(alias="muc")


def _fill_instruction(sentence: str) -> str:
    rules = (code for code, wording in load_catalogue().items() if wording.rule and "{" not in wording.rule)
    return str(fills("ky_tu", "ky_den", *rules).func(sentence))  # type: ignore[call-arg]


class Edition(Entry):
    id: Text = Field(alias="phien_ban")
    title: Text = Field(alias="tieu_de")
    file_name: Annotated[Text, fills("co_quan", "ky")] = Field(alias="ten_tep")
    # A rule is said in its own words: "{number-ambiguous}" is the `quy_dinh` of that finding.
    instructions: tuple[Annotated[Text, AfterValidator(_fill_instruction)], ...] = Field(
        alias="huong_dan", min_length=1, max_length=12
    )
    # Targets that an earlier edition asked in one row of another kind: judged there, and counted in nothing today.
    asked_as: dict[Text, Measure] = Field({}, alias="cach_do_cu")
    least_reason: int = Field(10, alias="giai_trinh_it_nhat_chu", ge=1)  # letters, below which nothing is explained
    words: Words = Field(default_factory=lambda: Words.model_validate({}), alias="tu_ngu")
    stages: tuple[RuleStage, ...] = Field((), alias="giai_doan_quy_tac")
    attachments: tuple[AttachmentKind, ...] = Field((), alias="kem_theo")
    sheets: tuple[Sheet, ...] = Field(alias="trang", min_length=1)

    @property
    def tables(self) -> tuple[tuple[Sheet, Table], ...]:
        return tuple((sheet, table) for sheet in self.sheets for table in sheet.tables)

    def recall(self, indicator: Indicator) -> Indicator:
        """A target as this edition asked for it."""
        measure = self.asked_as.get(indicator.id)
        return indicator.model_copy(update={"measure": measure, "parts": ()}) if measure else indicator

    def can_weigh(self, code: str) -> bool:
        """Whether a rule may be tried out, softened or waived: an error that leaves a cell unread must be corrected."""
        checked = {check.code for _, table in self.tables for check in table.checks}
        return code in checked or load_catalogue()[code].severity is not Severity.ERROR

    def name_form(self, agency: str, cycle: str) -> str:
        """The name of the file an agency is given for a cycle; known without laying out what is in it."""
        return self.file_name.format(co_quan=agency, ky=cycle)

    def find_field(self, field: str) -> tuple[Table, FormField] | None:
        """A line of a `phieu` table by its id, with its table."""
        return next(((table, one) for _, table in self.tables for one in table.fields if one.id == field), None)

    @model_validator(mode="after")
    def _ids_unique(self) -> Edition:
        tables = [table.id for _, table in self.tables]
        names = [sheet.name for sheet in self.sheets]
        for kind, ids in (("bảng", tables), ("trang", names)):
            if len(set(ids)) != len(ids):
                raise ValueError(f"hai {kind} cùng mã hoặc cùng tên")
        return self

    @model_validator(mode="after")
    def _stages_can_be_weighed(self) -> Edition:
        for index, stage in enumerate(self.stages):
            if stage.level != "loi" and not self.can_weigh(stage.code):
                message = f"quy tắc “{stage.code}” không thể thử hoặc giảm nhẹ: ô sai thì không đọc được số"
                raise FieldError(message, "giai_doan_quy_tac", index, "ma")
        return self

    @model_validator(mode="after")
    def _attachments_unique(self) -> Edition:
        seen: set[str] = set()
        for index, attachment in enumerate(self.attachments):
            if attachment.id in seen:
                raise FieldError(f"hai tệp kèm theo cùng mã {attachment.id}", "kem_theo", index, "ma")
            seen.add(attachment.id)
        return self

    @model_validator(mode="after")
    def _answers_have_a_meaning(self) -> Edition:
        for s, sheet in enumerate(self.sheets):
            for t, table in enumerate(sheet.tables):
                if table.source is not Source.INDICATORS and table.source not in WORK:
                    continue
                for c, column in enumerate(table.columns):
                    known = self.words.meanings(column.id)
                    if known and (unknown := [choice for choice in column.choices if choice not in known]):
                        message = f"không hiểu lựa chọn “{unknown[0]}”; khai báo ở tu_ngu hoặc chọn trong: "
                        message += ", ".join(sorted(known))
                        raise FieldError(message, "trang", s, "bang", t, "cot", c, "lua_chon")
        return self

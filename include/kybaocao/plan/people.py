"""Who receives what leaves the system, and who approves and signs: `nguoi_nhan.yaml`, judged."""

from __future__ import annotations

from pydantic import Field, field_validator, model_validator

from kybaocao.plan.entry import Email, Entry, Text
from kybaocao.yaml_source import FieldError


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
    """Who receives the report, the collective letters and the operators' warnings; who approves and signs."""

    allowed_domains: tuple[Text, ...] = Field(alias="ten_mien_cho_phep", min_length=1)
    reply_to: Officer = Field(alias="can_bo_phu_trach")
    coordinator: tuple[Person, ...] = Field(alias="lanh_dao_so_tai_chinh", min_length=1)
    chairman: tuple[Person, ...] = Field(alias="chu_tich", min_length=1)
    ministry: tuple[Person, ...] = Field(alias="bo_tai_chinh", min_length=1)
    copies: tuple[Person, ...] = Field((), alias="dong_gui_bo_tai_chinh")
    operators: tuple[Person, ...] = Field(alias="van_hanh", min_length=1)
    approvers: tuple[Approver, ...] = Field((), alias="nguoi_phe_duyet")  # none named: whoever may run a pass
    signers: tuple[Signer, ...] = Field((), alias="nguoi_ky_bao_cao")  # of the ministry's document; none named: anybody
    # The step between, of a plan whose coordinator reports to UBND tỉnh first (`trinh_ubnd_tinh`, bao_cao.yaml).
    province: tuple[Person, ...] = Field((), alias="ubnd_tinh")  # receives the submission; none named: `chu_tich`
    province_approvers: tuple[Approver, ...] = Field((), alias="nguoi_tra_loi_ubnd_tinh")  # none named: `approvers`
    coordinator_signers: tuple[Signer, ...] = Field((), alias="nguoi_ky_bao_cao_trinh")  # none named: anybody
    is_two_people: bool = Field(False, alias="hai_nguoi_quyet_dinh")  # nobody decides, or signs, at both steps

    @field_validator("allowed_domains")
    @classmethod
    def _lower(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.lower().lstrip("@") for domain in domains)

    @model_validator(mode="after")
    def _two_can_decide(self) -> Recipients:
        accounts = {one.account for one in (*self.approvers, *self.province_approvers)}
        if self.is_two_people and self.approvers and len(accounts) == 1:
            raise FieldError(
                f"cần hai người quyết định nhưng nguoi_phe_duyet, nguoi_tra_loi_ubnd_tinh chỉ có tài khoản "
                f"“{next(iter(accounts))}”",
                "hai_nguoi_quyet_dinh",
            )
        return self

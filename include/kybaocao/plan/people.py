"""Who receives what leaves the system, and who approves and signs: `nguoi_nhan.yaml`, judged."""

from __future__ import annotations

from pydantic import Field, field_validator

from kybaocao.plan.entry import Email, Entry, Text


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
    signers: tuple[Signer, ...] = Field((), alias="nguoi_ky_bao_cao")  # none named: anybody

    @field_validator("allowed_domains")
    @classmethod
    def _lower(cls, domains: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain.lower().lstrip("@") for domain in domains)

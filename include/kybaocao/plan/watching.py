"""Who may see only some agencies in the console: `theo_doi.yaml`, judged. Without the file everybody sees all."""

from __future__ import annotations

from pydantic import Field, model_validator

from kybaocao.plan.entry import Code, Entry, Text
from kybaocao.yaml_source import FieldError

FILE = "theo_doi.yaml"


class Watching(Entry):
    """One account of Airflow, and the agencies that it follows: by code, by group of `ke_hoach.yaml`, or both."""

    account: Text = Field(alias="tai_khoan")
    agencies: tuple[Code, ...] = Field((), alias="co_quan")
    groups: tuple[Text, ...] = Field((), alias="nhom")
    note: str = Field("", alias="ghi_chu")

    @model_validator(mode="after")
    def _watches_somebody(self) -> Watching:
        if not self.agencies and not self.groups:
            raise FieldError("phải ghi co_quan hoặc nhom: tài khoản này được xem cơ quan nào", "tai_khoan")
        return self

"""bao_cao.yaml: the words of the report, judged when the plan is loaded."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from kybaocao.plan.agencies import AgencyKind
from kybaocao.plan.report_wording import ReportWording
from kybaocao.yaml_source import read_yaml
from tests.documents.sample import CONFIG


@pytest.fixture
def data() -> dict[str, Any]:
    found = read_yaml(CONFIG / "bao_cao.yaml").data
    assert isinstance(found, dict)
    return found


def test_a_blank_nothing_fills_is_refused_and_the_known_ones_are_named(data: dict[str, Any]) -> None:
    """A misspelt {…} is found when the plan is loaded, and the message says what may stand there."""
    data["trich_yeu"] = "Kết quả thực hiện {ki}"
    with pytest.raises(ValidationError, match=r"không điền được \{ki\}; chỗ điền được dùng: \{ky\}"):
        ReportWording.model_validate(data)


def test_two_documents_under_one_symbol_are_refused(data: dict[str, Any]) -> None:
    """Each body numbers its own series; files are named by the symbol, and one would take the other's place."""
    data["trinh_ubnd_tinh"]["ky_hieu"] = "/bc-ubnd"
    with pytest.raises(ValidationError, match="trùng với ký hiệu của báo cáo gửi Bộ Tài chính"):
        ReportWording.model_validate(data)


def test_an_unclosed_blank_is_refused(data: dict[str, Any]) -> None:
    """ "{ky" would stop the report on the day it is due."""
    data["trich_yeu"] = "Kết quả {ky"
    with pytest.raises(ValidationError, match="không cân"):
        ReportWording.model_validate(data)


def test_a_table_with_a_heading_too_few_is_refused(data: dict[str, Any]) -> None:
    """Headings and columns are counted against each other."""
    data["bang"]["van_ban"]["cot"].pop()
    with pytest.raises(ValidationError, match="bảng van_ban phải có 6 cột, đang ghi 5"):
        ReportWording.model_validate(data)


@pytest.mark.parametrize("kind", list(AgencyKind))
def test_every_kind_of_agency_has_a_name(data: dict[str, Any], kind: AgencyKind) -> None:
    """A kind without a name would leave its agencies out of the lists."""
    del data["loai_co_quan"][kind.value]
    with pytest.raises(ValidationError, match=kind.value):
        ReportWording.model_validate(data)


def test_recipients_begin_with_the_addressee_and_end_with_the_archive(data: dict[str, Any]) -> None:
    """Nghị định 30/2020, Phụ lục I, ô 9b: "Như trên" first when there is a Kính gửi, "Lưu" last."""
    recipients = ReportWording.model_validate(data).recipients
    assert recipients[0] == "Như trên"
    assert recipients[-1].startswith("Lưu: VT")
    assert not any("Bộ Tài chính" in recipient for recipient in recipients)


def test_loading_a_plan_loads_no_document_library() -> None:
    """DAG files load plans at parse time; docx, matplotlib and openpyxl cost seconds."""
    code = (
        "import sys, kybaocao.plan.load, kybaocao.documents.report.content, kybaocao.documents.package;"
        "print([m for m in ('docx', 'matplotlib', 'openpyxl') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

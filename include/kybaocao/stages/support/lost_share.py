"""The shared folders are gone as a whole: the disk that holds them is not mounted.

A pass would make every folder anew, on the disk below, and take what agencies have handed in for withdrawn.
"""

from __future__ import annotations

from kybaocao.inbox.shared_folders import is_plain_folder
from kybaocao.stages.support.form_issuing import is_open
from kybaocao.stages.support.passes import Pass
from kybaocao.store.forms import list_issued


class LostShareError(OSError):
    """No agency of the cycle has its folder any more. `meaning` and `advice` go into the operators' letter."""

    meaning = "ổ đĩa chứa thư mục dùng chung không được gắn, hoặc thư mục đã bị xóa"
    advice = "gắn lại ổ đĩa (mount) rồi chọn Clear, hoặc đợi lượt sau"


def require_share(p: Pass) -> None:
    """Raises LostShareError."""
    if said := describe_lost_share(p):
        raise LostShareError(said)


def describe_lost_share(p: Pass) -> str:
    """What is lost and what to do; "" when the folder of any agency that was given its form is there.

    Only of an open cycle: the folders of one that is over may have been put away.
    """
    if not is_open(p):
        return ""
    with p.store.read() as connection:
        issued = list_issued(connection, p.cycle.id)
    if not issued or any(is_plain_folder(p.home.cycle_folder(agency, p.cycle.id)) for agency in issued):
        return ""
    first = p.home.cycle_folder(min(issued), p.cycle.id)
    return (
        f"Không còn thư mục nào của các cơ quan trong {p.home.shared}: ổ đĩa chứa thư mục dùng chung có thể chưa được "
        "gắn (mount). Lượt này chưa làm gì, không tệp nào bị coi là rút lại. Xin gắn lại ổ đĩa, hoặc khôi phục thư mục "
        f"từ bản sao lưu; nếu đã mất hẳn, tạo một thư mục để hệ thống lập lại các thư mục khác: mkdir -p {first}"
    )

"""What Sở Tài chính writes in the sample season, where the software writes nothing. Invented, and marked so."""

from __future__ import annotations

from kybaocao.documents.report.open_slots import NEXT_WORK
from kybaocao.files import write_whole
from kybaocao.home import Home
from kybaocao.plan.report_document import Audience
from kybaocao.stages.support.report_files import CONTENT_FILES, list_waiting, load_contents

_MARK = "(nội dung mẫu)"
_NEXT_WORK = (
    f"Trong kỳ tới, UBND tỉnh tập trung chỉ đạo các nhiệm vụ trọng tâm sau {_MARK}:",
    "- Đôn đốc các sở, ngành, UBND các xã, phường hoàn thành các chỉ tiêu chưa đạt và các nhiệm vụ chậm tiến độ; "
    "gắn kết quả thực hiện với đánh giá trách nhiệm người đứng đầu.",
    "- Tiếp tục cắt giảm, đơn giản hóa thủ tục hành chính; nâng tỷ lệ hồ sơ trực tuyến toàn trình và chất lượng "
    "số hóa, khai thác dữ liệu.",
    "- Đối thoại định kỳ với doanh nghiệp, hợp tác xã, hộ kinh doanh; giải quyết dứt điểm khó khăn, vướng mắc "
    "thuộc thẩm quyền của tỉnh.",
)
_ELSEWHERE = (
    f"Sở Tài chính đã đôn đốc bằng văn bản; kết quả thực hiện được theo dõi và cập nhật vào báo cáo kỳ sau {_MARK}.",
)


def write_sample_words(cycle: str) -> tuple[str, ...]:
    """Fill every open slot of the last version, as an officer would; returns their labels."""
    home = Home.from_environment()
    path = home.supplement(cycle)
    newest = max(path.parent.glob(f"v*/{CONTENT_FILES[Audience.MINISTRY]}"))
    waiting = list_waiting(load_contents(newest.parent))
    lines = ["# DỮ LIỆU MẪU – KHÔNG SỬ DỤNG"]
    for label in waiting:
        words = _NEXT_WORK if label.startswith(NEXT_WORK) else _ELSEWHERE
        lines += ["", f"[{label}]", *words]
    write_whole(path, ("\n".join(lines) + "\n").encode())
    return waiting

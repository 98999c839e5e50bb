"""Every page of the console over the played season, by the path that shows it."""

from __future__ import annotations

from tests.conftest import CYCLE

HERE = f"/ky/{CYCLE}"
PAGES = {
    "overview": "/",
    "submissions": HERE,
    "submissions, filtered": f"{HERE}?tinh_trang=returned",
    "agency": f"{HERE}/co-quan/X-04183",
    "agency, accepted": f"{HERE}/co-quan/STC",
    "letters": f"{HERE}/thu",
    "letter": f"{HERE}/thu/1",
    "letters, sent again": f"{HERE}/thu/gui-lai-tat-ca",
    "report": f"{HERE}/bao-cao",
    "report, compiled now": f"{HERE}/bao-cao/lap-ngay",
    "approval": f"{HERE}/bao-cao/1/phe-duyet",
    "targets": f"{HERE}/chi-tieu",
    "target": f"{HERE}/chi-tieu/T13",
    "tasks": f"{HERE}/nhiem-vu",
    "task": f"{HERE}/nhiem-vu/IV.1.a",
    "pass": f"{HERE}/luot",
    "audit": f"{HERE}/nhat-ky",
    "refusal": "/ky/khong-co",
}

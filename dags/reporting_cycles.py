"""
### Kỳ báo cáo

Mỗi lượt chạy hỏi hai câu: **có gì mới** (tệp cơ quan vừa nộp) và **đến hạn việc gì** (nhắc, báo quá hạn,
tổng hợp). Chạy lại bao nhiêu lần cũng không gửi trùng, không mất gì.

| Tác vụ đỏ | Nghĩa là | Việc cần làm |
|---|---|---|
| Mở lượt | cấu hình hỏng hoặc không mở được kho dữ liệu | đọc log, sửa tệp nêu tên và dòng trong `include/config`, Clear |
| Thu tệp | không đọc được thư mục dùng chung | kiểm tra ổ đĩa, quyền, Clear |
| Kiểm tra, Đôn đốc [cơ quan] | lỗi của hệ thống, **không phải** tệp xấu; tên dòng nêu cơ quan nào | đọc log, Clear dòng đó: chỉ cơ quan chưa xong được làm lại; cơ quan khác không bị ảnh hưởng |
| Tổng hợp, Lập báo cáo | lỗi của hệ thống | đọc log, Clear |
| Gửi thư, Gửi Sở Tài chính, Trình UBND tỉnh, Gửi Bộ Tài chính | máy chủ thư không nhận | kiểm tra kết nối `kybaocao_smtp`; thư vẫn chờ, hệ thống tự mở lượt gửi tiếp |

Tệp xấu của cơ quan là chuyện thường: tác vụ vẫn xanh, cơ quan được trả lời. Tên dòng nói kết quả ("trả lại, 3 lỗi"), nhật
ký của dòng có từng lỗi, ghi chú của lượt có tổng số; xem thêm `python -m kybaocao status`.
**Clear**: giữ mục Downstream như Airflow đề xuất để các tác vụ sau chạy tiếp; dùng được cả khi lượt đã đỏ, đang đợi duyệt
hoặc đã xong. Tác vụ đỏ hẳn, lượt chạy quá lâu, lượt phải đợi là một thư cho tổ vận hành; máy chủ thư ngừng thì không thư
nào báo được: **Gửi thư đỏ** và dòng “Máy chủ thư không nhận thư” của `status`. Tác vụ treo được dừng sau 20 phút
(gửi thư: 60 phút) rồi thử lại; trong một nhóm, mỗi cơ quan có 20 phút của mình. **Kiểm tra xong** chỉ đợi các dòng Kiểm tra kết thúc, kể cả đỏ.
**Phê duyệt**, **UBND tỉnh ký** tím (deferred) là đang đợi người duyệt, đợi UBND tỉnh ký (Required Actions); có phiên
bản mới hơn thì câu hỏi cũ tự đóng (skipped).
Chạy tay: Trigger; thời điểm luôn lấy từ đồng hồ. DAG khác chạy tiếp sau khi phát hành: theo Asset `phat_hanh_<mã kỳ>`.
"""

import pendulum
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Asset, AssetOrTimeSchedule, AssetWatcher, Param, dag, get_parsing_context, task

from kybaocao.adapters import operator_letters, rows, tasks
from kybaocao.adapters.approval import ReportApproval
from kybaocao.adapters.inbox_trigger import InboxTrigger, name_inbox_asset
from kybaocao.adapters.milestones import MilestoneTimetable
from kybaocao.adapters.task_limits import LIMIT, ONE_AT_A_TIME, ONE_MAILER, RETRIES, limit_rows
from kybaocao.home import is_replay_system
from kybaocao.plan.load import cycles_in_force, has_submission, list_plan_folders

MOMENT = Param(None, type=["null", "string"], title="Thời điểm (để trống: bây giờ)")  # replays only


def build_cycle(cycle, warnings, has_submission):
    watcher = AssetWatcher(name=f"theo_doi_{cycle.id}", trigger=InboxTrigger(cycle.id))
    inbox = Asset(name_inbox_asset(cycle.id), watchers=[watcher])
    release = Asset(tasks.name_release_asset(cycle.id))  # what DAGs of other teams may follow

    @dag(
        dag_id=cycle.id,
        dag_display_name=cycle.title,
        description=f"Thu, kiểm tra, tổng hợp, đôn đốc và phát hành báo cáo {cycle.name}",
        doc_md=__doc__ + warnings,
        # KYBAOCAO_REPLAY=1 (demonstrations, tests): only passes asked for, each with its own as_of.
        schedule=None
        if is_replay_system()
        else AssetOrTimeSchedule(timetable=MilestoneTimetable(cycle.id), assets=[inbox]),
        start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Ho_Chi_Minh"),
        catchup=True,
        max_active_runs=16,
        default_args={"owner": "Sở Tài chính", "on_failure_callback": [operator_letters.FailureLetter()], **RETRIES},
        user_defined_macros={"name_row": rows.name_row},
        tags=tasks.name_tags(cycle),
        params={
            "report": Param(False, type="boolean", title="Lập báo cáo ngay dù chưa đến hạn"),
            **({"as_of": MOMENT} if is_replay_system() else {}),
        },
    )
    def reporting_cycle():
        opened = task(tasks.open_pass, task_display_name="Mở lượt", **ONE_AT_A_TIME)(cycle=cycle.id)
        waiting = task(tasks.collect, task_display_name="Thu tệp", **ONE_AT_A_TIME)(opened=opened)
        validated = (
            task(tasks.validate, task_display_name="Kiểm tra", map_index_template=rows.ROW, **limit_rows())
            .partial(opened=opened)
            .expand(agencies=waiting)
        )
        # all_done: an agency whose file we fail at stays red, unanswered and without reminders; all others go on.
        judged = EmptyOperator(task_id="judged", task_display_name="Kiểm tra xong", trigger_rule="all_done")
        # none_failed: nothing to validate is a pass like any other; files we failed to collect stop the figures.
        aggregated = task(tasks.aggregate, task_display_name="Tổng hợp", trigger_rule="none_failed", **ONE_AT_A_TIME)(
            opened=opened
        )
        escalated = (
            task(tasks.escalate, task_display_name="Đôn đốc", map_index_template=rows.ROW, **LIMIT)
            .partial(opened=opened)
            .expand(agencies=aggregated)
        )
        # all_done: mail that is due goes out even when one agency's task failed.
        delivered = task(tasks.deliver_mail, task_display_name="Gửi thư", trigger_rule="all_done", **ONE_MAILER)(
            opened=opened
        )
        version = task(tasks.compile_report, task_display_name="Lập báo cáo", **ONE_AT_A_TIME)(
            opened=opened, snapshot=aggregated["snapshot"], is_asked="{{ params.report }}"
        )
        first = task(tasks.publish_to_so_tai_chinh, task_display_name="Gửi Sở Tài chính", **ONE_MAILER)(
            opened=opened, version=version
        )
        approve = decided = ReportApproval(task_id="approve", task_display_name="Phê duyệt")
        if has_submission:  # mục IV.3: the coordinator reports to UBND tỉnh, UBND tỉnh to the ministry
            submitted = task(tasks.submit_to_ubnd_tinh, task_display_name="Trình UBND tỉnh", **ONE_MAILER)(
                opened=opened, decision=approve.output
            )
            decided = ReportApproval(task_id="sign", task_display_name="UBND tỉnh ký")
            approve >> submitted >> decided
        last = task(
            tasks.publish_to_bo_tai_chinh, task_display_name="Gửi Bộ Tài chính", outlets=[release], **ONE_MAILER
        )(opened=opened, decision=decided.output)

        opened >> waiting >> validated >> judged >> aggregated >> escalated >> delivered
        waiting >> aggregated
        aggregated >> version >> first >> approve
        decided >> last

    return reporting_cycle()


wanted = get_parsing_context().dag_id  # a task needs only its own DAG
for folder in list_plan_folders():
    cycles, problems = cycles_in_force(folder)
    notes = "".join(f"\n\n**Cấu hình có lỗi:** {problem}" for problem in problems)
    for cycle in cycles:
        if wanted in (None, cycle.id):
            globals()[cycle.id.replace("-", "_")] = build_cycle(cycle, notes, has_submission(folder))

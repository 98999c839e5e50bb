"""`reconcile`: what a restored store does not know, and the decision whether it counts."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from typing import Any

from kybaocao.cli.command import SignedArguments, UsageError, add_signature, now, print_json, read_signature
from kybaocao.home import Home
from kybaocao.store.database import Store, open_store

NAME = "reconcile"
HELP = "Sau khi khôi phục: xem những gì kho dữ liệu không biết, quyết định có tính là đã làm, đã gửi hay không"
_SHOWN = 20


@dataclass(frozen=True)
class Arguments(SignedArguments):
    take: bool
    forget: bool


def add_arguments(command: argparse.ArgumentParser) -> None:
    choice = command.add_mutually_exclusive_group()
    choice.add_argument(
        "--take", action="store_true", help="tính là đã nhận, đã gửi, đã phát hành: ghi tiếp theo sổ ghi"
    )
    choice.add_argument(
        "--forget", action="store_true", help="không tính: kho như bản sao lưu, thư có thể được gửi lại"
    )
    add_signature(command, required=False)


def run(arguments: Arguments) -> int:
    """Without a decision it only shows. Exit status 0: nothing is undecided any more; 1: a decision is needed."""
    from kybaocao.backup.reconciling import UndecidableError, find_unknown, set_journal_aside, take_journal
    from kybaocao.store.audit_chain import accept_head
    from kybaocao.store.journal import JournalDamagedError

    home = Home.from_environment()
    store = open_store(home)
    if not home.has_store:
        raise UsageError(f"chưa có kho dữ liệu ở {home.root}")
    store.upgrade()
    try:
        if not (arguments.take or arguments.forget):
            unknown = find_unknown(store)
            _show(store, unknown, is_json=arguments.json)
            return 1 if unknown.is_undecided else 0
        by, reason = read_signature(arguments)
        decide = take_journal if arguments.take else set_journal_aside
        unknown = decide(store, at=now(), by=by, reason=reason)
        accept_head(store, home.audit_head)  # the row of the decision says why the trail ends elsewhere now
    except UndecidableError as error:
        raise UsageError(str(error)) from None
    except JournalDamagedError as error:
        raise UsageError(f"sổ ghi bị hỏng ({error}); xem: python -m kybaocao verify") from None
    if arguments.json:
        print_json(_as_dict(unknown) | {"decision": "take" if arguments.take else "forget"})
    elif arguments.take:
        print(
            f"Kho dữ liệu đã được ghi tiếp theo sổ ghi: {len(unknown.changes)} thay đổi; "
            f"{len(unknown.letters)} thư tính là đã gửi. Hệ thống chạy tiếp từ lượt tới."
        )
    else:
        print(
            f"Kho dữ liệu được dùng như bản sao lưu; {len(unknown.letters)} thư kho không biết không tính là đã gửi, "
            "có thể được gửi lại. Sổ ghi cũ được giữ lại. Hệ thống chạy tiếp từ lượt tới."
        )
    return 0


def _as_dict(unknown: Any) -> dict[str, Any]:
    return {
        "undecided": unknown.is_undecided,
        "can_take": unknown.is_related,
        "restored": dict(unknown.restored),
        "changes": len(unknown.changes),
        "files": unknown.count("arrivals"),
        "report_versions": unknown.count("report_versions"),
        "publications": unknown.count("publications"),
        "letters": [asdict(one) for one in unknown.letters],
    }


def _show(store: Store, unknown: Any, *, is_json: bool) -> None:
    if is_json:
        print_json(_as_dict(unknown))
        return
    if not unknown.is_undecided:
        print("Kho dữ liệu khớp với sổ ghi; không có gì phải quyết định.")
        return
    if unknown.restored:
        print(f"Kho được khôi phục từ bản sao lưu lúc {unknown.restored['made_at']} ({unknown.restored['by']}).")
    if not unknown.is_related and store.journal.path.exists():
        print("Sổ ghi cạnh kho không nối tiếp kho này nên không ghi tiếp được.")
    if not unknown.changes:
        print(
            "Sổ ghi không có gì mới hơn kho. Nếu sau bản sao lưu hệ thống còn chạy ở nơi khác, thư đã gửi từ lúc đó sẽ "
            "được gửi lại; xin đối chiếu với máy chủ thư trước khi quyết định."
        )
    print(
        f"Kho không biết: {unknown.count('arrivals')} tệp đã nhận, {len(unknown.letters)} thư đã gửi, "
        f"{unknown.count('report_versions')} phiên bản báo cáo, {unknown.count('publications')} lần phát hành."
    )
    for one in unknown.letters[:_SHOWN]:
        when = f"gửi lúc {one.sent_at} (UTC)" if one.sent_at else "có thể đã gửi"
        print(f"  {one.subject or one.message_id} → {', '.join(one.recipients)}; {when}")
    if len(unknown.letters) > _SHOWN:
        print(f"  … và {len(unknown.letters) - _SHOWN} thư khác")
    print(
        "Tính là đã làm, đã gửi (nên chọn): python -m kybaocao reconcile --take --by HỌ_TÊN --reason LÝ_DO\n"
        "Không tính, có thể gửi lại:        python -m kybaocao reconcile --forget --by HỌ_TÊN --reason LÝ_DO"
    )

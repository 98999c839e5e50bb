"""Who may sign in and approve, as far as it can be known without a running server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from kybaocao.doctor.probing import Answer, Setting, bad, doubtful, good

SHORTEST = 8
_COMMON = {"admin", "airflow", "password", "matkhau", "mat-khau", "kybaocao", "12345678", "123456789", "changeme"}
_SIMPLE, _NAMED = "SimpleAuthManager", "NamedAccounts"
_ASK_AGAIN = "chạy lệnh này trong môi trường của Airflow, ví dụ: docker compose exec watch python -m kybaocao doctor"


@dataclass(frozen=True)
class Accounts:
    """Airflow's accounts as its settings say."""

    manager: str  # the class that checks accounts
    roles: Mapping[str, str]  # account -> role
    passwords: Mapping[str, str] | None  # None: the file cannot be read
    passwords_file: str
    why_unread: str = ""
    is_everybody_admin: bool = False
    deciders: frozenset[str] = frozenset()  # whose role may answer a question


def probe_accounts(setting: Setting, read_accounts: Callable[[], Accounts]) -> Iterator[Answer]:
    """Whether approvers exist, and whether the passwords are readable and hard to guess."""
    try:
        accounts = read_accounts()
    except LookupError as error:
        yield doubtful(f"chưa biết tài khoản Airflow: {error}", _ASK_AGAIN)
        return
    if accounts.is_everybody_admin:
        yield bad(
            "ai vào Airflow cũng là quản trị (simple_auth_manager_all_admins)",
            "bỏ AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS",
        )
    if not accounts.manager.endswith((_SIMPLE, _NAMED)):
        yield doubtful(
            f"tài khoản do {accounts.manager.rpartition('.')[2]} quản lý, không kiểm tra được từ đây",
            "tự kiểm tra các tài khoản ở nguoi_phe_duyet, nguoi_tra_loi_ubnd_tinh (nguoi_nhan.yaml) vào được hệ thống",
        )
        return
    yield good("tài khoản: " + (", ".join(f"{name} ({role})" for name, role in accounts.roles.items()) or "không có"))
    yield from _probe_approvers(setting, accounts)
    if accounts.manager.endswith(_SIMPLE):
        yield from _probe_passwords(accounts)


def _probe_approvers(setting: Setting, accounts: Accounts) -> Iterator[Answer]:
    for plan in setting.plans:
        people = plan.recipients
        named = [(one.account, "nguoi_phe_duyet") for one in people.approvers] if people else []
        named += [(one.account, "nguoi_tra_loi_ubnd_tinh") for one in people.province_approvers] if people else []
        for account, key in named:
            if account not in accounts.roles:
                yield bad(
                    f"{plan.id}: tài khoản phê duyệt “{account}” ({key}) không có trong Airflow",
                    "thêm tài khoản (sổ tay vận hành, phần 1.9), hoặc sửa nguoi_nhan.yaml",
                )
            elif account not in accounts.deciders:
                role = accounts.roles[account] or "không vai trò"
                yield bad(
                    f"{plan.id}: tài khoản phê duyệt “{account}” chỉ được xem ({role}) nên không trả lời được",
                    "đổi vai trò thành user" if accounts.manager.endswith(_SIMPLE) else "thêm vai trò LanhDao",
                )
            else:
                yield good(f"{plan.id}: tài khoản phê duyệt “{account}” có trong Airflow")


def _probe_passwords(accounts: Accounts) -> Iterator[Answer]:
    if accounts.passwords is None:
        yield doubtful(
            f"không đọc được tệp mật khẩu {accounts.passwords_file}: {accounts.why_unread}",
            f"tệp chỉ cần api-server đọc được; {_ASK_AGAIN}",
        )
        return
    without = [name for name in accounts.roles if not accounts.passwords.get(name)]
    weak = [name for name, password in accounts.passwords.items() if name in accounts.roles and is_weak(name, password)]
    for name in without:
        yield doubtful(
            f"tài khoản “{name}” chưa có mật khẩu", "Airflow sẽ tự sinh và ghi vào log khi khởi động; đặt trước"
        )
    for name in weak:
        yield bad(
            f"mật khẩu của “{name}” dễ đoán hoặc ngắn hơn {SHORTEST} ký tự", "đổi mật khẩu, ví dụ: openssl rand -hex 12"
        )
    if not without and not weak:
        yield good("mọi tài khoản có mật khẩu riêng, không phải mật khẩu mặc định")


def is_weak(name: str, password: str) -> bool:
    """Shorter than eight characters, the account's own name, or what everybody tries first."""
    lower = password.lower()
    return len(password) < SHORTEST or lower in _COMMON or lower.strip("0123456789") in {name.lower(), *_COMMON}

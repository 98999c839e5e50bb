"""Mẫu: đăng nhập một lần (OpenID Connect) qua máy chủ xác thực của tỉnh, ví dụ Keycloak.

1. Chép vào thư mục cấu hình (KYBAOCAO_CONFIG), sửa các dòng có [sửa], chmod a+r.
2. Trong .env: ACCOUNTS_CONFIG=/opt/airflow/cau-hinh/dang_nhap_oidc.py; rồi docker compose up -d --wait.
3. Cần thư viện authlib trong ảnh: thêm dòng “authlib” vào requirements.in, make lock, docker compose build.
4. Ở máy chủ xác thực, địa chỉ quay về: https://địa-chỉ-của-hệ-thống/auth/oauth-authorized/keycloak

preferred_username phải đúng như tai_khoan trong nguoi_nhan.yaml; groups là các nhóm trong AUTH_ROLES_MAPPING.
Vai trò tính lại mỗi lần đăng nhập. Giới hạn số lần thử mật khẩu do máy chủ xác thực làm. /auth/token (cho chương trình)
vẫn chỉ nhận tài khoản có mật khẩu riêng, như admin.
"""

from pathlib import Path

from flask_appbuilder.const import AUTH_OAUTH

REALM = "https://dang-nhap.example.vn/realms/tinh"  # [sửa]

AUTH_TYPE = AUTH_OAUTH
OAUTH_PROVIDERS = [
    {
        "name": "keycloak",  # FAB đọc tên, nhóm theo loại máy chủ này
        "icon": "fa-key",
        "token_key": "access_token",
        "remote_app": {
            "client_id": "kybaocao",  # [sửa]
            "client_secret": (Path(__file__).parent / "oidc_secret").read_text().strip(),  # cạnh tệp này, không vào git
            "server_metadata_url": f"{REALM}/.well-known/openid-configuration",
            "api_base_url": f"{REALM}/protocol/",
            "client_kwargs": {"scope": "openid email profile groups"},
        },
    }
]

AUTH_USER_REGISTRATION = True  # lần đăng nhập đầu thì tạo tài khoản
AUTH_USER_REGISTRATION_ROLE = "Public"  # không thuộc nhóm nào dưới đây: không được gì
AUTH_ROLES_SYNC_AT_LOGIN = True
AUTH_ROLES_MAPPING = {  # [sửa] nhóm → vai trò
    "kbc-van-hanh": ["VanHanh"],
    "kbc-lanh-dao": ["LanhDao"],
    "kbc-kiem-tra": ["KiemTra"],
}

WTF_CSRF_ENABLED = True
RATELIMIT_STORAGE_URI = "memory://"

"""Mẫu: đăng nhập một lần (OpenID Connect) qua máy chủ xác thực của tỉnh, ví dụ Keycloak.

1. Chép vào thư mục cấu hình (KYBAOCAO_CONFIG), sửa các dòng có [sửa], chmod a+r.
2. Trong .env: ACCOUNTS_CONFIG=/opt/airflow/cau-hinh/dang_nhap_oidc.py; rồi docker compose up -d --wait.
3. Cần thư viện authlib trong ảnh: thêm dòng “authlib” vào requirements.in, make lock, docker compose build.
4. Ở máy chủ xác thực, địa chỉ quay về: https://địa-chỉ-của-hệ-thống/auth/oauth-authorized/keycloak
   (proxy phải gửi Host, X-Forwarded-Proto như docs/mau/nginx-ky-bao-cao.conf).
5. Máy chủ xác thực phải cho biết nhóm ở userinfo, mục groups (chỉ có trong id token thì không đọc), khi được hỏi scope
   groups. Keycloak: client scope tên groups, mapper Group Membership: bật Add to userinfo, tắt Full group path.

preferred_username phải đúng như tai_khoan trong nguoi_nhan.yaml, viết thường; groups là các nhóm trong
AUTH_ROLES_MAPPING. Vai trò tính lại mỗi lần đăng nhập, có hiệu lực sau chừng 30 giây. Người đã ra khỏi nhóm mà không
đăng nhập lại thì phiên cũ còn quyền, lâu nhất 12 giờ; cần cắt trong 30 giây:
docker compose exec api-server airflow users delete -u tài-khoản. Số lần thử mật khẩu do máy chủ xác thực giới hạn.
Trang đăng nhập không còn ô mật khẩu; /auth/token (cho chương trình) vẫn nhận tài khoản có mật khẩu riêng, như admin.
Máy chủ xác thực hỏng: trả ACCOUNTS_CONFIG về giá trị cũ, docker compose up -d --wait, rồi vào bằng admin.

Đã chạy thử với oidc-provider 9.13 (đặt địa chỉ như của Keycloak), authlib 1.9, nginx 1.22; chưa thử với Keycloak.
"""

from pathlib import Path

from airflow.configuration import conf
from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from flask import current_app
from flask_appbuilder.const import AUTH_OAUTH
from werkzeug.middleware.proxy_fix import ProxyFix

REALM = "https://dang-nhap.example.vn/realms/tinh"  # [sửa]

AUTH_TYPE = AUTH_OAUTH
OAUTH_PROVIDERS = [
    {
        "name": "keycloak",  # FAB đọc tên, nhóm theo loại máy chủ này
        "icon": "fa-key",
        "token_key": "access_token",
        "remote_app": {
            "client_id": "kybaocao",  # [sửa]
            "client_secret": (Path(__file__).parent / "oidc_secret")
            .read_text()
            .strip(),  # cạnh tệp này; bản sao lưu có tệp ấy
            "server_metadata_url": f"{REALM}/.well-known/openid-configuration",
            "api_base_url": f"{REALM}/protocol/",
            "client_kwargs": {"scope": "openid email profile groups", "default_timeout": 10},
        },
    }
]
current_app.wsgi_app = ProxyFix(current_app.wsgi_app, x_for=0)  # sau proxy có TLS, địa chỉ quay về là https

AUTH_USER_REGISTRATION = True  # lần đăng nhập đầu thì tạo tài khoản
AUTH_USER_REGISTRATION_ROLE = "Public"  # không thuộc nhóm nào dưới đây: không được gì
AUTH_ROLES_SYNC_AT_LOGIN = True
AUTH_ROLES_MAPPING = {  # [sửa] nhóm → vai trò
    "kbc-van-hanh": ["VanHanh"],
    "kbc-lanh-dao": ["LanhDao"],
    "kbc-kiem-tra": ["KiemTra"],
}


class SECURITY_MANAGER_CLASS(FabAirflowSecurityManagerOverride):  # noqa: N801 - tên do Airflow đặt
    """Người tên admin ở máy chủ xác thực không phải admin ở đây: không vào được, không đổi được vai trò của admin."""

    def auth_user_oauth(self, userinfo, rotate_session_id=True):
        name = userinfo["username"].strip().casefold()
        return None if name == "admin" else super().auth_user_oauth(userinfo | {"username": name}, rotate_session_id)


WTF_CSRF_ENABLED = True
SESSION_COOKIE_SECURE = conf.get("api", "base_url").startswith("https://")
RATELIMIT_STORAGE_URI = "memory://"

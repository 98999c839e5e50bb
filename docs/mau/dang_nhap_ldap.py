"""Mẫu: đăng nhập bằng tài khoản LDAP (Active Directory) của tỉnh, thay mật khẩu riêng.

1. Chép vào thư mục cấu hình (KYBAOCAO_CONFIG), sửa các dòng có [sửa], chmod a+r.
2. Trong .env: ACCOUNTS_CONFIG=/opt/airflow/cau-hinh/dang_nhap_ldap.py; rồi docker compose up -d --wait.
3. Cần thư viện python-ldap: ảnh apache/airflow đầy đủ có sẵn, ảnh slim thì không (trang web sẽ không khởi động).

Tên đăng nhập (AUTH_LDAP_UID_FIELD) phải đúng như tai_khoan trong nguoi_nhan.yaml, viết thường, chỉ gồm a-z, 0-9, “.”,
“_”, “-”; khi đăng nhập gõ hoa hay thường đều được. Vai trò do nhóm LDAP quyết định, tính lại mỗi lần đăng nhập, có hiệu
lực sau chừng 30 giây. Người đã ra khỏi nhóm mà không đăng nhập lại thì phiên cũ còn quyền, lâu nhất 12 giờ (thẻ của
/auth/token: 24 giờ); cần cắt trong 30 giây: docker compose exec api-server airflow users delete -u tài-khoản.
Riêng admin luôn dùng mật khẩu riêng, không hỏi LDAP: vẫn vào được khi LDAP hỏng. Mật khẩu riêng của các tài khoản khác
không còn dùng được.

Đã chạy thử với slapd 2.5.13 (Debian 12), python-ldap 3.4, ldaps và StartTLS; chưa thử với Active Directory.
"""

import re
from pathlib import Path

import ldap
from airflow.configuration import conf
from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from flask import request
from flask_appbuilder.const import AUTH_LDAP
from flask_limiter.util import get_remote_address

AUTH_TYPE = AUTH_LDAP
AUTH_LDAP_SERVER = "ldaps://ldap.example.vn"  # [sửa] hoặc ldap:// và thêm AUTH_LDAP_USE_TLS = True
AUTH_LDAP_ALLOW_SELF_SIGNED = False
AUTH_LDAP_TLS_CACERTFILE = str(Path(__file__).parent / "ldap_ca.pem")  # CA đã cấp chứng thư cho máy chủ LDAP
AUTH_LDAP_SEARCH = "OU=CanBo,DC=example,DC=vn"  # [sửa]
AUTH_LDAP_UID_FIELD = "sAMAccountName"  # [sửa] OpenLDAP: uid
AUTH_LDAP_BIND_USER = "CN=kybaocao,OU=DichVu,DC=example,DC=vn"  # [sửa] tài khoản chỉ để tra cứu
AUTH_LDAP_BIND_PASSWORD = (
    (Path(__file__).parent / "ldap_password").read_text().strip()
)  # cạnh tệp này; bản sao lưu có tệp ấy
AUTH_LDAP_GROUP_FIELD = "memberOf"
ldap.set_option(ldap.OPT_NETWORK_TIMEOUT, 5)  # giây; máy chủ LDAP tắt thì trang đăng nhập không phải đợi lâu
ldap.set_option(ldap.OPT_TIMEOUT, 5)

AUTH_USER_REGISTRATION = True  # lần đăng nhập đầu thì tạo tài khoản
AUTH_USER_REGISTRATION_ROLE = "Public"  # không thuộc nhóm nào dưới đây: không được gì
AUTH_ROLES_SYNC_AT_LOGIN = True
AUTH_ROLES_MAPPING = {  # [sửa] nhóm LDAP → vai trò; tên nhóm đúng từng chữ hoa, thường như ldapsearch in ở memberOf
    "CN=kbc-van-hanh,OU=Nhom,DC=example,DC=vn": ["VanHanh"],
    "CN=kbc-lanh-dao,OU=Nhom,DC=example,DC=vn": ["LanhDao"],
    "CN=kbc-kiem-tra,OU=Nhom,DC=example,DC=vn": ["KiemTra"],
}


class SECURITY_MANAGER_CLASS(FabAirflowSecurityManagerOverride):  # noqa: N801 - tên do Airflow đặt
    """LDAP coi nhiều cách gõ là một người: chỉ một cách được nhận, để mỗi người có một tài khoản, một số lần thử."""

    def auth_user_ldap(self, username, password, rotate_session_id=True):
        name = username.strip().casefold()
        if name == "admin":
            return self.auth_user_db(name, password, rotate_session_id)
        if not re.fullmatch(r"[a-z0-9._-]+", name):
            return None
        return super().auth_user_ldap(name, password, rotate_session_id)

    def auth_user_db(self, username, password, rotate_session_id=True):
        return super().auth_user_db(username, password, rotate_session_id) if username == "admin" else None


WTF_CSRF_ENABLED = True
SESSION_COOKIE_SECURE = conf.get("api", "base_url").startswith("https://")
RATELIMIT_STORAGE_URI = "memory://"


def RATELIMIT_KEY_FUNC() -> str:  # noqa: N802 - tên do Flask đặt; giới hạn theo tài khoản
    return request.form.get("username", "").strip().casefold() or str(get_remote_address())

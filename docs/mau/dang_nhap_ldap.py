"""Mẫu: đăng nhập bằng tài khoản LDAP (Active Directory) của tỉnh, thay mật khẩu riêng.

1. Chép vào thư mục cấu hình (KYBAOCAO_CONFIG), sửa các dòng có [sửa], chmod a+r.
2. Trong .env: ACCOUNTS_CONFIG=/opt/airflow/cau-hinh/dang_nhap_ldap.py; rồi docker compose up -d --wait.
3. Cần thư viện python-ldap: ảnh apache/airflow đầy đủ có sẵn, ảnh slim thì không.

Tên đăng nhập (AUTH_LDAP_UID_FIELD) phải đúng như tai_khoan trong nguoi_nhan.yaml. Vai trò do nhóm LDAP quyết định,
tính lại mỗi lần đăng nhập: ai ra khỏi nhóm thì mất quyền. Tài khoản admin riêng vẫn vào được khi LDAP hỏng.
"""

from pathlib import Path

from flask import request
from flask_appbuilder.const import AUTH_LDAP
from flask_limiter.util import get_remote_address

AUTH_TYPE = AUTH_LDAP
AUTH_LDAP_SERVER = "ldaps://ldap.example.vn"  # [sửa]
AUTH_LDAP_ALLOW_SELF_SIGNED = False
AUTH_LDAP_SEARCH = "OU=CanBo,DC=example,DC=vn"  # [sửa]
AUTH_LDAP_UID_FIELD = "sAMAccountName"  # [sửa] OpenLDAP: uid
AUTH_LDAP_BIND_USER = "CN=kybaocao,OU=DichVu,DC=example,DC=vn"  # [sửa] tài khoản chỉ để tra cứu
AUTH_LDAP_BIND_PASSWORD = (Path(__file__).parent / "ldap_password").read_text().strip()  # cạnh tệp này, không vào git
AUTH_LDAP_GROUP_FIELD = "memberOf"

AUTH_USER_REGISTRATION = True  # lần đăng nhập đầu thì tạo tài khoản
AUTH_USER_REGISTRATION_ROLE = "Public"  # không thuộc nhóm nào dưới đây: không được gì
AUTH_ROLES_SYNC_AT_LOGIN = True
AUTH_ROLES_MAPPING = {  # [sửa] nhóm LDAP → vai trò
    "CN=kbc-van-hanh,OU=Nhom,DC=example,DC=vn": ["VanHanh"],
    "CN=kbc-lanh-dao,OU=Nhom,DC=example,DC=vn": ["LanhDao"],
    "CN=kbc-kiem-tra,OU=Nhom,DC=example,DC=vn": ["KiemTra"],
}

WTF_CSRF_ENABLED = True
RATELIMIT_STORAGE_URI = "memory://"


def RATELIMIT_KEY_FUNC() -> str:  # noqa: N802 - tên do Flask đặt; giới hạn theo tài khoản
    return request.form.get("username", "").strip().casefold() or str(get_remote_address())

"""How people log in to the production system: names and passwords in Airflow's database.

LDAP or OpenID Connect instead: docs/mau/dang_nhap_ldap.py, docs/mau/dang_nhap_oidc.py, and ACCOUNTS_CONFIG in `.env`.
"""

from airflow.configuration import conf
from flask import request
from flask_appbuilder.const import AUTH_DB
from flask_limiter.util import get_remote_address

AUTH_TYPE = AUTH_DB
AUTH_USER_REGISTRATION = False
WTF_CSRF_ENABLED = True
SESSION_COOKIE_SECURE = conf.get("api", "base_url").startswith("https://")  # behind a proxy with TLS, by TLS alone
FAB_PASSWORD_COMPLEXITY_ENABLED = True  # of passwords that are changed on the pages
RATELIMIT_STORAGE_URI = "memory://"  # one process serves the pages


def RATELIMIT_KEY_FUNC() -> str:  # noqa: N802 - the name that Flask asks for
    """Limited is the account: behind a proxy everybody has the same address, and would wait with the culprit."""
    return request.form.get("username", "").strip().casefold() or str(get_remote_address())

#!/usr/bin/env bash
# Sinh mật khẩu và khóa cho docker-compose.yaml, mỗi bí mật một tệp. Chạy trong thư mục mã nguồn, bằng tài khoản dùng Docker.
#
#   docs/mau/tao-bi-mat.sh            vào ./secrets
#   docs/mau/tao-bi-mat.sh THƯ_MỤC    nơi khác; ghi KYBAOCAO_SECRETS=THƯ_MỤC trong .env
#
# Chạy lại được: tệp đã có giữ nguyên. Nâng cấp từ bản cũ: giá trị còn trong .env được chép sang, rồi xóa khỏi .env.
# Thư mục chỉ người tạo vào được; tệp bên trong đọc được, vì mỗi dịch vụ chạy bằng một tài khoản riêng trong Docker.
set -euo pipefail
FOLDER=${1:-secrets}
ENV_FILE=${ENV_FILE:-.env}
mkdir -p -m 700 "$FOLDER"

earlier() { # the value that an .env of an earlier version holds; "" for none
  [ ! -f "$ENV_FILE" ] || sed -n "s/^$1=//p" "$ENV_FILE" | tail -n 1
}
make_secret() { # FILE NAME_IN_AN_EARLIER_.ENV COMMAND…
  local path=$FOLDER/$1 value
  [ ! -e "$path" ] || { echo "giữ nguyên  $path"; return; }
  value=$(earlier "$2")
  if [ -n "$value" ]; then echo "từ $ENV_FILE   $path"; else value=$("${@:3}"); echo "mới         $path"; fi
  printf %s "$value" >"$path"
  chmod 444 "$path"
}
fernet() { openssl rand -base64 32 | tr '+/' '-_'; }

make_secret postgres_password POSTGRES_PASSWORD openssl rand -hex 24
make_secret airflow_db_password AIRFLOW_DB_PASSWORD openssl rand -hex 24
make_secret kybaocao_db_password KYBAOCAO_DB_PASSWORD openssl rand -hex 24
make_secret redis_password REDIS_PASSWORD openssl rand -hex 24
make_secret airflow_fernet_key AIRFLOW_FERNET_KEY fernet
make_secret airflow_jwt_secret AIRFLOW_JWT_SECRET openssl rand -hex 64
make_secret airflow_secret_key AIRFLOW_SECRET_KEY openssl rand -hex 32
make_secret admin_password ADMIN_PASSWORD openssl rand -hex 12
make_secret smtp_password SMTP_PASSWORD true # máy chủ thư cấp; trống nếu không cần / given by the mail server

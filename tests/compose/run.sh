#!/usr/bin/env bash
# Really runs docker-compose.yaml, proves it, and takes everything down again.
#
#   tests/compose/run.sh [probe|cycle]
#
#   probe   (default) the stack: refusals, start, health, login, a task on the Celery worker, its mail and row, restarts
#   cycle   the same stack plays the whole sample season
#
# ENGINE= (empty)   a Docker engine from Debian packages in a scratch folder, with stand-in images (root, Debian 12)
# ENGINE=DIR        the same, already started there by engine.sh; left running
# ENGINE=host       the Docker engine of this machine, with the official images
set -euo pipefail
what=${1:-probe}
[ "$what" != cycle ] || export KYBAOCAO_REPLAY=1
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
scratch=$(mktemp -d /tmp/kybaocao-compose.XXXXXX)
engine=${ENGINE:-$scratch/engine}
compose=(docker compose --ansi never -p "kybaocao-thu-$$" --project-directory "$root" --env-file "$scratch/env" --profile thu-nghiem
  -f "$root/docker-compose.yaml" -f "$here/override.yaml")

step() { printf '\n[%4d s] %s\n' $SECONDS "$*"; }
random() { od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

take_down() {
  status=$?
  trap - EXIT
  step "taking down (exit status $status)"
  if [ -f "$scratch/env" ]; then
    [ $status = 0 ] || "${compose[@]}" logs --no-color --tail 15 || true
    "${compose[@]}" down --volumes --remove-orphans --timeout 15 >/dev/null 2>&1 || true
  fi
  [ -n "${ENGINE:-}" ] || "$here/engine.sh" down "$engine" || true
  rm -rf "$scratch"
  step "end"
  exit $status
}
trap take_down EXIT

# 1. An engine, and images under their official names
up=(up -d --wait --wait-timeout 600)
if [ "$engine" != host ]; then
  [ -n "${ENGINE:-}" ] || { step "engine"; "$here/engine.sh" up "$engine"; }
  . "$engine/env"
  up+=(--pull never)
  step "stand-in images"
  for name in postgres:16 redis:7 axllent/mailpit:latest; do
    folder=${name%:*}
    docker build -q -t "$name" "$here/images/${folder##*/}"
  done
  docker build -q -t apache/airflow:3.3.2 -f "$here/images/airflow/Dockerfile" "$root"
fi

# 2. A .env as an operator would fill it
sed -E \
  -e "s|^POSTGRES_PASSWORD=.*|POSTGRES_PASSWORD=$(random 24)|" \
  -e "s|^REDIS_PASSWORD=.*|REDIS_PASSWORD=$(random 24)|" \
  -e "s|^AIRFLOW_FERNET_KEY=.*|AIRFLOW_FERNET_KEY=$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')|" \
  -e "s|^AIRFLOW_JWT_SECRET=.*|AIRFLOW_JWT_SECRET=$(random 64)|" \
  -e "s|^AIRFLOW_SECRET_KEY=.*|AIRFLOW_SECRET_KEY=$(random 32)|" \
  -e "s|^ADMIN_PASSWORD=.*|ADMIN_PASSWORD=$(random 12)|" \
  -e "s|^LANHDAO_PASSWORD=.*|LANHDAO_PASSWORD=$(random 12)|" \
  -e "s|^UBNDTINH_PASSWORD=.*|UBNDTINH_PASSWORD=$(random 12)|" \
  -e "s|^SMTP_HOST=.*|SMTP_HOST=mailpit|; s|^SMTP_PORT=.*|SMTP_PORT=1025|; s|^SMTP_DISABLE_TLS=.*|SMTP_DISABLE_TLS=true|" \
  -e "s|^SMTP_FROM=.*|SMTP_FROM=ky-bao-cao@example.vn|" \
  -e "s|^KYBAOCAO_PORT=.*|KYBAOCAO_PORT=$(free_port)|; s|^MAILPIT_PORT=.*|MAILPIT_PORT=$(free_port)|" \
  -e "s|^KYBAOCAO_VERSION=.*|KYBAOCAO_VERSION=thu-nghiem|" \
  "$root/.env.example" >"$scratch/env"

# 3. Nothing starts while a required value is missing, and the message names it
step "refusals"
for name in POSTGRES_PASSWORD REDIS_PASSWORD AIRFLOW_FERNET_KEY AIRFLOW_JWT_SECRET AIRFLOW_SECRET_KEY \
  ADMIN_PASSWORD LANHDAO_PASSWORD UBNDTINH_PASSWORD SMTP_HOST SMTP_FROM; do
  sed -E "s|^$name=.*|$name=|" "$scratch/env" >"$scratch/env.without"
  if message=$("${compose[@]}" --env-file "$scratch/env.without" up -d --no-build --pull never 2>&1); then
    echo "started without $name" >&2
    exit 1
  fi
  grep -o "required variable $name is missing.*" <<<"$message" || { echo "$name: $message" >&2; exit 1; }
done

# 4. Our image and the stack
step "our image"
"${compose[@]}" build -q init
step "${up[*]}"
"${compose[@]}" "${up[@]}"
step "proof: $what"
python3 "$here/prove.py" "$what" "$scratch/env" "${compose[@]}"

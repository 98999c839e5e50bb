#!/usr/bin/env bash
# Really runs docker-compose.yaml, proves it, and takes everything down again.
#
#   tests/compose/run.sh [probe|cycle|executors|season|restore|upgrade|all]
#
#   probe    (default) the stack: refusals, start, health, accounts, a task on the Celery worker, its mail and row, restarts
#   cycle    the same stack plays the whole sample season
#   executors  the season on Celery, then from nothing on the LocalExecutor, in the same images: the ratio of the seconds
#   season   the season while workers come, one is killed, PostgreSQL restarts, Redis and the mail server are away;
#            then backup, everything deleted, restored into empty volumes, compared
#   restore  one pass; backup, everything deleted, restored into empty volumes, compared: the end of `season` alone
#   upgrade  a stack of an earlier version (FROM=revision), with data, becomes this one
#   all      season, then upgrade (make compose-test)
#
# MAIL_AWAY=600 REDIS_AWAY=60   seconds for which they are away in `season`
# FROM=891af89                  the earlier version of `upgrade`
# ENGINE= (empty)   a Docker engine from Debian packages in a scratch folder, with stand-in images (root, Debian 12)
# ENGINE=DIR        the same, already started there by engine.sh; left running
# ENGINE=host       the Docker engine of this machine, with the official images
set -euo pipefail
what=${1:-probe}
[ "$what" = probe ] || export KYBAOCAO_REPLAY=1
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
scratch=$(mktemp -d /tmp/kybaocao-compose.XXXXXX)
engine=${ENGINE:-$scratch/engine}
project=kybaocao-thu-$$
compose=(docker compose --ansi never -p "$project" --project-directory "$root" --env-file "$scratch/env" --profile thu-nghiem
  -f "$root/docker-compose.yaml" -f "$here/override.yaml")

step() { printf '\n[%4d s] %s\n' $SECONDS "$*"; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

take_down() {
  status=$?
  trap - EXIT
  step "taking down (exit status $status)"
  if [ -f "$scratch/env" ]; then
    [ $status = 0 ] || "${compose[@]}" logs --no-color --tail 25 || true
    "${compose[@]}" down --volumes --remove-orphans --timeout 15 >/dev/null 2>&1 || true
  fi
  [ -n "${ENGINE:-}" ] || "$here/engine.sh" down "$engine" || true
  [ ! -d "$scratch/earlier" ] || git -C "$root" worktree remove --force "$scratch/earlier" || true
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

# 2. An .env and secrets as an operator would make them
fill() { # an .env from the example of a version; ports and the tag are ours
  sed -E \
    -e "s|^SMTP_HOST=.*|SMTP_HOST=mailpit|; s|^SMTP_PORT=.*|SMTP_PORT=1025|; s|^SMTP_DISABLE_TLS=.*|SMTP_DISABLE_TLS=true|" \
    -e "s|^SMTP_FROM=.*|SMTP_FROM=ky-bao-cao@example.vn|" \
    -e "s|^KYBAOCAO_SECRETS=.*|KYBAOCAO_SECRETS=$scratch/secrets|" \
    -e "s|^KYBAOCAO_PORT=.*|KYBAOCAO_PORT=$port|; s|^MAILPIT_PORT=.*|MAILPIT_PORT=$mail_port|" \
    -e "s|^KYBAOCAO_VERSION=.*|KYBAOCAO_VERSION=${2:-thu-nghiem}|" "$1"
}
port=$(free_port) mail_port=$(free_port)
fill "$root/.env.example" >"$scratch/env"

prove() { python3 "$here/prove.py" "$1" "$scratch" "${compose[@]}"; }

start_new() { # this version, from nothing
  ENV_FILE=$scratch/env "$root/docs/mau/tao-bi-mat.sh" "$scratch/secrets" >/dev/null
  step "our image"
  "${compose[@]}" build -q init
  step "${up[*]}"
  "${compose[@]}" "${up[@]}"
}

refuse() { # nothing starts while something required is missing, and the message names it
  step "refusals"
  for name in SMTP_HOST SMTP_FROM; do
    sed -E "s|^$name=.*|$name=|" "$scratch/env" >"$scratch/env.without"
    if message=$("${compose[@]}" --env-file "$scratch/env.without" up -d --no-build --pull never 2>&1); then
      echo "started without $name" >&2
      exit 1
    fi
    grep -o "required variable $name is missing.*" <<<"$message" || { echo "$name: $message" >&2; exit 1; }
  done
}

upgrade() { # an earlier version with data becomes this one, as the handbook says
  step "the earlier version: $(git -C "$root" log -1 --format='%h %s' "$from")"
  git -C "$root" worktree add -q --detach "$scratch/earlier" "$from"
  fill "$scratch/earlier/.env.example" thu-nghiem-cu >"$scratch/env"
  for name in $(grep -oE '^[A-Z_]*(PASSWORD|SECRET|SECRET_KEY)=$' "$scratch/env" | grep -v SMTP); do
    sed -i "s|^$name.*|$name$(openssl rand -hex 24)|" "$scratch/env"
  done
  sed -i "s|^AIRFLOW_FERNET_KEY=.*|AIRFLOW_FERNET_KEY=$(openssl rand -base64 32 | tr '+/' '-_')|" "$scratch/env"
  earlier=(docker compose --ansi never -p "$project" --project-directory "$scratch/earlier" --env-file "$scratch/env"
    --profile thu-nghiem -f "$scratch/earlier/docker-compose.yaml" -f "$scratch/earlier/tests/compose/override.yaml")
  "${earlier[@]}" build -q init
  "${earlier[@]}" "${up[@]}"
  python3 "$here/prove.py" data "$scratch" "${earlier[@]}"
  step "upgrade"
  "${earlier[@]}" stop >/dev/null 2>&1
  cp "$scratch/env" "$scratch/env.earlier"
  rm -rf "$scratch/secrets"
  ENV_FILE=$scratch/env.earlier "$root/docs/mau/tao-bi-mat.sh" "$scratch/secrets"
  fill "$root/.env.example" >"$scratch/env"
  "${compose[@]}" build -q init
  "${compose[@]}" "${up[@]}" --remove-orphans
  prove upgraded
}
from=${FROM:-891af89}

executors() { # what each task costs more when it goes through a queue
  start_new; step "proof: the season on Celery"; prove cycle; mv "$scratch/seconds" "$scratch/seconds.celery"
  "${compose[@]}" down --volumes --timeout 15 >/dev/null 2>&1
  compose+=(-f "$here/local.yaml")
  start_new; step "proof: the season on the LocalExecutor"; prove cycle
  step "Celery $(cat "$scratch/seconds.celery") s, LocalExecutor $(cat "$scratch/seconds") s"
  awk 'NR == FNR { local = $1; next } { print "ratio", $1 / local; exit ($1 / local > 1.25) }' \
    "$scratch/seconds" "$scratch/seconds.celery"
}

case $what in
  executors) executors ;;
  probe | cycle | season | restore) refuse; start_new; step "proof: $what"; prove "$what" ;;
  upgrade) upgrade ;;
  all)
    refuse; start_new; step "proof: season"; prove season
    "${compose[@]}" down --volumes --timeout 15 >/dev/null 2>&1
    upgrade
    ;;
  *) echo "probe, cycle, executors, season, restore, upgrade or all" >&2; exit 2 ;;
esac

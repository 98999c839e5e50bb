#!/usr/bin/env bash
# A real Docker engine and Compose v2 from Debian packages, for trying docker-compose.yaml where no
# container registry can be reached (Debian 12, root).
#
#   engine.sh up DIR      install, start dockerd with all its state under DIR, import a Debian base image;
#                              afterwards: . DIR/env   (sets PATH, DOCKER_HOST, DOCKER_CONFIG)
#   engine.sh down DIR    stop that dockerd and undo its mounts
#
# Base image: localhost/debian:bookworm-slim, with this machine's CA bundle, so apt-get and pip work in builds.
set -euo pipefail
verb=${1:?up or down}
dir=$(realpath -m "${2:?a scratch folder}")

down() {
  [ -f "$dir/docker.pid" ] && kill "$(cat "$dir/docker.pid")" 2>/dev/null || true
  for _ in $(seq 40); do [ -f "$dir/docker.pid" ] || break; sleep 0.5; done
  umount "$dir/exec/netns/default" 2>/dev/null || true
}
[ "$verb" = down ] && { down; exit 0; }

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install -y --no-install-recommends docker.io debootstrap iptables >/dev/null
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)

# Compose, buildx and a newer engine from the next Debian release: signature checked, unpacked, not installed
mkdir -p "$dir"/apt/lists/partial "$dir"/apt/cache/archives/partial "$dir"/debs "$dir"/cfg/cli-plugins "$dir"/data "$dir"/exec
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$dir/apt/list"
cat >"$dir/apt/conf" <<CONF
Dir::Etc::sourcelist "$dir/apt/list"; Dir::Etc::sourceparts "-"; Dir::State::lists "$dir/apt/lists";
Dir::Cache "$dir/apt/cache"; Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";
CONF
(
  cd "$dir/debs"
  export APT_CONFIG=$dir/apt/conf
  apt-get -qq update
  apt-get -qq download docker-compose docker-buildx docker.io docker-cli 2>/dev/null
  for deb in *.deb; do dpkg-deb -x "$deb" "$dir/root"; done
)
cp "$dir"/root/usr/libexec/docker/cli-plugins/docker-{compose,buildx} "$dir/cfg/cli-plugins/"
cat >"$dir/env" <<ENV
export PATH="$dir/root/usr/sbin:$dir/root/usr/bin:\$PATH" DOCKER_CONFIG="$dir/cfg" DOCKER_HOST="unix://$dir/docker.sock"
ENV
. "$dir/env"

cat >"$dir/daemon.json" <<CONF
{"data-root": "$dir/data", "exec-root": "$dir/exec", "hosts": ["$DOCKER_HOST"], "pidfile": "$dir/docker.pid",
 "storage-driver": "overlay2", "bip": "172.31.250.1/24"}
CONF
umount "$dir/exec/netns/default" 2>/dev/null || true
setsid dockerd --config-file "$dir/daemon.json" >"$dir/dockerd.log" 2>&1 </dev/null &
for _ in $(seq 60); do docker version >/dev/null 2>&1 && break; sleep 0.5; done
docker version -f 'engine {{.Server.Version}}'
docker compose version

ca=/etc/ssl/certs/ca-certificates.crt
[ -d "$dir/rootfs" ] || debootstrap --variant=minbase --include=ca-certificates bookworm "$dir/rootfs" "$mirror" >"$dir/debootstrap.log" 2>&1
cp $ca "$dir/rootfs$ca"
tar -C "$dir/rootfs" -c . | docker import -c 'CMD ["bash"]' -c 'ENV DEBIAN_FRONTEND=noninteractive' \
  -c "ENV SSL_CERT_FILE=$ca PIP_CERT=$ca REQUESTS_CA_BUNDLE=$ca" - localhost/debian:bookworm-slim >/dev/null
docker images

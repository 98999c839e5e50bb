#!/usr/bin/env bash
# Tạo tài khoản nộp báo cáo, mỗi cơ quan một tài khoản, dùng chung cho Samba và SFTP. Chạy bằng root.
#
#   docs/mau/tao-tai-khoan.sh nq02-2026-ky2              mọi cơ quan phải báo cáo, được mời báo cáo trong co_quan.csv
#   docs/mau/tao-tai-khoan.sh nq02-2026-ky2 STC X-04183  chỉ các cơ quan này
#
# Chạy lại được: tài khoản, mật khẩu đã có giữ nguyên. Kỳ mới thì chạy lại với mã kỳ mới, trước giờ mở kỳ.
# Cơ quan bổ sung giữa kỳ: chỉ chạy cho mã của cơ quan đó.
# Mật khẩu của tài khoản mới ghi vào $MAT_KHAU (chỉ root đọc được); giao cho từng cơ quan xong thì xóa tệp đó.
set -euo pipefail
DU_LIEU=${DU_LIEU:-/srv/kybaocao}                # như KYBAOCAO_DATA trong .env
CAU_HINH=${CAU_HINH:-/srv/cau-hinh/nq02-2026}    # thư mục của kế hoạch
NOI_VAO=${NOI_VAO:-/srv/nop}                     # mỗi tài khoản một thư mục ở đây, chỉ thấy cơ quan mình
MAT_KHAU=${MAT_KHAU:-/root/tai-khoan-nop.csv}
HE_THONG=50000                                   # uid của hệ thống trong Docker
NHOM=kbc-nop
SAMBA=${SAMBA:-$(command -v smbpasswd || true)}

KY=${1:?thiếu mã kỳ, ví dụ nq02-2026-ky2}
shift
if [ $# = 0 ]; then
  mapfile -t CAC_MA < <(python3 - "$CAU_HINH/co_quan.csv" <<'PY'
import csv, sys
text = open(sys.argv[1], encoding="utf-8-sig").read()
first = text.split("\n", 1)[0]
for row in csv.DictReader(text.splitlines(), delimiter=";" if first.count(";") > first.count(",") else ","):
    if row["nghia_vu"].strip() in ("phai_bao_cao", "moi_bao_cao"):
        print(row["ma"].strip())
PY
  )
  set -- "${CAC_MA[@]}"
fi
[ $# -gt 0 ] || { echo "không có cơ quan nào trong $CAU_HINH/co_quan.csv" >&2; exit 1; }
[ -d "$DU_LIEU/shared" ] || install -d -o $HE_THONG -g 0 -m 755 "$DU_LIEU/shared"
getent group $NHOM >/dev/null || groupadd $NHOM
umask 077
touch "$MAT_KHAU"

for MA in "$@"; do
  TK=kbc-$(tr '[:upper:]' '[:lower:]' <<<"$MA") # ví dụ kbc-x-04183
  GOC=$DU_LIEU/shared/$MA
  for THU_MUC in "$GOC" "$GOC/$KY" "$GOC/$KY/nop" "$GOC/$KY/tra_loi"; do
    [ -d "$THU_MUC" ] || install -d -o $HE_THONG -g 0 -m 755 "$THU_MUC"
  done
  if ! id "$TK" >/dev/null 2>&1; then
    useradd --gid $NHOM --no-create-home --home-dir / --shell /usr/sbin/nologin "$TK"
    MOI=$(openssl rand -hex 8)
    chpasswd <<<"$TK:$MOI"
    [ -z "$SAMBA" ] || printf '%s\n%s\n' "$MOI" "$MOI" | $SAMBA -s -a "$TK" >/dev/null
    echo "$MA,$TK,$MOI" >>"$MAT_KHAU"
  fi
  getfacl -cp "$GOC/$KY/nop" | grep -q "^user:$TK:rwx" || setfacl -m "u:$TK:rwx" "$GOC/$KY/nop" # chỉ nop ghi được
  GAN="$GOC $NOI_VAO/$TK/bao-cao none bind,nosuid,nodev,noexec 0 0"
  grep -qxF "$GAN" /etc/fstab || echo "$GAN" >>/etc/fstab
  if ! mountpoint -q "$NOI_VAO/$TK/bao-cao"; then
    install -d -o root -g root -m 755 "$NOI_VAO" "$NOI_VAO/$TK" "$NOI_VAO/$TK/bao-cao"
    mount "$NOI_VAO/$TK/bao-cao"
  fi
done
echo "Xong: $# cơ quan, kỳ $KY. Mật khẩu tài khoản mới: $MAT_KHAU"

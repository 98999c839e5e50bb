"""What must not be in an attachment, as the readers in the sandbox name it.

A reader answers with the name alone, so that no text from a hostile file gets into a letter.  The reasons are
clauses of `findings.yaml` (ly_do), the other names are findings of their own.
"""

from __future__ import annotations

ENCRYPTED, MACROS, DAMAGED = "encrypted", "macros", "damaged"
UNREADABLE = "phan_khong_doc_duoc"
TOO_MUCH = "phan_qua_lon"
DOCTYPE = "doctype"
OTHER_MAIN_PART = "khac_loai_tai_lieu"
COMMANDS = "lenh_tu_chay"
SENDING = "lenh_gui_du_lieu"
OPENING = "tu_mo_tep"
LINKS = "lien_ket_tep"
ATTACHMENTS = "tep_dinh_kem"
DYNAMIC_FORM = "bieu_mau_dong"
MEDIA = "da_phuong_tien"
FETCHING = "tu_lay_noi_dung"
DDE = "dde"
FETCHING_FIELDS = "ma_truong_lay_noi_dung"
PIECED_FIELDS = "ma_truong_ghep"
OBJECTS = "doi_tuong_nhung"

# danger -> code of its finding
CODES = {
    ENCRYPTED: "companion-encrypted",
    MACROS: "companion-with-macros",
    DAMAGED: "companion-damaged",
}
# dangers that the finding "companion-unsafe" explains, each with its clause
REASONS = frozenset(
    {
        UNREADABLE,
        TOO_MUCH,
        DOCTYPE,
        OTHER_MAIN_PART,
        COMMANDS,
        SENDING,
        OPENING,
        LINKS,
        ATTACHMENTS,
        DYNAMIC_FORM,
        MEDIA,
        FETCHING,
        DDE,
        FETCHING_FIELDS,
        PIECED_FIELDS,
        OBJECTS,
    }
)

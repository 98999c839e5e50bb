"""What must not be in a companion file: named by the readers in the sandbox, worded here for the agency.

A reader answers with the name alone: no text that met a hostile file finds its way into a letter.
"""

from __future__ import annotations

ENCRYPTED, MACROS, DAMAGED = "encrypted", "macros", "damaged"
UNREADABLE, TOO_MUCH, DOCTYPE, OTHER_MAIN_PART = "unreadable", "too-much", "doctype", "other-main-part"
COMMANDS, SENDING, OPENING, LINKS = "commands", "sending", "opening", "links"
ATTACHMENTS, DYNAMIC_FORM, MEDIA = "attachments", "dynamic-form", "media"
FETCHING, DDE, FETCHING_FIELDS, PIECED_FIELDS, OBJECTS = (
    "fetching",
    "dde",
    "fetching-fields",
    "pieced-fields",
    "objects",
)

# danger -> code of its finding; anything else is "companion-unsafe", with a reason
CODES = {
    ENCRYPTED: "companion-encrypted",
    MACROS: "companion-with-macros",
    DAMAGED: "companion-damaged",
}
REASONS = {
    UNREADABLE: "có phần bên trong không đọc được",
    TOO_MUCH: "có thành phần bên trong quá lớn hoặc lồng quá sâu",
    DOCTYPE: "có khai báo DOCTYPE trong thành phần XML",
    OTHER_MAIN_PART: "nội dung chính không đúng với loại tài liệu",
    COMMANDS: "có lệnh tự chạy bên trong",
    SENDING: "có lệnh gửi hoặc nhập dữ liệu",
    OPENING: "tự mở tệp hoặc địa chỉ khác khi xem",
    LINKS: "có liên kết tới tệp trên máy, ổ mạng hoặc chương trình khác",
    ATTACHMENTS: "có tệp khác đính kèm bên trong",
    DYNAMIC_FORM: "có biểu mẫu động (XFA)",
    MEDIA: "có nội dung đa phương tiện",
    FETCHING: "tự lấy nội dung từ một địa chỉ trên mạng",
    DDE: "có liên kết DDE gọi chương trình khác",
    FETCHING_FIELDS: "có mã trường lấy nội dung từ tệp hoặc địa chỉ khác",
    PIECED_FIELDS: "có mã trường ghép từ nhiều mảnh",
    OBJECTS: "có đối tượng nhúng (OLE, ActiveX hoặc tệp khác)",
}

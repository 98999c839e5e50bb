"""Mutations of the sheets: rows, columns, headings, sheets moved, copied, hidden, taken away."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from kybaocao.form.layout import CODE_COLUMN, TableLayout
from kybaocao.plan.form_edition import Source
from tests.checks.mutants import FIRST_STAND_IN, OPEN, Block, Draft

LAYOUTS: dict[str, Callable[[Draft], None]] = {}
PRINTED = (Source.INDICATORS, Source.TASKS)
DRAFT = "Nháp"


def _layout(change: Callable[[Draft], None]) -> Callable[[Draft], None]:
    LAYOUTS[change.__name__] = change
    return change


def _table(draft: Draft, *sources: Source) -> tuple[TableLayout, Block]:
    table = draft.random.choice(draft.tables(*(sources or (*PRINTED, Source.OPEN))))
    return table, draft.block(table)


def _heading_column(block: Block, heading: str) -> int:
    return next(cell.column for cell in block.ws[block.header] if cell.value == heading)  # type: ignore[misc]


def _sheet_with_table(draft: Draft) -> str:
    return str(_table(draft)[1].ws.title)


def _disturb(value: object) -> object:
    """Another number: what a draft or last year's table would hold."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value + 17 if is_number and value < FIRST_STAND_IN else value  # type: ignore[operator]


# --- rows ----------------------------------------------------------------------------------------------------------


@_layout
def blank_rows_inserted(draft: Draft) -> None:
    _, block = _table(draft)
    draft.insert_rows(block.ws.title, draft.random.choice((block.header, *block.rows)), draft.random.randrange(1, 4))


@_layout
def title_rows_added(draft: Draft) -> None:
    sheet = _sheet_with_table(draft)
    draft.insert_rows(sheet, 1, 3)
    draft.book[sheet]["A1"], draft.book[sheet]["A2"] = (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
    )


@_layout
def rows_sorted(draft: Draft) -> None:
    table, block = _table(draft, *PRINTED)
    order = draft.random.sample(block.rows, len(block.rows))
    held = [block.row_values(row) for row in block.rows]
    for row, values in zip(order, held, strict=True):
        block.write_row(row, values)
    to = dict(zip(block.rows, order, strict=True))
    for key, (sheet, row, column) in draft.positions.items():
        if key[0] == table.table.id and row in to:
            draft.positions[key] = (sheet, to[row], column)


@_layout
def row_deleted(draft: Draft) -> None:
    table, block = _table(draft, *PRINTED)
    row = draft.random.choice(block.rows)
    for column in range(1, block.width + 1):
        cell: Any = block.ws.cell(row, column)
        cell.value = None
    for key in [key for key, position in draft.positions.items() if key[0] == table.table.id and position[1] == row]:
        draft.intended.pop(key, None)


@_layout
def row_duplicated(draft: Draft) -> None:
    """Below its table, exactly or with other numbers."""
    _, block = _table(draft, *PRINTED)
    values = block.row_values(draft.random.choice(block.rows))
    if draft.random.random() < 0.5:
        values = [(_disturb(value), shape) for value, shape in values]
    draft.insert_rows(block.ws.title, block.rows[-1] + 1, 1)
    block.write_row(block.rows[-1] + 1, values)


@_layout
def row_of_totals_added(draft: Draft) -> None:
    _, block = _table(draft, *PRINTED)
    draft.insert_rows(block.ws.title, block.rows[-1] + 1, 1)
    row = block.rows[-1] + 1
    block.ws.cell(row, 1, draft.random.choice(("Tổng", "Cộng", "", "T")))
    for column in range(5, block.width + 1):
        block.ws.cell(row, column, 12345)


@_layout
def rows_hidden(draft: Draft) -> None:
    _, block = _table(draft)
    for row in draft.random.sample(block.rows, min(3, len(block.rows))):
        block.ws.row_dimensions[row].hidden = True


@_layout
def code_in_another_writing(draft: Draft) -> None:
    table, block = _table(draft, *PRINTED)
    code_heading = next(column.heading for column in table.table.columns if column.id == CODE_COLUMN)
    cell: Any = block.ws.cell(draft.random.choice(block.rows), _heading_column(block, code_heading))
    text = str(cell.value)
    cell.value = draft.random.choice(
        (
            f" {text} ",
            text.lower(),
            f"{text}\u00a0",
            text.replace("T", "Т"),
            text.replace("I", "І"),
            f"{text}.",
            f"\u200b{text}",
        )
    )


# --- columns -------------------------------------------------------------------------------------------------------


@_layout
def columns_moved(draft: Draft) -> None:
    table, block = _table(draft)
    order = draft.random.sample(range(1, block.width + 1), block.width)
    to = dict(zip(range(1, block.width + 1), order, strict=True))
    for row in (block.header, *block.all_rows):
        held = block.row_values(row)
        block.write_row(row, [held[order.index(column)] for column in range(1, block.width + 1)])
    for key, (sheet, row, column) in draft.positions.items():
        if key[0] == table.table.id and key[2] != "khai_bao":
            draft.positions[key] = (sheet, row, to[column])


@_layout
def column_inserted(draft: Draft) -> None:
    """A column of the agency's own, with numbers in it; every table of the sheet moves along."""
    _, block = _table(draft)
    at = draft.random.randrange(5, block.width + 1)
    if any(merged.max_col >= at for merged in block.ws.merged_cells.ranges):
        return
    block.ws.insert_cols(at)
    draft.move(block.ws.title, lambda row, column: (row, column + (column >= at)))
    block.ws.cell(block.header, at, draft.random.choice(("Ghi chú riêng", "Ước cả năm của xã", "2025")))
    for row in block.rows:
        block.ws.cell(row, at, draft.random.randrange(1000))


@_layout
def column_hidden(draft: Draft) -> None:
    _, block = _table(draft)
    block.ws.column_dimensions["ABCDEFGH"[draft.random.randrange(8)]].hidden = True


@_layout
def column_duplicated(draft: Draft) -> None:
    """The same heading again at the end, with other numbers below."""
    table, block = _table(draft)
    column = _heading_column(block, draft.random.choice(table.table.answers).heading)
    for row in (block.header, *block.rows):
        block.ws.cell(row, block.width + 1, _disturb(block.ws.cell(row, column).value))  # type: ignore[arg-type]


@_layout
def column_deleted(draft: Draft) -> None:
    table, block = _table(draft)
    chosen = draft.random.choice(table.table.answers)
    column = _heading_column(block, chosen.heading)
    for row in (block.header, *block.rows):
        cell: Any = block.ws.cell(row, column)
        draft.patches.pop(str(cell.value), None)
        cell.value = None
    for key in [key for key in draft.intended if key[0] == table.table.id and key[2] == chosen.id]:
        del draft.intended[key]


@_layout
def headings_exchanged(draft: Draft) -> None:
    """Two headings are exchanged and the numbers stay, so that the numbers mean something else."""
    table, block = _table(draft, *PRINTED)
    kinds = [column.kind for column in table.table.answers]
    alike = [column for column in table.table.answers if kinds.count(column.kind) > 1]
    first = draft.random.choice(alike)
    second = draft.random.choice([column for column in alike if column.kind == first.kind and column is not first])
    positions = {one.id: _heading_column(block, one.heading) for one in (first, second)}
    block.ws.cell(block.header, positions[first.id]).value = second.heading
    block.ws.cell(block.header, positions[second.id]).value = first.heading
    other = {first.id: second.id, second.id: first.id}
    exchanged = {}
    for key in [key for key in draft.intended if key[0] == table.table.id and key[2] in other]:
        exchanged[(key[0], key[1], other[key[2]])] = draft.intended.pop(key)
    draft.intended |= exchanged


@_layout
def headings_in_another_writing(draft: Draft) -> None:
    _, block = _table(draft)
    change = draft.random.choice(
        (
            lambda t: unicodedata.normalize("NFD", t),
            str.upper,
            lambda t: f" {t}:",
            lambda t: t.replace(" ", "\n", 1),
            lambda t: t.replace(" ", "\u00a0"),
            lambda t: f"{t} *",
            lambda t: t.replace("a", "а", 1),
        )
    )
    for cell in block.ws[block.header]:
        if isinstance(cell.value, str):
            cell.value = change(cell.value)


@_layout
def heading_in_other_words(draft: Draft) -> None:
    """A heading that is not the form's any more: the column is missing, or at least not read as another."""
    table, block = _table(draft)
    chosen = draft.random.choice(table.table.columns)
    heading = next((cell for cell in block.ws[block.header] if cell.value == chosen.heading), None)
    if heading is None:  # retyped already
        return
    heading.value = f"{chosen.heading} (chính thức)"
    if not chosen.is_answer:
        return
    for key in [key for key in draft.intended if key[0] == table.table.id and key[2] == chosen.id]:
        draft.intended[key] = OPEN


# --- sheets --------------------------------------------------------------------------------------------------------


@_layout
def sheets_renamed(draft: Draft) -> None:
    for number, sheet in enumerate(list(draft.book.worksheets)):
        if sheet.title != "_kybaocao" and draft.random.random() < 0.6:
            draft.rename(sheet.title, f"Sheet{number}")


@_layout
def sheets_reordered(draft: Draft) -> None:
    draft.book.move_sheet(draft.random.choice(draft.book.worksheets), draft.random.randrange(-5, 6))


@_layout
def sheet_hidden(draft: Draft) -> None:
    draft.book[_sheet_with_table(draft)].sheet_state = draft.random.choice(("hidden", "veryHidden"))


def _copy(draft: Draft, sheet: str) -> Any:
    """Excel's "Move or Copy…": the copy stands before its original; here with other numbers, a draft."""
    copied = draft.book.copy_worksheet(draft.book[sheet])
    for row in copied.iter_rows():
        for cell in row:
            if isinstance(cell.value, int) and str(cell.value) not in draft.patches and cell.column > 4:
                cell.value = _disturb(cell.value)
    copied.title = _name_copy(sheet)
    draft.book.move_sheet(copied, draft.book.index(draft.book[sheet]) - draft.book.index(copied))
    return copied


def _name_copy(sheet: str) -> str:
    return f"{sheet[:24]} (2)"


@_layout
def sheet_copied(draft: Draft) -> None:
    """The sheet that still has the form's name is the form."""
    _copy(draft, _sheet_with_table(draft))


@_layout
def sheet_copied_and_a_heading_changed(draft: Draft) -> None:
    """An older draft beside the sheet in which somebody wrote into a heading: the draft is not the form."""
    table, block = _table(draft)
    _copy(draft, block.ws.title)
    label = next(column for column in table.table.columns if not column.is_answer and column.id != CODE_COLUMN)
    cell: Any = block.ws.cell(block.header, _heading_column(block, label.heading))
    cell.value = f"{label.heading} (theo Kế hoạch)"


@_layout
def sheet_copied_and_renamed(draft: Draft) -> None:
    """Two sheets with the same table and no name that distinguishes them: only the agency knows which counts."""
    sheet = _sheet_with_table(draft)
    copied = _copy(draft, sheet)
    copied.title = DRAFT
    draft.rename(sheet, "Chính thức")


@_layout
def sheet_deleted(draft: Draft) -> None:
    """With its drafts: the only sheet of a table is the form's, whatever it is called."""
    sheet = _sheet_with_table(draft)
    for name in (sheet, _name_copy(sheet), DRAFT):
        if name in draft.book.sheetnames:
            draft.book.remove(draft.book[name])
    for key in [key for key, position in draft.positions.items() if position[0] == sheet]:
        draft.intended.pop(key, None)


@_layout
def sheet_of_notes_added(draft: Draft) -> None:
    notes = draft.book.create_sheet("Ghi chú", draft.random.randrange(4))
    notes["A1"], notes["B1"], notes["A2"], notes["B2"] = "Người lập biểu", "chị Xuân", "T15", 999


@_layout
def table_of_last_year_below(draft: Draft) -> None:
    """Headings and rows once more on the same sheet, with other numbers."""
    _, block = _table(draft, Source.TASKS)
    below = block.rows[-1] + 3
    for offset, row in enumerate((block.header, *block.rows)):
        block.write_row(below + offset, [(_disturb(value), shape) for value, shape in block.row_values(row)])


@_layout
def calendar_of_1904(draft: Draft) -> None:
    """The Mac's calendar: every kept day is another number, every seen day the same."""
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    draft.book.epoch = CALENDAR_MAC_1904


# Merged last: who moves rows and columns of merged cells in Excel is stopped by Excel.
@_layout
def cells_merged(draft: Draft) -> None:
    """Excel keeps the first of merged cells and throws the others away."""
    _, block = _table(draft)
    row, left = draft.random.choice(block.rows), draft.random.randrange(4, max(5, block.width - 1))
    bottom = row + (draft.random.random() < 0.3 and row + 1 in block.rows)
    right = left + draft.random.randrange(1, 3)
    if any(merged.min_row <= bottom and merged.max_row >= row for merged in block.ws.merged_cells.ranges):
        return
    for key, (sheet, at, column) in draft.positions.items():
        if sheet == block.ws.title and row <= at <= bottom and left <= column <= right and (at, column) != (row, left):
            draft.intended.pop(key, None)
            if str(block.ws.cell(at, column).value) in draft.patches:
                del draft.patches[str(block.ws.cell(at, column).value)]
    block.ws.merge_cells(start_row=row, start_column=left, end_row=bottom, end_column=right)

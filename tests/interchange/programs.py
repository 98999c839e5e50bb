"""The programs that save a form again: each takes workbooks (.xlsx), may type into cells, and gives files back."""

from __future__ import annotations

import datetime as dt
import functools
import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import pandas
import xlsxwriter
from openpyxl import load_workbook
from openpyxl.utils.datetime import to_excel

from tests.javascript import ROOT

JAVASCRIPT = Path(__file__).resolve().parent / "javascript"
INSTALLED = ROOT / "var" / "interchange"  # where npm puts the libraries

Cells = tuple[tuple[tuple[str, str], object], ...]  # (sheet, cell) and what is typed there


class Job(NamedTuple):
    """A workbook and what is typed into it before it is saved."""

    data: bytes
    cells: Cells = ()


Save = Callable[[Sequence[Job], Path], dict[str, list[bytes | str]]]


class Program(NamedTuple):
    """`save` works in an empty folder and gives back, for each format, one file a job.

    A text in the place of a file is what the program said when it failed.
    """

    name: str
    save: Save
    needs: str = ""  # the command without which it cannot be tried
    suffixes: str = "xlsx"

    @property
    def title(self) -> str:
        return f"{self.name} .{self.suffixes}"


def find_missing(program: Program) -> str:
    """Why the program cannot be tried on this machine; "" when it can."""
    names = {"soffice": "LibreOffice", "npm": "Node.js with npm"}
    return f"{names[program.needs]} is not installed" if program.needs and not shutil.which(program.needs) else ""


# --- Python ----------------------------------------------------------------------------------------------------------


def _each(change: Callable[[bytes, Cells], bytes]) -> Save:
    return lambda jobs, folder: {"xlsx": [change(job.data, job.cells) for job in jobs]}


def save_by_openpyxl(data: bytes, cells: Cells) -> bytes:
    book = load_workbook(io.BytesIO(data))
    for (sheet, cell), value in cells:
        book[sheet][cell] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def write_anew(data: bytes, cells: Cells = (), results_of: Cells = ()) -> bytes:
    """The same values, formulas and number formats in a workbook that XlsxWriter begins from nothing.

    `results_of` are results of formulas that have none in `data`.
    """
    source, results = load_workbook(io.BytesIO(data)), load_workbook(io.BytesIO(data), data_only=True)
    typed, given, out = dict(cells), dict(results_of), io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    shapes = functools.cache(lambda shape: book.add_format({"num_format": shape}))
    for name, area in source.defined_names.items():
        book.define_name(name, f"={area.attr_text}")
    for sheet in source.worksheets:
        copy = book.add_worksheet(sheet.title)
        if sheet.sheet_state != "visible":
            copy.very_hidden()
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            where, place = (sheet.title, cell.coordinate), (cell.row - 1, cell.column - 1)
            value, shape = typed.get(where, cell.value), shapes(cell.number_format)
            if cell.data_type == "f" and where not in typed:
                result = given.get(where, results[sheet.title][cell.coordinate].value)
                copy.write_formula(*place, cell.value, shape, _serial(result))
            elif isinstance(value, str):
                copy.write_string(*place, value, shape)
            elif value is not None:
                copy.write_number(*place, _serial(value), shape)
    book.close()
    return out.getvalue()


def _serial(value: Any) -> Any:
    """A value as a cell holds it: a date is a number of days."""
    if isinstance(value, dt.date):
        return to_excel(value)
    return "" if value is None else value


def _write_by_pandas(engine: str) -> Callable[[bytes, Cells], bytes]:
    """Values alone: every sheet a table without headings."""

    def write(data: bytes, cells: Cells) -> bytes:
        source = save_by_openpyxl(data, cells) if cells else data
        out = io.BytesIO()
        with pandas.ExcelWriter(out, engine=engine) as writer:
            for name, table in pandas.read_excel(io.BytesIO(source), sheet_name=None, header=None).items():
                table.to_excel(writer, sheet_name=name, header=False, index=False)
        return out.getvalue()

    return write


# --- LibreOffice -----------------------------------------------------------------------------------------------------

_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>{}</value></prop></item>
</oor:items>
"""
_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">{}</script:module>
"""
_FILTERS = {"xlsx": "Calc MS Excel 2007 XML", "ods": "calc8", "xls": "MS Excel 97"}
_BASIC = """
Function OpenBook(path)
  Dim how(0) As New com.sun.star.beans.PropertyValue
  how(0).Name = "Hidden" : how(0).Value = True
  OpenBook = StarDesktop.loadComponentFromURL(path, "_blank", 0, how())
End Function
Sub SaveBook(book, path, filter)
  Dim how(0) As New com.sun.star.beans.PropertyValue
  how(0).Name = "FilterName" : how(0).Value = filter
  book.storeToURL(path, how())
End Sub
Function FindCell(book, sheet, cell)
  FindCell = book.Sheets.getByName(sheet).getCellRangeByName(cell)
End Function
"""


def _save_by_libreoffice(locale: str) -> Save:
    """Opened once, saved in each format; what is typed is typed in LibreOffice, by a macro."""

    def save(jobs: Sequence[Job], folder: Path) -> dict[str, list[bytes | str]]:
        lines = [_BASIC, "Sub Run"]
        for number, job in enumerate(jobs):
            (folder / f"{number}.xlsx").write_bytes(job.data)
            lines += [f'book = OpenBook("{(folder / str(number)).as_uri()}.xlsx")', *_spell_typing(job.cells)]
            lines += [
                f'SaveBook book, "{_locate(folder, number, kind).as_uri()}", "{_FILTERS[kind]}"' for kind in _FILTERS
            ]
            lines.append("book.close(True)")
        module = "\n".join([*lines, "StarDesktop.terminate()", "End Sub"])
        profile = folder / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS.format(locale), encoding="utf-8")
        start = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
        # The first start fills the profile, also with an empty module.
        subprocess.run([*start, "--terminate_after_init"], check=True, capture_output=True, timeout=100)
        module_file = profile / "user" / "basic" / "Standard" / "Module1.xba"
        module_file.write_text(_MODULE.format(escape(module)), encoding="utf-8")
        subprocess.run([*start, "macro:///Standard.Module1.Run"], check=True, capture_output=True, timeout=500)
        return {kind: [_read(_locate(folder, number, kind)) for number in range(len(jobs))] for kind in _FILTERS}

    return save


def _spell_typing(cells: Cells) -> Iterator[str]:
    for (sheet, cell), value in cells:
        if isinstance(value, str):
            typed = '" & Chr(10) & "'.join(value.replace('"', '""').split("\n"))
            yield f'FindCell(book, "{sheet}", "{cell}").String = "{typed}"'
        else:
            yield f'FindCell(book, "{sheet}", "{cell}").Value = {_serial(value)}'


def _locate(folder: Path, number: int, kind: str) -> Path:
    return folder / f"saved-{number}.{kind}"


def _read(path: Path) -> bytes | str:
    return path.read_bytes() if path.exists() else "no file was written"


# --- JavaScript ------------------------------------------------------------------------------------------------------


def _drive(library: str, suffix: str, **how: object) -> Save:
    """A library in the time zone of the offices; some put dates seven hours off."""

    def save(jobs: Sequence[Job], folder: Path) -> dict[str, list[bytes | str]]:
        task: dict[str, Any] = {"library": library, "read": {}, "write": {}, "anew": False, "jobs": []} | how
        for number, job in enumerate(jobs):
            (folder / f"{number}.xlsx").write_bytes(job.data)
            typed = [[sheet, cell, _serial(value)] for (sheet, cell), value in job.cells]
            paths = {"source": str(folder / f"{number}.xlsx"), "target": str(folder / f"out-{number}.{suffix}")}
            task["jobs"].append(paths | {"cells": typed})
        environment = os.environ | {"NODE_PATH": str(INSTALLED / "node_modules"), "TZ": "Asia/Ho_Chi_Minh"}
        done = subprocess.run(
            ["node", str(JAVASCRIPT / "drive.js")],
            input=json.dumps(task),
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=400,
        )
        said = json.loads(done.stdout)
        return {suffix: [said[job["target"]] or Path(job["target"]).read_bytes() for job in task["jobs"]]}

    return save


_FORMATS = {"cellNF": True, "cellDates": True}
PROGRAMS = (
    Program("LibreOffice (vi-VN)", _save_by_libreoffice("vi-VN"), "soffice", "xlsx, .ods, .xls"),
    Program("LibreOffice (en-US)", _save_by_libreoffice("en-US"), "soffice", "xlsx, .ods, .xls"),
    Program("openpyxl", _each(save_by_openpyxl)),
    Program("XlsxWriter, written anew", _each(write_anew)),
    Program("pandas (openpyxl), values only", _each(_write_by_pandas("openpyxl"))),
    Program("pandas (xlsxwriter), values only", _each(_write_by_pandas("xlsxwriter"))),
    Program("ExcelJS", _drive("exceljs", "xlsx"), "npm"),
    Program("SheetJS", _drive("xlsx", "xlsx"), "npm"),
    Program("SheetJS, formats kept", _drive("xlsx", "xlsx", read=_FORMATS), "npm"),
    Program("SheetJS, formats kept", _drive("xlsx", "ods", read=_FORMATS), "npm", "ods"),
    Program("SheetJS, formats kept", _drive("xlsx", "xls", read=_FORMATS, write={"bookType": "biff8"}), "npm", "xls"),
    Program("SheetJS, values only", _drive("xlsx", "xlsx", read={"cellDates": True}, anew=True), "npm"),
)

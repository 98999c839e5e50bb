// Opens workbooks with a library, types into cells, saves them: what a program of an office does with a form.
//
//   node drive.js < {"library": "exceljs" | "xlsx", "read": {…}, "write": {…}, "anew": false,
//                    "jobs": [{"source": path, "target": path, "cells": [[sheet, cell, value], …]}, …]}
//
// "read" and "write" are options of SheetJS; "anew": only the values go into a new workbook. Answers on stdout with
// {target: "" or what the library said when it failed}.
"use strict";

const fs = require("node:fs");

async function saveByExcelJS(job) {
  const ExcelJS = require("exceljs");
  const book = new ExcelJS.Workbook();
  await book.xlsx.readFile(job.source);
  for (const [sheet, cell, value] of job.cells) {
    book.getWorksheet(sheet).getCell(cell).value = value;
  }
  await book.xlsx.writeFile(job.target);
}

function saveBySheetJS(job, task) {
  const XLSX = require("xlsx");
  let book = XLSX.readFile(job.source, task.read);
  for (const [sheet, cell, value] of job.cells) {
    XLSX.utils.sheet_add_aoa(book.Sheets[sheet], [[value]], { origin: cell });
  }
  if (task.anew) book = copyValues(XLSX, book);
  XLSX.writeFile(book, job.target, task.write);
}

function copyValues(XLSX, book) {
  const copy = XLSX.utils.book_new();
  for (const name of book.SheetNames) {
    const values = XLSX.utils.sheet_to_json(book.Sheets[name], { header: 1 });
    XLSX.utils.book_append_sheet(copy, XLSX.utils.aoa_to_sheet(values), name);
  }
  return copy;
}

async function main() {
  const task = JSON.parse(fs.readFileSync(0, "utf8"));
  const said = {};
  for (const job of task.jobs) {
    try {
      if (task.library === "exceljs") await saveByExcelJS(job);
      else saveBySheetJS(job, task);
      said[job.target] = "";
    } catch (error) {
      said[job.target] = String(error);
    }
  }
  process.stdout.write(JSON.stringify(said));
}

main();

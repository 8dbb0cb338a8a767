"""One reads file: its lines, each a good row or a row with the reason why it is not.

A quiz writes the columns `COLUMNS` and ends with a line ``#end,N`` for N rows. Files come back
truncated, saved again by a spreadsheet, or in another encoding; no good row may be lost with the
bad ones.
"""

import csv
import re
from datetime import datetime
from pathlib import Path

from dermlab.cases import ids
from dermlab.errors import InputError
from dermlab.evaluation import chats
from dermlab.text import listing, plural

COLUMNS = (
    "reader_id",
    "image_id",
    "quiz_id",
    "task",
    "decision",
    "confidence",
    "seconds",
    "read_at",
)
REQUIRED = ("reader_id", "image_id", "decision")
CODE = re.compile(r"\W*QUIZ[\s-]", re.IGNORECASE)  # how a line that is a text code begins
Decode = chats.Decode
PLACE = ("file", "row", "reason")  # about each row; the first columns of a set-aside file


def text_of(path: Path) -> str:
    """A file as text with plain line ends; a byte that is not UTF-8 becomes a lone surrogate."""
    if not path.is_file():
        raise InputError(f"There is no file {path}: name the CSV files that the quiz wrote.")
    return decoded(path.read_bytes())


def decoded(content: bytes) -> str:
    """The content of a file as `text_of` gives it."""
    text = content.decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _cells(line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line]), [])]
    except csv.Error:  # a cell longer than csv allows: no row of ours, kept as it is
        return [line]


def _header_fault(header: list[str]) -> str | None:
    missing = [column for column in REQUIRED if column not in header]
    if missing:
        return f"the file has no column {listing(missing)}; save it as comma-separated UTF-8"
    if len(set(header)) < len(header):
        return "the header names a column twice"
    return None


def _number_fault(column: str, cell: str, expected: str) -> str | None:
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    good = value in (1, 2, 3, 4, 5) if column == "confidence" else 0 <= value < float("inf")
    return None if good else f"{column} is '{cell}'; expected {expected}"


def _time_fault(cell: str) -> str | None:
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        return f"read_at is '{cell}'; expected a time such as 2026-01-31T09:30:00"
    return None


def _row_fault(cells: list[str], header: list[str]) -> str | None:
    """Why a row cannot be used, or None. Spreadsheets pad with empty cells."""
    if any("\udc80" <= letter <= "\udcff" or letter == "\0" for letter in "".join(cells)):
        return "a cell is not UTF-8 text"
    if len(cells) < len(header) or any(cells[len(header) :]):
        return f"{plural(len(cells), 'cell')} under {plural(len(header), 'column')}"
    row = dict(zip(header, cells, strict=False))
    empty = [column for column in REQUIRED if not row[column]]
    if empty:
        return f"no {listing(empty)}"
    for column in ("reader_id", "image_id", "quiz_id"):
        if not ids.may_be(row.get(column)):
            return f"{column} is {row[column][:40]!a}; expected {ids.EXPECTED}"
    if ids.one(row["image_id"]) is None:
        return f"image_id is '{row['image_id']}', which means that it is unknown"
    if row["decision"] not in ("0", "1"):
        return f"decision is '{row['decision']}'; expected 1 (biopsy or treat) or 0 (reassure)"
    faults = [
        row.get("confidence") and _number_fault("confidence", row["confidence"], "1 to 5"),
        row.get("seconds") and _number_fault("seconds", row["seconds"], "seconds from 0 up"),
        row.get("read_at") and _time_fault(row["read_at"]),
    ]
    return next((fault for fault in faults if fault), None)


def _end_fault(cells: list[str], n_rows: int) -> str | None:
    """What is wrong with an end mark ``#end,N`` after ``n_rows`` rows, or None."""
    n_written = cells[1] if len(cells) > 1 else ""
    if not n_written.isdecimal():
        return "the end mark has no number of rows"
    if int(n_written) != n_rows:
        return f"the end mark says {plural(int(n_written), 'row')}, the file has {n_rows:,}"
    return None


def _own_names(header: list[str]) -> list[str]:
    """The columns' names, those that are called as in `PLACE` moved, as in ``file (original)``.

    In a corrected set-aside file they are ours, and give way to what the rows get now.
    """
    if tuple(header[: len(PLACE)]) == PLACE:
        return header
    return [f"{name} (original)" if name in PLACE else name for name in header]


def _named(header: list[str], cells: list[str]) -> dict[str, str]:
    """Cells under their column's name, legible; those beyond the header under ``surplus``."""
    named = {
        name: chats.legible(cell) for name, cell in zip(header, cells, strict=False) if name or cell
    }
    surplus = [chats.legible(cell) for cell in cells[len(header) :]]
    return named | ({"surplus": ",".join(surplus)} if any(surplus) else {})


def _is_table(text: str) -> bool:
    """Whether some line names the columns of a reads file, whatever stands between them."""
    return any(all(name in line for name in REQUIRED) for line in text.split("\n"))


def parse(path: Path, text: str, decode: Decode | None = None) -> list[dict]:
    """The rows of one file as dicts of cells with ``file``, ``row`` and ``reason`` (None if good).

    Line by line, so that a stray quotation mark costs its own row and not the rest of the file.
    A line that begins like a quiz's text code is turned into rows by ``decode``; a text without
    the columns of a reads file is searched for codes as in `chats`.
    """
    if decode and not _is_table(text) and chats.holds_codes(text):
        return chats.parse(path, text, decode)
    rows, written, header, fault, n_rows, taken = [], None, [], None, 0, 0
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        cells = _cells(line)
        if not any(cells) or cells == written or number <= taken:
            continue
        place = {"file": str(path), "row": number}
        if decode and CODE.match(line):
            of_code, n_more = chats.decoded(line, place, decode, number, lines[number:])
            rows, taken = rows + of_code, number + n_more
            continue
        if written is None:
            written, header = cells, _own_names([chats.legible(cell) for cell in cells])
            fault = _header_fault([name for name in header if name])
        elif cells[0] == "#end":
            reason, n_rows = _end_fault(cells, n_rows), 0
            rows += [place | {"reason": reason}] if reason else []
        else:
            n_rows += 1
            rows.append(
                _named(header, cells) | place | {"reason": fault or _row_fault(cells, header)}
            )
    return rows or [{"file": str(path), "row": None, "reason": "the file has no rows"}]


def is_whole(text: str) -> bool:
    """Whether a file carries the end mark that a quiz writes after its last decision."""
    return any(line.startswith("#end") for line in text.split("\n"))

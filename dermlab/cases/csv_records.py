"""A CSV file as records, of which a damaged one costs no other.

A quoted cell may span lines, unless a line inside it is a full row of its own: an open quote
swallows none. What is wrong with a record is said in the words that stand after its row number.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from dermlab import text
from dermlab.errors import InputError

_SPAN = 50  # lines that one quoted cell may take
_QUOTES = {  # what the csv module says of a row's quotes, and what it means
    "unexpected end": "opens a quote that it does not close",
    "expected after": "has text after a closing quote",
    "field larger": f"holds a cell of more than {csv.field_size_limit():,} characters",
}
_FOREIGN = {  # first bytes of files that are sent in place of a CSV
    b"PK\x03\x04": "an Excel workbook or a zip",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "gzip-compressed",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


def read(path: str | Path) -> tuple[list[str], Iterator[tuple[int, list[str], str | None]]]:
    """The column names, and a record each: line number, cells, what is wrong with them (or None).

    Raises `InputError` for a file that is no comma-separated UTF-8 (a BOM is allowed), is empty,
    or has an empty or repeated name in its header. Blank lines are passed over.
    """
    lines = _decoded(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise InputError(f"{path} is empty; expected a CSV with a header and rows.")
    header = _header(lines[first], path)
    return header, _records(lines, first + 1, width=len(header))


def _decoded(path: str | Path) -> str:
    """The file's text; `InputError` if it cannot be opened or is not UTF-8."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    for start, kind in _FOREIGN.items():
        if raw.startswith(start):
            raise InputError(f"{path} is {kind}, no CSV; save it as comma-separated UTF-8 text.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path} is not UTF-8: byte 0x{raw[error.start]:02X} in line {line}; "
            "save it as UTF-8 text."
        ) from error


def _header(line: str, path: str | Path) -> list[str]:
    """The column names; `InputError` where two are equal, one is empty, or they are no CSV's."""
    if "\0" in line:
        raise InputError(f"{path} has NUL bytes in its header; save it as UTF-8 text.")
    for separator, name in {";": "semicolons", "\t": "tabs", "|": "bars"}.items():
        if line.count(separator) > line.count(","):
            raise InputError(f"{path} separates its cells by {name}; save it with commas.")
    try:
        names = [name.strip() for name in _cells(line)]
    except csv.Error:
        raise InputError(f"{path} has a quote in its header that is not closed.") from None
    if "" in names:
        raise InputError(f"{path} has no name for column {names.index('') + 1} in its header.")
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError(f"{path} names a column twice in its header: {text.listing(twice)}.")
    return names


def _cells(*lines: str) -> list[str]:
    """The cells of one record; `csv.Error` where its quotes do not match."""
    if len(lines) == 1 and '"' not in lines[0]:
        return lines[0].split(",")
    reader = csv.reader([f"{line}\n" for line in lines], strict=True, skipinitialspace=True)
    return next(reader)


def _records(
    lines: list[str], start: int, *, width: int
) -> Iterator[tuple[int, list[str], str | None]]:
    """Line number, cells and what is wrong with them (or None), a record of the CSV each."""
    i = start
    while i < len(lines):
        number, line = i + 1, lines[i]
        i += 1
        if not line.strip():
            continue
        try:
            cells, i = _record(lines, number - 1, width)
        except csv.Error as error:
            reason = next(fault for sign, fault in _QUOTES.items() if sign in str(error))
            yield number, line.split(","), reason
            continue
        reason = None
        if any("\0" in cell for cell in cells):
            reason = "holds a NUL byte, expected text"
        elif len(cells) != width:
            reason = f"has {text.plural(len(cells), 'cell')}, expected {width} as in the header"
        yield number, cells, reason


def _record(lines: list[str], i: int, width: int) -> tuple[list[str], int]:
    """The cells of the record that starts at line `i`, and the line after it.

    A quoted cell may go on for up to `_SPAN` lines; `csv.Error` where its quote finds no end
    before the next line that is a full row by itself. The line of the closing quote is such a row
    too, if the first line is one but for its quote: then both are damaged.
    """
    damaged = csv.Error("unexpected end")
    for stop in range(i + 1, min(i + _SPAN, len(lines)) + 1):
        try:
            cells = _cells(*lines[i:stop])
        except csv.Error as error:
            if "unexpected end" not in str(error):
                raise damaged if stop > i + 1 else error from None
            cells = None
        if stop > i + 1 and _is_row(lines[stop - 1], width):
            whole = lines[i].count(",") == width - 1
            if cells is None or len(cells) != width or whole:
                break
        if cells is not None:
            return cells, stop
    raise damaged


def _is_row(line: str, width: int) -> bool:
    """Whether the line is a row by itself."""
    try:
        return len(_cells(line)) == width
    except csv.Error:
        return False

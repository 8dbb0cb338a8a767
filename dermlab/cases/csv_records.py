"""A CSV file as records, of which a damaged one costs no other.

A file whose name ends in .tab or .tsv has tabs for commas, as Dataverse writes its tables.

A quoted cell may span lines, unless a line inside it is a full row of its own: an open quote
swallows none. What is wrong with a record is said in the words that stand after its row number.
The file is read a block at a time, so that neither a long one nor an endless line fills the memory.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from dermlab import text
from dermlab.errors import InputError

_SPAN = 50  # lines that one quoted cell may take
_BLOCK = 2**20  # characters read at a time
TABS = (".tab", ".tsv")
NUMBERS = "Unnamed: 0"  # a nameless first column: what pandas writes, and calls it
_LONGEST_LINE = 2**24  # characters: a thousand columns of 16,000
_LONGEST_CELL = csv.field_size_limit()
_QUOTES = {  # what the csv module says of a row's quotes, and what it means
    "unexpected end": "opens a quote that it does not close",
    "expected after": "has text after a closing quote",
    "field larger": f"holds a cell of more than {_LONGEST_CELL:,} characters",
}
_FOREIGN = {  # first bytes of files that are sent in place of a CSV
    b"PK\x03\x04": "an Excel workbook or a zip",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "gzip-compressed",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}


def read(
    path: str | Path,
    *,
    numbered: bool = False,
    headless: Callable[[str], list[str] | None] = lambda line: None,
) -> tuple[list[str], Iterator[tuple[int, list[str], str | None]]]:
    """The column names, and a record each: line number, cells, what is wrong with them (or None).

    The first column of a ``numbered`` file may be nameless: it is `NUMBERS`. ``headless`` names
    the columns of a file whose first line is a row already, or is None.

    Raises `InputError` for a file that is no comma-separated UTF-8 (a BOM is allowed), is empty,
    or has an empty or repeated name in its header; while the records are read, for bytes that are
    no UTF-8 and for a line that has no end. Blank lines are passed over.
    """
    blocks = _blocks(path)
    before = 0
    for lines in blocks:
        first = next((i for i, line in enumerate(lines) if line.strip()), None)
        if first is not None:
            break
        before += len(lines)
    else:
        raise InputError(f"{path} is empty; expected a CSV with a header and rows.")
    separator = "\t" if Path(path).suffix.lower() in TABS else ","
    header = headless(lines[first])
    if not header:
        header = _header(lines[first], path, separator, numbered)
        first += 1
    rest = chain([lines[first:]], blocks)
    return header, _records(rest, before + first, width=len(header), separator=separator)


def _blocks(path: str | Path) -> Iterator[list[str]]:
    """The file's lines without their ends, in lists; `InputError` if they cannot be read."""
    try:
        with Path(path).open("rb") as raw:
            _refuse_foreign(raw.peek(4), path)
            text_file = io.TextIOWrapper(raw, encoding="utf-8-sig")
            number, rest = 1, ""
            while block := text_file.read(_BLOCK):
                *lines, rest = (rest + block).split("\n")
                number += len(lines)
                if len(rest) > _LONGEST_LINE:
                    raise InputError(
                        f"{path} has more than {_LONGEST_LINE:,} characters in line {number} and "
                        "no end of it; save it as a CSV with a line a row."
                    )
                yield lines
            yield [rest]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(_where_not_utf8(path)) from error


def _refuse_foreign(start: bytes, path: str | Path) -> None:
    for sign, kind in _FOREIGN.items():
        if start.startswith(sign):
            raise InputError(f"{path} is {kind}, no CSV; save it as comma-separated UTF-8 text.")


def _where_not_utf8(path: str | Path) -> str:
    """The sentence about the first byte of a file that is no UTF-8."""
    with Path(path).open("rb") as raw:
        for number, line in enumerate(raw, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                where = f"byte 0x{line[error.start]:02X} in line {number}"
                return f"{path} is not UTF-8: {where}; save it as UTF-8 text."
    return f"{path} is not UTF-8; save it as UTF-8 text."


def _header(line: str, path: str | Path, separator: str, numbered: bool) -> list[str]:
    """The column names; `InputError` where two are equal, one is empty, or they are no CSV's."""
    if "\0" in line:
        raise InputError(f"{path} has NUL bytes in its header; save it as UTF-8 text.")
    for other, name in {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}.items():
        if line.count(other) > line.count(separator):
            means = "commas" if separator == "," else "tabs, or end its name in .csv"
            raise InputError(f"{path} separates its cells by {name}; save it with {means}.")
    try:
        names = [name.strip() for name in _cells(line, separator=separator)]
    except csv.Error:
        raise InputError(f"{path} has a quote in its header that is not closed.") from None
    if numbered and names[0] == "":
        names[0] = NUMBERS
    if "" in names:
        raise InputError(f"{path} has no name for column {names.index('') + 1} in its header.")
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError(f"{path} names a column twice in its header: {text.listing(twice)}.")
    return names


def _cells(*lines: str, separator: str) -> list[str]:
    """The cells of one record; `csv.Error` where its quotes do not match."""
    if len(lines) == 1 and '"' not in lines[0]:
        return lines[0].split(separator)
    rows = [f"{line}\n" for line in lines]
    return next(csv.reader(rows, delimiter=separator, strict=True, skipinitialspace=True))


def _records(
    blocks: Iterable[list[str]], number: int, *, width: int, separator: str
) -> Iterator[tuple[int, list[str], str | None]]:
    """Line number, cells and what is wrong with them (or None), a record of the CSV each.

    `number`: how many lines stand before the first block.
    """
    lines: list[str] = []
    for block in chain(blocks, [None]):
        lines += block or []
        i, stop = 0, len(lines) - (0 if block is None else _SPAN)
        while i < stop:
            start, line = i, lines[i]
            i += 1
            if not line.strip():
                continue
            if line.count(separator) == width - 1 and _is_plain(line):  # what most lines are
                yield number + i, line.split(separator), None
                continue
            try:
                cells, i = _record(lines, start, width, separator)
            except csv.Error as error:
                reason = next(said for sign, said in _QUOTES.items() if sign in str(error))
                yield number + start + 1, line.split(separator), reason
                continue
            yield number + start + 1, cells, _problem(cells, lines[start:i], width)
        del lines[:i]
        number += i


def _is_plain(line: str) -> bool:
    """Whether the line is a record by itself, without quotes, and has nothing to be refused."""
    return '"' not in line and "\0" not in line and len(line) <= _LONGEST_CELL


def _problem(cells: list[str], lines: list[str], width: int) -> str | None:
    """What is wrong with a record that stands in these lines."""
    if any("\0" in line for line in lines):
        return "holds a NUL byte, expected text"
    if len(cells) != width:
        return f"has {text.plural(len(cells), 'cell')}, expected {width} as in the header"
    if len(lines[0]) > _LONGEST_CELL and max(map(len, cells)) > _LONGEST_CELL:
        return _QUOTES["field larger"]
    return None


def _record(lines: list[str], i: int, width: int, separator: str) -> tuple[list[str], int]:
    """The cells of the record that starts at line `i`, and the line after it.

    A quoted cell may go on for up to `_SPAN` lines; `csv.Error` where its quote finds no end
    before the next line that is a full row by itself. The line of the closing quote is such a row
    too, if the first line is one but for its quote: then both are damaged.
    """
    damaged = csv.Error("unexpected end")
    for stop in range(i + 1, min(i + _SPAN, len(lines)) + 1):
        try:
            cells = _cells(*lines[i:stop], separator=separator)
        except csv.Error as error:
            if "unexpected end" not in str(error):
                raise damaged if stop > i + 1 else error from None
            cells = None
        if stop > i + 1 and _is_row(lines[stop - 1], width, separator):
            whole = lines[i].count(separator) == width - 1
            if cells is None or len(cells) != width or whole:
                break
        if cells is not None:
            return cells, stop
    raise damaged


def _is_row(line: str, width: int, separator: str) -> bool:
    """Whether the line is a row by itself."""
    try:
        return len(_cells(line, separator=separator)) == width
    except csv.Error:
        return False

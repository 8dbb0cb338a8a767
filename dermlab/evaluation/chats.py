"""Text codes of a quiz in a text that people wrote: a chat, a list with names, an e-mail.

A code may stand anywhere in a line, after a name and before a remark. A line without one is kept
with its reason, so that nothing that was handed in is lost.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise, takewhile
from pathlib import Path

from dermlab.errors import InputError

Decode = Callable[[str], list[dict]]
PREFIX = re.compile(r"(?<![A-Z0-9_])QUIZ(?![A-Z0-9_])", re.IGNORECASE)
WITHOUT_PREFIX = re.compile(r"(?<![A-Z0-9])([A-Z0-9]{4}[-‐-―]){4,}[A-Z0-9]{1,4}\b", re.IGNORECASE)
MOST_WORDS = 80  # more than the groups of letters that the longest code has
MOST_LINES = 4  # over which a mail or a narrow window breaks a code


def holds_codes(text: str) -> bool:
    """Whether a text code stands in ``text``, or what is one but for its beginning."""
    return bool(PREFIX.search(text) or WITHOUT_PREFIX.search(text))


def parse(path: Path, text: str, decode: Decode) -> list[dict]:
    """The rows of the codes in ``text``, and a row with its ``reason`` for every other line.

    Rows are as those of `reads.parse`; ``coded`` counts the codes of the text, from 1. ``decode``
    turns a code into rows (dicts of cells; InputError for a damaged one).
    """
    rows, n_codes, lines, taken = [], 0, text.split("\n"), 0
    for number, line in enumerate(lines, start=1):
        if not line.strip() or number <= taken:
            continue
        place = {"file": str(path), "row": number}
        starts = [match.start() for match in PREFIX.finditer(line)]
        if not starts:
            rows.append(place | {"surplus": legible(line), "reason": _reason(line)})
        for start, end in pairwise([*starts, len(line)] if starts else []):
            n_codes += 1
            more = lines[number:] if end == len(line) else ()
            of_code, n_more = decoded(line[start:end], place, decode, n_codes, more)
            rows, taken = rows + of_code, number + n_more
    return rows


def decoded(
    piece: str, place: dict, decode: Decode, number: int, following: Sequence[str] = ()
) -> tuple[list[dict], int]:
    """The rows of the code that ``piece`` begins with, ``coded`` as ``number``; or the fault.

    A code that is damaged in itself is tried with the lines that follow, up to the next code: the
    second value is how many of them it took.
    """
    more = list(takewhile(lambda line: not PREFIX.search(line), following[: MOST_LINES - 1]))
    tried = [
        _decoded(" ".join([piece, *more[:n]]), place, decode, number) for n in range(len(more) + 1)
    ]
    whole = [n for n, rows in enumerate(tried) if rows[0]["reason"] is None]
    n_more = whole[0] if whole else 0
    return tried[n_more], n_more


def _decoded(piece: str, place: dict, decode: Decode, number: int) -> list[dict]:
    words, faults = piece.split()[:MOST_WORDS], []
    for n in range(len(words), 0, -1):  # what follows a code makes its checksum wrong
        try:
            cells = decode(" ".join(words[:n]))
        except InputError as error:
            faults.append(str(error))
        else:
            none = [{"surplus": legible(piece), "reason": "the text code holds no decision yet"}]
            return [{"reason": None, "coded": number} | row | place for row in cells or none]
    fault = next((one for one in faults if one != faults[0]), faults[0])
    return [place | {"surplus": legible(piece), "reason": fault}]


def legible(cell: str) -> str:
    """The text with a number for every byte that was no UTF-8."""
    return cell.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _reason(line: str) -> str:
    """Why a line without the beginning of a code cannot be used."""
    if WITHOUT_PREFIX.search(line):
        return "a text code without its beginning: write QUIZ- before it"
    return "no text code of a quiz stands in this line"

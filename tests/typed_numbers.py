"""Numbers that stand in a lesson's text, and where each could come from.

A number must be found in what a cell prints or draws (its alt text), in a cell's code (a setting),
or in a published table of the repository; small counts, years, lessons' numbers and minutes are
free. One that is none of these, such as a result of another paper, is answered for in a comment
beside it, which says where it comes from::

    <!-- numbers: 116 of 131 (Tschandl 2020, Table 2) -->

Two-digit numbers are found out half of the time only: as many stand by chance in the outputs.
"""

import csv
import re
from pathlib import Path

DATA = Path(__file__).parents[1] / "dermlab" / "data"
TABLES = [
    *("published.csv", "other_readers.csv", "tajbakhsh2016.csv"),
    *("esteva2017/category_counts_2016.csv", "esteva2017/network_large_tests_2016.csv"),
]
SMALL, YEARS = range(13), range(1900, 2101)
USUAL = {95, 100}  # per cent: of intervals, and of everything
COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
ANSWERED_FOR = re.compile(r"<!--\s*numbers:(.*?)-->", re.DOTALL)
NOT_TEXT = re.compile(r"```.*?```|`[^`]*`|\]\([^)]*\)|https?://\S+|<[^>]+>", re.DOTALL)
NUMBER = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?![\w]|\.\d|,\d{3})")
PERCENT = re.compile(r"\s*(?:%|per ?cent|(?:percentage )?points?\b)")
MINUTES = re.compile(r"\d+(?: ?[-–] ?\d+| to \d+)? min")
HEADING = re.compile(r"(?m)^(#+) \d+[.\d]*")


def unknown(prose: str, outputs: str, settings: str) -> list[str]:
    """The numbers of ``prose`` (Markdown) that come from nowhere, each with the words around it."""
    shown = {to_number(number) for number in numbers(outputs)}
    given = " ".join([settings.replace("_", ","), *ANSWERED_FOR.findall(prose)])
    given = {plain(number) for number in numbers(given)} | published()
    text = HEADING.sub(r"\1 ", MINUTES.sub(" ", prose))
    text = NOT_TEXT.sub(" ", COMMENT.sub(" ", text))
    faults = []
    for match in NUMBER.finditer(text):
        if match[0] and not is_known(match[0], text[match.end() :], shown, given):
            around = text[max(match.start() - 40, 0) : match.end() + 30]
            faults.append(f"{match[0]}: …{' '.join(around.split())}…")
    return faults


def is_known(number: str, after: str, shown: set[float], given: set[str]) -> bool:
    """Whether a number of the text is a small count, a year, a lesson, one that is given, digit
    for digit, or one that a cell shows, where at most one digit was rounded away.

    ``after``: the text behind it. Per cent may come from a share that was shown.
    """
    value, decimals = to_number(number), len(number.partition(".")[2])
    is_percent = bool(PERCENT.match(after))
    if not decimals:
        is_year = value in YEARS and "," not in number
        is_lesson = number.startswith("0")
        if value in SMALL or is_year or is_lesson or (is_percent and value in USUAL):
            return True
    literal = f"{value * 1e6:.0f}" if after.lstrip().startswith("million") else plain(number)
    if literal in given and (decimals or not is_percent):
        return True
    exact = shown | {100 * each for each in shown} if is_percent else shown
    if any(abs(each - value) < 1e-9 for each in exact):
        return True
    longer = [each for each in exact if abs(round(each, decimals + 1) - each) < 1e-9]
    is_rounded = any(abs(each - value) <= 0.5 * 10**-decimals + 1e-9 for each in longer)
    return is_rounded and (decimals > 0 or is_percent)


def numbers(text: str) -> list[str]:
    """The numbers of a text as they stand there; not those within a word, such as HAM10000."""
    return [found[0] for found in NUMBER.finditer(text) if found[0]]


def to_number(text: str) -> float:
    return float(text.replace(",", ""))


def plain(number: str) -> str:
    """One way to write a number: no commas, no leading zero."""
    return number.replace(",", "").lstrip("0")


def published() -> set[str]:
    """The numbers of the repository's published tables."""
    known = set()
    for name in TABLES:
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            known |= {plain(n) for row in csv.reader(file) for cell in row for n in numbers(cell)}
    return known

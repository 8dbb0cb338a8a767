"""The reads files of a class, merged without losing a row.

Files come back damaged, saved twice, or with one code for two readers: every row is either a good
read or set aside with its reason. What one file's lines mean is decided in `reads`.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from dermlab.cases import ids
from dermlab.errors import InputError
from dermlab.evaluation import reads as reads_file
from dermlab.text import plural

_PLACE = list(reads_file.PLACE)
# coded: the number of the text code in its file, which carries no times; pictures: its quiz has
_OURS = [*_PLACE, "coded", "pictures"]
_EARLIER_SAVE = "an earlier save of another file"  # never shown: these rows count once


def _repeats(good: pd.DataFrame) -> pd.Series:
    """Reasons for rows of a reader who decided twice about one image, in one quiz and task."""
    cells = good.drop(columns=_OURS).fillna("").assign(image_id=ids.normal(good["image_id"]))
    key = [column for column in ("reader_id", "quiz_id", "task", "image_id") if column in cells]
    again = cells.duplicated(keep="first")
    once = cells[~again]
    reasons = pd.Series(None, index=good.index, dtype=object)
    reasons[again] = "the same row stands above"
    reasons[once.index[once.duplicated(key, keep=False)]] = "one reader decided twice on this image"
    return reasons


def _repeated_in_code(good: pd.DataFrame) -> pd.Series:
    """Marks the rows of text codes that say what a file of the same reader says as well."""
    reasons = pd.Series(None, index=good.index, dtype=object)
    coded = good["coded"].notna()
    cells = good.reindex(columns=["reader_id", "quiz_id", "image_id", "decision", "confidence"])
    in_files = set(cells[~coded].itertuples(index=False, name=None))
    for _, rows in cells[coded].groupby(["reader_id", "quiz_id"]):
        if set(rows.itertuples(index=False, name=None)) <= in_files:
            reasons[rows.index] = _EARLIER_SAVE
    return reasons


def _without_repeated_codes(table: pd.DataFrame) -> pd.DataFrame:
    """The rows, those of a code that stands once more, as full or fuller, made a single row."""
    coded = table[table["coded"].notna() & table["reason"].isna()]
    if coded.empty:
        return table
    dropped, remarks = [], []
    for (reader, _), rows in coded.groupby(["reader_id", "quiz_id"]):
        by_code = rows.groupby(["file", "coded"], sort=False)
        answers = by_code[["image_id", "decision", "confidence"]].apply(
            lambda cells: set(cells.itertuples(index=False, name=None))
        )
        kept = answers.map(len).idxmax()
        first = by_code.get_group(kept).iloc[0]
        for code in answers.index[[code != kept for code in answers.index]]:
            if answers[code] <= answers[kept]:
                again = by_code.get_group(code)
                dropped += again.index.tolist()
                place = again.iloc[0][["file", "row"]].to_dict()
                reason = f"reader {reader}'s text code counts once, in {first['file']}, line "
                remarks.append(place | {"reason": f"{reason}{first['row']}"})
    return pd.concat([table.drop(index=dropped), pd.DataFrame(remarks)], ignore_index=True)


def _shared_codes(good: pd.DataFrame) -> pd.Series:
    """Reasons for the rows of a code that stands in several files.

    A file saved twice while reading is one reader: rows that all stand in the other file, with
    their time, count once. Anything else is two readers under one code, and no row can be
    given to either.
    """
    reasons = pd.Series(None, index=good.index, dtype=object)
    cells = good.drop(columns=_OURS).fillna("")
    timed = cells["read_at"] != "" if "read_at" in cells else pd.Series(False, index=cells.index)
    columns = [column for column in ("reader_id", "quiz_id") if column in cells]
    for code, rows in cells.groupby(columns):
        file_of = good.loc[rows.index, "file"]
        by_file = rows.groupby(file_of)
        if by_file.ngroups < 2:
            continue
        saved = {file: set(of_file.itertuples(index=False, name=None)) for file, of_file in by_file}
        fullest = max(saved, key=lambda file: len(saved[file]))
        earlier = file_of != fullest
        same = timed[rows.index].all() and all(
            of_file <= saved[fullest] for of_file in saved.values()
        )
        if same:
            reasons[rows.index[earlier]] = _EARLIER_SAVE
        else:
            n_files = plural(len(saved), "file")
            reasons[rows.index] = f"reader {code[0]} stands in {n_files} that are no saves of one"
    return reasons


def _typed(good: pd.DataFrame) -> pd.DataFrame:
    """The *reads* table: its own columns first, other columns carried along."""
    ours = {*reads_file.COLUMNS, *_OURS, "surplus"}  # surplus: of damaged rows only
    others = [column for column in good if column not in ours]
    reads = good.reindex(columns=[*reads_file.COLUMNS, *others])
    reads = reads.where(reads != "")
    numbers = {"decision": "int64", "confidence": "float64", "seconds": "float64"}
    text = pd.StringDtype(na_value=np.nan)
    reads = reads.astype({column: numbers.get(column, text) for column in reads})
    return reads.assign(image_id=ids.normal(reads["image_id"]))


def merge_reads(
    paths: Iterable[str | Path], *, decode: reads_file.Decode | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join a class's files: the good rows, and those set aside with their reason.

    Every row of every file is in one of the two, except that identical files, and an earlier save
    of the same file, count once. Set aside are: rows that cannot be read, with their original
    cells; all rows of a code (reader and quiz) that stands with different rows in several
    files; two decisions of one reader on one image; and, as a row without cells, an end mark
    ``#end,N`` that disagrees with its file. Without an end mark a row with all its cells is good.
    ``decode`` turns a line with a quiz's text code into rows (dicts of cells, InputError for a
    damaged one); those that the reader's own file holds too count once.

    Returns *reads* (columns `reads.COLUMNS`, then any others) and a table with ``file, row,
    reason`` (row: the line in the file) followed by the original columns.
    """
    texts = {}
    for path in paths:
        texts.setdefault(reads_file.text_of(Path(path)), Path(path))
    rows = [row for text, path in texts.items() for row in reads_file.parse(path, text, decode)]
    ours = dict.fromkeys(_OURS[len(_PLACE) :])
    table = pd.DataFrame([ours | row for row in rows], columns=None if rows else _OURS)
    table = _without_repeated_codes(table)
    for judge in (_repeated_in_code, _shared_codes, _repeats):
        good = table[table["reason"].isna()]
        if len(good):
            table.loc[good.index, "reason"] = judge(good)
        table = table[table["reason"] != _EARLIER_SAVE]
    cells = [column for column in table if column not in _OURS]
    set_aside = table.loc[table["reason"].notna(), [*_PLACE, *cells]].astype({"row": "Int64"})
    good = table[table["reason"].isna()]
    return _typed(good).reset_index(drop=True), set_aside.reset_index(drop=True)


def read_whole(path: str | Path) -> pd.DataFrame:
    """The reads of one file, every row of which must be good; InputError names the first fault."""
    good, set_aside = merge_reads([path])
    if len(set_aside):
        raise InputError(
            f"{path} has {plural(len(set_aside), 'row')} that cannot be used, first "
            f"'{set_aside['reason'].iloc[0]}'; run `dermlab reads merge` on the files first."
        )
    return good


def remarks(paths: Iterable[str | Path], *, decode: reads_file.Decode | None = None) -> list[str]:
    """What to know of files whose rows are good: half-finished ones, and those of another quiz.

    A quiz's file without its end mark is half-finished or cut off, a text code (``decode`` as in
    `merge_reads`) where it has fewer decisions than its quiz has ``pictures``. The quiz of the
    class is the one that most files are of; the others' rows are told apart by ``quiz_id``.
    """
    quizzes, notes = {}, []
    for path in map(Path, paths):
        text = reads_file.text_of(path)
        good = [row for row in reads_file.parse(path, text, decode) if row["reason"] is None]
        quizzes[path] = {row["quiz_id"] for row in good if row.get("quiz_id")}
        notes += _of_codes(path, good)
        good = [row for row in good if "coded" not in row]
        if any(row.get("quiz_id") for row in good) and not reads_file.is_whole(text):
            n = plural(len(good), "row")
            notes.append(f"{path}: half-finished or cut off, {n} without an end mark; they count")
    counts = pd.Series([quiz for of_file in quizzes.values() for quiz in of_file]).value_counts()
    for path, of_file in quizzes.items():
        if others := sorted(of_file - {counts.index[0] if len(counts) else None}):
            most = f"most files are of {counts.index[0]}"
            notes.append(
                f"{path}: of another quiz, {', '.join(others)} ({most}); kept under its id"
            )
    return notes


def _of_codes(path: Path, good: list[dict]) -> list[str]:
    """A remark on each text code among the rows that is half-finished."""
    codes: dict[tuple, list[dict]] = {}
    for row in good:
        codes.setdefault((row["row"], row.get("coded")), []).append(row)
    return [
        f"{path}, line {line}: half-finished, {len(rows)} of {rows[0]['pictures']} pictures in "
        f"reader {rows[0]['reader_id']}'s text code; they count"
        for (line, _), rows in codes.items()
        if len(rows) < rows[0].get("pictures", 0)
    ]

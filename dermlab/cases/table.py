"""The table of cases: its columns, its check, and the reading of a CSV.

A row is an image. Whatever enters is either good or set aside with a reason; nothing is dropped or
altered in silence. What a table says it does not know is missing (`NaN`), never a made-up value.

**Ids have one rule** (`ids` keeps it), for cases, publishers' files, splits, pairs, predictions,
reads, truth and names of files alike:

- White space around an id is taken off. ``1``, ``"1"`` and the 1.0 of a float column (also as the
  text ``1.0``) are one id; ``007`` stays ``007``.
- Text that means "unknown" (nothing, ``-``, NULL, N/A, NA, nan, none, UNK, unknown, in any case) is
  unknown: it joins nothing and is counted, with a warning. As an ``image_id`` it is bad input.
- Ids that differ only by case or by the ending of a picture (``ISIC_1``, ``isic_1``,
  ``ISIC_1.jpg``) are different images, and are named; where a match hangs on it, it is refused.
- An id of more than 200 characters, with a control or direction mark, or with = + - @ as the first
  character (but for a whole number) is bad input: a spreadsheet would run it, or show another text.

Other text may not begin with = + - @ either, unless it is a number.
"""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from dermlab import text
from dermlab.cases import csv_records, ids, words
from dermlab.cases.trees import nearest
from dermlab.errors import InputError

REQUIRED = ("image_id", "disease", "dataset")
COLUMNS = {
    "image_id": "the image; unique in the table",
    "lesion_id": "the lesion that it shows",
    "patient_id": "whose lesion it is",
    "disease": "a node of the taxonomy, at any level",
    "label_source": "who or what gave the label: see LABEL_SOURCES",
    "modality": "how the image was taken: see MODALITIES",
    "skin_type": "Fitzpatrick skin type, 1 to 6, or a range (5-6) where the publisher grouped",
    "age": "years",
    "sex": "male or female",
    "site": "place on the body",
    "source": "clinic or camera",
    "dataset": "the data set",
    "path": "the image file",
}
LABEL_SOURCES = ("dermatologist", "biopsy", "follow_up", "consensus", "confocal")
MODALITIES = ("clinical", "dermoscopy")
SEXES = ("male", "female")
SKIN_TYPES = (
    *"123456",
    *(f"{low}-{high}" for low in range(1, 7) for high in range(low + 1, 7)),
)
EXPECTED = {
    "image_id": "an id that no other row has",
    "disease": "a node of the taxonomy",
    "label_source": f"one of {', '.join(LABEL_SOURCES)}, or nothing",
    "modality": f"one of {', '.join(MODALITIES)}, or nothing",
    "skin_type": "1 to 6, a range such as 5-6, or nothing",
    "age": "a number of years from 0 to 120, or nothing",
    "sex": "male, female, or nothing",
    "dataset": "the name of a data set",
}
OURS = ("row", "surplus", "reason")  # what a table of rejected rows adds to the file's columns
CELLS_AT_ONCE = 2**20  # of a CSV, before they become a table
KNOWN_CELLS = 2**20  # so many different cells are remembered, so that equal ones take memory once
IDS = ("image_id", "lesion_id", "patient_id")
ID_COLUMNS = ("image_id", "image", "image_name", "img_id", "md5hash")  # as publishers call it


def read_csv(
    path: str | Path, *, may_be_empty: bool = False, **form
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of a CSV, every cell as text, and the rows that cannot be read.

    Both tables are indexed by `row`, the line in the file (the header is 1). White space around a
    cell is taken off, an empty cell is missing, blank lines are passed over. A row with more or
    fewer cells than the header, a quote left open or a NUL byte is set aside with a `reason`; its
    cells stay where they stood, those beyond the header in the column `surplus`.

    Raises `InputError` for a file that is no comma-separated UTF-8 (a BOM is allowed), has an
    empty or repeated name in its header, or no rows (unless it `may_be_empty`). `form`: the
    options of `csv_records.read`.
    """
    header, records = csv_records.read(path, **form)
    at_once = max(1000, CELLS_AT_ONCE // len(header))
    tables, rows, bad, known = [], {}, [], {}
    for number, cells, reason in records:
        if reason:
            bad.append((number, cells, reason))
            continue
        rows[number] = [known.setdefault(cell, cell) or None for cell in map(str.strip, cells)]
        if len(rows) == at_once:
            tables.append(_as_text(rows, header))
            rows = {}
        if len(known) > KNOWN_CELLS:
            known = {}
    if not (tables or rows or bad or may_be_empty):
        raise InputError(f"{path} has a header but no rows; expected at least one.")
    if rows or not tables:
        tables.append(_as_text(rows, header))
    return pd.concat(tables) if len(tables) > 1 else tables[0], _unreadable(bad, header)


def _as_text(rows: dict[int, list[str | None]], header: list[str]) -> pd.DataFrame:
    index = pd.Index(list(rows), name="row", dtype="int64" if rows else None)
    return pd.DataFrame(list(rows.values()), columns=header, index=index, dtype="str")


def read_good_csv(path: str | Path, *, what: str = "", may_be_empty: bool = False) -> pd.DataFrame:
    """The rows of `read_csv`; `InputError` if any cannot be read, in which `what` is the file."""
    rows, rejected = read_csv(path, may_be_empty=may_be_empty)
    refuse(rejected, what or str(path))
    return rows


def _unreadable(bad: list[tuple[int, list[str], str]], header: list[str]) -> pd.DataFrame:
    """The rows that are no rows, as a table: cells in place, `surplus`, `reason`."""
    width = len(header)
    table = pd.DataFrame(
        [(cells + [None] * width)[:width] for _, cells, _ in bad],
        columns=header,
        index=pd.Index([number for number, _, _ in bad], name="row", dtype="int64"),
        dtype="str",
    )
    table = with_reason(table, pd.array([reason for _, _, reason in bad], dtype="str"))
    surplus = [",".join(cells[width:]) or None for _, cells, _ in bad]
    if any(surplus):
        table.insert(width, "surplus", pd.array(surplus, dtype="str"))
    return table


def with_reason(rows: pd.DataFrame, reason) -> pd.DataFrame:
    """The rows with a last column `reason`; a column of theirs called like one of `OURS` stays.

    It moves to a free name, as in `reason (original)`.
    """
    names = list(rows.columns)
    for name in OURS:
        if name in names:
            free = f"{name} (original)"
            while free in names:
                free += " (original)"
            names[names.index(name)] = free
    return rows.set_axis(names, axis=1).assign(reason=reason)


def check(
    cases: pd.DataFrame, *, nodes: Collection[str], names: dict[str, str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that are cases, typed and with every column of `COLUMNS`; and the others.

    `nodes` are the values that `disease` may have; `names` tells what a column is called in the
    file it came from, for the sentences. All copies of a repeated `image_id` are set aside. `age`
    becomes a float, every other known column text ("3.0" for a skin type is read as 3), ids by
    their rule; columns that are not known are carried along at the end. Order and index are kept.

    Raises `InputError` if a required column is not there.
    """
    absent = [column for column in REQUIRED if column not in cases.columns]
    if absent:
        raise InputError(f"The table of cases lacks the column(s) {', '.join(absent)}.")
    rows = cases.reset_index(drop=True)
    typed = words.plain(_typed(rows))
    rejected = set_aside(rows, _problems(typed, nodes, names or {}))
    good = typed.drop(index=rejected.index)
    ids.warn_of_alike(good["image_id"], "the cases")
    good["age"] = pd.to_numeric(good["age"]).astype("float64")
    good.index = cases.index[good.index]
    rejected.index = cases.index[rejected.index].rename("row")
    return good, rejected


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows with every known column, first and in order; text but for numeric ages."""
    others = [column for column in rows.columns if column not in COLUMNS]
    typed = rows.reindex(columns=[*COLUMNS, *others])
    typed["image_id"] = ids.normal(typed["image_id"])
    typed = typed.assign(**{column: ids.known(typed[column]) for column in IDS[1:]})
    as_text = {column: "str" for column in COLUMNS if column != "age"}
    typed = typed.astype(as_text)
    whole = typed["skin_type"].str.replace(r"^([1-6])\.0$", r"\1", regex=True)
    return typed.assign(skin_type=whole.astype("str"))


def _problems(typed: pd.DataFrame, nodes: Collection[str], names: dict[str, str]) -> pd.Series:
    """What the schema finds, as sentences indexed by position, several a row where so."""
    import pandera.pandas as pa

    of_cells = [
        wrong(cells.rename(names.get(column, column)), ids.fine(cells), ids.EXPECTED)
        for column, cells in typed[list(IDS)].items()
    ]
    of_cells += [
        wrong(cells.rename(names.get(column, column)), ids.harmless(cells), ids.EXPECTED_TEXT)
        for column, cells in typed.drop(columns=[*IDS, "age"]).items()
    ]
    try:
        _schema(nodes).validate(typed, lazy=True)
    except pa.errors.SchemaErrors as errors:
        return pd.concat([_sentences(errors.failure_cases, nodes, names), *of_cells])
    return pd.concat(of_cells)


def _sentences(failures: pd.DataFrame, nodes: Collection[str], names: dict[str, str]) -> pd.Series:
    """pandera's failure cases, one a cell, as sentences; a wrong disease with the nearest node."""
    unknown = failures.loc[failures["column"] == "disease", "failure_case"].dropna().unique()
    hints = {("disease", value): nearest(value, nodes) for value in unknown}
    failures = failures.sort_values("index", kind="stable")
    sentences = [
        problem(names.get(column, column), value, EXPECTED[column]) + hints.get((column, value), "")
        for column, value in zip(failures["column"], failures["failure_case"], strict=True)
    ]
    return pd.Series(sentences, index=failures["index"].astype("int64"), dtype="str")


def _schema(nodes: Collection[str]):
    """The pandera schema of the table of cases."""
    import pandera.pandas as pa

    def column(name, check=None, dtype="str"):
        checks = [] if check is None else [check]
        return pa.Column(dtype, checks, nullable=name not in REQUIRED)

    def among(name, values):
        return column(name, pa.Check.isin(list(values), error=EXPECTED[name]))

    return pa.DataFrameSchema(
        {
            "image_id": column("image_id", pa.Check(once, error=EXPECTED["image_id"])),
            "disease": among("disease", nodes),
            "label_source": among("label_source", LABEL_SOURCES),
            "modality": among("modality", MODALITIES),
            "skin_type": among("skin_type", SKIN_TYPES),
            "age": column("age", pa.Check(_is_age, error=EXPECTED["age"]), dtype=None),
            "sex": among("sex", SEXES),
            "dataset": column(
                "dataset", pa.Check.str_length(min_value=1, error=EXPECTED["dataset"])
            ),
        }
    )


def once(ids: pd.Series) -> pd.Series:
    """Whether no other row has this id."""
    return ~ids.duplicated(keep=False)


def _is_age(ages: pd.Series) -> pd.Series:
    return pd.to_numeric(ages, errors="coerce").between(0, 120)


def problem(column: str, value: object, expected: str) -> str:
    """The sentence about one cell: ``"age is 'old', expected a number of years"``."""
    shown = repr(text.short(value) if isinstance(value, str) else value)
    return f"{column} is {'missing' if pd.isna(value) else shown}, expected {expected}"


def wrong(values: pd.Series, fine: pd.Series, expected: str) -> pd.Series:
    """The sentences about the cells of the column `values` where `fine` does not hold."""
    return values[~fine].map(lambda value: problem(values.name, value, expected)).astype("str")


def set_aside(rows: pd.DataFrame, problems: pd.Series) -> pd.DataFrame:
    """The rows that have a problem, in their order, with their problems joined as `reason`."""
    reason = problems.groupby(level=0).agg("; ".join).astype("str")
    bad = rows[rows.index.isin(reason.index)]
    return with_reason(bad, reason.reindex(bad.index).astype("str"))


def refuse(
    rejected: pd.DataFrame, what: str, *, cure: str = "correct them, or take them out"
) -> None:
    """Raise `InputError` if any row of `what` was set aside: how many, the first five, the cure."""
    if rejected.empty:
        return
    ids = next((rejected[name] for name in ID_COLUMNS if name in rejected), None)
    shown = [
        f"row {row} "
        f"({'no id' if ids is None or pd.isna(ids.iloc[i]) else text.short(ids.iloc[i])}): {reason}"
        for i, (row, reason) in enumerate(rejected["reason"].head().items())
    ]
    more = f"; and {len(rejected) - 5:,} more" if len(rejected) > 5 else ""
    raise InputError(
        f"{text.plural(len(rejected), 'row')} of {what} cannot be used: {'; '.join(shown)}{more}; "
        f"{cure}."
    )

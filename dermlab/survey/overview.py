"""Four kinds of problem in one table: what goes in, what comes out, and how each is scored.

``dermlab/data/survey.csv`` holds a row a lesson. Its published figures are keys in braces of
``published.csv``, and its own figure is looked up in a shipped result, so that no number stands in
it twice. Rows are not comparable: other data, other metrics.
"""

from collections.abc import Callable
from importlib.resources import files
from string import Formatter

import pandas as pd

from dermlab.errors import InputError
from dermlab.text import interval

COLUMNS = {  # of the table that students see
    "task": "task",
    "input": "input",
    "output": "output",
    "loss": "loss",
    "metric": "metric",
    "published": "published",
    "here": "here (not comparable)",
    "modern": "today",
}


def rows() -> pd.DataFrame:
    """The four rows as they are kept: texts, keys of published values, and places of results."""
    with (files("dermlab") / "data" / "survey.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def figure_of(row, read: Callable[[str, str], pd.DataFrame]) -> tuple[float, float, float]:
    """A row's own figure with its 95 % interval, from the shipped table that it names.

    InputError where not exactly one row of that table fits.
    """
    found = read(row.result, row.table).query(row.row)
    if len(found) != 1:
        raise InputError(f"{len(found)} rows of {row.result}/{row.table} fit {row.row!r}, not one.")
    (one,) = found.to_dict("records")
    return one[row.column], one["low"], one["high"]


def table(read: Callable[[str, str], pd.DataFrame], printed: Callable[[str], str]) -> pd.DataFrame:
    """The closing table, a row a task, with columns ``COLUMNS`` and ``notebook``.

    ``read``: `lessons.results.read`; ``printed``: `lessons.report.printed`, of published values.
    """
    shown = rows()
    for column in ("published", "modern"):
        shown[column] = [filled(text, printed) for text in shown[column]]
    shown["here"] = [
        f"{row.here} {interval(*figure_of(row, read), '.2f')}" for row in shown.itertuples()
    ]
    return shown.set_index("notebook")[list(COLUMNS)].rename(columns=COLUMNS)


def filled(text: str, printed: Callable[[str], str]) -> str:
    """A text with the published values that it names in braces."""
    keys = {key for _, key, _, _ in Formatter().parse(text) if key}
    return text.format(**{key: printed(key) for key in keys})

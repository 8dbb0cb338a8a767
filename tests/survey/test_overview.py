"""The closing table takes its figures from where they stand."""

import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.lessons import outline, report, results
from dermlab.survey import overview

TOY = pd.DataFrame(
    {
        "way": ["PEHL", "PEHL", "search"],
        "iteration": [1, 3, 1],
        "estimate": [0.5, 0.8, 0.9],
        "low": [0.4, 0.7, 0.8],
        "high": [0.6, 0.9, 1.0],
    }
)


def made_up(result, table):
    """The toy table in the place of registration's, the others as they are shipped."""
    return TOY if result == "survey_registration" else results.read(result, table)


def test_the_four_tasks_are_those_of_the_lessons():
    rows = overview.rows()
    assert rows["notebook"].tolist() == [
        name for name in outline.notebooks()["notebook"] if name[:2] in ("13", "14", "15", "16")
    ]
    assert rows["task"].tolist() == [name[3:] for name in rows["notebook"]]


def test_the_table_prints_the_published_and_the_shipped_figure():
    table = overview.table(made_up, report.printed)
    row = table.loc["16_registration"]
    assert row["here (not comparable)"] == "share that succeeds 0.80 (0.70 to 0.90)"
    assert row["published"] == "94.8 % succeed after 3 iterations"


def test_a_row_that_fits_twice_or_never_is_refused():
    row = next(overview.rows().query("task == 'registration'").itertuples())
    for text in ("way == 'PEHL'", "way == 'nobody'"):
        with pytest.raises(InputError, match="not one"):
            overview.figure_of(row._replace(row=text), lambda result, table: TOY)


def test_every_shipped_result_has_the_row_that_the_table_names():
    for row in overview.rows().itertuples():
        value, low, high = overview.figure_of(row, results.read)
        assert low <= value <= high


def test_published_texts_are_filled_and_leave_no_key():
    for column in ("published", "modern"):
        for text in overview.rows()[column]:
            assert "{" not in overview.filled(text, report.printed)

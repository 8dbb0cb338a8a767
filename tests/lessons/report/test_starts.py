"""The report's rows on starts and depths hold the numbers of their shipped tables."""

from importlib.resources import files

import pandas as pd
import pytest

from dermlab.lessons import report
from dermlab.lessons.report import starts

RESULTS = files("dermlab") / "data" / "results"


@pytest.mark.parametrize(
    ("name", "where", "kind"),
    [
        ("ham10000_starts", "HAM10000", "measured here"),
        ("clinic_starts", "the virtual clinic", "simulated"),
    ],
)
def test_every_difference_has_its_row_with_both_intervals(name, where, kind):
    (rows,) = starts.sections().values()
    own = [row for row in rows if row.name.endswith(f"lesions of {where}")]
    table = pd.read_csv(str(RESULTS / name / "differences.csv")).to_dict("records")
    assert len(own) == len(table) > 0
    for row, one in zip(own, table, strict=True):
        assert f", {one['n']} lesions" in row.name
        assert one["start"] in row.name
        here = "{estimate:.3f} ({low:.3f} to {high:.3f}) over {n_seeds} seeds, "
        here += "{low_images:.3f} to {high_images:.3f} over lesions: {tuned:.3f} against "
        assert row.here == (here + "{scratch:.3f}").format_map(one)
        assert (row.kind, row.published) == (kind, "–")


def test_the_course_report_has_them():
    (heading,) = starts.sections()
    assert heading in report.sections()

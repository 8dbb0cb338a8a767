"""Forest plots: every estimate where the table says, beside its reference, in its own colour."""

import numpy as np
import pandas as pd
import pytest

from dermlab.figures import forest, style
from dermlab.lessons import results


def ends(ax, width=3.5):
    bars = [line for line in ax.collections if line.get_linewidth()[0] == width]
    return sorted(tuple(segment[:, 0]) for bar in bars for segment in bar.get_segments())


def labels(ax):
    return [text.get_text() for text in ax.get_yticklabels()]


GROUPED = pd.DataFrame(
    [("occlusion", "a", 0.2, 0.1, 0.4), ("Grad-CAM", "a", 0.3, 0.2, 0.35),
     ("occlusion", "b", 0.5, 0.4, 0.6)],
    columns=["method", "group", "estimate", "low", "high"],
)  # fmt: skip


def test_groups_stand_beside_each_other_with_their_intervals_and_references(readable):
    table = GROUPED.assign(reference=[0.25, 0.3, 0.25])
    fig = forest.intervals(table, y="method", hue="group", known="chance", unit="share", title="T")
    readable(fig)
    (ax,) = fig.axes
    assert ends(ax) == [(0.1, 0.4), (0.2, 0.35), (0.4, 0.6)]
    references = next(line for line in ax.collections if line.get_label() == "chance")
    assert [segment[0, 0] for segment in references.get_segments()] == [0.25, 0.3, 0.25]
    assert labels(ax) == ["occlusion", "Grad-CAM"]
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["chance", "a", "b"]
    colours = [line.get_color() for line in ax.lines if len(line.get_xdata())]
    assert set(colours) == set(style.CATEGORICAL[:2])


def test_without_groups_an_interval_that_holds_its_reference_is_a_grey_diamond(readable):
    table = pd.DataFrame(
        {"name": ["one", "two\nlines"], "estimate": [0.02, 0.0], "low": [0.01, -0.01],
         "high": [0.03, 0.01], "reference": 0.0}
    )  # fmt: skip
    fig = forest.intervals(table, y="name", unit="area", title="T", digits=3)
    readable(fig)
    (ax,) = fig.axes
    drawn = {line.get_xdata()[0]: (line.get_marker(), line.get_color()) for line in ax.lines}
    assert drawn == {
        0.02: ("o", style.COLOURS["network"]),
        0.0: ("D", style.COLOURS["neutral"]),
    }
    assert [text.get_text() for text in ax.texts] == ["0.020", "0.000"] and not fig.legends
    fig = forest.intervals(table, y="name", unit="area", title="T", known="equal")
    said = [text.get_text() for text in fig.legends[0].get_texts()]
    assert said == ["equal", "its interval includes it"]


def test_panels_share_their_lines_and_a_missing_row_is_left_out():
    table = pd.DataFrame(
        [("a", "one", 1.0), ("b", "one", 2.0), ("b", "two", 3.0)],
        columns=["world", "task", "estimate"],
    )
    table = table.assign(low=table["estimate"] - 0.5, high=np.nan, reference=0)
    fig = forest.intervals(table, y="world", col="task", unit="points", title="T")
    one, two = fig.axes
    assert [ax.get_title("left") for ax in fig.axes] == ["one", "two"]
    assert sorted(x for line in one.lines for x in line.get_xdata()) == [1, 2]
    (line,) = two.lines
    assert line.get_xydata().tolist() == [[3, 1]] and labels(one) == ["a", "b"]


def test_the_shipped_differences_of_schemes_are_where_the_table_says():
    table = results.read("clinic_schemes", "differences.csv")
    last = table[table["steps"] == table["steps"].max()]
    style_of = {"y": "world", "hue": "versus", "col": "task", "unit": "share", "title": "T"}
    fig = forest.intervals(last.assign(reference=0), **style_of)
    for ax in fig.axes:
        rows = last[last["task"] == ax.get_title("left")]
        expected = sorted(zip(rows["low"], rows["high"], strict=True))
        np.testing.assert_allclose(ends(ax), expected)


@pytest.mark.parametrize("limits", [None, (0, 1)])
def test_limits_are_kept(limits):
    fig = forest.intervals(GROUPED, y="method", unit="share", title="T", limits=limits)
    assert limits is None or fig.axes[0].get_xlim() == limits

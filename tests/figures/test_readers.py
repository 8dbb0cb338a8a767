"""The readers' figures: what is drawn is what is in the table, and it can be read."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from dermlab.evaluation import readers, two_questions
from dermlab.figures import readers as figures
from dermlab.figures.style import COLOURS, Drawn


@pytest.fixture(scope="module")
def tables():
    points = readers.esteva_points()
    action = points[points["question"] == "action"]
    pairs = two_questions.pair_changes(points)
    curves = readers.esteva_curves()
    return {
        "points": points,
        "pairs": pairs,
        "shares": two_questions.threshold_share(pairs, n_replicates=10),
        "moves": pd.DataFrame(
            {"task": pairs["task"], "z_sensitivity": pairs["d_prime"], "z_specificity": 0.0}
        ),
        "action": action,
        "carcinoma": action[action["task"] == "carcinoma"],
        "curves": curves[curves["step"] == 85_000],
    }


def areas(curves):
    return {task: readers.curve_area(rows) for task, rows in curves.groupby("task")}


DRAW = {
    "fig3_points": lambda t: figures.fig3_points(t["action"], readers.mean_reader(t["action"])),
    "points_with_intervals": lambda t: figures.points_with_intervals(
        readers.intervals(t["carcinoma"]), "C02"
    ),
    "pair_arrows": lambda t: figures.pair_arrows(t["points"], t["pairs"]),
    "threshold_moves": lambda t: figures.threshold_moves(t["moves"], t["shares"]),
    "network_curves": lambda t: figures.network_curves(t["curves"], areas(t["curves"])),
    "lost_strip": lambda t: figures.lost_strip(t["curves"][t["curves"]["task"] == "melanoma"]),
}


def figure_of(drawn):
    return drawn.figure if isinstance(drawn, Drawn) else drawn


def words_of(fig):
    return [text.get_text() for text in fig.findobj(mpl.text.Text)]


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_from_the_back_of_the_room(tables, name, readable):
    readable(figure_of(DRAW[name](tables)))


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_has_a_title_and_named_axes(tables, name):
    fig = figure_of(DRAW[name](tables))
    titles = [fig.get_suptitle(), *(ax.get_title(loc="left") for ax in fig.axes)]
    assert any(titles)
    assert all(ax.get_xlabel() for ax in fig.axes) and fig.axes[0].get_ylabel()


def test_the_red_points_are_the_table(tables):
    points = tables["points"].query("question == 'diagnosis'")
    means = readers.mean_reader(points)
    drawn = figures.fig3_points(points, means)
    for ax, task in zip(drawn.figure.axes, readers.TASKS, strict=True):
        rows = points[points["task"] == task]
        expected = rows[["sensitivity", "specificity"]].to_numpy()
        dots = next(d for d in ax.collections if len(d.get_offsets()) == len(rows)).get_offsets()
        assert np.allclose(dots, expected)
    spread = 100 * points.groupby("task")["specificity"].std()
    said = f"SD of specificity {spread.min():.0f} to {spread.max():.0f} percentage points"
    assert said in drawn.figure.get_suptitle() and said in drawn.alt


def test_the_bold_cross_is_in_the_title(tables):
    drawn = DRAW["points_with_intervals"](tables)
    (row,) = readers.intervals(tables["carcinoma"]).query("reader == 'C02'").itertuples()
    (bold,) = [c for c in drawn.figure.axes[0].containers if "C02" in str(c.get_label())]
    (sideways,), (upwards,) = (bars.get_segments() for bars in bold[2])
    assert sideways[:, 0] == pytest.approx([row.sensitivity_low, row.sensitivity_high])
    assert upwards[:, 1] == pytest.approx([row.specificity_low, row.specificity_high])
    said = "sensitivity {:.2f} to {:.2f}, specificity {:.2f} to {:.2f}"
    said = said.format(*sideways[:, 0], *upwards[:, 1])
    assert said in drawn.figure.get_suptitle() and said in drawn.alt
    crosses = [c[2] for c in drawn.figure.axes[0].containers]
    wide, high = ([np.ptp(bars[k].get_segments()[0][:, k]) for bars in crosses] for k in (0, 1))
    assert drawn.figure.get_suptitle().startswith(f"Published counts: {len(crosses)} dots")
    ends = f"{min(wide):.2f} to {max(wide):.2f} wide, {min(high):.2f} to {max(high):.2f} high"
    assert ends in drawn.alt


@pytest.mark.parametrize("name", ["network_curves", "lost_strip"])
def test_a_2016_network_is_never_shown_as_the_published_one(tables, name):
    said = " ".join(words_of(figure_of(DRAW[name](tables))))
    assert "2016" in said and "not the published one" in " ".join(said.split())


@pytest.mark.parametrize("name", ["fig3_points", "pair_arrows", "threshold_moves"])
def test_the_melanoma_panel_says_that_its_counts_differ_from_the_legend(tables, name):
    said = words_of(figure_of(DRAW[name](tables)))
    assert any("46 + 93" in text and "33 + 97" in text for text in said)


def test_a_curve_is_drawn_as_steps(tables):
    drawn = figures.network_curves(tables["curves"], areas(tables["curves"]))
    for ax, task in zip(drawn.figure.axes, readers.TASKS, strict=True):
        (line,) = ax.lines
        curve = tables["curves"][tables["curves"]["task"] == task]
        x, y = mpl.path.Path(line.get_path().vertices).vertices.T
        assert np.trapezoid(y, x) == pytest.approx(readers.curve_area(curve), abs=1e-9)
        assert f"images, {np.trapezoid(y, x):.3f}" in drawn.alt


def test_arrows_and_dots_count_all_pairs(tables):
    drawn = figures.pair_arrows(tables["points"], tables["pairs"])
    fig = drawn.figure
    arrows = sum(len(ax.texts) for ax in fig.axes) - 1  # less the note on the melanoma panel
    still = sum(len(line.get_xdata()) == 1 for ax in fig.axes for line in ax.lines)
    assert (arrows, still) == (49, 19)
    blue = [t for ax in fig.axes for t in ax.texts if is_arrow_of(t, COLOURS["network"])]
    assert fig.get_suptitle().startswith(f"Asked what to do, {len(blue)} of 68 give")


def is_arrow_of(text, colour):
    patch = text.arrow_patch if hasattr(text, "arrow_patch") else None
    return patch is not None and mpl.colors.same_color(patch.get_edgecolor(), colour)


def test_the_share_along_the_threshold_is_the_smallest_of_the_three(tables):
    drawn = DRAW["threshold_moves"](tables)
    shares = 100 * tables["shares"]["estimate"]
    assert drawn.figure.get_suptitle().startswith(f"At least {shares.min():.0f} % of the squared")
    panels = [ax.get_title(loc="left").splitlines()[1] for ax in drawn.figure.axes]
    assert sorted(panels) == sorted(f"{share:.0f} % along the threshold" for share in shares)


def test_the_lost_strip_is_as_large_as_it_is_called(tables):
    drawn = DRAW["lost_strip"](tables)
    (strip,) = drawn.figure.axes[0].patches
    assert strip.get_width() == pytest.approx(1 / 57)
    assert "misses 1/57 of the width" in drawn.figure.axes[0].get_title(loc="left")
    assert f"an area of {strip.get_width() * strip.get_height():.3f}" in drawn.alt

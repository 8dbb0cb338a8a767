"""The figures of starts and depths: what is drawn is what is in the table, and it can be read."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from dermlab.figures import starts as figures
from dermlab.figures.style import CATEGORICAL

STARTS = ("head", "mixed8", "all", "scratch")
SIZES = (50, 200, 800)
PUBLISHED = pd.DataFrame(
    {
        "deepest": ["fc8", "fc7", "scratch"] * 2,
        "boundary": ["inner"] * 3 + ["outer"] * 3,
        "mean": [100.0, 30.0, 28.0, 104.0, 40.0, 33.0],
    }
)
CURVES = pd.DataFrame(
    [
        {"start": start, "n": n, "seed": seed, "steps": steps,
         "test": 0.5 + 0.02 * i + n / 4000 + steps / 1e4 + 0.01 * seed}
        for i, start in enumerate(STARTS) for n in SIZES for seed in range(3)
        for steps in (150, 300, 450)
    ]
)  # fmt: skip
CHOSEN = CURVES[CURVES["steps"] == 450]
GAPS = pd.DataFrame(
    [
        {"start": start, "n": n, "estimate": 0.01 * i, "low": -0.1, "high": 0.1 + 0.01 * i,
         "low_images": -0.02, "high_images": 0.04 + 0.01 * i}
        for i, start in enumerate(STARTS[:3]) for n in SIZES
    ]
)  # fmt: skip
ALL = GAPS[GAPS["start"] == "all"]
DEPTHS = pd.DataFrame(
    [
        {"weights": start, "seed": seed, "depth": depth, "auc": 0.6 + 0.05 * i + 0.01 * seed}
        for start in ("shipped", "random") for seed in range(3)
        for i, depth in enumerate(("stem", "mixed0", "mixed10"))
    ]
)  # fmt: skip

DRAW = {
    "published": lambda: figures.published(PUBLISHED, title="Deeper is better, up to a point"),
    "by_size": lambda: figures.by_size(CHOSEN, STARTS, title="Depth by size"),
    "curves": lambda: figures.curves(
        CURVES, {"all": "all layers tuned", "scratch": "scratch"}, title="By steps"
    ),
    "gaps": lambda: figures.gaps({"real": GAPS, "clinic": ALL}, STARTS[:3], title="Minus scratch"),
    "by_depth": lambda: figures.by_depth({"left": DEPTHS, "right": DEPTHS}, title="By depth"),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_from_the_back_of_the_room(name):
    fig = DRAW[name]().figure
    fig.canvas.draw()
    width, height = fig.canvas.get_width_height()
    assert 1200 <= width <= 1280
    for text in fig.findobj(mpl.text.Text):
        if text.get_visible() and text.get_text().strip():
            assert text.get_fontsize() >= 14, text.get_text()
    for title in (fig._suptitle, *(ax.title for ax in fig.axes)):
        if title is not None and title.get_text():
            box = title.get_window_extent()
            assert box.x0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
    assert fig.get_suptitle() or fig.axes[0].get_title(loc="left")
    assert all(ax.get_xlabel() for ax in fig.axes) and fig.axes[0].get_ylabel()


def test_the_published_errors_stand_beside_their_own_level_from_scratch():
    (ax,) = DRAW["published"]().figure.axes
    inner, inner_scratch, outer, outer_scratch = ax.lines
    assert list(inner.get_ydata()) == [100.0, 30.0] and list(outer.get_ydata()) == [104.0, 40.0]
    assert set(inner_scratch.get_ydata()) == {28.0} and set(outer_scratch.get_ydata()) == {33.0}
    assert inner.get_color() == inner_scratch.get_color() != outer.get_color()
    assert [label.get_text() for label in ax.get_xticklabels()] == ["fc8", "fc7"]


def test_every_seed_is_a_dot_and_the_bar_is_their_mean():
    axes = DRAW["by_size"]().figure.axes
    assert len(axes) == len(SIZES)
    for ax, n in zip(axes, SIZES, strict=True):
        dots, bars = ax.collections[: len(STARTS)], ax.collections[len(STARTS) :]
        for start, dot, bar in zip(STARTS, dots, bars, strict=True):
            here = CHOSEN[(CHOSEN["n"] == n) & (CHOSEN["start"] == start)]["test"]
            np.testing.assert_allclose(sorted(dot.get_offsets()[:, 1]), sorted(here))
            np.testing.assert_allclose(bar.get_segments()[0][:, 1], here.mean())


def test_thin_lines_are_the_seeds_and_the_thick_one_is_their_mean():
    for ax, n in zip(DRAW["curves"]().figure.axes, SIZES, strict=True):
        assert len(ax.lines) == 2 * (3 + 1)
        for start, own in (("all", ax.lines[:4]), ("scratch", ax.lines[4:])):
            rows = CURVES[(CURVES["n"] == n) & (CURVES["start"] == start)]
            mean = rows.groupby("steps")["test"].mean()
            np.testing.assert_allclose(own[3].get_ydata(), mean)
            np.testing.assert_allclose(own[0].get_ydata(), rows.query("seed == 0")["test"])


def test_a_start_keeps_its_colour_and_both_its_intervals():
    real, clinic = DRAW["gaps"]().figure.axes
    thin, thick = (
        [c for c in real.collections if c.get_linewidth()[0] == width] for width in (1.5, 6)
    )
    assert len(thin) == len(thick) == 3
    for start, seeds, lesions in zip(STARTS, thin, thick, strict=False):
        rows = GAPS[GAPS["start"] == start]
        ends = [segment[:, 1] for segment in seeds.get_segments()]
        np.testing.assert_allclose(ends, rows[["low", "high"]])
        ends = [segment[:, 1] for segment in lesions.get_segments()]
        np.testing.assert_allclose(ends, rows[["low_images", "high_images"]])
    (alone,) = [line for line in clinic.lines if len(line.get_xdata()) == len(SIZES)]
    assert alone.get_color() == CATEGORICAL[STARTS.index("all")]
    np.testing.assert_allclose(alone.get_ydata(), ALL["estimate"])


def test_depths_stand_in_their_order_and_the_thick_line_is_the_mean():
    left = DRAW["by_depth"]().figure.axes[0]
    assert [label.get_text() for label in left.get_xticklabels()] == ["stem", "0", "10"]
    mean = DEPTHS[DEPTHS["weights"] == "shipped"].groupby("depth")["auc"].mean()
    np.testing.assert_allclose(left.lines[3].get_ydata(), mean[["stem", "mixed0", "mixed10"]])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("published", "inner: fc8 100, fc7 30, scratch 28"),
        ("by_size", "50 lesions: head 0.57, mixed8 0.59, all 0.61, scratch 0.63"),
        ("curves", "At the first evaluation: Mean AUC. 50 lesions: all layers tuned 0.58"),
        ("gaps", "real, all with 50: 0.020 (seeds -0.100 to 0.120, lesions -0.020 to 0.060)"),
        ("by_depth", "left, shipped: 0.61 at stem, 0.71 at mixed10"),
    ],
)
def test_the_alt_text_has_the_numbers_that_are_drawn(name, words):
    assert words in DRAW[name]().alt

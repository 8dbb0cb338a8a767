"""The figures of an opened network: what is drawn is what is in the table, and it can be read."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

from dermlab.figures import architecture as figures
from dermlab.figures.style import Drawn


def unit(block, branch, level, kind):
    place = {"block": block, "branch": branch, "level": level, "kind": kind}
    return place | {"stride": 1, "channels": 16, "parameters": 816}


STEM = [unit("stem", 0, level, kind) for level, kind in enumerate(("3 × 3", "pool", "1 × 1"))]
FORK = [unit("mixed9", 0, 0, "1 × 1"), unit("mixed9", 1, 0, "1 × 1"),
        unit("mixed9", 1, 1, "1 × 3"), unit("mixed9", 1, 1, "3 × 1")]  # fmt: skip
BLOCKS = [f"mixed{i}" for i in range(9)]
UNITS = pd.DataFrame(STEM + [unit(b, 0, 0, "1 × 1") for b in BLOCKS] + FORK)
SIDES = pd.Series({"stem": 35} | dict.fromkeys(BLOCKS, 35) | {"mixed9": 8})
COSTS = pd.DataFrame(
    {"parameters": [100, 300, 400, 150, 50], "multiply_adds": [5000, 2000, 2000, 950, 50]},
    ["stem", "mixed0", "mixed1", "mixed2", "head"],
)
RNG = np.random.default_rng(0)
DEPTHS = pd.DataFrame(
    [
        {"weights": start, "seed": seed, "depth": depth, "auc": 0.6 + 0.05 * i + 0.01 * seed}
        for start in ("shipped", "random") for seed in range(2)
        for i, depth in enumerate(("stem", "mixed0", "mixed10"))
    ]
)  # fmt: skip

DRAW = {
    "network": lambda: figures.network(UNITS, SIDES, title="A network"),
    "module": lambda: figures.module(pd.DataFrame(FORK), title="One block"),
    "sizes": lambda: figures.sizes(
        [np.zeros((side, side, 3), np.uint8) for side in (299, 35, 8, 1)],
        [3, 288, 2048, 2048], ["stem", "mixed3-10", "mean"],
    ),
    "costs": lambda: figures.costs(COSTS),
    "filters": lambda: figures.filters({"a": RNG.normal(size=(9, 4, 4))}, title="Filters"),
    "selectivities": lambda: figures.selectivities(
        {"ImageNet": RNG.random(64), "random": RNG.random(640)}, title="How oriented"
    ),
    "edges": lambda: figures.edges(
        [RNG.integers(0, 255, (20, 20, 3))] * 2, [RNG.normal(size=(15, 15))] * 2,
        ["a photograph", "a lesion"], RNG.normal(size=(6, 6)), title="One filter",
    ),
    "by_depth": lambda: figures.by_depth({"left": DEPTHS, "right": DEPTHS}, title="By depth"),
}  # fmt: skip


def drawn(name):
    """The figure alone, of a function that gives its alt text too or does not yet."""
    made = DRAW[name]()
    return made.figure if isinstance(made, Drawn) else made


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_from_the_back_of_the_room(name, readable):
    fig = drawn(name)
    readable(fig)
    assert fig.get_suptitle()


def boxes(fig):
    return [patch for patch in fig.axes[0].patches if isinstance(patch, Rectangle)]


def test_every_unit_is_one_box_and_none_covers_another():
    found = boxes(drawn("network"))
    places = {(round(b.get_x(), 3), b.get_y()) for b in found}
    assert len(found) == len(places) == len(UNITS)
    heights = sorted(b.get_y() for b in found)
    assert heights == sorted(UNITS["level"])


def test_a_module_names_kernel_maps_and_parameters_of_each_unit():
    words = [text.get_text() for text in drawn("module").axes[0].texts]
    assert "1 × 3\n16 maps\n816 parameters" in words
    assert len(words) == len(FORK) + 2


def test_the_alt_texts_are_made_from_what_is_drawn():
    n_blocks = UNITS["block"].nunique()
    assert f"{len(UNITS)} boxes in {n_blocks} blocks" in DRAW["network"]().alt
    assert "branches: 1 × 1 with 16 maps; 1 × 1 with 16 maps then 1 × 3" in DRAW["module"]().alt
    assert "stem 0.0 and 0.00" in DRAW["costs"]().alt


def test_a_picture_stands_at_each_stage_as_coarse_as_the_stage():
    *tiles, chain = drawn("sizes").axes
    assert [ax.images[0].get_array().shape[0] for ax in tiles] == [299, 35, 8, 1]
    places = {text.get_text(): text.get_position()[0] for text in chain.texts}
    assert places["bottom: the picture"] < places["stem"] < places["mixed3-10"]
    assert places["mixed3-10"] < places["top: the answer"]
    assert "mixed3-10 gives 8 × 8 2,048 maps" in DRAW["sizes"]().alt
    names = [ax.get_title("left") for ax in tiles]
    first, last = (name.replace("\n", " with ") for name in (names[0], names[-2]))
    assert drawn("sizes").get_suptitle() == f"From {first} to {last}"


def test_costs_are_the_tables_with_the_stem_at_the_bottom():
    figure = drawn("costs")
    for ax, column, unit in zip(
        figure.axes, ("parameters", "multiply_adds"), (1e6, 1e9), strict=True
    ):
        np.testing.assert_allclose([bar.get_width() for bar in ax.patches], COSTS[column] / unit)
        assert ax.patches[0].get_y() < ax.patches[-1].get_y()
        assert ax.get_ylim()[0] < ax.get_ylim()[1]
    assert figure.get_suptitle().splitlines() == [
        "mixed1 and mixed2: 55 % of the parameters", "stem: 50 % of the multiply-adds"
    ]  # fmt: skip
    shown = figure.axes[0].patches
    total = sum(bar.get_width() for bar in shown)
    assert (shown[2].get_width() + shown[3].get_width()) / total == pytest.approx(0.55)
    assert figure.axes[0].get_yticklabels()[-1].get_text() == "last layer"


def test_the_bar_is_the_median_and_depths_stand_in_their_order():
    groups = {"a": np.array([0.1, 0.2, 0.9])}
    (ax,) = figures.selectivities(groups, title="x").axes
    (bar,) = [line for line in ax.collections if isinstance(line, LineCollection)]
    np.testing.assert_allclose(bar.get_segments()[0][:, 0], 0.2)
    left = DRAW["by_depth"]().axes[0]
    assert [label.get_text() for label in left.get_xticklabels()] == ["stem", "0", "10"]
    mean = DEPTHS[DEPTHS["weights"] == "shipped"].groupby("depth")["auc"].mean()
    np.testing.assert_allclose(left.lines[2].get_ydata(), mean[["stem", "mixed0", "mixed10"]])

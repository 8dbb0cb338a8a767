"""The figures of an opened network: what is drawn is what is in the table, and it can be read."""

import numpy as np
import pandas as pd
import pytest
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

DRAW = {
    "network": lambda: figures.network(UNITS, SIDES, title="A network"),
    "module": lambda: figures.module(pd.DataFrame(FORK), title="One block"),
    "sizes": lambda: figures.sizes(
        [np.zeros((side, side, 3), np.uint8) for side in (299, 35, 8, 1)],
        [3, 288, 2048, 2048], ["stem", "mixed3-10", "mean"],
    ),
    "costs": lambda: figures.costs(COSTS),
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
    title = f"From {first} to {last},\nand their 2,048 means, from which the answer is computed"
    assert drawn("sizes").get_suptitle() == title


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

"""The figures of an opened network: what is drawn is what is in the table, and it can be read."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from dermlab.figures import architecture as figures


def unit(block, branch, level, kind):
    place = {"block": block, "branch": branch, "level": level, "kind": kind}
    return place | {"stride": 1, "channels": 16, "parameters": 816}


STEM = [unit("stem", 0, level, kind) for level, kind in enumerate(("3 × 3", "pool", "1 × 1"))]
FORK = [unit("mixed9", 0, 0, "1 × 1"), unit("mixed9", 1, 0, "1 × 1"),
        unit("mixed9", 1, 1, "1 × 3"), unit("mixed9", 1, 1, "3 × 1")]  # fmt: skip
BLOCKS = [f"mixed{i}" for i in range(9)]
UNITS = pd.DataFrame(STEM + [unit(b, 0, 0, "1 × 1") for b in BLOCKS] + FORK)
SIDES = pd.Series({"stem": 35} | dict.fromkeys(BLOCKS, 35) | {"mixed9": 8})
COSTS = pd.DataFrame({"parameters": [100, 2000], "multiply_adds": [5000, 300]}, ["stem", "mixed0"])
DRAW = {
    "network": lambda: figures.network(UNITS, SIDES, title="A network"),
    "module": lambda: figures.module(pd.DataFrame(FORK), title="One block"),
    "costs": lambda: figures.costs({"full": COSTS, "compact": COSTS // 4}, title="Costs"),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_from_the_back_of_the_room(name, readable):
    fig = DRAW[name]()
    readable(fig)
    assert fig.get_suptitle()


def boxes(fig):
    return [patch for patch in fig.axes[0].patches if isinstance(patch, Rectangle)]


def test_every_unit_is_one_box_and_none_covers_another():
    found = boxes(DRAW["network"]())
    places = {(round(b.get_x(), 3), b.get_y()) for b in found}
    assert len(found) == len(places) == len(UNITS)
    heights = sorted(b.get_y() for b in found)
    assert heights == sorted(UNITS["level"])


def test_a_module_names_kernel_maps_and_parameters_of_each_unit():
    words = [text.get_text() for text in DRAW["module"]().axes[0].texts]
    assert "1 × 3\n16 maps\n816 parameters" in words
    assert len(words) == len(FORK) + 2


def test_costs_are_the_tables():
    for ax, column in zip(DRAW["costs"]().axes, ("parameters", "multiply_adds"), strict=True):
        np.testing.assert_array_equal(ax.lines[0].get_xdata(), COSTS[column])
        assert ax.get_xscale() == "log"

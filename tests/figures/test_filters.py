"""The figures of filters: what is drawn is what is given, and it can be read."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from dermlab.figures import filters as figures

RNG = np.random.default_rng(0)
DRAW = {
    "sheets": lambda: figures.sheets({"a": RNG.normal(size=(9, 4, 4))}, title="Filters"),
    "selectivities": lambda: figures.selectivities(
        {"ImageNet": RNG.random(64), "random": RNG.random(640)}, title="How oriented"
    ),
    "edges": lambda: figures.edges(
        [RNG.integers(0, 255, (20, 20, 3))] * 2, [RNG.normal(size=(15, 15))] * 2,
        ["a photograph", "a lesion"], RNG.normal(size=(6, 6)), title="One filter",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_from_the_back_of_the_room(name, readable):
    drawn = DRAW[name]()
    readable(drawn.figure)
    assert drawn.figure.get_suptitle() and len(drawn.alt) > 20


def test_the_bar_is_the_median_and_the_alt_text_says_it():
    drawn = figures.selectivities({"a": np.array([0.1, 0.2, 0.9])}, title="x")
    (ax,) = drawn.figure.axes
    (bar,) = [line for line in ax.collections if isinstance(line, LineCollection)]
    np.testing.assert_allclose(bar.get_segments()[0][:, 0], 0.2)
    assert "a: 3 dots, median 0.20" in drawn.alt

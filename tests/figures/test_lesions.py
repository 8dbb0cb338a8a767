"""Pictures of lesions: each under its name, framed by its truth, in the order of the scores."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from dermlab.figures import lesions as figures
from dermlab.figures.style import COLOURS

PICTURES = [np.full((8, 8, 3), 20 * i, np.uint8) for i in range(6)]
SCORE = np.array([0.9, 0.2, 0.6, 0.4, 0.7, 0.1])
TRUTH = np.array([True, False, False, True, True, False])
OPTIONS = {"threshold": 0.5, "names": ("melanomas", "nevi")}

DRAW = {
    "side_by_side": lambda: figures.side_by_side(PICTURES, list("123456"), title="Six", columns=5),
    "pairs": lambda: figures.pairs(
        [PICTURES[:2], PICTURES[2:4]], ["ab", "cd"], ["1\n2 images\n3", "3 + 4 images"], title="x"
    ),
    "by_score": lambda: figures.by_score(PICTURES, SCORE, TRUTH, **OPTIONS),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_from_the_back_of_the_room(name, readable):
    drawn = DRAW[name]()
    readable(drawn.figure)
    assert drawn.figure.get_suptitle() in drawn.alt


def shown(ax):
    return int(ax.images[0].get_array()[0, 0, 0]) // 20


def frame(ax):
    (box,) = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    return box.get_edgecolor()


def test_every_picture_stands_under_its_name():
    axes = DRAW["side_by_side"]().figure.axes
    assert [(ax.get_title("left"), shown(ax)) for ax in axes[:6]] == [
        (str(i + 1), i) for i in range(6)
    ]
    assert not any(ax.images for ax in axes[6:])


def test_a_ring_lies_round_all_of_a_lesion():
    mask = np.zeros((8, 8), bool)
    mask[1, 2] = mask[5, 6] = True
    drawn = figures.side_by_side(PICTURES[:2], "ab", title="x", columns=2, masks=[mask] * 2)
    for ax in drawn.figure.axes:
        (ring,) = ax.patches
        away = np.linalg.norm(np.subtract([(2, 1), (6, 5)], ring.get_center()), axis=1)
        assert (away < ring.radius).all() and ring.radius < 4
        for ends, middle in zip((ax.get_xlim(), ax.get_ylim()), ring.get_center(), strict=True):
            assert min(ends) < middle - ring.radius and middle + ring.radius < max(ends)
    assert "a ring round each lesion" in drawn.alt and "ring" not in DRAW["side_by_side"]().alt


def test_the_legend_says_that_a_frame_is_the_truth():
    (legend,) = DRAW["by_score"]().figure.legends
    words = [text.get_text() for text in legend.get_texts()]
    assert words == ["truth: melanomas", "truth: nevi", "threshold"]


def test_a_pair_is_the_malignant_one_above_the_benign_one():
    axes = np.reshape(DRAW["pairs"]().figure.axes, (2, 2))
    assert [[ax.get_title("left") for ax in row] for row in axes] == [["a", "c"], ["b", "d"]]
    assert [[shown(ax) for ax in row] for row in axes] == [[0, 2], [1, 3]]
    for row, side in zip(axes, ("malignant", "benign"), strict=True):
        assert {frame(ax) for ax in row} == {to_rgba(COLOURS[side])}


def test_the_scores_rise_and_the_frames_are_the_truth():
    axes = DRAW["by_score"]().figure.axes
    order = np.argsort(SCORE)
    assert [shown(ax) for ax in axes] == list(order)
    assert [ax.get_title("left") for ax in axes] == [f"{score:.2f}" for score in SCORE[order]]
    colours = [to_rgba(COLOURS["malignant" if t else "benign"]) for t in TRUTH[order]]
    assert [frame(ax) for ax in axes] == colours


CUTS = [(0.5, "2 of 3", "1 of 3", 3), (0.05, "3 of 3", "3 of 3", 0), (0.95, "0 of 3", "0 of 3", 5)]


@pytest.mark.parametrize("threshold, melanomas, nevi, cut", CUTS)
def test_the_title_counts_what_lies_at_the_threshold_or_above(threshold, melanomas, nevi, cut):
    drawn = figures.by_score(PICTURES, SCORE, TRUTH, **OPTIONS | {"threshold": threshold})
    assert drawn.figure.get_suptitle().endswith(f"{melanomas} melanomas, {nevi} nevi")
    lines = [any(len(line.get_xdata()) == 2 for line in ax.lines) for ax in drawn.figure.axes]
    assert lines.index(True) == cut

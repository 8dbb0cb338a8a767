"""Figures of maps: every picture beside its own map, the lecture's layout, lines and intervals."""

import numpy as np
import pandas as pd
import pytest

from dermlab.figures import saliency as draw

SIDE = 12


@pytest.fixture
def nine():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (9, SIDE, SIDE, 3)).astype(np.uint8)
    return pictures, rng.random((9, SIDE, SIDE))


def image_of(ax):
    return np.asarray(ax.images[0].get_array())


P = [0.9, 0.4, 0.5, 0.6, 0.7, 0.8, 0.3, 0.2, 0.1]


def test_the_nine_stand_as_in_the_lecture_a_to_c_down_the_first_column(nine):
    pictures, maps = nine
    labels = [f"class {i}" for i in range(9)]
    drawn = draw.nine(pictures, maps, labels, P)
    axes = np.array(drawn.figure.axes).reshape(3, 6)
    for i in range(9):
        row, column = i % 3, i // 3
        np.testing.assert_array_equal(image_of(axes[row, 2 * column]), pictures[i])
        shown = image_of(axes[row, 2 * column + 1])
        assert np.corrcoef(shown.ravel(), maps[i].ravel())[0, 1] > 0.99
        title = axes[row, 2 * column].get_title(loc="left")
        assert title == f"{'abcdefghi'[i]}. class {i}"
        assert axes[row, 2 * column].get_xlabel() == f"p = {P[i]:.2f}"
    chosen = "the first lesion of each class that was classified correctly"
    assert chosen in drawn.figure.get_suptitle() and chosen in drawn.alt
    assert "i. class 8, p = 0.10" in drawn.alt


def test_the_nine_have_one_scale(nine):
    pictures, maps = nine
    faint = maps * np.where(np.arange(9) == 4, 0.1, 1)[:, None, None]
    drawn = draw.nine(pictures, faint, ["x"] * 9, P)
    axes = np.array(drawn.figure.axes).reshape(3, 6)
    assert image_of(axes[1, 3]).max() <= 0.15 < 0.9 < image_of(axes[0, 1]).max()
    assert "e. x, p = 0.70, mean grey 5 %" in drawn.alt


def test_a_table_has_a_row_a_picture_and_a_column_a_map(nine):
    pictures, maps = nine
    fig = draw.table(
        pictures[:2], {"one": maps[:2], "two": maps[2:4]}, ["x", "y"], title="T"
    ).figure
    axes = np.array(fig.axes).reshape(2, 3)
    np.testing.assert_array_equal(image_of(axes[1, 0]), pictures[1])
    assert np.corrcoef(image_of(axes[1, 2]).ravel(), maps[3].ravel())[0, 1] > 0.99
    assert [ax.get_title() for ax in axes[0]] == ["picture", "one", "two"]


def test_maps_of_a_table_share_a_scale_only_where_it_is_asked(nine):
    pictures, maps = nine
    shown = {"one": maps[:1], "weak": maps[:1] / 10, "own": maps[:1] / 10}
    drawn = draw.table(pictures[:1], shown, ["x"], title="T", one_scale=[["one", "weak"]])
    one, weak, own = (image_of(ax) for ax in drawn.figure.axes[1:])
    assert weak.max() <= 0.15 and min(one.max(), own.max()) > 0.9
    assert np.corrcoef(one.ravel(), own.ravel())[0, 1] > 0.99


def test_the_alt_text_of_a_table_says_where_maps_are_dark(nine):
    pictures, _ = nine
    corner = np.zeros((1, SIDE, SIDE))
    corner[0, 0, -1] = 1
    shown = {"dot": corner, "nothing": corner * 0}
    alt = draw.table(pictures[:1], shown, ["x"], title="T").alt
    assert "x: dot centred 100 % from the left and 0 % from the top" in alt
    assert "nothing blank" in alt


def test_the_title_of_two_networks_on_rulers_fits(nine, readable):
    pictures, maps = nine
    networks = {"network A": maps[:3], "network B": maps[3:6]}
    rulers = np.arange(SIDE) < 3 * np.ones((3, SIDE, 1), int)
    shares = dict.fromkeys(networks, 0.12)
    readable(
        draw.on_rulers(
            pictures[:3], networks, rulers, ["not malignant"] * 3, shares, 0.25, of=100
        ).figure
    )


def test_a_map_on_a_ruler_carries_its_share_and_the_ruler_s_edge(nine):
    pictures, _ = nine
    ruler = np.zeros((1, SIDE, SIDE), bool)
    ruler[0, :3] = True
    on, beside = (np.where(side, 1, 0) / side.sum() for side in (ruler, ~ruler))
    maps = {"A": beside, "B": (on + 3 * beside) / 4}
    drawn = draw.on_rulers(pictures[:1], maps, ruler, ["x"], {"A": 0.02, "B": 0.3}, 0.25, of=7)
    axes = drawn.figure.axes
    assert [ax.get_xlabel() for ax in axes] == ["", "0 % on the ruler", "25 % on the ruler"]
    assert [len(ax.collections) for ax in axes] == [0, 1, 1]
    title = drawn.figure.get_suptitle()
    assert "on the ruler, which covers 25 %;\nmean of 7 maps: A 2 %, B 30 %;" in title
    assert title.endswith("of the 1 shown: A 0 %, B 25 %")  # of these maps, not of all
    assert "x, B: 25 % on the ruler" in drawn.alt


def test_no_text_is_under_14_points(nine, readable):
    pictures, maps = nine
    readable(draw.nine(pictures, maps, ["inflammatory"] * 9, P).figure)
    readable(draw.table(pictures[:2], {"one": maps[:2]}, ["x", "y"], title="T").figure)


def test_a_cascade_s_axis_reaches_its_lowest_point():
    curves = pd.DataFrame({"a": [1.0, 0.5], "b": [-0.6, np.nan]}, ["head", "stem"])
    drawn = draw.cascade(curves, title="T", unit="u")
    (ax,) = drawn.figure.axes
    assert "a 1.00 after the head and 0.50 after the stem" in drawn.alt
    assert ax.get_ylim()[0] < -0.6 and len(ax.lines) == 3


def test_swaps_have_a_line_a_network():
    rows = [
        (n, t, e, e - 0.1, e + 0.1) for n, e in (("cheat", 0.7), ("honest", 0.6)) for t in "xyz"
    ]
    found = pd.DataFrame(rows, columns=["group", "method", "estimate", "low", "high"])
    drawn = draw.swaps(found, title="T")
    assert "honest: x 0.60 (0.50 to 0.70)" in drawn.alt
    (ax,) = drawn.figure.axes
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["cheat", "honest"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["x", "y", "z"]


def test_curves_have_a_line_a_map_in_both_panels():
    rows = [
        (kind, method, share, 0.5 + share / 10)
        for kind in ("deletion", "insertion")
        for method in ("occlusion", "random order")
        for share in (0.0, 0.5)
    ]
    table = pd.DataFrame(rows, columns=["kind", "method", "share", "p"])
    drawn = draw.curves(table, title="What the answer hangs on", unit="probability")
    fig = drawn.figure
    assert "occlusion 0.55 with 50 % of the pixels covered" in drawn.alt
    assert [len(ax.lines) for ax in fig.axes] == [2, 2]
    assert fig.axes[1].lines[0].get_xdata().tolist() == [0, 50]
    assert [t.get_text() for t in fig.legends[0].get_texts()] == ["occlusion", "random order"]


def test_a_duel_shows_the_photograph_above_and_both_maps_below(nine):
    pictures, _ = nine
    left, right = np.zeros((2, SIDE, SIDE))
    left[5, 5] = 1
    sheet, gap = draw.duel(pictures[0], left, right)[::2, ::2], SIDE // 12
    assert sheet.shape == (2 * SIDE + gap, 2 * SIDE + gap, 3)
    top = sheet[:SIDE, (SIDE + gap) // 2 :][:, :SIDE]
    np.testing.assert_array_equal(top, pictures[0])
    for half, darkest in (
        (sheet[SIDE + gap :, :SIDE], 0),
        (sheet[SIDE + gap :, SIDE + gap :], 255),
    ):
        assert (half[[0, -1]] == 153).all()
        assert (half[5, 5] == darkest).all() and (half[3, 3] == 255).all()

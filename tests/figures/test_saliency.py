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


def test_the_nine_stand_as_in_the_lecture_a_to_c_down_the_first_column(nine):
    pictures, maps = nine
    fig = draw.nine(pictures, maps, [f"class {i}" for i in range(9)], title="Nine")
    axes = np.array(fig.axes).reshape(3, 6)
    for i in range(9):
        row, column = i % 3, i // 3
        np.testing.assert_array_equal(image_of(axes[row, 2 * column]), pictures[i])
        shown = image_of(axes[row, 2 * column + 1])
        assert np.corrcoef(shown.ravel(), maps[i].ravel())[0, 1] > 0.99
        title = axes[row, 2 * column].get_title(loc="left")
        assert title == f"{'abcdefghi'[i]}. class {i}"


def test_a_table_has_a_row_a_picture_and_a_column_a_map(nine):
    pictures, maps = nine
    fig = draw.table(pictures[:2], {"one": maps[:2], "two": maps[2:4]}, ["x", "y"], title="T")
    axes = np.array(fig.axes).reshape(2, 3)
    np.testing.assert_array_equal(image_of(axes[1, 0]), pictures[1])
    assert np.corrcoef(image_of(axes[1, 2]).ravel(), maps[3].ravel())[0, 1] > 0.99
    assert [ax.get_title() for ax in axes[0]] == ["picture", "one", "two"]


def test_no_text_is_under_14_points(nine):
    pictures, maps = nine
    fig = draw.nine(pictures, maps, ["inflammatory"] * 9, title="Nine")
    fig.canvas.draw()
    sizes = [
        t.get_fontsize() for ax in fig.axes for t in (ax.title, ax._left_title) if t.get_text()
    ]
    assert sizes and min(sizes) >= 14


def test_a_cascade_s_axis_reaches_its_lowest_point():
    curves = pd.DataFrame({"a": [1.0, 0.5], "b": [-0.6, np.nan]}, ["head", "stem"])
    (ax,) = draw.cascade(curves, title="T", unit="u").axes
    assert ax.get_ylim()[0] < -0.6 and len(ax.lines) == 3


def test_swaps_have_a_line_a_network():
    rows = [
        (n, t, e, e - 0.1, e + 0.1) for n, e in (("cheat", 0.7), ("honest", 0.6)) for t in "xyz"
    ]
    found = pd.DataFrame(rows, columns=["group", "method", "estimate", "low", "high"])
    fig = draw.swaps(found, title="T")
    (ax,) = fig.axes
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
    fig = draw.curves(table, title="What the answer hangs on", unit="probability")
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

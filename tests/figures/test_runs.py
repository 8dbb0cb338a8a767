"""The learning curves: what is drawn is the history, and it can be read from the back."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from dermlab.figures import runs

HISTORY = pd.DataFrame(
    {"epoch": [1, 2, 3], "loss": [3.0, 2.0, 1.5], "development": [0.2, 0.5, 0.4]}
)
JUDGE = "carcinoma-vs-keratosis, mean accuracy of the classes"


def test_the_lines_are_the_history_and_the_point_is_the_epoch_kept():
    fig = runs.curves({"fold 0": HISTORY}, {"fold 0": 2}, JUDGE)
    for ax, column in zip(fig.axes, ("loss", "development"), strict=True):
        line, point = ax.lines
        np.testing.assert_array_equal(line.get_ydata(), HISTORY[column])
        assert (list(point.get_xdata()), list(point.get_ydata())) == ([2], [HISTORY[column][1]])
    assert fig.get_suptitle() == "Kept as it was after epoch 2 of 3"


def test_a_line_a_network_and_one_legend_for_all():
    names = [f"fold {fold}" for fold in range(9)]
    fig = runs.curves(dict.fromkeys(names, HISTORY), dict.fromkeys(names, 2) | {"fold 4": 3}, JUDGE)
    assert [len(ax.lines) for ax in fig.axes] == [18, 18]
    shown = [text.get_text() for text in fig.axes[1].get_legend().get_texts()]
    assert shown == ["a network", "the epoch kept"]
    assert fig.get_suptitle() == "9 networks, each kept as it was after epoch 2 to 3 of 3"


@pytest.mark.parametrize("n", [1, 9])
def test_a_figure_can_be_read_from_the_back_of_the_room(n):
    names = [f"fold {fold}" for fold in range(n)]
    fig = runs.curves(dict.fromkeys(names, HISTORY), dict.fromkeys(names, 2), JUDGE)
    fig.canvas.draw()
    width, height = fig.canvas.get_width_height()
    for text in fig.findobj(mpl.text.Text):
        if text.get_visible() and text.get_text().strip():
            assert text.get_fontsize() >= 14, text.get_text()
    named = [(ax.xaxis.label, ax.yaxis.label, ax._left_title) for ax in fig.axes]
    for text in (fig._suptitle, *(text for texts in named for text in texts)):
        box = text.get_window_extent()
        assert text.get_text() and box.x0 >= -1 and box.x1 <= width + 1, text.get_text()
        assert box.y0 >= -1 and box.y1 <= height + 1, text.get_text()


def test_one_epoch_is_a_point_that_can_be_seen():
    fig = runs.curves({"fold None": HISTORY[:1]}, {"fold None": 1}, JUDGE)
    assert fig.axes[0].lines[0].get_marker() == "."

"""The learning curves: what is drawn is the history, and it can be read from the back."""

import numpy as np
import pandas as pd
import pytest

from dermlab.figures import runs

HISTORY = pd.DataFrame(
    {"epoch": [1, 2, 3], "loss": [3.0, 2.0, 1.5], "development": [0.2, 0.5, 0.4]}
)
JUDGE = "carcinoma-vs-keratosis, mean accuracy of the classes"


def test_the_lines_are_the_history_and_the_point_is_the_epoch_kept():
    fig = runs.curves({"fold 0": HISTORY}, {"fold 0": 2}, JUDGE).figure
    for ax, column in zip(fig.axes, ("loss", "development"), strict=True):
        line, point = ax.lines
        np.testing.assert_array_equal(line.get_ydata(), HISTORY[column])
        assert (list(point.get_xdata()), list(point.get_ydata())) == ([2], [HISTORY[column][1]])
    assert fig.get_suptitle() == "Kept as it was after epoch 2 of 3"


def test_a_line_a_network_and_one_legend_for_all():
    names = [f"fold {fold}" for fold in range(9)]
    best = dict.fromkeys(names, 2) | {"fold 4": 3}
    fig = runs.curves(dict.fromkeys(names, HISTORY), best, JUDGE).figure
    assert [len(ax.lines) for ax in fig.axes] == [18, 18]
    shown = [text.get_text() for text in fig.axes[1].get_legend().get_texts()]
    assert shown == ["a network", "the epoch kept"]
    assert fig.get_suptitle() == "9 networks, each kept as it was after epoch 2 to 3 of 3"


@pytest.mark.parametrize("n", [1, 9])
def test_a_figure_can_be_read_from_the_back_of_the_room(n, readable):
    names = [f"fold {fold}" for fold in range(n)]
    fig = runs.curves(dict.fromkeys(names, HISTORY), dict.fromkeys(names, 2), JUDGE).figure
    readable(fig)
    assert all(ax.get_xlabel() and ax.get_ylabel() and ax.get_title("left") for ax in fig.axes)


def test_one_epoch_is_a_point_that_can_be_seen():
    fig = runs.curves({"fold None": HISTORY[:1]}, {"fold None": 1}, JUDGE).figure
    assert fig.axes[0].lines[0].get_marker() == "."


def test_the_break_and_what_guessing_gives_are_drawn_and_named(readable):
    fig = runs.curves({"one": HISTORY}, {"one": 2}, "area", interrupted=2, chance=0.5).figure
    readable(fig)
    shown = [text.get_text() for text in fig.axes[1].get_legend().get_texts()]
    assert shown == ["the network", "the epoch kept", "killed and resumed", "chance"]
    assert {line.get_label(): line.get_xdata()[0] for line in fig.axes[0].lines}[
        "killed and resumed"
    ] == 2.5


def test_the_title_of_a_curve_that_ends_at_its_summit_says_so():
    rising = HISTORY.assign(development=[0.2, 0.4, 0.5])
    figure, alt = runs.curves({"one": rising}, {"one": 3}, "accuracy")
    assert figure.get_suptitle() == "The last epoch, 3, is kept: no earlier one was better"
    assert "accuracy of the development part from 0.200 to 0.500, highest in epoch 3" in alt


def test_the_title_says_where_a_better_epoch_was_not_kept():
    figure, _ = runs.curves({"one": HISTORY}, {"one": 3}, "accuracy")
    assert figure.get_suptitle() == "Kept as it was after epoch 3 of 3; epoch 2 was better"

"""Figures of cross-validation draw the numbers that they are given."""

import numpy as np
import pandas as pd
import pytest

from dermlab.figures import confusion, folds


def texts(fig):
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def test_a_matrix_shows_the_rows_shares_and_hides_small_ones():
    counts = pd.DataFrame(
        [[9, 1, 0], [0, 30, 0], [1, 1, 98]], index=list("abc"), columns=list("abc")
    )
    fig = confusion.matrices({"one": counts, "two": counts.T}, "title")
    shown = [text.get_text() for text in fig.axes[0].texts if text.get_text()]
    assert shown == ["90", "10", "100", "98"]
    (cells,) = fig.axes[0].collections
    np.testing.assert_allclose(cells.get_array().reshape(3, 3)[0], [90, 10, 0])
    assert [t.get_text() for t in fig.axes[0].get_yticklabels()] == ["0  a", "1  b", "2  c"]


def test_both_means_stand_as_bars():
    table = pd.DataFrame(
        {"who": ["x", "y"], "mean_of_classes": [0.5, 0.11], "natural": [0.7, 0.63]}
    )
    fig = confusion.natural_mix(table, "title")
    assert [bar.get_width() for bar in fig.axes[0].patches] == pytest.approx([50, 11, 70, 63])
    assert texts(fig) == ["50", "11", "70", "63"]


def test_rising_folds_are_counted():
    table = pd.DataFrame(
        {"task": "three-way", "fold": range(3), "before": [0.5, 0.5, 0.5], "after": [0.6, 0.4, 0.7]}
    )
    table = pd.concat([table, table.assign(task="nine-way", after=0.4)])
    fig = folds.fold_by_fold(table, ("one", "two"), "title")
    titles = [ax.get_title() or ax.get_title(loc="left") for ax in fig.axes]
    assert titles == ["three-way: 2 of 3 folds rise", "nine-way: 0 of 3 folds rise"]


def test_peeking_marks_the_fair_and_the_peeked_epoch():
    curve = pd.DataFrame(
        {
            "epoch": [1, 2, 3],
            "development": [0.3, 0.5, 0.4],
            "test": [0.3, 0.35, 0.45],
            "new": [0.3, 0.4, 0.4],
            "chosen": [False, True, False],
            "peeked": [False, False, True],
        }
    )
    fig = folds.peeking(curve, pd.DataFrame({"test": [0.1, 0.0], "new": [0.0, 0.0]}), "title")
    points = {line.get_label(): line.get_xydata()[0] for line in fig.axes[0].lines}
    np.testing.assert_allclose(points["fair choice"], [2, 35])
    np.testing.assert_allclose(points["peeked choice"], [3, 45])

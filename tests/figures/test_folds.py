"""Figures of cross-validation draw the numbers that they are given."""

import numpy as np
import pandas as pd
import pytest

from dermlab.figures import confusion, folds
from dermlab.lessons import results


def texts(fig):
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def test_a_matrix_shows_the_rows_shares_and_hides_small_ones():
    counts = pd.DataFrame(
        [[9, 1, 0], [0, 30, 0], [1, 1, 98]], index=list("abc"), columns=list("abc")
    )
    fig = confusion.matrices({"one": counts, "two": counts.T}, "title")
    shown = [text.get_text() for text in fig.axes[0].texts]
    assert shown == ["90", "10", "100", "98"]
    np.testing.assert_allclose(fig.axes[0].images[0].get_array()[0], [90, 10, 0])
    assert [t.get_text() for t in fig.axes[0].get_yticklabels()] == ["0  a", "1  b", "2  c"]


def test_both_means_stand_as_bars():
    table = pd.DataFrame(
        {"who": ["x", "y"], "mean_of_classes": [0.5, 0.11], "natural": [0.7, 0.63]}
    )
    fig = confusion.natural_mix(table, "title")
    assert [bar.get_width() for bar in fig.axes[0].patches] == pytest.approx([50, 11, 70, 63])
    assert texts(fig) == ["50", "11", "70", "63"]


def test_accuracies_are_points_with_their_bounds():
    row = {"who": "a", "accuracy": 0.6, "low": 0.5, "high": 0.8}
    table = pd.DataFrame([row | {"task": task, "kind": "published"} for task in folds.TASKS])
    fig = folds.accuracies(table, "title")
    for ax in fig.axes:
        (point,) = [line for line in ax.lines if line.get_label() != "by chance"][:1]
        assert point.get_xdata()[0] == pytest.approx(60)
        (bars,) = ax.collections
        np.testing.assert_allclose(bars.get_segments()[0][:, 0], [50, 80])


def test_rising_folds_are_counted():
    table = pd.DataFrame(
        {"task": "three-way", "fold": range(3), "before": [0.5, 0.5, 0.5], "after": [0.6, 0.4, 0.7]}
    )
    table = pd.concat([table, table.assign(task="nine-way", after=0.4)])
    table.attrs["names"] = ("one", "two")
    fig = folds.fold_by_fold(table, "title")
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
        }
    )
    fig = folds.peeking(curve, pd.DataFrame({"test": [0.1, 0.0], "new": [0.0, 0.0]}), "title")
    points = {line.get_label(): line.get_xydata()[0] for line in fig.axes[0].lines}
    np.testing.assert_allclose(points["fair choice"], [2, 35])
    np.testing.assert_allclose(points["peeked choice"], [3, 45])


def test_schemes_draws_each_worlds_difference():
    rows = [
        {"world": world, "task": task, "versus": versus, "estimate": e, "low": e - 0.01,
         "high": e + 0.01}
        for world, e in (("a", 0.02), ("b", -0.03))
        for task in folds.TASKS
        for versus in ("nine classes", "placebo")
    ]  # fmt: skip
    fig = folds.schemes(pd.DataFrame(rows), {"a": "first", "b": "second"}, "title")
    assert [t.get_text() for t in fig.axes[0].get_yticklabels()] == ["first", "second"]
    for ax in fig.axes:
        drawn = [line.get_xdata() for line in ax.lines if len(line.get_xdata()) == 2]
        assert any(np.allclose(x, [2, -3]) for x in drawn)


def test_schemes_draws_the_shipped_differences():
    table = results.read("clinic_schemes", "differences.csv")
    last = table[table["steps"] == table["steps"].max()]
    names = {world: world for world in dict.fromkeys(last["world"])}
    fig = folds.schemes(last, names, "title")
    for ax, task in zip(fig.axes, folds.TASKS, strict=True):
        own = last[last["task"] == task]
        bars = np.array([line[:, 0] for c in ax.collections for line in c.get_segments()])
        expected = 100 * own.sort_values("low")[["low", "high"]].to_numpy()
        np.testing.assert_allclose(bars[bars[:, 0].argsort()], expected)
        assert (own["versus"] == "three classes").any() == (task == "three-way")
    labels = [text.get_text() for text in fig.legends[0].get_texts()]
    assert labels == ["against three classes", "against nine classes", "against placebo"]

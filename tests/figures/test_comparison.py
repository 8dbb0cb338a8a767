"""The comparison with readers: every title is held to the numbers that its figure draws."""

import re

import numpy as np
import pandas as pd
import pytest

from dermlab.evaluation import against, operating, readers, roc, two_questions
from dermlab.figures import comparison as figures
from dermlab.figures import style

RNG = np.random.default_rng(0)
TRUTH = np.arange(130) < 50
SCORE = 1 / (1 + np.exp(-RNG.normal(2.0 * TRUTH - 1, 1)))
CURVE = pd.DataFrame(
    dict(
        zip(
            ["sensitivity", "specificity"],
            two_questions.binormal_rates(2.3, np.linspace(-5, 5, 1001)),
            strict=True,
        )
    )
)


def points():
    return two_questions.simulated_points(
        21, n_pos=50, n_neg=80, d_prime=2.0, criteria={"action": -0.5}, spread=0.4, seed=0
    )


def twice(below, beaten):
    judged = points().assign(below=np.arange(21) < below, beaten=np.arange(21) < beaten)
    point = operating.at_threshold(TRUTH, SCORE, 0.4).point
    return figures.twice(judged, roc.curve(TRUTH, SCORE), point, 130)


def kept(*estimates):
    rows = [("a", f"set {i}", e, e - 0.04, e + 0.04) for i, e in enumerate(estimates)]
    table = pd.DataFrame(rows, columns=["test", "where", "estimate", "low", "high"])
    return figures.kept(table, aimed=0.9)


def counts():
    rows = [[4, 0, 0, 17], [0, 14, 2, 5]]
    names = pd.MultiIndex.from_tuples([("a", "one set"), ("a", "another")])
    return figures.counts(pd.DataFrame(rows, names, list(against.VERDICTS)))


def shared(mean):
    middle = pd.Series({"sensitivity": 0.955, "specificity": 0.727})
    place = pd.Series(dict(zip(["sensitivity", "specificity"], mean, strict=True)))
    return figures.shared_curve(CURVE.iloc[::50], CURVE, place, middle)


def published(gap):
    action = readers.esteva_points().query("question == 'action'")
    means = readers.mean_reader(action).assign(gap=gap)
    return figures.means_below(action, means, dict.fromkeys(readers.TASKS, CURVE))


def same_images():
    action = readers.esteva_points().query("question == 'action' and task == 'carcinoma'")
    networks = readers.intervals(readers.esteva_network_points())
    return figures.same_images(action, networks.assign(beats=[10, 5], beaten_by=[0, 1]))


def margins(claimed):
    rows = [("a", "sensitivity", 0.0, -0.12, 0.08), ("a", "specificity", 0.1, 0.02, 0.2)]
    table = pd.DataFrame(rows, columns=["test", "rate", "estimate", "low", "high"])
    return figures.margins(table, margin=0.1, claimed=claimed)


DRAW = {
    "twice": lambda: twice(15, 4),
    "kept": lambda: kept(0.85, 0.93),
    "counts": counts,
    "shared curve": lambda: shared((0.948, 0.719)),
    "means below": lambda: published(0.03),
    "same images": same_images,
    "margins": lambda: margins(0),
}


@pytest.mark.parametrize("name", DRAW)
def test_a_figure_can_be_read_and_brings_its_alt_text(name, readable):
    drawn = DRAW[name]()
    assert isinstance(drawn, style.Drawn)
    readable(drawn.figure)
    assert re.search(r"\d", drawn.alt) and "\n" not in drawn.alt


def test_filled_dots_are_the_beaten_readers():
    drawn = twice(15, 4)
    for ax, n in zip(drawn.figure.axes, (15, 4), strict=True):
        sizes = [len(group.get_offsets()) for group in ax.collections if len(group.get_offsets())]
        assert (n, 21 - n) == tuple(size for size in sizes if size != 1)
        assert f"beats {n} of 21" in ax.get_title(loc="left").replace("\n", " ")


def test_a_number_stands_where_dots_coincide():
    alone = points()
    point = operating.at_threshold(TRUTH, SCORE, 0.4).point
    for judged, texts in ((alone, []), (pd.concat([alone, alone.head(1)]), ["2×"])):
        judged = judged.assign(below=True, beaten=False)
        drawn = figures.twice(judged, roc.curve(TRUTH, SCORE), point, 130)
        assert [text.get_text() for text in drawn.figure.axes[0].texts] == texts


def test_the_title_counts_the_intervals_that_include_the_aim():
    title = kept(0.85, 0.93, 0.88).figure.get_suptitle()
    assert "for a sensitivity of 0.90" in title
    assert "2 of 3 intervals include it (estimates 0.85 to 0.93)" in title


def test_the_bars_are_the_counts():
    (ax,) = counts().figure.axes
    assert sorted(bar.get_width() for bar in ax.patches if bar.get_width()) == [2, 4, 5, 14, 17]
    assert counts().figure.get_suptitle().endswith("a 0 → 14")


def test_the_mean_lies_where_the_title_says():
    curve = CURVE.sort_values("sensitivity")
    for mean, side in (((0.948, 0.719), "below"), ((0.948, 0.80), "above")):
        drawn = shared(mean)
        for ax in drawn.figure.axes:
            (cross,) = [line for line in ax.lines if line.get_marker() == "P"]
            x, y = cross.get_xdata()[0], cross.get_ydata()[0]
            gap = 100 * (np.interp(x, curve["sensitivity"], curve["specificity"]) - y)
            assert (gap > 0) == (side == "below")
        said = f"{abs(gap):.1f} percentage points of specificity {side}"
        assert said in drawn.figure.get_suptitle()


def test_means_that_do_not_all_lie_below_are_not_said_to():
    drawn = published(0.03)
    assert "each mean lies below" in drawn.figure.get_suptitle()
    assert [ax.get_title(loc="left") for ax in drawn.figure.axes[3:]] == ["3.0 points below"] * 3
    assert "not every mean" in published([0.03, -0.01, 0.02]).figure.get_suptitle()


def test_networks_of_2016_are_never_shown_as_the_published_one():
    drawn = same_images()
    assert "2016" in drawn.figure.get_suptitle() and "not the published" in drawn.alt
    assert "beats 10, beaten by 0" in drawn.alt
    assert "beat 10 and 5 of 25 readers; 0 and 1 beat them" in drawn.figure.get_suptitle()


def test_the_margin_is_a_line_and_the_title_counts_the_claims():
    drawn = margins(0)
    (ax,) = drawn.figure.axes
    assert -0.1 in [line.get_xdata()[0] for line in ax.lines]
    assert drawn.figure.get_suptitle().endswith("Shown in 0 of 1 tests")

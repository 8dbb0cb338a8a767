"""The comparison's figures: what is drawn is what was counted, and it can be read."""

import matplotlib as mpl
import numpy as np
import pytest

from dermlab.evaluation import against, operating, readers, roc, two_questions
from dermlab.figures import against as figures
from dermlab.figures import style

RNG = np.random.default_rng(0)
TRUTH = np.arange(130) < 50
SCORE = 1 / (1 + np.exp(-RNG.normal(2.0 * TRUTH - 1, 1)))


def points():
    return two_questions.simulated_points(
        21, n_pos=50, n_neg=80, d_prime=2.0, criteria={"action": -0.5}, spread=0.4, seed=0
    )


def one_test():
    point = operating.at_threshold(TRUTH, SCORE, 0.4).point
    rows = {"points": points(), "mean": readers.mean_reader(points())}
    area = {"curve": roc.curve(TRUTH, SCORE), "area": roc.auc(TRUTH, SCORE)}
    return {"n_pos": 50, "n_neg": 80, "point": point} | rows | area


def thresholds(*cuts):
    at = {cut: roc.point(TRUTH, cut <= SCORE) for cut in cuts}
    return figures.thresholds(TRUTH, SCORE, roc.curve(TRUTH, SCORE), at, ("melanomas", "nevi"))


DRAW = {
    "low and high": lambda: thresholds(0.2, 0.8),
    "one": lambda: thresholds(0.5),
    "three tests": lambda: figures.three_tests(dict.fromkeys(("a", "b"), one_test())),
    "other studies": lambda: figures.other_studies(against.other_studies()),
    "folds": lambda: figures.folds([roc.curve(TRUTH, SCORE)] * 2, roc.curve(TRUTH, SCORE)),
}


@pytest.mark.parametrize("name", DRAW)
def test_it_is_drawn_with_letters_for_a_projector(name):
    drawn = DRAW[name]()
    fig = drawn.figure if isinstance(drawn, style.Drawn) else drawn
    assert style.png(fig)[:4] == b"\x89PNG"
    sizes = [t.get_fontsize() for t in fig.findobj(mpl.text.Text) if t.get_text()]
    assert min(sizes) >= 14


def test_the_thresholds_dots_are_on_the_curve_and_in_the_title():
    drawn = thresholds(0.2, 0.8)
    lines = [line for line in drawn.figure.axes[-1].lines if line.get_marker() == "o"]
    places = [(line.get_xdata()[0], line.get_ydata()[0]) for line in lines]
    words = drawn.figure.get_suptitle().splitlines()
    for cut, where, line in zip((0.2, 0.8), places, words, strict=True):
        assert where[0] == pytest.approx(np.mean(SCORE[TRUTH] >= cut))
        assert where[1] == pytest.approx(np.mean(SCORE[~TRUTH] < cut))
        rates = f"sensitivity {where[0]:.2f}, specificity {where[1]:.2f}"
        assert line.lower() == f"threshold {cut:.2f}: {rates}" and rates in drawn.alt


def test_every_lesion_stands_in_a_bar():
    bars = thresholds(0.5).figure.axes[0].patches
    assert sum(bar.get_height() for bar in bars) == len(TRUTH)
    standing = [(bar.get_x(), bar.get_y(), bar.get_y() + bar.get_height())
                for bar in bars if bar.get_height()]  # fmt: skip
    for x, low, high in standing:  # bar on bar: none hides another
        assert not any(x == x2 and low < low2 < high for x2, low2, _ in standing)
    assert any(low > 0 for _, low, _ in standing)


def test_other_studies_draw_a_circle_a_mean_reader():
    drawn = figures.other_studies(against.other_studies())
    circles = [line for line in drawn.figure.axes[0].lines if line.get_markersize() == 15]
    assert [float(c.get_xdata()[0]) for c in circles] == pytest.approx(
        against.other_studies()["sensitivity"].tolist()
    )
    assert drawn.figure.axes[0].get_title(loc="left").startswith(f"{len(circles)} mean readers")
    joined = [line.get_xdata() for line in drawn.figure.axes[0].lines if len(line.get_xdata()) == 2]
    level = sum(np.isclose(*ends) for ends in joined)
    assert f"{level} of the networks stand straight" in drawn.alt

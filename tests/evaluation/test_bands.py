"""The band around a ROC curve."""

import numpy as np
import pytest

from dermlab.evaluation import bands, roc

RNG = np.random.default_rng(0)
POSITIVE = RNG.random(300) < 0.4
SCORE = RNG.normal(POSITIVE, 1.0)


def test_the_band_holds_the_curve_and_reaches_the_corners():
    band = bands.specificity(POSITIVE, SCORE, n_replicates=400)
    curve = roc.curve(POSITIVE, SCORE)
    best = curve.groupby("sensitivity")["specificity"].max()
    there = np.interp(band["sensitivity"], best.index, best)
    assert (band["low"] <= there + 1e-9).all() and (there <= band["high"] + 1e-9).mean() > 0.95
    assert band["high"].is_monotonic_decreasing and (band["low"] <= band["high"]).all()


def test_a_band_at_one_sensitivity_is_what_a_plain_loop_gives():
    band = bands.specificity(POSITIVE, SCORE, n_replicates=600, seed=1)
    rng, found = np.random.default_rng(5), []
    for _ in range(600):
        rows = rng.integers(len(SCORE), size=len(SCORE))
        cut = np.quantile(SCORE[rows][POSITIVE[rows]], 0.2)
        found.append((SCORE[rows][~POSITIVE[rows]] < cut).mean())
    row = band[np.isclose(band["sensitivity"], 0.8)].iloc[0]
    assert (row["low"], row["high"]) == pytest.approx(np.quantile(found, (0.025, 0.975)), abs=0.03)


def test_images_of_one_group_are_drawn_together():
    twice = np.repeat(POSITIVE, 4), np.repeat(SCORE, 4)
    alone = bands.specificity(*twice, n_replicates=200)
    grouped = bands.specificity(*twice, np.repeat(np.arange(300), 4), n_replicates=200)
    width = [(band["high"] - band["low"]).mean() for band in (alone, grouped)]
    assert width[1] == pytest.approx(2 * width[0], rel=0.25)


def test_equal_scores_are_one_step():
    band = bands.specificity([1, 1, 0, 0] * 10, [0.5] * 40, n_replicates=50)
    np.testing.assert_allclose(band["low"], 1 - band["sensitivity"])


@pytest.mark.filterwarnings("ignore:No interval")
def test_one_case_of_a_class_has_no_band_where_most_resamples_lack_it():
    band = bands.specificity([1, 0, 0], [0.9, 0.1, 0.2], [1, 1, 1])
    assert band["low"].notna().all()  # one group: every resample is the sample
    alone = bands.specificity([1, *[0] * 30], np.arange(31) / 31, np.arange(31))
    assert alone["high"].notna().all()  # 64 % of the resamples hold the one case

"""Calibration against scikit-learn, statsmodels and simulated truth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit, softmax

from dermlab.errors import InputError
from dermlab.evaluation import calibration, intervals, roc

no_deadline = settings(deadline=None)


def forecasts(seed, n=400, temperature=1.0):
    """Truths drawn from probabilities, which are then told too sharply or softly."""
    rng = np.random.default_rng(seed)
    honest = rng.beta(1, 2, size=n)
    return rng.random(n) < honest, expit(logit(honest) * temperature)


def many(seed, n=3000, temperature=1.0):
    rng = np.random.default_rng(seed)
    logits = 1.5 * rng.normal(size=(n, 4))
    honest = softmax(logits, axis=1)
    number = (rng.random(n)[:, None] > honest.cumsum(axis=1)).sum(axis=1)
    return np.array(list("abcd"))[number], softmax(logits * temperature, axis=1)


# --- reliability ----------------------------------------------------------------------------------


@pytest.mark.parametrize("bins", ["width", "mass"])
@pytest.mark.parametrize("seed", range(4))
def test_the_diagram_is_scikit_learns(bins, seed):
    from sklearn.calibration import calibration_curve

    truth, p = forecasts(seed)
    strategy = {"width": "uniform", "mass": "quantile"}[bins]
    shares, means = calibration_curve(truth, p, n_bins=10, strategy=strategy)
    table = calibration.reliability(truth, p, bins=bins)
    assert table["share"].to_numpy() == pytest.approx(shares)
    assert table["probability"].to_numpy() == pytest.approx(means)
    assert table["n"].sum() == 400
    assert (table["n"] == 40).all() or bins == "width"


@pytest.mark.filterwarnings("ignore:No interval")
def test_each_bins_interval_is_that_of_a_share():
    truth, p = forecasts(1)
    for row in calibration.reliability(truth, p).itertuples():
        inside = (row.left < p) & (p <= row.right)
        expected = intervals.proportion(truth[inside].sum(), row.n)
        assert (row.share, row.low, row.high) == (expected.estimate, expected.low, expected.high)
    views = np.repeat(np.arange(400), 3)
    once = calibration.reliability(truth, p)
    clustered = calibration.reliability(truth[views], p[views], groups=views)
    naive = calibration.reliability(truth[views], p[views])
    big = once["n"] > 30
    width = [(table["high"] - table["low"])[big] for table in (once, clustered, naive)]
    assert (width[1] / width[0]).to_numpy() == pytest.approx(1, abs=0.15)
    assert (width[1] > 1.4 * width[2]).all()


@no_deadline
@given(st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0]), min_size=1, max_size=40))
def test_every_case_lies_in_one_bin_and_equals_stay_together(p):
    for bins in ("width", "mass"):
        table = calibration.reliability(np.zeros(len(p)), p, n_bins=4, bins=bins)
        assert table["n"].sum() == len(p)
        assert (table["left"] < table["right"]).all()
        for value in set(p):
            inside = (table["left"] < value) & (value <= table["right"]) | (
                (value == 0) & (table["left"] == 0)
            )
            assert inside.sum() == 1
            assert table["n"][inside].item() >= p.count(value)


def test_the_error_is_the_weighted_gap_of_the_diagram():
    truth, p = forecasts(2, temperature=2)
    table = calibration.reliability(truth, p, n_bins=15)
    by_hand = (table["n"] * (table["share"] - table["probability"]).abs()).sum() / 400
    found = calibration.expected_calibration_error(truth, p)
    assert found.estimate == pytest.approx(by_hand, abs=1e-12)
    assert found.excess == found.estimate - found.if_perfect
    assert found.p_value < 0.01 and found.estimate > found.if_perfect_high


def test_a_perfect_forecast_has_an_error_of_the_size_foretold():
    """200 honest forecasts: their ECEs average what each foretells, and few lie above its 95 %."""
    found = [
        calibration.expected_calibration_error(*forecasts(seed, n=150), n_simulations=200)
        for seed in range(200)
    ]
    estimate, foretold = (
        np.mean([getattr(f, k) for f in found]) for k in ("estimate", "if_perfect")
    )
    assert foretold > 0.05  # far from 0 although nothing is wrong
    assert estimate == pytest.approx(foretold, rel=0.05)
    assert 0.01 <= np.mean([f.estimate > f.if_perfect_high for f in found]) <= 0.10
    assert 0.01 <= np.mean([f.p_value <= 0.05 for f in found]) <= 0.10


def test_the_upward_bias_shrinks_with_more_cases_and_fewer_bins():
    few, many_cases = (
        calibration.expected_calibration_error(*forecasts(0, n=n)).if_perfect for n in (100, 10_000)
    )
    coarse = calibration.expected_calibration_error(*forecasts(0, n=100), n_bins=3).if_perfect
    assert few > 5 * many_cases and few > 1.5 * coarse


def test_the_top_label_is_the_answer_and_how_sure_it_was():
    right, sure = calibration.top_label(
        ["a", "b", "c"], [[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], list("abc")
    )
    assert right.tolist() == [True, False, True]
    assert sure.tolist() == [0.7, 0.5, 0.8]


# --- Brier ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_brier_score_is_scikit_learns_and_its_parts_add_up(seed):
    from sklearn.metrics import brier_score_loss

    truth, p = forecasts(seed, temperature=1.5)
    found = calibration.brier(truth, p)
    assert found.estimate == pytest.approx(brier_score_loss(truth, p), abs=1e-12)
    parts = found.miscalibration - found.discrimination + found.uncertainty
    assert parts == pytest.approx(found.estimate, abs=1e-12)
    assert min(found.miscalibration, found.discrimination, found.uncertainty) >= 0
    assert found.uncertainty == pytest.approx(truth.mean() * (1 - truth.mean()))


def test_parts_of_the_brier_score_see_what_they_should():
    truth, p = forecasts(0, n=20_000)
    honest, sharp = calibration.brier(truth, p), calibration.brier(truth, expit(3 * logit(p)))
    assert honest.miscalibration < 0.002 < sharp.miscalibration
    assert sharp.discrimination == pytest.approx(honest.discrimination, abs=1e-12)
    constant = calibration.brier(truth, np.full(20_000, truth.mean()))
    assert constant.discrimination == pytest.approx(0, abs=1e-12)
    assert constant.miscalibration == pytest.approx(0, abs=1e-12)
    perfect = calibration.brier(truth, truth.astype(float))
    assert perfect.estimate == 0 and perfect.discrimination == pytest.approx(perfect.uncertainty)


# --- temperature ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_the_binary_temperature_is_a_logistic_slope(seed):
    """1 / T is the slope of a logistic regression on the log-odds without an intercept."""
    from statsmodels.api import Logit

    truth, p = forecasts(seed, temperature=2.5)
    slope = Logit(truth.astype(float), logit(p)).fit(disp=0).params[0]
    assert calibration.fit_temperature(truth, p) == pytest.approx(1 / slope, rel=1e-5)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_of_many_classes_is_found_again(temperature):
    truth, p = many(0, temperature=temperature)
    found = calibration.fit_temperature(truth, p, list("abcd"))
    assert found == pytest.approx(temperature, rel=0.06)
    softened = calibration.with_temperature(p, found)
    assert softened.sum(axis=1) == pytest.approx(1)
    assert (softened.argmax(axis=1) == p.argmax(axis=1)).all()
    honest = calibration.with_temperature(p, temperature)
    assert honest == pytest.approx(many(0)[1])


def test_two_columns_are_the_binary_case():
    truth, p = forecasts(3, temperature=2)
    both = np.column_stack([1 - p, p])
    names = np.where(truth, "yes", "no")
    one, two = (
        calibration.fit_temperature(truth, p),
        calibration.fit_temperature(names, both, ["no", "yes"]),
    )
    assert one == pytest.approx(two, rel=1e-9)
    assert calibration.with_temperature(both, one)[:, 1] == pytest.approx(
        calibration.with_temperature(p, one)
    )


def test_fitted_on_the_development_part_it_mends_the_other_part():
    truth, p = forecasts(4, n=4000, temperature=2.5)
    temperature = calibration.fit_temperature(truth[:2000], p[:2000])
    rest = calibration.with_temperature(p[2000:], temperature)
    before = calibration.expected_calibration_error(truth[2000:], p[2000:])
    after = calibration.expected_calibration_error(truth[2000:], rest)
    assert before.p_value < 0.01 < after.p_value
    assert after.estimate < before.estimate / 2
    same = roc.auc_delong(truth[2000:], rest).estimate
    assert same == pytest.approx(roc.auc_delong(truth[2000:], p[2000:]).estimate)


def test_a_probability_of_0_or_1_is_no_infinity():
    truth, p = forecasts(5)
    p = np.r_[p, 0.0, 1.0]
    truth = np.r_[truth, True, False]
    temperature = calibration.fit_temperature(truth, p)
    assert 1 < temperature < 100
    assert np.isfinite(calibration.with_temperature(p, temperature)).all()


def test_where_there_is_no_best_temperature_it_says_so():
    with pytest.warns(UserWarning, match="ran to its bound 0.01"):
        assert calibration.fit_temperature([0, 1, 1], [0.1, 0.8, 0.9]) == pytest.approx(0.01)
    with pytest.warns(UserWarning, match="ran to its bound 100"):
        assert calibration.fit_temperature([1, 0, 0], [0.1, 0.8, 0.9]) == pytest.approx(100)
    with pytest.warns(UserWarning, match="every probability is the same"):
        assert calibration.fit_temperature([0, 1, 1], [0.5, 0.5, 0.5]) == 1


# --- decisions ------------------------------------------------------------------------------------


@no_deadline
@given(st.integers(0, 10_000), st.floats(0.01, 0.99))
def test_net_benefit_is_counted_case_by_case(seed, threshold):
    truth, p = forecasts(seed, n=60)
    truth[:2] = True, False
    row = calibration.decision_curve(truth, p, [threshold]).iloc[0]
    weight = threshold / (1 - threshold)
    gain = sum((1 if ill else -weight) for ill, q in zip(truth, p, strict=True) if q >= threshold)
    assert row["model"] == pytest.approx(gain / 60, abs=1e-10)
    everyone = sum((1 if ill else -weight) for ill in truth)
    assert row["treat_all"] == pytest.approx(everyone / 60, abs=1e-10)
    assert row["treat_none"] == 0


def test_another_prevalence_is_another_mix_of_the_same_cases():
    truth, p = forecasts(6, n=200)
    mixed = np.r_[np.flatnonzero(truth), np.repeat(np.flatnonzero(~truth), 5)]
    columns = ["threshold", "model", "treat_all", "treat_none"]  # more cases: other bounds
    expected = calibration.decision_curve(truth[mixed], p[mixed])[columns]
    found = calibration.decision_curve(truth, p, prevalence=truth[mixed].mean())[columns]
    pd.testing.assert_frame_equal(found, expected)


def test_an_honest_forecast_is_never_worse_than_treating_all_or_none():
    truth, p = forecasts(7, n=50_000)
    table = calibration.decision_curve(truth, p)
    best = table[["treat_all", "treat_none"]].max(axis=1)
    assert len(table) == 99
    assert (table["model"] >= best - 0.01).all()
    assert (table["model"] > best + 0.01)[20:50].all()


# --- what comes in --------------------------------------------------------------------------------

CLASSES = list("ab")


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: calibration.reliability([0, 1], [0.1, 1.2]), "1 of 2 values of probability lie"),
        (lambda: calibration.reliability([0, 1], [0.1, np.nan]), "no finite"),
        (lambda: calibration.reliability([], []), "0 cases"),
        (lambda: calibration.reliability([0, 1], [0.1]), "do not fit together"),
        (lambda: calibration.reliability([0, 1], [0, 1], n_bins=0), "0 is no number of bins"),
        (lambda: calibration.reliability([0, 1], [0, 1], bins="depth"), "'depth'"),
        (lambda: calibration.reliability([0, 1], [0, 1], groups=["a"]), "1 values of groups"),
        (
            lambda: calibration.expected_calibration_error([0, 1], [0, 1], n_simulations=0),
            "0 simulations",
        ),
        (lambda: calibration.brier([0, 2], [0.1, 0.2]), "neither 0 nor 1"),
        (lambda: calibration.fit_temperature([1, 1], [0.1, 0.2]), "2 positives among 2"),
        (lambda: calibration.fit_temperature(["a", "a"], np.eye(2), CLASSES), "a case: b"),
        (lambda: calibration.fit_temperature(CLASSES, np.ones((2, 2)), CLASSES), "sum to 1"),
        (lambda: calibration.with_temperature([0.1], 0), "temperature is 0"),
        (lambda: calibration.with_temperature([0.1, 3], 1), "outside 0 to 1"),
        (lambda: calibration.decision_curve([0, 0], [0.1, 0.2]), "0 positives among 2"),
        (lambda: calibration.decision_curve([0, 1], [0, 1], [1.0]), "threshold is 1.0"),
        (lambda: calibration.decision_curve([0, 1], [0, 1], prevalence=2), "prevalence is 2"),
        (lambda: calibration.top_label(["a", "b"], [[2, -1], [0, 1]], CLASSES), "0 to 1"),
    ],
)
def test_bad_input_is_one_sentence(made, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        made()
    assert "\n" not in str(error.value)


def test_one_class_alone_still_has_a_diagram_and_an_error():
    table = calibration.reliability([0, 0, 0], [0.1, 0.2, 0.9])
    assert table["share"].tolist() == [0, 0, 0]
    assert calibration.expected_calibration_error([0, 0], [0.2, 0.4]).estimate == pytest.approx(0.3)
    assert calibration.brier([0, 0], [0.0, 0.0]).estimate == 0


def test_a_probability_at_the_threshold_is_treated():
    curve = calibration.decision_curve([1, 1, 0], [0.5, 0.9, 0.1], thresholds=[0.5])
    assert curve["model"].tolist() == pytest.approx([2 / 3])  # both positives, no false alarm


def test_simulated_errors_as_large_as_the_one_found_count_as_at_least_as_large():
    """One case at a half: whatever its truth, the error is a half."""
    assert calibration.expected_calibration_error([1], [0.5]).p_value == 1


# --- intervals of score and benefit ---------------------------------------------------------------


def test_every_image_twice_is_as_sure_as_once():
    positive, p = forecasts(7, 200)
    alone, twice = np.arange(200), [np.tile(x, 2) for x in (positive, p, np.arange(200))]
    once, doubled = calibration.brier(positive, p, alone), calibration.brier(*twice)
    assert (once.low, once.high) == pytest.approx((doubled.low, doubled.high))
    once = calibration.decision_curve(positive, p, [0.2, 0.6])
    doubled = calibration.decision_curve(*twice[:2], [0.2, 0.6], groups=twice[2])
    assert doubled["model_low"].to_numpy() == pytest.approx(once["model_low"].to_numpy())


def test_the_intervals_hold_the_truth_of_simulated_studies():
    """Brier score and net benefit (own and another prevalence) of 400 studies of 150 cases."""
    rng = np.random.default_rng(0)
    everybody = rng.beta(1, 2, size=2_000_000)
    ill = rng.random(len(everybody)) < everybody
    true = {
        "brier": np.mean((everybody - ill) ** 2),
        "net": np.mean((everybody >= 0.3) * (ill - 3 / 7 * ~ill)),
        "rare": 0.1 * np.mean(everybody[ill] >= 0.3)
        - 0.9 * 3 / 7 * np.mean(everybody[~ill] >= 0.3),
    }
    held = []
    for seed in range(400):
        positive, p = forecasts(seed + 1, 150)
        score = calibration.brier(positive, p)
        nets = [
            calibration.decision_curve(positive, p, [0.3], rate).iloc[0] for rate in (None, 0.1)
        ]
        held.append(
            (
                score.low < true["brier"] < score.high,
                nets[0]["model_low"] < true["net"] < nets[0]["model_high"],
                nets[1]["model_low"] < true["rare"] < nets[1]["model_high"],
            )
        )
    assert np.mean(held, axis=0) == pytest.approx([0.95] * 3, abs=0.033)

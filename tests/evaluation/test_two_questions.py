"""Readers as thresholds: the paper's 68 pairs, and readers whose truth is known."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from dermlab.evaluation import readers, two_questions


def test_the_68_pairs_are_counted_into_four_kinds():
    pairs = two_questions.pair_changes(readers.esteva_points())
    assert pairs["kind"].value_counts().reindex(two_questions.KINDS).tolist() == [30, 19, 11, 8]
    assert pairs["possible"].sum() == 66


@pytest.mark.parametrize(
    ("more_positives", "more_negatives", "kind"),
    [
        (1, -1, 0),
        (0, 0, 1),
        (0, -1, 2),
        (-1, 0, 2),
        (-1, -1, 2),
        (1, 0, 3),
        (0, 1, 3),
        (1, 1, 3),
        (-1, 1, 3),
    ],
)
def test_every_combination_of_changes_has_one_kind(more_positives, more_negatives, kind):
    points = pd.DataFrame(
        {
            "task": "t",
            "question": ["diagnosis", "action"],
            "reader": "R",
            "tp": [5, 5 + more_positives],
            "n_pos": 10,
            "tn": [5, 5 + more_negatives],
            "n_neg": 10,
        }
    ).eval("sensitivity = tp / n_pos\nspecificity = tn / n_neg")
    (pair,) = two_questions.pair_changes(points).itertuples()
    assert pair.kind == two_questions.KINDS[kind]
    assert pair.possible == (more_positives >= 0 >= more_negatives)


def test_youden_falls_on_average():
    pairs = two_questions.pair_changes(readers.esteva_points())
    falls = two_questions.mean_changes(pairs, ["youden"], n_replicates=10).set_index("task")[
        "estimate"
    ]
    assert [round(-100 * falls[task], 1) for task in readers.TASKS] == [4.6, 4.6, 0.8]


def test_the_reader_bootstrap_is_close_to_the_normal_interval():
    pairs = two_questions.pair_changes(readers.esteva_points())
    table = two_questions.mean_changes(pairs, ["specificity"])
    for row in table.itertuples():
        values = pairs.loc[pairs["task"] == row.task, "specificity"]
        half = 1.96 * values.std(ddof=0) / math.sqrt(len(values))
        assert row.low == pytest.approx(values.mean() - half, abs=0.012)
        assert row.high == pytest.approx(values.mean() + half, abs=0.012)
    pd.testing.assert_frame_equal(table, two_questions.mean_changes(pairs, ["specificity"]))


def test_detection_recovers_a_known_reader():
    tp, tn = norm.cdf(1.2 - 0.3) * 1e6, norm.cdf(1.2 + 0.3) * 1e6
    table = pd.DataFrame({"tp": [tp], "n_pos": [1e6], "tn": [tn], "n_neg": [1e6]})
    (found,) = two_questions.detection(table).itertuples()
    assert (found.d_prime, found.criterion) == pytest.approx((2.4, 0.3), abs=1e-4)
    perfect = pd.DataFrame({"tp": [65], "n_pos": [65], "tn": [70], "n_neg": [70]})
    assert np.isfinite(two_questions.detection(perfect)).all(axis=None)


def test_the_share_is_one_for_a_threshold_shift_and_zero_for_a_change_of_skill():
    def pairs_of(d_primes, criteria):
        rows = []
        for question, d_prime, criterion in zip(
            ("diagnosis", "action"), d_primes, criteria, strict=True
        ):
            sens, spec = two_questions.binormal_rates(d_prime, criterion)
            n = 1e9  # so many images that half a case more does not matter
            rows.append(("t", question, "R", sens * n, n, spec * n, n, sens, spec))
        columns = ["task", "question", "reader", "tp", "n_pos", "tn", "n_neg"]
        columns += ["sensitivity", "specificity"]
        return two_questions.pair_changes(pd.DataFrame(rows, columns=columns))

    shift = pairs_of((2, 2), (0.1, -0.4))
    skill = pairs_of((2, 1.5), (0.1, 0.1))
    assert two_questions.threshold_share(shift)["estimate"][0] == pytest.approx(1)
    assert two_questions.threshold_share(skill)["estimate"][0] == pytest.approx(0, abs=1e-9)
    assert shift["predicted_youden"][0] == pytest.approx(shift["youden"][0], abs=1e-6)
    assert skill["predicted_youden"][0] == pytest.approx(0, abs=1e-6)


def test_a_lower_threshold_predicts_more_sensitivity_and_less_specificity():
    """A criterion that falls from 0.1 to -0.4 at a skill of 2; the rates are a normal table's."""
    n = 1e9  # so many images that half a case more does not matter
    rates = {"diagnosis": (0.815940, 0.864334), "action": (0.919243, 0.725747)}
    rows = [("t", q, "R", tp * n, n, tn * n, n, tp, tn) for q, (tp, tn) in rates.items()]
    columns = ["task", "question", "reader", "tp", "n_pos", "tn", "n_neg"]
    points = pd.DataFrame(rows, columns=[*columns, "sensitivity", "specificity"])
    (pair,) = two_questions.pair_changes(points).itertuples()
    assert pair.criterion == pytest.approx(-0.5, abs=1e-4)
    assert pair.predicted_sensitivity == pytest.approx(0.919243 - 0.815940, abs=1e-4)
    assert pair.predicted_specificity == pytest.approx(0.725747 - 0.864334, abs=1e-4)


def test_intervals_over_two_readers_reach_from_one_to_the_other():
    """One moves along the threshold, one changes skill: drawn twice, either can stand alone."""
    pairs = pd.DataFrame({"task": "t", "criterion": [1.0, 0.0], "d_prime": [0.0, 2.0]})
    (share,) = two_questions.threshold_share(pairs).itertuples()
    assert (share.estimate, share.low, share.high) == (0.5, 0, 1)
    (change,) = two_questions.mean_changes(pairs, ["criterion"]).itertuples()
    assert (change.estimate, change.low, change.high) == (0.5, 0, 1)


def test_the_paper_s_readers_move_along_the_threshold():
    pairs = two_questions.pair_changes(readers.esteva_points())
    shares = two_questions.threshold_share(pairs).set_index("task")
    assert [round(shares.loc[task, "estimate"], 2) for task in readers.TASKS] == [0.96, 0.94, 0.96]
    changes = two_questions.mean_changes(pairs).set_index(["change", "task"])
    assert (changes.loc["criterion", "high"] < 0).all()
    skill = changes.loc["d_prime"]
    assert ((skill["low"] < 0) & (skill["high"] > 0)).all()


def test_simulated_readers_share_one_roc():
    points = two_questions.simulated_points(
        400,
        n_pos=500,
        n_neg=500,
        d_prime=2.0,
        criteria={"diagnosis": 0.2, "action": -0.2},
        spread=0.5,
        seed=3,
    )
    found = two_questions.detection(points)
    assert found["d_prime"].mean() == pytest.approx(2.0, abs=0.02)
    means = found["criterion"].groupby(points["question"]).mean()
    assert means["diagnosis"] - means["action"] == pytest.approx(0.4, abs=0.02)
    assert two_questions.pair_changes(points)["possible"].all()

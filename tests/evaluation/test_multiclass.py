"""Many classes against scikit-learn, pROC's numbers and plain loops over pairs."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from dermlab.errors import InputError
from dermlab.evaluation import intervals, multiclass

Z = norm.ppf(0.975)
no_deadline = settings(deadline=None)  # a first call imports scipy


def bounds(estimate):
    return estimate.low, estimate.high


# --- labels ---------------------------------------------------------------------------------------

CLASSES = ["benign", "malignant", "non-neoplastic"]


def answers(seed, n=200):
    rng = np.random.default_rng(seed)
    truth = rng.choice(CLASSES, size=n, p=[0.2, 0.1, 0.7])
    return truth, np.where(rng.random(n) < 0.6, truth, rng.choice(CLASSES, size=n))


@no_deadline
@given(st.integers(0, 10_000))
def test_confusion_accuracy_and_kappa_are_scikit_learns(seed):
    truth, answer = answers(seed)
    table = multiclass.confusion(truth, answer, CLASSES)
    assert table.index.tolist() == table.columns.tolist() == CLASSES
    expected = sklearn.metrics.confusion_matrix(truth, answer, labels=CLASSES)
    assert (table.to_numpy() == expected).all()
    right = sklearn.metrics.accuracy_score(truth, answer)
    assert multiclass.accuracy(truth, answer).estimate == pytest.approx(right, abs=1e-12)
    found = multiclass.kappa(truth, answer)
    assert found.estimate == pytest.approx(
        sklearn.metrics.cohen_kappa_score(truth, answer), abs=1e-12
    )
    balanced = multiclass.balanced_accuracy(truth, answer, CLASSES, n_replicates=50)
    assert balanced.estimate == pytest.approx(
        sklearn.metrics.balanced_accuracy_score(truth, answer), abs=1e-12
    )


def test_confusion_keeps_classes_that_nobody_used():
    table = multiclass.confusion(["benign"], ["benign"], CLASSES)
    assert table.shape == (3, 3) and table.to_numpy().sum() == 1


def test_the_variance_of_kappa_is_fleiss_cohen_and_everitts():
    truth, answer = answers(1)
    p = multiclass.confusion(truth, answer, CLASSES).to_numpy() / len(truth)
    row, column = p.sum(axis=1), p.sum(axis=0)
    observed, expected = np.trace(p), row @ column
    kappa = (observed - expected) / (1 - expected)
    on, off = 0.0, 0.0
    for i in range(3):
        for j in range(3):
            if i == j:
                on += p[i, i] * (1 - (row[i] + column[i]) * (1 - kappa)) ** 2
            else:
                off += p[i, j] * (column[i] + row[j]) ** 2
    last = (kappa - expected * (1 - kappa)) ** 2
    variance = (on + (1 - kappa) ** 2 * off - last) / (len(truth) * (1 - expected) ** 2)
    found = multiclass.kappa(truth, answer)
    assert found.variance == pytest.approx(variance, abs=1e-12)
    assert bounds(found) == pytest.approx(kappa + Z * np.sqrt(variance) * np.array([-1, 1]))


def test_accuracy_is_wilsons_by_image_and_bootstrapped_by_group():
    truth, answer = answers(2)
    right = int((truth == answer).sum())
    assert multiclass.accuracy(truth, answer) == intervals.proportion(right, 200)
    assert multiclass.accuracy(truth, answer, groups=np.arange(200)) == intervals.proportion(
        right, 200
    )

    views = np.repeat(np.arange(200), 4)
    once = multiclass.accuracy(truth, answer)
    clustered = multiclass.accuracy(truth[views], answer[views], groups=views)
    naive = multiclass.accuracy(truth[views], answer[views])
    assert clustered.estimate == pytest.approx(once.estimate)
    assert clustered.variance == pytest.approx(once.variance, rel=0.1)
    assert clustered.high - clustered.low > 1.7 * (naive.high - naive.low)


def test_the_bare_class_mean_is_that_of_the_classes_that_occur():
    truth, answer = np.array(list("aaaabbc")), np.array(list("aaabbac"))
    by_hand = (3 / 4 + 1 / 2 + 1) / 3
    assert multiclass.mean_class_accuracy(truth, answer) == pytest.approx(by_hand)
    numbers = np.random.default_rng(0).integers(0, 3, (2, 200))
    expected = sklearn.metrics.balanced_accuracy_score(*numbers)
    assert multiclass.mean_class_accuracy(*numbers) == pytest.approx(expected)


def test_balanced_accuracy_bootstraps_like_a_plain_loop():
    truth, answer = answers(3, n=80)
    groups = np.random.default_rng(0).integers(30, size=80)
    members = [np.flatnonzero(groups == name) for name in np.unique(groups)]
    rng = np.random.default_rng(6)
    loop = []
    for _ in range(100):
        drawn = np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))])
        recalls = [
            np.mean(answer[drawn][truth[drawn] == name] == name)
            for name in CLASSES
            if (truth[drawn] == name).any()
        ]
        loop.append(np.mean(recalls))
    found = multiclass.balanced_accuracy(truth, answer, CLASSES, groups, n_replicates=100, seed=6)
    assert bounds(found) == pytest.approx(np.percentile(loop, [2.5, 97.5]), abs=1e-12)


def test_an_answer_outside_the_classes_is_wrong_and_no_error():
    found = multiclass.balanced_accuracy(
        ["benign", "benign", "malignant"], ["benign", "other", "malignant"], CLASSES[:2]
    )
    assert found.estimate == pytest.approx(0.75)


@pytest.mark.filterwarnings("ignore:.*drawn again")
@pytest.mark.parametrize(
    "made",
    [
        lambda: multiclass.balanced_accuracy(list("ab"), list("ab"), list("ab")),
        lambda: multiclass.kappa(list("abab"), list("abab")),
        lambda: multiclass.hand_till(list("aaabbb"), np.eye(2)[[0] * 3 + [1] * 3], list("ab")),
    ],
)
def test_no_interval_is_nan_with_a_warning(made):
    with pytest.warns(UserWarning, match="No interval"):
        found = made()
    assert found.estimate == 1
    assert np.isnan(found.low) and np.isnan(found.high)


def test_kappa_of_one_label_is_not_defined():
    with pytest.warns(UserWarning, match="kappa is not defined"):
        assert np.isnan(multiclass.kappa(["a", "a"], ["a", "a"]).estimate)


# --- scores ---------------------------------------------------------------------------------------


def probabilities(seed, n=120, decimals=1):
    """Probabilities of three classes, full of ties, that lean to the true one."""
    rng = np.random.default_rng(seed)
    truth = np.r_[CLASSES, rng.choice(CLASSES, size=n - 3, p=[0.3, 0.2, 0.5])]
    logits = rng.normal(size=(n, 3)) + (truth[:, None] == CLASSES)
    rough = np.exp(logits).round(decimals) + 0.1
    return truth, rough / rough.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(5))
def test_areas_of_classes_and_pairs_are_scikit_learns(seed):
    truth, p = probabilities(seed)
    table = multiclass.one_vs_rest(truth, p, CLASSES)
    theirs = sklearn.metrics.roc_auc_score(
        truth, p, labels=CLASSES, multi_class="ovr", average=None
    )
    assert table["auc"].to_numpy() == pytest.approx(theirs, abs=1e-12)
    assert table["n"].tolist() == [(truth == name).sum() for name in CLASSES]
    assert (table["low"] < table["auc"]).all() and (table["auc"] < table["high"]).all()
    found = multiclass.hand_till(truth, p, CLASSES, n_replicates=50)
    theirs = sklearn.metrics.roc_auc_score(truth, p, labels=CLASSES, multi_class="ovo")
    assert found.estimate == pytest.approx(theirs, abs=1e-12)


def test_hand_till_on_asah_is_procs(real_data):
    """pROC turns a pair's single marker so that the higher median is the positive class's."""
    asah = pd.read_csv(real_data / "asah.csv")
    medians = asah.groupby("gos6")["s100b"].median()
    areas = []
    for pair in combinations(sorted(medians.index), 2):
        rows = asah[asah["gos6"].isin(pair)]
        low, high = sorted(pair, key=medians.get)
        both = np.column_stack([-rows["s100b"], rows["s100b"]])
        areas.append(multiclass.hand_till(rows["gos6"], both, [low, high], n_replicates=2).estimate)
    assert np.mean(areas) == pytest.approx(0.6539999352, abs=1e-10)


def test_hand_till_bootstraps_groups_like_a_plain_loop():
    truth, p = probabilities(7)
    groups = np.random.default_rng(0).integers(45, size=len(truth))
    members = [np.flatnonzero(groups == name) for name in np.unique(groups)]
    rng = np.random.default_rng(6)
    loop = []
    while len(loop) < 100:
        drawn = np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))])
        if len(np.unique(truth[drawn])) == 3:
            loop.append(
                sklearn.metrics.roc_auc_score(
                    truth[drawn], p[drawn], labels=CLASSES, multi_class="ovo"
                )
            )
    found = multiclass.hand_till(truth, p, CLASSES, groups, n_replicates=100, seed=6)
    assert bounds(found) == pytest.approx(np.percentile(loop, [2.5, 97.5]), abs=1e-12)


def test_hand_till_does_not_see_how_common_a_class_is():
    truth, p = probabilities(8)
    rare = np.r_[np.arange(len(truth)), np.repeat(np.flatnonzero(truth == "benign"), 9)]
    once = multiclass.hand_till(truth, p, CLASSES, n_replicates=2).estimate
    often = multiclass.hand_till(truth[rare], p[rare], CLASSES, n_replicates=2).estimate
    assert often == pytest.approx(once, abs=1e-12)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: multiclass.confusion(["a"], ["c"], ["a", "b"]), "none of the classes: c"),
        (lambda: multiclass.accuracy(["a", None], ["a", "b"]), "1 of 2 cases lack"),
        (lambda: multiclass.accuracy([], []), "0 of 0 cases"),
        (lambda: multiclass.accuracy(["a"], ["a", "b"]), "1 values of truth and 2"),
        (lambda: multiclass.balanced_accuracy(["a"], ["a"], ["a", "b"]), "without a case: b;"),
        (lambda: multiclass.balanced_accuracy(["a", "x"], ["a"] * 2, ["a"]), "a class: x"),
        (lambda: multiclass.hand_till(list("aa"), np.eye(2), list("ab")), "without a case: b;"),
        (lambda: multiclass.hand_till(list("ax"), np.eye(2), list("ab")), "without a class: x"),
        (lambda: multiclass.one_vs_rest(list("ab"), np.eye(3), list("ab")), "do not fit"),
        (lambda: multiclass.one_vs_rest(list("aa"), np.ones((2, 1)), ["a"]), "at least two"),
        (lambda: multiclass.one_vs_rest(list("abb"), np.eye(2), list("ab")), "3 values of truth"),
        (lambda: multiclass.hand_till(list("ab"), [[0, 1], [1, np.nan]], list("ab")), "1 of 4"),
    ],
)
def test_bad_input_is_one_sentence(made, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        made()
    assert "\n" not in str(error.value)


def test_two_balanced_accuracies_are_compared_on_the_same_resamples():
    rng = np.random.default_rng(4)
    truth = np.repeat(["a", "b", "c"], [80, 40, 20])
    patients = np.arange(140) // 2
    a = np.where(rng.random(140) < 0.8, truth, "a")
    b = np.where(rng.random(140) < 0.6, truth, "b")
    found = multiclass.compare_balanced_accuracy(truth, a, b, ["a", "b", "c"], patients, seed=1)
    apart = [
        multiclass.balanced_accuracy(truth, answer, ["a", "b", "c"], patients, seed=1)
        for answer in (a, b)
    ]
    assert found.estimate == pytest.approx(apart[0].estimate - apart[1].estimate)
    # One at a time, drawn by hand: whole patients, both answers on the same draw.
    differences = []
    for _ in range(2000):
        rows = (2 * rng.integers(70, size=70)[:, None] + [0, 1]).ravel()
        means = [
            np.mean([(answer[rows] == name)[truth[rows] == name].mean() for name in "abc"])
            for answer in (a, b)
        ]
        differences.append(means[0] - means[1])
    low, high = np.quantile(differences, [0.025, 0.975])
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.02)
    same = multiclass.compare_balanced_accuracy(truth, a, a, ["a", "b", "c"], patients)
    assert same.estimate == 0 and np.isnan(same.low)

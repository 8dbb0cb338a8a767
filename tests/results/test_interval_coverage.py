"""The shipped coverage of intervals: what it claims, its simulated truth, one cell made again."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from dermlab.evaluation import clustered, roc
from dermlab.lessons import results
from results.interval_coverage import recipe as interval_coverage

FOUND = {  # 3,000 simulations a row by another program: plain DeLong, logit-scale DeLong
    "melanoma, clinical: 33 / 97": (0.886, 0.942),
    "carcinoma, clinical: 65 / 70": (0.905, 0.946),
    "melanoma, dermoscopic: 71 / 40": (0.920, 0.952),
}


@pytest.fixture(scope="module")
def coverage():
    return results.read("interval_coverage", "coverage.csv").set_index(["cell", "interval"])


def test_the_default_covers_93_to_97_percent_wherever_there_are_30_of_each(coverage):
    enough = coverage[["malignant", "benign"]].min(axis=1) >= 30
    default = coverage[coverage["default"] & enough]
    assert len(default) == 9
    assert default["coverage"].between(0.93, 0.97).all()
    assert (default["studies"] >= 2000).all()


def test_plain_delong_does_not(coverage):
    plain = coverage.xs("DeLong", level="interval")["coverage"]
    assert plain["melanoma, clinical: 33 / 97"] == pytest.approx(0.89, abs=0.02)
    clustered = plain.index.str.startswith("lesions with views")
    assert (plain[clustered] < 0.85).all()


@pytest.mark.parametrize("cell", FOUND)
def test_another_programs_coverage_is_found_again(coverage, cell):
    for kind, share in zip(("DeLong", "DeLong, logit scale"), FOUND[cell], strict=True):
        row = coverage.loc[cell, kind]
        spread = np.sqrt(share * (1 - share) * (1 / row["studies"] + 1 / 3000))
        assert row["coverage"] == pytest.approx(share, abs=3 * spread)


def test_each_row_counts_up(coverage):
    missed = coverage["above"] + coverage["below"] + coverage["without_interval"] / 2000
    assert (coverage["coverage"] + missed).to_numpy() == pytest.approx(1)
    assert (coverage["low"] < coverage["coverage"]).all()
    assert (coverage.groupby("cell")["default"].sum() == 1).all()


@pytest.mark.parametrize("name", interval_coverage.DESIGNS)
def test_the_true_area_is_the_one_stated(name):
    design = interval_coverage.DESIGNS[name]
    rng = np.random.default_rng(0)
    drawn = [interval_coverage.study(design, rng)[:2] for _ in range(600)]
    positive, score = (np.concatenate(column) for column in zip(*drawn, strict=True))
    assert roc_auc_score(positive, score) == pytest.approx(design.area, abs=0.004)


@pytest.mark.parametrize("name", ["lesions with views: 33 / 97", "patients with lesions: 60 / 120"])
def test_images_of_a_group_share_what_the_design_says(name):
    """The covariance of two benign images of a lesion, and of a patient, over many studies."""
    design = interval_coverage.DESIGNS[name]
    rng = np.random.default_rng(1)
    of_group, alone = [], []
    for _ in range(400):
        positive, score, group = interval_coverage.study(design, rng)
        benign = pd.DataFrame({"group": group[~positive], "score": score[~positive]})
        grouped = benign.groupby("group")["score"]
        n, total = grouped.size(), grouped.sum()
        pairs = (total**2 - grouped.apply(lambda s: (s**2).sum())).sum()
        of_group.append((pairs, (n * (n - 1)).sum()))
        alone.append((benign["score"] ** 2).mean())
    shared = np.divide(*np.sum(of_group, axis=0))
    most = design.of_lesion + design.of_patient
    assert np.mean(alone) == pytest.approx(1, abs=0.05)
    least = most if design.per_patient is None else design.of_patient
    assert least - 0.05 < shared < most + 0.05


@pytest.mark.parametrize("name", interval_coverage.DESIGNS)
def test_the_default_is_what_the_metrics_give(name):
    design = interval_coverage.DESIGNS[name]
    drawn = interval_coverage.study(design, np.random.default_rng(5))
    kind = interval_coverage.default(design)
    by_kind = {
        "DeLong, logit scale": lambda: roc.auc_delong(*drawn[:2], interval="logit"),
        "Obuchowski, logit scale": lambda: clustered.auc(*drawn),
    }
    assert roc.auc(*drawn) == by_kind[kind]()


def test_an_interval_that_a_study_cannot_give_holds_nothing():
    bounds = np.array([[0.9, 0.99], [np.nan, np.nan], [0.97, 0.99], [0.5, 0.6]])
    row = interval_coverage.row("melanoma, clinical: 33 / 97", "DeLong", bounds)
    assert (row["coverage"], row["above"], row["below"]) == (0.25, 0.25, 0.25)
    assert row["low"] < row["coverage"] < row["high"]
    assert row["without_interval"] == 1 and row["width"] == pytest.approx(0.21 / 3)


def test_an_interval_above_the_truth_is_told_apart_from_one_below():
    bounds = np.array([[0.97, 0.99], [0.98, 0.99], [0.5, 0.6], [0.96, 0.97], [0.9, 0.96]])
    row = interval_coverage.row("melanoma, clinical: 33 / 97", "DeLong", bounds)
    assert (row["above"], row["below"], row["coverage"]) == (2 / 5, 1 / 5, 2 / 5)


@pytest.mark.all
@pytest.mark.parametrize("name", ["melanoma, clinical: 33 / 97", "lesions with views: 33 / 97"])
def test_one_cell_made_again_is_the_same_within_tolerance(coverage, name):
    n = interval_coverage.N_STUDIES
    bounds = interval_coverage.covered({"design": name, "n_studies": n})["bounds"]
    for k, kind in enumerate(interval_coverage.KINDS):
        again, shipped = interval_coverage.row(name, kind, bounds[:, k]), coverage.loc[name, kind]
        assert again["coverage"] == pytest.approx(shipped["coverage"], abs=0.003)
        assert again["width"] == pytest.approx(shipped["width"], abs=1e-3)

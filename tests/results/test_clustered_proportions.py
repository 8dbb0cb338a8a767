"""The shipped coverage of clustered intervals: what it claims, its simulated truth, by hand."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from dermlab.evaluation import clustered
from dermlab.lessons import results
from results.clustered_proportions import recipe

OURS = "clustered.share"


@pytest.fixture(scope="module")
def coverage():
    return results.read("clustered_proportions", "coverage.csv")


def test_ours_covers_93_percent_and_is_no_more_than_15_percent_wider_than_the_best(coverage):
    asked = coverage[(coverage["sizes"] == "views") & (coverage["groups"] >= 12)]
    ours = asked[asked["interval"] == OURS]
    assert len(ours) == 18
    assert (ours["studies"] >= 2000).all()
    assert (ours["coverage"] >= 0.93).all()
    assert (ours["width_ratio"] <= 1.15).all()
    assert (ours["without_interval"] == 0).all()
    rivals = asked[asked["interval"] != OURS].groupby("interval")["coverage"].min()
    assert rivals["cluster bootstrap, percentile"] < 0.85


def test_in_cells_that_no_formula_was_chosen_on_it_covers_93_percent_too(coverage):
    other = coverage[(coverage["sizes"] != "views") | (coverage["groups"] < 12)]
    assert (other.loc[other["interval"] == OURS, "coverage"] >= 0.93).all()


def test_each_row_counts_up(coverage):
    for table in (coverage, results.read("clustered_proportions", "areas.csv")):
        missed = table["above"] + table["below"] + table["without_interval"] / table["studies"]
        assert (table["coverage"] + missed).to_numpy() == pytest.approx(1)


def test_the_closed_form_of_areas_covers_as_the_bootstrap_does():
    areas = results.read("clustered_proportions", "areas.csv")
    cells = areas.set_index(["malignant", "benign", "area", "of", "interval"])["coverage"]
    closed = cells.xs("Obuchowski, logit scale, t", level="interval").droplevel("of")
    drawn = cells.xs("bootstrap, logit scale, t", level="interval").droplevel("of")
    assert (closed - drawn).abs().max() < 0.01
    assert (closed > 0.925).all()
    assert (cells.xs("DeLong, images independent", level="interval") < 0.85).all()


# --- the simulation -------------------------------------------------------------------------------


@pytest.mark.parametrize("design", recipe.PROPORTIONS[::4])
def test_the_true_share_and_correlation_are_those_stated(design):
    right, size, truth = recipe.proportions(design, 4000, np.random.default_rng(0))
    assert right.sum() / size.sum() == pytest.approx(truth, abs=0.01)
    if design.sizes == "harder":
        return
    pairs = right * (right - 1) / 2, (size - right) * (size - right - 1) / 2
    alike = sum(pair.sum() for pair in pairs) / (size * (size - 1) / 2).sum()
    expected = 1 - 2 * truth * (1 - truth) * (1 - design.correlation)
    assert alike == pytest.approx(expected, abs=0.015)


def test_the_true_areas_are_those_stated():
    rng = np.random.default_rng(0)
    drawn = [recipe.scores(33, 97, 0.96, rng)[:2] for _ in range(300)]
    positive = np.concatenate([one[0] for one in drawn])
    for k, area in enumerate((0.96, recipe.AREA_B)):
        score = np.concatenate([one[1][k] for one in drawn])
        assert roc_auc_score(positive, score) == pytest.approx(area, abs=0.006)


def test_a_study_by_hand():
    """Three lesions, 2 of 2, 1 of 2 and 0 of 1 right: p = 3/5, 0.8 above, 0.2 and 0.6 below."""
    right, size = np.array([[2, 1, 0]]), np.array([[2, 2, 1]])
    spread = 1.5 * (0.8**2 + 0.2**2 + 0.6**2) / 25
    n = 0.24 / spread
    found = recipe.rivals(right, size)
    for name, method, count in (
        ("Wilson, images independent", "wilson", 5),
        ("Wilson, plain design effect", "wilson", n),
        ("Clopper-Pearson, effective number", "beta", n),
        ("Wilson, number of groups", "wilson", 3),
    ):
        expected = proportion_confint(0.6 * count, count, method=method)
        assert [bound[0] for bound in found[name]] == pytest.approx(expected, abs=1e-9)
    alone = recipe.one_by_one(right, size)
    ours = clustered.share([1, 1, 1, 0, 0], [0, 0, 1, 1, 2])
    assert alone[OURS][:, 0] == pytest.approx((ours.low, ours.high))


def test_where_all_are_right_every_interval_but_the_bootstrap_has_bounds():
    right = size = np.array([[2, 1, 3, 4]])
    for low, high in recipe.rivals(right, size).values():
        assert 0 < low[0] < high[0] <= 1
    alone = recipe.one_by_one(right, size)
    assert np.isnan(alone["cluster bootstrap, percentile"]).all()
    assert not np.isnan(alone[OURS]).any()


def test_the_row_of_three_studies():
    found = recipe.row("x", np.array([0.1, 0.5, np.nan]), np.array([0.4, 0.7, np.nan]), 0.3)
    assert (found["coverage"], found["above"], found["without_interval"]) == (1 / 3, 1 / 3, 1)
    assert found["width"] == pytest.approx(0.25)


def test_a_tiny_run_has_the_shipped_columns(monkeypatch, coverage):
    monkeypatch.setattr(recipe, "N_STUDIES", 3)
    monkeypatch.setattr(recipe, "AREAS", recipe.AREAS[:1])
    monkeypatch.setattr(recipe, "N_REPLICATES", 20)
    made = recipe.coverage({})
    assert list(made["coverage.csv"]) == list(coverage)
    assert len(made["coverage.csv"]) == len(coverage)
    shipped = results.read("clustered_proportions", "areas.csv")
    assert list(made["areas.csv"]) == list(shipped)

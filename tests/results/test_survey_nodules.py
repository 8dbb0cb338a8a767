"""Simulated nodules: the recipe on a tiny case, and the shipped tables against a loop."""

import numpy as np
import pandas as pd
import pytest

from dermlab.lessons import results
from dermlab.survey import froc
from results.survey_nodules import recipe

TINY = [{"seed": seed, "n_train": 3, "n_test": 3} for seed in (0, 1)]


def marks(seed, n=3):
    """Scans with two nodules each, 12 candidates a scan, the first two of them on the nodules."""
    rng = np.random.default_rng(seed)
    scan = np.repeat(np.arange(n), 12)
    marked = np.tile([0, 1] + [-1] * 10, n) + 2 * scan * np.tile([1, 1] + [0] * 10, n)
    cuts = rng.integers(0, 60, (12 * n, 3, 24, 24)).astype(np.uint8)
    cuts[marked >= 0, :, 8:16, 8:16] = 220
    measured = rng.normal(size=(12 * n, 18)) + 3 * (marked >= 0)[:, None]
    nodules = {"nodule_scan": np.repeat(np.arange(n), 2), "diameter": np.full(2 * n, 6.0)}
    nodules |= {"kind": np.full(2 * n, "in the lung"), "noise": np.full(2 * n, 30.0)}
    nodules |= {"ground_glass": np.zeros(2 * n, bool)}
    own = {"scan": scan, "own": rng.random(12 * n), "marked": marked}
    return own | {"cuts": cuts, "measured": measured} | nodules


@pytest.fixture(scope="module")
def tiny():
    """Two seeds, simulated scans and the network put in place by what can be worked out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "scans", lambda first, n: marks(first, n))
        patch.setattr(
            recipe,
            "_features",
            lambda weights, part, _: (
                part["cuts"][:, :, 8:16, 8:16].reshape(len(part["cuts"]), -1) / 255.0
                if weights is None
                else np.random.default_rng([weights, part["cuts"][0].sum()]).normal(
                    size=(len(part["cuts"]), 40)
                )
            ),
        )
        patch.setattr("dermlab.survey.detection.FOLDS", 3)
        patch.setattr("dermlab.survey.detection.TREES", 30)
        patch.setattr(recipe, "RESAMPLES", 50)
        found = [recipe.cell(one, {}) for one in TINY]
        timed = [arrays | {"seconds": np.array(1.0), "device": np.array("x")} for arrays in found]
        yield found, recipe.tables(TINY, timed)


def test_features_that_show_the_nodule_find_all_and_random_ones_do_not(tiny):
    means = tiny[1]["means.csv"].set_index("arm")
    assert list(means.index) == list(recipe.ARMS)
    assert means.score["ImageNet"] == pytest.approx(1) and means["at_8"].notna().all()
    assert means.score["untrained"] < 0.9 and means.score[recipe.MADE] > 0.9


def test_the_score_is_the_mean_over_seeds_of_curves_counted_by_a_loop(tiny):
    found, made = tiny
    test, expected = marks(0), []
    for arrays in found:
        scores, row = arrays["untrained"], []
        for rate in froc.RATES:
            best = 0.0
            for threshold in scores:
                kept = test["marked"][scores >= threshold]
                if (kept == -1).sum() / 3 <= rate:
                    best = max(best, len(set(kept) - {-1}) / 6)
            row.append(best)
        expected.append(np.mean(row))
    means = made["means.csv"].set_index("arm").loc["untrained"]
    assert means["score"] == pytest.approx(np.mean(expected))
    assert (means["lowest_seed"], means["highest_seed"]) == (min(expected), max(expected))


def test_differences_are_those_of_the_means(tiny):
    means = tiny[1]["means.csv"].set_index("arm").score
    table = tiny[1]["differences.csv"]
    assert list(zip(table.arm, table.control, strict=True)) == list(recipe.COMPARED)
    for row in table.itertuples():
        assert row.estimate == pytest.approx(means[row.arm] - means[row.control])


def test_each_nodule_has_the_share_of_seeds_that_mark_it(tiny):
    table = tiny[1]["nodules.csv"]
    assert len(table) == 6 and (table["is_candidate"] == 1).all()
    assert (table["ImageNet"] == 1).all() and set(table["untrained"]) <= {0, 0.5, 1}


def test_the_lesson_gets_scans_of_its_own_size(tiny):
    given = tiny[1]["lesson.npz"]
    assert given["train_scans"] == given["test_scans"] == 3 and given["test_nodules"] == 6
    assert given["train_cuts"].shape == (36, 3, 24, 24)


# --- what is shipped ------------------------------------------------------------------------------


def read(file):
    return results.read("survey_nodules", file)


def test_the_shipped_tables_agree_with_each_other():
    means, curves = read("means.csv").set_index("arm"), read("curves.csv")
    at = means[[f"at_{rate:g}" for rate in froc.RATES]]
    assert means["score"].to_numpy() == pytest.approx(at.mean(axis=1).to_numpy(), abs=1e-6)
    assert curves.groupby("arm")["seed"].nunique().eq(recipe.SEEDS).all()
    one = curves[np.isclose(curves["rate"], 1)].groupby("arm")["sensitivity"].mean()
    assert one[at.index].to_numpy() == pytest.approx(at["at_1"].to_numpy(), abs=1e-6)
    nodules = read("nodules.csv")
    assert nodules[at.index].mean().to_numpy() == pytest.approx(at["at_1"].to_numpy(), abs=1e-6)
    assert (nodules[at.index].max(axis=1) <= nodules["is_candidate"]).all()


def test_the_lessons_patches_are_the_first_of_the_result():
    few, nodules = read("lesson.npz"), read("nodules.csv")
    own = nodules[nodules["scan"] < recipe.LESSON_TEST]
    assert few["test_nodules"] == len(own)
    assert len(set(few["test_marked"]) - {-1}) == own["is_candidate"].sum()


def test_a_scan_of_the_result_is_still_what_the_simulator_makes():
    from dermlab.survey import detection, lungs

    few, scan = read("lesson.npz"), lungs.scan(recipe.FIRST_TEST)
    found = detection.candidates(scan.hu)
    first = few["test_scan"] == 0
    assert len(found) == first.sum()
    assert found["score"].to_numpy() == pytest.approx(few["test_own"][first], rel=1e-6)
    cuts = detection.patches(scan.hu, found[["z", "y", "x"]].to_numpy())
    assert (cuts == few["test_cuts"][first]).all()
    truth = read("nodules.csv").query("scan == 0")
    assert pd.Series(truth["diameter"]).to_numpy() == pytest.approx(scan.nodules["diameter"])

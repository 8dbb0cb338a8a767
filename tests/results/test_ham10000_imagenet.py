"""What ImageNet's weights are worth: the draw, the choice, and the tables from hand-made scores."""

import numpy as np
import pandas as pd
import pytest

from results.common import frozen_layers, ham10000_lesions
from results.ham10000_imagenet import recipe as maker

POSITIVE = np.random.default_rng(0).random(4000) < 0.2


def test_the_test_part_is_the_same_for_every_seed_and_the_rest_is_drawn_anew():
    one, other = (ham10000_lesions.draw(POSITIVE, seed, 50) for seed in (0, 1))
    assert np.array_equal(one.test, other.test) and len(one.test) == ham10000_lesions.N_TEST
    assert set(one.development) != set(other.development)
    assert set(one.train) != set(other.train)


@pytest.mark.parametrize("n", [50, 200, None])
def test_no_lesion_stands_in_two_parts(n):
    parts = ham10000_lesions.draw(POSITIVE, 3, n)
    joined = np.concatenate(parts)
    assert len(set(joined)) == len(joined)
    assert len(joined) == len(POSITIVE) or n is not None


def test_half_of_a_small_training_set_is_malignant_and_small_sets_lie_in_larger_ones():
    small, large = (ham10000_lesions.draw(POSITIVE, 2, n).train for n in (50, 200))
    assert len(small) == 50 and POSITIVE[small].sum() == 25
    assert set(small) < set(large)


def lesions() -> ham10000_lesions.Lesions:
    """Six lesions of two clinics: three biopsied."""
    cases = pd.DataFrame(
        {
            "label_source": ["biopsy", "follow_up", "biopsy", "consensus", "biopsy", "follow_up"],
            "source": list("aabbab"),
        }
    )
    return ham10000_lesions.Lesions(cases, np.array([1, 0, 1, 0, 0, 0], bool), None)


def test_areas_compare_all_the_biopsied_and_within_a_source():
    """Two positives: a's (0.9) and b's (0.2), against a's 0.5 and 0.1 and b's 0.3 and 0.1."""
    score = np.array([0.9, 0.5, 0.2, 0.3, 0.1, 0.1])
    rows = np.arange(6)
    given = lesions()
    given.cases["source"] = list("aaaaaa")
    assert ham10000_lesions.areas(given, rows, score)["within source"] == pytest.approx(6 / 8)
    found = ham10000_lesions.areas(given, rows, score)
    assert found["all"] == pytest.approx(6 / 8)  # 0.9 beats four, 0.2 beats two
    assert found["biopsied"] == pytest.approx(1.0)  # 0.9 and 0.2 against 0.1


def test_the_first_seed_chooses_the_rate_by_its_best_development_area():
    asked = [{"arm": "all", "n": 50, "rate": rate, "seed": 0} for rate in maker.RATES[:2]]
    found = [{"development": np.array([0.7, 0.9])}, {"development": np.array([0.8, 0.8])}]
    assert maker.chosen_rates(asked, found) == {("all", 50): maker.RATES[0]}


def test_every_arm_has_the_same_rates_sizes_and_seeds():
    first = pd.DataFrame(maker.first_cells())
    rates = {(arm, n): 0.001 for arm in maker.ARMS for n in ham10000_lesions.SIZES}
    more = pd.DataFrame(maker.more_cells(rates))
    assert (first.groupby(["arm", "n"])["rate"].nunique() == len(maker.RATES)).all()
    assert (first.groupby("arm").size() == 9).all()
    assert (more.groupby(["arm", "n"])["seed"].nunique() == maker.SEEDS - 1).all()
    assert maker.SEEDS >= 5


def test_a_run_is_the_evaluation_with_the_best_development_part(monkeypatch):
    one = {"arm": "all", "rate": 0.001, "n": 50, "seed": 0}
    arrays = {
        "loss": np.array([0.6, 0.4, 0.2]),
        "development": np.array([0.7, 0.9, 0.8]),
        "test": np.array([0.9, 0.5, 0.2, 0.3, 0.1, 0.1]),
        "seconds": np.array(3.0),
        "device": np.array("cpu"),
    }
    monkeypatch.setattr(ham10000_lesions, "areas", lambda *_: {"all": 0.75})
    row = maker.run_row(one, arrays, lesions(), np.arange(6))
    assert (row["steps"], row["development"], row["all"]) == (2 * maker.EVERY, 0.9, 0.75)
    assert maker.curve(one, arrays)["steps"].tolist() == [50, 100, 150]


def test_a_regression_on_what_decides_is_right_and_its_strength_is_chosen_by_development():
    rng = np.random.default_rng(1)
    told = np.column_stack(
        [rng.normal(size=(len(POSITIVE), 3)), POSITIVE + rng.normal(0, 0.2, 4000)]
    )
    score, (strength, development) = frozen_layers.regressed(told, POSITIVE, 0, 200)
    test = ham10000_lesions.draw(POSITIVE, 0, None).test
    assert score[POSITIVE[test]].mean() > score[~POSITIVE[test]].mean()
    assert strength in frozen_layers.STRENGTHS and development > 0.95


def test_colours_are_means_and_deviations():
    picture = np.zeros((1, 2, 2, 3), np.uint8)
    picture[0, :, 0] = (10, 20, 30)
    assert frozen_layers.colours(picture)[0] == pytest.approx([5, 10, 15, 5, 10, 15])

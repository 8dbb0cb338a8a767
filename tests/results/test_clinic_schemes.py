"""Four ways to name the same pictures: the placebo, the read-out, and the differences again."""

import inspect

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import adjusted_mutual_info_score, balanced_accuracy_score

from dermlab.cases import clinic, taxonomy
from dermlab.lessons import results
from results.clinic_schemes import recipe as maker

NAME = "clinic_schemes"
KEYS = ["world", "steps", "task", "versus"]


@pytest.fixture(scope="module")
def cases():
    return clinic.make(300, 5)


@pytest.fixture(scope="module")
def curves():
    return results.read(NAME, "curves.csv")


@pytest.fixture(scope="module")
def shipped():
    return results.read(NAME, "differences.csv")


def partition_of(disease):
    return taxonomy.ancestor_at(taxonomy.load_tree(), "nine-way")[disease]


# --- the names ------------------------------------------------------------------------------------


def test_fine_classes_cover_every_disease_and_lie_each_in_one_partition(cases):
    held = maker.fine_classes()["diseases"]
    assert held.explode().is_unique
    assert set(cases["disease"]) <= set(held.explode())
    assert all(len({partition_of(disease) for disease in nodes}) == 1 for nodes in held)


def test_the_placebo_has_the_same_classes_as_often_in_the_same_partitions(cases):
    (of_fine, fine), (of_placebo, placebo) = (
        maker.named(scheme, cases, 0) for scheme in ("fine classes", "placebo")
    )
    np.testing.assert_array_equal(of_fine, of_placebo)
    np.testing.assert_array_equal(np.bincount(fine), np.bincount(placebo))
    names = np.array(maker.partitions())
    expected = [partition_of(disease) for disease in cases["disease"]]
    assert list(names[of_placebo[placebo]]) == list(names[of_fine[fine]]) == expected


def test_the_placebo_says_nothing_of_the_disease_beyond_its_partition(cases):
    fine, placebo = (maker.named(scheme, cases, 0)[1] for scheme in ("fine classes", "placebo"))
    partition = maker.nine(cases["disease"])
    told = []
    for part in np.unique(partition):
        here = partition == part
        if len(set(fine[here])) > 1:
            disease = cases.loc[here, "disease"]
            told.append(adjusted_mutual_info_score(disease, placebo[here]))
            assert adjusted_mutual_info_score(disease, fine[here]) > told[-1] + 0.5
    assert len(told) > 5 and abs(np.mean(told)) < 0.03


def test_each_seed_deals_its_own_placebo_and_again_the_same(cases):
    first, again, other = (maker.named("placebo", cases, seed)[1] for seed in (0, 0, 1))
    assert (first == again).all() and (first != other).mean() > 0.3


def test_the_coarse_names_are_the_trees(cases):
    tree = taxonomy.load_tree()
    three = taxonomy.ancestor_at(tree, "three-way")
    pairs = pd.DataFrame(
        {
            "three": maker.named("three classes", cases, 0)[1],
            "above": [three[disease] for disease in cases["disease"]],
        }
    ).drop_duplicates()
    assert len(pairs) == 3 and pairs["three"].is_unique and pairs["above"].is_unique


# --- the read-out ---------------------------------------------------------------------------------


def by_hand(probabilities, outputs, truth):
    """Sums in plain loops by name; a side of the three is divided by its number of partitions."""
    nine = list(maker.partitions())
    three = taxonomy.ancestor_at(taxonomy.load_tree(), "three-way")
    sides = sorted({three[name] for name in nine})
    share = {side: sum(three[name] == side for name in nine) for side in sides}
    said_three, said_nine = [], []
    for row in probabilities:
        of_nine = dict.fromkeys(nine, 0.0)
        of_three = dict.fromkeys(sides, 0.0)
        for name, p in zip(outputs, row, strict=True):
            of_nine[name] += p
            of_three[three[name]] += p / share[three[name]]
        said_nine.append(max(of_nine, key=of_nine.get))
        said_three.append(max(of_three, key=of_three.get))
    told = [nine[i] for i in truth]
    return [
        balanced_accuracy_score([three[name] for name in told], said_three),
        balanced_accuracy_score(told, said_nine),
    ]


def test_the_accuracies_are_those_of_plain_loops():
    rng = np.random.default_rng(0)
    classes = np.repeat(np.arange(9), rng.integers(1, 12, 9))
    truth = np.concatenate([np.arange(9), rng.integers(0, 9, 400)])
    probabilities = rng.dirichlet(np.full(len(classes), 0.3), len(truth))
    probabilities += 0.3 * (classes[None] == truth[:, None])
    outputs = [maker.partitions()[k] for k in classes]
    found = maker.accuracies("fine classes", probabilities, classes, truth)
    assert found == pytest.approx(by_hand(probabilities, outputs, truth))
    assert 1 / 9 < found[1] < found[0] < 1


def test_a_network_that_knows_nothing_does_not_favour_the_side_with_most_partitions():
    three = maker.three()
    assert sorted(np.bincount(three)) == [2, 3, 4]
    rarest = np.flatnonzero(three == np.bincount(three).argmin())
    probabilities = np.full((9, 9), 1 / 9)
    probabilities[:, rarest] += 1e-3
    (found, _) = maker.accuracies("nine classes", probabilities, np.arange(9), np.arange(9))
    assert found == pytest.approx(1 / 3)  # all answers fall on the rarest side
    assert np.eye(3)[three].sum(axis=0).argmax() != three[rarest[0]]


def test_three_classes_give_no_nine_way_answer():
    three = maker.three()
    truth = np.arange(9)
    right = np.eye(3)[three[truth]]
    found = maker.accuracies("three classes", right, np.full(3, -1), truth)
    assert found[0] == 1 and np.isnan(found[1])


# --- the worlds and the test part -----------------------------------------------------------------


def test_one_world_is_the_clinic_as_it_is():
    defaults = inspect.signature(clinic.make).parameters
    shares, weight = maker.WORLDS["described"]
    assert (shares, weight) == (defaults["shares"].default, defaults["described_weight"].default)
    worlds = results.read(NAME, "worlds.csv").set_index("world")
    for world, (shares, weight) in maker.WORLDS.items():
        assert sum(shares) == pytest.approx(1)
        assert worlds.loc[world].to_list() == pytest.approx([*shares, weight])


def test_the_test_part_is_balanced_and_of_other_patients(monkeypatch):
    monkeypatch.setattr(maker, "N_TEST", 15)
    test = maker.test_part.__wrapped__("inherited", 0)
    assert pd.Series(maker.nine(test["truth"])).value_counts().tolist() == [15] * 9
    assert test["lesion_id"].is_unique
    shares, weight = maker.WORLDS["inherited"]
    clinics = maker.FIRST_CLINIC + np.array(maker.SEEDS)
    for seed in clinics[:2]:
        own = clinic.make(50, int(seed), shares=shares, described_weight=weight)
        assert not set(own["patient_id"]) & set(test["patient_id"])


# --- the shipped tables ---------------------------------------------------------------------------


def test_every_world_has_every_scheme_seed_and_look(curves):
    expected = pd.MultiIndex.from_product(
        [
            maker.WORLDS,
            maker.SCHEMES,
            maker.SEEDS,
            maker.LOOK * np.arange(1, maker.EPOCHS + 1),
        ]
    )
    found = pd.MultiIndex.from_frame(curves[["world", "scheme", "seed", "steps"]])
    assert found.is_unique and set(found) == set(expected)
    coarse = curves["scheme"] == "three classes"
    assert curves.loc[coarse, "nine_way"].isna().all()
    assert curves.loc[~coarse, ["three_way", "nine_way"]].notna().all(axis=None)
    assert (results.read(NAME, "networks.csv")["n_classes"] == len(maker.fine_classes())).all()


def test_each_difference_is_a_paired_t_interval_of_the_curves(curves, shipped):
    wide = curves.pivot(index=["world", "steps", "seed"], columns="scheme")
    for row in shipped.itertuples():
        own = wide[row.task.replace("-", "_")].loc[row.world, row.steps]
        fine, other = own["fine classes"].to_numpy(), own[row.versus].to_numpy()
        bounds = stats.ttest_rel(fine, other).confidence_interval(0.95)
        expected = [(fine - other).mean(), bounds.low, bounds.high, fine.mean(), other.mean()]
        found = [row.estimate, row.low, row.high, row.fine, row.other]
        np.testing.assert_allclose(found, expected, atol=2e-6)
        assert (row.n_seeds, row.ahead) == (len(maker.SEEDS), int((fine > other).sum()))
    n_pairs = 3 + 2  # three-way against three other schemes, nine-way against two
    assert len(shipped) == len(maker.WORLDS) * maker.EPOCHS * n_pairs
    assert not shipped.duplicated(KEYS).any()


def test_a_worse_scheme_is_found_worse(curves):
    lower = curves.copy()
    fine = lower["scheme"] == maker.FINE
    lower.loc[fine, ["three_way", "nine_way"]] -= 0.5
    assert (maker.differences(lower)["high"] < 0).all()


def test_a_difference_has_students_interval_over_the_paired_seeds():
    """Fine classes are ahead by 0, 0.1 and 0.2."""
    rows = [
        {"world": "w", "steps": 100, "seed": seed, "scheme": scheme}
        | {"three_way": 0.5 + (scheme == maker.FINE) * seed / 10, "nine_way": np.nan}
        for seed in range(3)
        for scheme in maker.SCHEMES
    ]
    found = maker.differences(pd.DataFrame(rows))
    assert found["versus"].tolist() == ["three classes", "nine classes", "placebo"]
    half = 4.302653 * 0.1 / np.sqrt(3)  # t with two degrees of freedom
    for row in found.itertuples():
        assert (row.fine, row.other, row.estimate) == pytest.approx((0.6, 0.5, 0.1))
        assert (row.low, row.high) == pytest.approx((0.1 - half, 0.1 + half))
        assert (row.n_seeds, row.ahead) == (3, 2)

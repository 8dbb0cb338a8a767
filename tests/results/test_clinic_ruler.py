"""The planted ruler: who sees which rulers, tables from cells made by hand, the shipped rows."""

import numpy as np
import pandas as pd
import pytest

from dermlab.cases.clinic import test_sets
from dermlab.lessons import results
from results.clinic_ruler import recipe as maker
from results.common import scored_maps

pytestmark = pytest.mark.filterwarnings("ignore:No interval")
N, M = 6, len(scored_maps.names())  # pictures and maps of the cells made by hand


@pytest.fixture(scope="module")
def shipped():
    return {
        name: results.read("clinic_ruler", f"{name}.csv")
        for name in ("answers", "ruler", "told", "lesion", "cascade", "curves", "areas")
    }


def test_the_two_networks_learn_the_same_lesions_with_other_rulers():
    cheating, honest = (maker.clinic_of(name, 0) for name in maker.RULERS)
    same = cheating.columns.difference(["artefact_ruler"])
    pd.testing.assert_frame_equal(cheating[same], honest[same])
    for cases, (low, high) in ((cheating, (0.1, 0.9)), (honest, (0.5, 0.5))):
        shown = cases["artefact_ruler"].groupby(test_sets.is_malignant(cases)).mean()
        assert shown.tolist() == pytest.approx([low, high], abs=0.06)


def test_every_test_shows_the_same_lesions():
    sets = {test: test_sets.with_rulers(test, 1) for test in test_sets.RULERS}
    ids = [cases["lesion_id"].tolist() for cases in sets.values()]
    assert all(each == ids[0] for each in ids)
    assert not sets["none"]["artefact_ruler"].any() and sets["all"]["artefact_ruler"].all()
    truth = test_sets.is_malignant(sets["alike"])
    assert np.bincount(truth).tolist() == list(test_sets.N_RULERS)
    turned = sets["reversed"]["artefact_ruler"].groupby(truth).mean()
    assert turned[False] > 0.8 and turned[True] < 0.2
    rows = test_sets.in_turn(truth)
    assert len(set(rows)) == test_sets.N_MAPS and truth[rows].mean() == 0.5


def by_hand(network, shift):
    """A cell of N pictures: the first map's energy on the ruler is ``shift``."""
    rng = np.random.default_rng(0)
    arrays = {"ruler share": np.full(N, 0.1), "lesion share": np.full(N, 0.2)}
    for of in ("ruler", "lesion"):
        arrays[f"{of} hits"] = np.tile([1.0, 0, 0, 1, 1, 0], (M, 1))
        arrays[f"{of} energy"] = rng.random((M, N)).round(3)
    arrays["ruler energy"][0], arrays["ruler energy"][1] = shift, 0.1
    if network == maker.HONEST:
        arrays["cascade blocks"] = np.array(["head", "stem"])
        arrays["cascade spearman"] = np.ones((2, M, N)) * np.array([0.5, -0.1])[:, None, None]
        arrays["cascade spearman"][:, 3] = np.nan  # maps that are the same everywhere
        arrays["cascade ssim"] = np.full((2, M, N), 0.25)
    return arrays


def test_a_pair_s_cheat_is_the_one_with_more_on_the_ruler():
    cells = {
        network: maker._of_pictures(by_hand(network, shift), "ruler", seed=0, network=network)
        for network, shift in ((maker.CHEATING, [0.3, 0.3, 0.3, 0.3, 0.1, 0]), (maker.HONEST, 0.1))
    }
    told = maker._told(pd.concat(cells.values())).set_index("method")
    assert told.loc["input gradient", "right"] == pytest.approx((4 + 0.5) / N)
    assert told.loc["SmoothGrad", "right"] == 0.5  # as much on both: no better than guessing
    table = maker._on_ruler(pd.concat(cells.values())).set_index(["network", "method"])
    assert table.loc[(maker.CHEATING, "input gradient"), "energy"] == pytest.approx(1.3 / N)
    assert table.loc[(maker.HONEST, "input gradient"), "hit"] == 0.5


def test_likeness_is_the_mean_over_pictures_and_networks():
    cascade = maker._cascades([by_hand(maker.HONEST, 0.1)] * 2).set_index(["block", "method"])
    assert cascade.loc[("stem", "occlusion"), "spearman"] == pytest.approx(-0.1)
    assert cascade.loc[("stem", "occlusion"), "n"] == 2 * N
    empty = cascade.loc[("stem", "Grad-CAM")]
    assert empty["n"] == 0 and np.isnan(empty["spearman"]) and empty["ssim"] == 0.25


def test_a_lesion_photographed_with_a_ruler_has_the_answer_to_that_photograph(monkeypatch):
    shown = {test: pd.DataFrame({"artefact_ruler": [True, False]}) for test in test_sets.RULERS}
    monkeypatch.setattr(test_sets, "with_rulers", lambda test, seed: shown[test])
    arrays = {"p all": np.array([0.9, 0.8]), "p none": np.array([0.1, 0.2])}
    found = maker._answers({"seed": 0}, arrays | {"truth": np.array([True, False])})
    assert found["as learnt"].tolist() == [0.9, 0.2]


# --- what is shipped ------------------------------------------------------------------------------


def test_the_tests_mix_two_photographs_of_a_lesion(shipped):
    answers = shipped["answers"]
    assert len(answers) == len(maker.asked()) * sum(test_sets.N_RULERS)
    for test in test_sets.RULERS:
        own = answers[test]
        assert ((own == answers["none"]) | (own == answers["all"])).all()
    one = answers[(answers["network"] == maker.HONEST) & (answers["seed"] == max(maker.SEEDS))]
    cases = test_sets.with_rulers("reversed", max(maker.SEEDS))
    expected = np.where(cases["artefact_ruler"], one["all"], one["none"])
    assert one["reversed"].to_numpy() == pytest.approx(expected)
    assert one["malignant"].tolist() == test_sets.is_malignant(cases).tolist()


def test_200_lesions_a_clinic_stand_behind_the_scores(shipped):
    n = test_sets.N_MAPS * len(maker.SEEDS)
    assert set(shipped["lesion"]["n"]) == set(shipped["areas"]["n"]) == {n}
    assert set(shipped["told"]["n"]) == {n}
    controls = shipped["told"].set_index("method").loc[list(scored_maps.CONTROLS), "right"]
    assert (controls == 0.5).all()  # they know no network, so they cannot tell one


def test_the_edge_detector_outlives_every_weight(shipped):
    left = shipped["cascade"].set_index("method").loc["edge detector", "spearman"]
    assert (left == 1).all()


def test_a_shipped_network_gives_the_shipped_answers(shipped):
    from dermlab.network import inference, models, pictures

    arrays = results.read("clinic_ruler", "weights_cheating.npz")
    model = models.build("compact", 2, maker.SIZE)
    model.set_weights([arrays[key] for key in sorted(arrays)])
    cases = test_sets.with_rulers("all", 0).iloc[:12]
    found = inference.predict(model, pictures.of_cases(cases, [pictures.CLINIC], maker.SIZE).pixels)
    answers = shipped["answers"]
    own = answers[(answers["network"] == maker.CHEATING) & (answers["seed"] == 0)]["all"]
    assert found[:, 1] == pytest.approx(own.to_numpy()[:12], abs=2e-3)


def test_the_quiz_s_maps_are_those_of_the_shipped_networks():
    from dermlab.interpretation import checks, saliency
    from dermlab.lessons import quiz
    from dermlab.network import inference, models

    made = quiz.ruler_pairs()
    assert [pair.method for pair in made] == [*saliency.METHODS] * 5
    photographs, rulers = test_sets.ruler_quiz()
    assert rulers.any(axis=(1, 2)).all()
    arrays = results.read("clinic_ruler", "weights_honest.npz")
    model = models.build("compact", 2, maker.SIZE)
    model.set_weights([arrays[key] for key in sorted(arrays)])
    rows = np.arange(0, test_sets.N_QUIZ, 5)  # the input gradient's
    answers = inference.predict(model, photographs).argmax(axis=1)
    own = saliency.maps(model, photographs[rows], answers[rows], "input gradient")
    shipped = np.array([made[row].honest for row in rows])
    assert checks.rank_correlation(own, shipped).min() > 0.99


def test_each_photograph_is_explained_by_its_own_method():
    from dermlab.interpretation import saliency
    from dermlab.network import inference, models

    model = models.build("compact", 2, 75, weights="none", augment=False)
    weights = {f"w{i:04d}": w for i, w in enumerate(model.get_weights())}
    photographs = np.random.default_rng(0).integers(0, 256, (4, 75, 75, 3)).astype(np.uint8)
    methods = np.array(["input gradient", "Grad-CAM"] * 2, object)
    maps = maker.maps_in_turn(model, weights, photographs, methods)
    answers = inference.predict(model, photographs).argmax(axis=1)
    for method, rows in (("input gradient", [0, 2]), ("Grad-CAM", [1, 3])):
        expected = saliency.maps(model, photographs[rows], answers[rows], method)
        np.testing.assert_allclose(maps[rows], expected, rtol=1e-3, atol=1e-7)

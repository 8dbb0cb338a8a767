"""What the recipes of maps share, by hand: tables from arrays whose answers are known."""

import numpy as np
import pandas as pd
import pytest

from results.common import scored_maps

pytestmark = pytest.mark.filterwarnings("ignore:No interval")
N, SHARES = 6, (0.1, 0.3, 0.5)
NAMES = scored_maps.names()


def of_cell():
    """The bell hits nothing and has half of its map in the lesion; the first map is ahead by 0.2 of
    energy and hits in two pictures of three."""
    arrays = {
        "lesion hits": np.zeros((len(NAMES), N)),
        "lesion energy": np.full((len(NAMES), N), 0.5),
        "lesion share": np.linspace(0.1, 0.6, N),
        "whole": np.full(N, 0.9),
        "deletion": np.tile([0.8, 0.6, 0.4], (len(NAMES) + 1, N, 1)),
        "insertion": np.tile([0.4, 0.6, 0.8], (len(NAMES) + 1, N, 1)),
    }
    arrays["lesion energy"][0] += np.linspace(0.1, 0.3, N)
    arrays["lesion hits"][0] = [1, 1, 0, 1, 1, 0]
    arrays["deletion"][0] -= 0.1
    return arrays


def test_the_controls_come_last():
    assert NAMES[-2:] == scored_maps.CONTROLS and len(set(NAMES)) == 7


def test_a_summary_says_how_far_a_map_is_ahead_of_the_bell():
    table = scored_maps.map_table(of_cell(), "lesion")
    assert len(table) == N * len(NAMES)
    found = scored_maps.summary(table.assign(lesion=table["picture"])).set_index("method")
    first = found.loc[NAMES[0]]
    assert first["n"] == first["n_lesions"] == N and first["share"] == pytest.approx(0.35)
    assert first["hit"] == first["hit_ahead"] == pytest.approx(2 / 3)
    assert first["energy_ahead"] == pytest.approx(0.2)
    assert 0.1 < first["energy_ahead_low"] < 0.2 < first["energy_ahead_high"] < 0.3
    assert np.isnan(found.loc["centred Gaussian", "hit_ahead"])
    pairs = scored_maps.summary(table.assign(lesion=table["picture"] // 2)).set_index("method")
    assert pairs.loc[NAMES[0], "n_lesions"] == N / 2


def test_curves_hold_the_whole_picture_too():
    curves = scored_maps.curves([of_cell()] * 2, SHARES)
    by = curves.set_index(["kind", "method"])
    deleted = by.xs(("deletion", "occlusion"))
    assert deleted["share"].tolist() == [0, 0.1, 0.3, 0.5]
    assert deleted["p"].tolist() == pytest.approx([0.9, 0.8, 0.6, 0.4])
    shown = by.xs(("insertion", scored_maps.RANDOM))
    assert shown["share"].tolist() == [0.1, 0.3, 0.5, 1]
    assert shown["p"].tolist() == pytest.approx([0.4, 0.6, 0.8, 0.9])
    assert set(curves["n"]) == {2 * N}


def test_areas_are_ahead_where_they_are_better():
    areas = scored_maps.areas([of_cell()], SHARES).set_index(["kind", "method"])
    plain = areas.loc[("deletion", "occlusion")]
    # (0.85 * 0.1 + 0.7 * 0.2 + 0.5 * 0.2) / 0.5
    assert plain["area"] == pytest.approx(0.65) and plain["ahead_random"] == 0
    first = areas.loc[("deletion", NAMES[0])]
    # 0.1 lower at all shares but 0, where nothing is covered yet: (0.05 * 0.1 + 0.1 * 0.4) / 0.5
    assert first["ahead_gaussian"] == first["ahead_random"] == pytest.approx(0.09)
    shown = areas.loc[("insertion", "occlusion")]
    # (0.5 * 0.2 + 0.7 * 0.2 + 0.85 * 0.5) / 0.9
    assert shown["area"] == pytest.approx(0.665 / 0.9)


def test_an_insertion_is_ahead_where_its_curve_lies_higher():
    arrays = of_cell()
    arrays["insertion"][0] += 0.1
    first = (
        scored_maps.areas([arrays], SHARES).set_index(["kind", "method"]).loc["insertion"].iloc[0]
    )
    # 0.1 higher at all shares but 1, where everything is shown: (0.1 * 0.4 + 0.05 * 0.5) / 0.9
    assert first["ahead_gaussian"] == first["ahead_random"] == pytest.approx(0.065 / 0.9)


def test_every_method_and_control_has_a_map_and_covering_follows_it():
    from dermlab.network import inference, models

    model = models.build("compact", 3, 75, weights="none", augment=False)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 75, 75, 3)).astype(np.uint8)
    maps = scored_maps.maps_of(model, pixels, np.array([0, 1, 2]))
    assert tuple(maps) == NAMES and all(each.shape == (3, 75, 75) for each in maps.values())
    masks = np.zeros((3, 75, 75), bool)
    masks[:, 30:45, 30:45] = True
    scores = scored_maps.against_masks(maps, masks, "lesion")
    assert scores["lesion hits"][-1].tolist() == [1, 1, 1]  # the bell, in the middle
    assert scores["lesion share"] == pytest.approx(225 / 75**2)

    def value(images):
        return inference.predict(model, images)[:, 0]

    found = scored_maps.covered(value, pixels, maps, SHARES)
    assert found["deletion"].shape == found["insertion"].shape == (len(NAMES) + 1, 3, 3)
    np.testing.assert_allclose(found["whole"], value(pixels), rtol=1e-5)
    assert isinstance(scored_maps.curves([found], SHARES), pd.DataFrame)

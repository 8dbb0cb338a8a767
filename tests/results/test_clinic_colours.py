"""Colours against a network: histograms, and what is shipped of both."""

import numpy as np
import pandas as pd
import pytest

from dermlab.lessons import results
from results.clinic_colours import recipe as maker


def test_histograms_are_shares_of_each_channel_and_of_the_colour_cube():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (3, 10, 10, 3), dtype=np.uint8)
    found = maker.histograms(pixels)
    joint, channels = found[:, : maker.BINS**3], found[:, maker.BINS**3 :]
    np.testing.assert_allclose(joint.sum(axis=1), 1)
    for k in range(3):
        for row in range(3):
            expected, _ = np.histogram(pixels[row, ..., k], bins=maker.BINS, range=(0, 256))
            here = channels[row, k * maker.BINS : (k + 1) * maker.BINS]
            np.testing.assert_allclose(here, expected / 100)
    cube = joint.reshape(3, *[maker.BINS] * 3).sum(axis=(2, 3))
    np.testing.assert_allclose(cube, channels[:, : maker.BINS])


def test_the_network_is_ahead_of_colours_in_every_clinic():
    """The clinic is not only its colours."""
    table = results.read("clinic_colours", "accuracies.csv").set_index("clinic")
    assert (table["low"] > 0).all()
    assert table.loc["all", "n"] == 9 * maker.N_OF_EACH * len(maker.SEEDS)
    assert (table["ahead"] - (table["network"] - table["colours"])).abs().max() == pytest.approx(
        0, abs=1e-6
    )


def test_a_network_that_is_ahead_of_colours_is_ahead_by_a_positive_number(monkeypatch):
    """Twenty lesions a clinic: the network is right on 15, the colours on 10."""
    truth = pd.Series(["a"] * 10 + ["b"] * 10)
    right = {"network": [1] * 10 + [1, 0] * 5, "colours": [1, 0] * 10}
    other = truth.map({"a": "b", "b": "a"})
    found = [
        {
            "answer": np.where(right[one["classifier"]], truth, other),
            "seconds": np.array(1.0),
            "device": np.array("none"),
        }
        for one in maker.asked()
    ]
    monkeypatch.setattr(maker.cells, "run", lambda *_, **__: found)
    monkeypatch.setattr(
        maker.test_sets, "of_each_class", lambda n, seed: pd.DataFrame({"truth": truth})
    )
    monkeypatch.setattr(maker, "nine_way", lambda diseases: diseases)
    table = maker.colours({})["accuracies.csv"].set_index("clinic")
    assert list(table.index) == [*maker.SEEDS, "all"]
    assert table["n"].tolist() == [20, 20, 20, 60]
    for row in table.itertuples():
        assert (row.network, row.colours) == (0.75, 0.5)
        assert row.ahead == pytest.approx(0.25)
        assert row.low < row.ahead < row.high
    assert table.loc["all", "low"] > 0

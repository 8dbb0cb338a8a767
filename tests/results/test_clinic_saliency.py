"""Maps of networks that learnt by heart: which pair of networks a likeness belongs to."""

import numpy as np
import pytest

from results.clinic_saliency import recipe as maker


def test_the_second_network_learnt_the_same_again_and_the_third_shuffled_labels(monkeypatch):
    """Maps of the first, the same ones, and those ones upside down; two methods, three pictures."""
    maps = np.random.default_rng(0).random((2, 3, 8, 8))
    found = [
        {"learnt": np.array(learnt), "maps": each, "seconds": np.array(1.0), "device": "none"}
        for learnt, each in ((0.9, maps), (0.8, maps), (0.7, -maps))
    ]
    monkeypatch.setattr(maker.cells, "run", lambda *_, **__: found)
    tables = maker.by_labels({})
    labels = tables["labels.csv"].set_index("pair")
    assert labels["spearman"].groupby("pair").size().to_dict() == {"again": 6, "shuffled": 6}
    assert labels.loc["again", ["spearman", "ssim"]].to_numpy() == pytest.approx(1)
    assert labels.loc["shuffled", "spearman"].to_numpy() == pytest.approx(-1)
    told = tables["learnt.csv"].set_index("labels")["learnt"]
    assert told["true labels again"] == 0.8 and told["shuffled labels"] == 0.7

"""Maps on HAM10000: the tables that a tiny cell, made by hand, gives."""

import numpy as np
import pandas as pd
import pytest

from results.common import scored_maps
from results.ham10000_saliency import recipe as maker


@pytest.mark.filterwarnings("ignore:No interval", "ignore:.*resamples lacked")
def test_the_area_is_that_of_the_test_part_and_lesions_are_those_of_the_maps(monkeypatch):
    """Two images to learn from, then six of the test part, of which four have maps."""
    cases = pd.DataFrame({"image_id": [f"I{i}" for i in range(8)], "lesion_id": list("aabbcdef")})
    positive = np.array([True, False] + [True] * 3 + [False] * 3)
    folds = pd.DataFrame({"image_id": cases["image_id"], "fold": [0, 1] + [-1] * 6})
    maps = len(scored_maps.names())
    arrays = {
        "score": np.array([6, 5, 2.5, 3, 2, 1]),
        "rows": np.array([2, 3, 4, 7]),
        "lesion hits": np.tile([1.0, 0, 1, 0], (maps, 1)),
        "lesion energy": np.tile([0.1, 0.2, 0.3, 0.4], (maps, 1)),
        "lesion share": np.array([0.1, 0.2, 0.3, 0.6]),
        "seconds": np.array(1.0),
        "device": np.array("none"),
    }
    monkeypatch.setattr(maker.ham, "data", lambda inputs: (cases, positive, None))
    monkeypatch.setattr(maker, "split", lambda inputs: folds.iloc[::-1])
    monkeypatch.setattr(maker.cells, "run", lambda *_, **__: [arrays])
    tables = maker.saliency_scores({})
    (area,) = tables["area.csv"].to_dict("records")
    assert (area["n_images"], area["n_positive"]) == (6, 3)
    assert area["auc"] == pytest.approx(8 / 9) and area["low"] < 8 / 9 < area["high"]
    first = tables["lesions.csv"].iloc[0]
    assert (first["n"], first["n_lesions"], first["share"]) == (4, 3, pytest.approx(0.3))
    assert (first["hit"], first["energy"]) == pytest.approx((0.5, 0.25))

"""The leaks of HAM10000 as a family: by hand on three rows, and what the shipped table says."""

import pandas as pd
import pytest
from scipy.stats import norm

from dermlab.lessons import results
from results.ham10000_leak_family import recipe as maker

Z = norm.ppf(0.975)


def test_the_p_values_are_those_of_the_intervals_and_holm_multiplies_them(tmp_path):
    """Standard errors of 1 and differences of 3, -2 and 1: z of 3, -2 and 1, times 3, 2 and 1."""
    areas = pd.DataFrame({"difference": [3.0, -2.0, 1.0]})
    areas = areas.assign(low=areas["difference"] - Z, high=areas["difference"] + Z)
    areas.to_csv(tmp_path / "areas.csv", index=False)
    table = maker.family({maker.AREAS: tmp_path / "areas.csv"})["differences.csv"]
    expected = 2 * norm.sf([3, 2, 1])
    assert table["p_value"].tolist() == pytest.approx(expected.tolist())
    assert table["p_holm"].tolist() == pytest.approx((expected * [3, 2, 1]).tolist())


def test_all_twelve_differences_are_in_the_family_and_two_of_them_stand():
    table = results.read("ham10000_leak_family", "differences.csv")
    areas = results.read("ham10000_leak", "areas.csv")
    pd.testing.assert_frame_equal(table[list(areas)], areas)
    assert len(table) == 12 and (table["n_rows"] == 12).all()
    stand = table[table["p_holm"] < 0.05]
    assert stand["difference"].round(3).tolist() == [-0.028, 0.018]
    leak = table[(table["steps"] == 1200) & (table["images"] == "all")]
    of_six_thousandths = leak[leak["classifier"] == "network, with augmentation"]
    assert of_six_thousandths["difference"].round(3).tolist() == [0.006]
    assert (of_six_thousandths["low"] > 0).all() and (of_six_thousandths["p_holm"] > 0.2).all()

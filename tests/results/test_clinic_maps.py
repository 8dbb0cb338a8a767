"""The classroom network's maps: other lesions than it learnt from, the shipped rows, one again."""

import numpy as np
import pytest

from dermlab.cases.clinic import test_sets
from dermlab.lessons import results
from results.clinic_maps import recipe as clinic_maps
from results.common import scored_maps


@pytest.fixture(scope="module")
def lesion():
    return results.read("clinic_maps", "lesion.csv").set_index("method")


def test_the_lesions_are_biopsied_and_of_the_other_clinic():
    cases = test_sets.of_each_class(clinic_maps.N_EACH, clinic_maps.CLINIC)
    assert len(cases) == 540 and cases["lesion_id"].is_unique
    assert set(cases["source"]) == {"clinic B"} and set(cases["label_source"]) == {"biopsy"}


def test_540_lesions_stand_behind_every_row(lesion):
    areas = results.read("clinic_maps", "areas.csv")
    assert set(lesion["n"]) == set(areas["n"]) == {540}
    assert list(lesion.index) == list(scored_maps.names())
    assert (lesion["hit_low"] <= lesion["hit"]).all() and (lesion["energy"] < 1).all()


def test_the_controls_are_made_again(lesion):
    """They need no network, so all 540 pictures can be scored here."""
    from dermlab.cases import clinic
    from dermlab.interpretation import checks

    cases = test_sets.of_each_class(clinic_maps.N_EACH, clinic_maps.CLINIC)
    masks = clinic.masks(cases, 96)
    bell = checks.gaussian(len(cases), 96)
    assert lesion["share"].iloc[0] == pytest.approx(masks.mean(), abs=1e-3)
    row = lesion.loc["centred Gaussian"]
    assert row["hit"] == pytest.approx(checks.hits(bell, masks).mean(), abs=2e-3)
    assert row["energy"] == pytest.approx(checks.energy(bell, masks).mean(), abs=2e-3)


def test_curves_end_where_areas_begin():
    """The area is that of the mean curve: both are linear in the pictures."""
    curves = results.read("clinic_maps", "curves.csv")
    areas = results.read("clinic_maps", "areas.csv").set_index(["kind", "method"])["area"]
    for key, rows in curves.groupby(["kind", "method"]):
        x, y = rows["share"].to_numpy(), rows["p"].to_numpy()
        height = ((y[1:] + y[:-1]) / 2 * np.diff(x)).sum() / (x[-1] - x[0])
        assert areas[key] == pytest.approx(height, abs=1e-4)
    whole = curves[(curves["kind"] == "deletion") & (curves["share"] == 0)]["p"]
    assert whole.nunique() == 1


@pytest.mark.all
def test_one_part_is_made_again(tmp_path):
    found = clinic_maps.cell({"part": 0}, {})
    shipped = results.read("clinic_maps", "lesion.csv").set_index("method")
    means = found["lesion hits"].mean(axis=1)
    for name, own in zip(scored_maps.names(), means, strict=True):
        assert own == pytest.approx(shipped.loc[name, "hit"], abs=0.2)  # 60 of 540 lesions

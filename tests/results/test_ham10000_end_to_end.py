"""The main job on real pixels: what is shipped, and its first steps made again."""

import numpy as np
import pytest

from dermlab.lessons import results
from results import make
from results.common import ham10000_pixels
from results.ham10000_end_to_end import recipe as maker

NAME = "ham10000_end_to_end"


@pytest.fixture
def inputs(real_data):
    reads = make.recipe(NAME).reads
    return {key: real_data / key.removeprefix("DERMLAB_DATA/") for key in reads}


def test_network_and_rivals_answer_the_same_images():
    areas = results.read(NAME, "areas.csv")
    assert set(areas["classifier"]) == {maker.NETWORK, *maker.RIVALS}
    for _, part in areas.groupby("cases"):
        assert part["n_images"].nunique() == part["n_positive"].nunique() == 1
        network = part.loc[part["classifier"] == maker.NETWORK, "auc"].item()
        rivals = part[part["classifier"] != maker.NETWORK]
        np.testing.assert_allclose(rivals["network_ahead"], network - rivals["auc"], atol=1e-6)
        assert rivals["network_ahead"].between(rivals["ahead_low"], rivals["ahead_high"]).all()


def test_the_test_part_is_a_fifth_and_shares_no_lesion(inputs):
    cases, _, _ = ham10000_pixels.data(inputs)
    fold = maker.split(inputs).set_index("image_id")["fold"].loc[cases["image_id"]].to_numpy()
    test, rest = (set(cases["lesion_id"][part]) for part in (fold == -1, fold != -1))
    assert not test & rest
    assert (fold == -1).sum() == results.read(NAME, "areas.csv")["n_images"].max()
    assert (fold == -1).mean() == pytest.approx(0.2, abs=0.01)


def test_the_first_steps_made_again_have_the_same_loss(inputs):
    """On another processor sums round differently: a hundredth, growing with the steps."""
    shipped = results.read(NAME, "first_steps.csv")["loss"]
    np.testing.assert_allclose(maker.first_steps(inputs), shipped, rtol=0.03)
    assert len(shipped) == maker.STEPS and np.ptp(shipped) > 0.05

"""First-layer filters: what is shipped is what the weights give, and what is said of it holds."""

import numpy as np
import pytest

from dermlab.course import makers, results
from dermlab.course.makers import first_filters as maker


@pytest.fixture(scope="module")
def shipped():
    return results.read("first_filters", "selectivity.csv")


def test_imagenets_filters_are_more_oriented_than_random_ones(shipped):
    median = shipped.groupby("network")["selectivity"].median()
    assert median[maker.IMAGENET] > median[maker.RANDOM] + 0.1
    assert shipped.groupby("network").size()[maker.IMAGENET] == 64


def test_made_again_from_the_weights_it_is_the_same(shipped, real_data):
    inputs = {
        key: real_data / key.removeprefix("DERMLAB_DATA/")
        if key.startswith("DERMLAB_DATA/")
        else results.PACKAGE.parent / key
        for key in makers.RESULTS["first_filters"].reads
    }
    again = maker.compared(inputs)["selectivity.csv"]
    assert again["network"].tolist() == shipped["network"].tolist()
    np.testing.assert_allclose(again["selectivity"], shipped["selectivity"], atol=1e-5)

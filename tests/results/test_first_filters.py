"""First-layer filters: what is shipped is what the weights give, and what is said of it holds."""

import numpy as np
import pytest

from dermlab.lessons import results
from results import make
from results.first_filters import recipe as maker


@pytest.fixture(scope="module")
def shipped():
    return results.read("first_filters", "selectivity.csv")


def test_imagenets_filters_are_more_oriented_than_random_ones(shipped):
    median = shipped.groupby("network")["selectivity"].median()
    assert median[maker.IMAGENET] > median[maker.RANDOM] + 0.1
    assert shipped.groupby("network").size()[maker.IMAGENET] == 64


def test_made_again_from_the_weights_it_is_the_same(shipped, real_data):
    again = maker.compared(make.inputs(make.recipe("first_filters")))["selectivity.csv"]
    assert again["network"].tolist() == shipped["network"].tolist()
    np.testing.assert_allclose(again["selectivity"], shipped["selectivity"], atol=1e-5)

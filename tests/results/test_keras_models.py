"""The sizes of Keras's networks: published ones where they are known, and one counted again."""

import pytest

from dermlab.lessons import results
from results.keras_models import recipe as maker

PUBLISHED = {  # Keras's own figures, and the table of GoogLeNet's paper with its shifts
    "InceptionV3": 23_851_784,
    "InceptionResNetV2": 55_873_736,
    "Inception V1": 6_998_552,
}


@pytest.fixture(scope="module")
def models():
    return results.read("keras_models", "models.csv").set_index("model")


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_are_the_published_ones(models, name):
    assert models.loc[name, "parameters"] == PUBLISHED[name]


def test_multiply_adds_are_the_published_ones(models):
    giga = (models["multiply_adds"] / 1e9).round(1)
    assert (giga["InceptionV3"], giga["Inception V1"]) == (5.7, 1.6)


@pytest.mark.parametrize("name", ["MobileNetV2", maker.GOOGLENET])
def test_one_counted_again_is_the_same(models, name):
    found = maker.cell({"model": name, "size": 224}, {})
    row = models.loc[name]
    assert [found[key] for key in ("parameters", "multiply_adds", "layers")] == [
        row["parameters"], row["multiply_adds"], row["layers"],
    ]  # fmt: skip


def test_each_network_is_there_at_its_own_size(models):
    assert models["size"].to_dict() == {maker.GOOGLENET: 224} | maker.SHIPPED

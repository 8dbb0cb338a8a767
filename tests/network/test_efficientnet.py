"""The topology of EfficientNet-Lite0, without its ImageNet weights."""

import numpy as np
import pytest

from dermlab.network import efficientnet, models
from dermlab.network.backend import keras


@pytest.fixture(scope="module")
def body():
    pixels = keras.Input((65, 65, 3))
    return efficientnet.body("efficientnet_lite0", pixels, pixels)


def test_sizes_and_channels_are_those_of_the_paper(body):
    sides = {name: body.get_layer(name).output.shape[1:] for name in efficientnet.BLOCKS}
    channels = [16, 24, 24, 40, 40, *[80] * 3, *[112] * 3, *[192] * 4, 320]
    assert [shape[2] for shape in sides.values()] == channels
    halved = [33, 17, 17, 9, 9, *[5] * 6, *[3] * 5]
    assert [shape[0] for shape in sides.values()] == halved
    assert body.output.shape == (None, 3, 3, 1280)


def test_parameters_are_counted_by_hand(body):
    """Kernels and four numbers a channel of BatchNorm; 1,280 x 1,000 + 1,000 more on ImageNet."""
    count, inside = 3 * 3 * 3 * 32 + 4 * 32, 32
    for stage in efficientnet.STAGES:
        for _ in range(stage.repeats):
            wide = inside * 6 if count > 1000 else inside
            count += (inside * wide + 4 * wide) * (wide > inside)
            count += stage.kernel**2 * wide + 4 * wide
            count += wide * stage.channels + 4 * stage.channels
            inside = stage.channels
    count += 320 * 1280 + 4 * 1280
    assert body.count_params() == count == 4_694_024 - 1_281_000


def test_where_the_shape_allows_a_blocks_input_is_added(body):
    added = [n for n in efficientnet.BLOCKS if isinstance(body.get_layer(n), keras.layers.Add)]
    assert added == [f"block{i}" for i in (2, 4, 6, 7, 9, 10, 12, 13, 14)]


def test_the_layer_before_a_block_feeds_it(body):
    assert efficientnet.before(body, "block0") == "stem_relu"
    assert efficientnet.before(body, "block7") == "block6"


def test_pixels_are_scaled_as_the_published_weights_expect(body):
    scaled = keras.Model(body.input, body.get_layer("rescale").output)
    pixels = np.random.default_rng(0).integers(0, 256, (1, 65, 65, 3))
    np.testing.assert_allclose(scaled.predict_on_batch(pixels), (pixels - 127) / 128, atol=1e-6)


@pytest.mark.parametrize(("depth", "first"), [("head", 16), ("block0", 0), ("block11", 11)])
def test_depth_is_the_lowest_block_that_trains(body, depth, first):
    model = models.build("efficientnet_lite0", 2, 32, weights="none", depth=depth)
    assert model.get_layer("predictions").trainable
    for i, name in enumerate(efficientnet.BLOCKS):
        assert model.get_layer(f"{name}_project").trainable == (i >= first)
        assert model.get_layer(f"{name}_depthwise").trainable == (i >= first)
    assert not model.get_layer("stem").trainable

"""SqueezeNet 1.1, a rival that results are compared with: real ImageNet weights, 0.7 million.

Of the package's networks it is none: it stands here because its weights lie beside the real data.
"""

from pathlib import Path

import numpy as np

CHANNEL_MEANS = np.array([123.68, 116.779, 103.939])  # of ImageNet, red, green, blue


def build(size: int):
    """SqueezeNet 1.1 without its top (Iandola et al. 2016, arXiv 1602.07360), weights random.

    Takes (n, size, size, 3) floats, channels blue, green, red, each less its mean; gives
    (n, h, w, 512).
    """
    from dermlab.network.backend import keras

    layers = keras.layers

    def fire(x, squeeze: int, expand: int, name: str):
        x = layers.Conv2D(squeeze, 1, activation="relu", name=f"{name}_squeeze1x1")(x)
        left = layers.Conv2D(expand, 1, activation="relu", name=f"{name}_expand1x1")(x)
        right = layers.Conv2D(
            expand, 3, padding="same", activation="relu", name=f"{name}_expand3x3"
        )(x)
        return layers.Concatenate(name=f"{name}_concat")([left, right])

    pixels = keras.Input((size, size, 3))
    x = layers.Conv2D(64, 3, strides=2, activation="relu", name="conv1")(pixels)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = fire(fire(x, 16, 64, "fire2"), 16, 64, "fire3")
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = fire(fire(x, 32, 128, "fire4"), 32, 128, "fire5")
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = fire(fire(x, 48, 192, "fire6"), 48, 192, "fire7")
    return keras.Model(pixels, fire(fire(x, 64, 256, "fire8"), 64, 256, "fire9"))


def features(pixels: np.ndarray, weights: Path) -> np.ndarray:
    """The mean of the last block's maps, (n, 512), for pixels (n, size, size, 3) uint8."""
    from dermlab.network import checkpoints
    from dermlab.network.backend import keras

    model = build(pixels.shape[1])
    checkpoints.load_weights(model, weights)
    pooled = keras.Model(model.input, keras.layers.GlobalAveragePooling2D()(model.output))
    found = []
    for start in range(0, len(pixels), 64):
        batch = (pixels[start : start + 64] - CHANNEL_MEANS)[..., ::-1].astype("float32")
        rows = np.resize(
            np.arange(len(batch)), 64
        )  # one batch size: a shorter one is compiled anew
        found.append(pooled.predict_on_batch(batch[rows])[: len(batch)])
    return np.concatenate(found)

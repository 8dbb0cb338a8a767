"""The paper's augmentation as one affine resampling on the device.

Each picture is turned by a whole number of degrees, 0-359, cropped to the largest upright square
inside the turned picture, scaled back to its size, and flipped top to bottom in half of the cases:
720 variants (Esteva et al. 2017, Methods; they crop the inscribed rectangle, which on square
pictures is this square). Turn, crop, scale and flip are one matrix, so every pixel is interpolated
once.
"""

import math

from dermlab.network import backend
from dermlab.network.backend import keras

ops = keras.ops


def transforms(angles, flips, size: int):
    """Affine maps (n, 8) from output to input pixels, as ``keras.ops.image`` takes them.

    ``angles`` in degrees and ``flips`` (0 or 1), both ``(n,)`` tensors. A picture of side 1 turned
    by an angle holds an upright square of side 1 / (|sin| + |cos|); the output is that square.
    """
    angles = ops.cast(angles, "float32") * (math.pi / 180)
    upside_down = 1 - 2 * ops.cast(flips, "float32")
    sine, cosine = ops.sin(angles), ops.cos(angles)
    # The corner pixels' centres land on the picture's rim: rounding may not carry them past it.
    scale = (1 - 1e-6) / (ops.abs(sine) + ops.abs(cosine))
    a0, a1 = scale * cosine, -scale * sine * upside_down
    b0, b1 = scale * sine, scale * cosine * upside_down
    centre = (size - 1) / 2
    a2 = centre * (1 - a0 - a1)
    b2 = centre * (1 - b0 - b1)
    zero = ops.zeros_like(a0)
    return ops.stack([a0, a1, a2, b0, b1, b2, zero, zero], axis=1)


def resample(images, angles, flips, *, fill_value: float = 0.0):
    """``images`` (n, size, size, 3) turned, cropped and flipped; bilinear.

    ``fill_value`` is what lies outside the picture. No output pixel ever reads it.
    """
    maps = transforms(angles, flips, images.shape[1])
    return ops.image.affine_transform(
        images, maps, interpolation="bilinear", fill_mode="constant", fill_value=fill_value
    )


@keras.saving.register_keras_serializable("dermlab")
class TurnAndFlip(keras.layers.Layer):
    """One of the 720 variants a picture while training; the picture itself otherwise.

    Its random numbers come from a seed generator, whose state is part of the model's variables:
    a checkpoint that keeps them continues the same stream.
    """

    def __init__(self, seed: int, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)
        # TensorFlow's resampling has no XLA kernel; JAX has no other way than XLA.
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def call(self, images, training=False):
        """Pixels (n, size, size, 3) as floats, each picture turned and flipped while training."""
        if not training:
            return images
        variant = backend.draw_rows(
            lambda n: keras.random.randint((n,), 0, 720, seed=self.generator),
            ops.shape(images)[0],
        )
        return resample(images, variant % 360, variant // 360)

    def compute_output_shape(self, input_shape):
        """The shape stays."""
        return input_shape

    def get_config(self):
        """What Keras needs to build the layer again."""
        return {**super().get_config(), "seed": self.seed}

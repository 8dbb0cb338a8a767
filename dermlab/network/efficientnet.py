"""EfficientNet-Lite0 (Tan and Le 2019, arXiv 1905.11946, in Google's version for small devices).

Sixteen inverted residual blocks in seven stages: widen the channels six times (not in the first
block), convolve each channel by itself, narrow them again, and add the block's input where the
shape allows. ReLU6 instead of swish, no squeeze-and-excitation. 3.4 million parameters below the
head, and 1.3 million in ImageNet's own head of 1,000 classes.
"""

from typing import NamedTuple

from dermlab.network.backend import keras

layers = keras.layers


class Stage(NamedTuple):
    """Blocks of one width; only the first of them has the stride."""

    kernel: int
    stride: int
    repeats: int
    channels: int


STEM, TOP = 32, 1280  # channels of the first and of the last convolution
STAGES = (
    Stage(3, 1, 1, 16),
    Stage(3, 2, 2, 24),
    Stage(5, 2, 2, 40),
    Stage(3, 2, 3, 80),
    Stage(5, 1, 3, 112),
    Stage(5, 2, 4, 192),
    Stage(3, 1, 1, 320),
)
BLOCKS = tuple(f"block{i}" for i in range(sum(stage.repeats for stage in STAGES)))
EXPANSION = 6
EPSILON = 1e-3  # of BatchNorm
MIN_SIZE = 32  # pixels a side: five halvings


def body(kind: str, pixels, x) -> keras.Model:
    """Everything below ``avg_pool``, weights random; ``x`` is what becomes of ``pixels`` first."""
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="rescale", dtype="float32")(x)
    x = _conv(x, STEM, "stem", kernel=3, stride=2)
    names = iter(BLOCKS)
    for stage in STAGES:
        for repeat in range(stage.repeats):
            stride = stage.stride if repeat == 0 else 1
            x = _block(x, next(names), stage, stride)
    return keras.Model(pixels, _conv(x, TOP, "top"), name=kind)


def before(model: keras.Model, block: str) -> str:
    """The layer whose output enters ``block``."""
    return BLOCKS[BLOCKS.index(block) - 1] if block != BLOCKS[0] else "stem_relu"


def _block(x, name: str, stage: Stage, stride: int):
    """Widen, convolve each channel by itself, narrow; the layer ``name`` gives the output."""
    entering, inside = x, x.shape[-1]
    if name != BLOCKS[0]:
        inside *= EXPANSION
        x = _conv(x, inside, f"{name}_expand")
    x = layers.DepthwiseConv2D(
        stage.kernel, stride, "same", use_bias=False,
        name=f"{name}_depthwise",
    )(x)  # fmt: skip
    x = _norm(x, f"{name}_depthwise")
    is_residual = stride == 1 and entering.shape[-1] == stage.channels
    x = layers.Conv2D(stage.channels, 1, use_bias=False, name=f"{name}_project")(x)
    x = layers.BatchNormalization(
        epsilon=EPSILON, name=f"{name}_project_norm" if is_residual else name
    )(x)
    return layers.Add(name=name)([x, entering]) if is_residual else x


def _conv(x, channels: int, name: str, *, kernel: int = 1, stride: int = 1):
    """Convolution, BatchNorm, ReLU6."""
    x = layers.Conv2D(channels, kernel, stride, "same", use_bias=False, name=name)(x)
    return _norm(x, name)


def _norm(x, name: str):
    x = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_norm")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)

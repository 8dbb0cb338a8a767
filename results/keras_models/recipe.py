"""How large the networks are that Keras ships, and how much one picture costs them.

Counted from the built models; no weights are needed. Beside them the first Inception, which Keras
does not ship: built here from the table of its paper.
"""

import gc

import pandas as pd

from results.common.result import Inputs, Outputs, Result

NAME = "keras_models"
SHIPPED = {  # keras.applications' name -> pixels a side, as its ImageNet weights expect
    "VGG16": 224,
    "ResNet50": 224,
    "ResNet50V2": 224,
    "InceptionV3": 299,
    "InceptionResNetV2": 299,
    "Xception": 299,
    "DenseNet121": 224,
    "MobileNet": 224,
    "MobileNetV2": 224,
    "NASNetMobile": 224,
    "EfficientNetB0": 224,
    "EfficientNetV2B0": 224,
}
GOOGLENET = "Inception V1"
MODULES = (  # of GoogLeNet: 1 × 1, before 3 × 3, 3 × 3, before 5 × 5, 5 × 5, after the pool
    (64, 96, 128, 16, 32, 32),
    (128, 128, 192, 32, 96, 64),
    (192, 96, 208, 16, 48, 64),
    (160, 112, 224, 24, 64, 64),
    (128, 128, 256, 24, 64, 64),
    (112, 144, 288, 32, 64, 64),
    (256, 160, 320, 32, 128, 128),
    (256, 160, 320, 32, 128, 128),
    (384, 192, 384, 48, 128, 128),
)
POOLED_AFTER = (1, 6)  # modules 3b and 4e


def asked() -> list[dict]:
    sizes = {GOOGLENET: 224} | SHIPPED
    return [{"model": name, "size": size} for name, size in sizes.items()]


def cell(one: dict, inputs: Inputs) -> dict[str, int]:
    """``parameters``, ``multiply_adds`` and ``layers`` of one network with its 1,000 outputs."""
    from dermlab.interpretation import anatomy
    from dermlab.network.backend import keras

    model = build(one["model"], one["size"])
    found = anatomy.cost(model) | {"layers": len(model.layers)}
    del model
    keras.backend.clear_session()
    gc.collect()  # VGG16 alone holds 550 MB
    return found


def build(name: str, size: int):
    """The network with random weights and its head."""
    from dermlab.network.backend import keras

    if name == GOOGLENET:
        return googlenet(size)
    options = {"weights": None, "input_shape": (size, size, 3), "classes": 1000}
    return getattr(keras.applications, name)(**options)


def googlenet(size: int):
    """Inception V1 as its paper prints it (arXiv 1409.4842, Table 1), without the side heads."""
    from dermlab.network.backend import keras

    layers = keras.layers

    def conv(x, filters: int, kernel: int, strides: int = 1):
        return layers.Conv2D(filters, kernel, strides, padding="same", activation="relu")(x)

    def pool(x, strides: int = 2):
        return layers.MaxPooling2D(3, strides, padding="same")(x)

    pixels = layers.Input((size, size, 3))
    x = pool(conv(pixels, 64, 7, 2))
    x = pool(conv(conv(x, 64, 1), 192, 3))
    for i, (one, into3, three, into5, five, pooled) in enumerate(MODULES):
        branches = [
            conv(x, one, 1),
            conv(conv(x, into3, 1), three, 3),
            conv(conv(x, into5, 1), five, 5),
            conv(pool(x, 1), pooled, 1),
        ]
        x = layers.Concatenate()(branches)
        x = pool(x) if i in POOLED_AFTER else x
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(pixels, layers.Dense(1000, activation="softmax")(x))


def counted(inputs: Inputs) -> Outputs:
    """``models.csv``: model, size (pixels a side), parameters, multiply_adds, layers."""
    return {"models.csv": pd.DataFrame([one | cell(one, inputs) for one in asked()])}


RESULT = Result(
    counted,
    "Parameters and multiply-adds of twelve networks that Keras ships and of the first "
    "Inception as its paper prints it, each with 1,000 outputs, for one picture of the size "
    "that its ImageNet weights expect; counted from the built models' own layers "
    "(convolutions and dense layers; no shifts, no BatchNorm).",
    kind="measured here",
    seed=0,
    minutes=2,
    reads=(),
)

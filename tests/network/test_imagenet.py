"""EfficientNet-Lite0's ImageNet weights: what they answer, and every layer written out in numpy."""

from importlib import resources

import numpy as np
import pandas as pd
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from skimage import data, transform

from dermlab.network import efficientnet, imagenet, torch_file
from dermlab.network.backend import keras

KNOWN = {"cat": (285, "Egyptian cat"), "coffee": (967, "espresso"), "rocket": (657, "missile")}


# --- what it answers ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tensors():
    return torch_file.read(torch_file.weights_file())


@pytest.fixture(scope="module")
def pictures():
    """The central squares of three photographs of scikit-image, (3, 224, 224, 3), 0-255."""
    squares = []
    for name in KNOWN:
        photo = getattr(data, name)()
        side = min(photo.shape[:2])
        top, left = ((n - side) // 2 for n in photo.shape[:2])
        square = photo[top : top + side, left : left + side]
        size = (imagenet.SIZE, imagenet.SIZE)
        squares.append(transform.resize(square, size, anti_aliasing=True, preserve_range=True))
    return np.array(squares, "float32")


@pytest.fixture(scope="module")
def classifier():
    return imagenet.classifier()


@pytest.fixture(scope="module")
def outputs(classifier, pictures):
    """Layer -> its output for the three photographs: those compared below, and the answers."""
    ends = ["stem_relu", *efficientnet.BLOCKS, "top_relu", "predictions"]
    model = keras.Model(classifier.input, {n: classifier.get_layer(n).output for n in ends})
    return model.predict_on_batch(pictures)


def test_three_photographs_are_named_as_imagenet_would(outputs):
    names, answers = imagenet.class_names(), outputs["predictions"]
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    for answer, (number, name) in zip(answers, KNOWN.values(), strict=True):
        assert number in np.argsort(answer)[-2:]
        assert names[number] == name
    assert answers[1].argmax() == 967 and answers[1, 967] > 0.85
    assert answers[2].argmax() == 657


def test_there_are_a_thousand_names_each_with_its_wordnet_id():
    path = resources.files("dermlab") / "data" / "imagenet" / "classes.csv"
    table = pd.read_csv(path)
    assert list(table.columns) == ["class", "wordnet_id", "name"]
    assert list(table["class"]) == list(range(1000))
    assert table["wordnet_id"].str.fullmatch(r"n\d{8}").all() and table["wordnet_id"].is_unique
    assert table["wordnet_id"].is_monotonic_increasing  # ImageNet's own order
    assert imagenet.class_names()[:2] == ["tench", "goldfish"]


def padded(x: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    """TensorFlow's padding: ceil(n / stride) places a side, an odd pixel below and right."""
    n = x.shape[0]
    total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
    both = (total // 2, total - total // 2)
    return np.pad(x, (both, both, (0, 0)))


def windows(x: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    """(h, w, channels, kernel, kernel)."""
    seen = sliding_window_view(padded(x, kernel, stride), (kernel, kernel), axis=(0, 1))
    return seen[::stride, ::stride]


def reference(tensors: dict, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """The network written out in numpy, in float64, by torch's own names: (224, 224, 3) in."""

    def conv(x, name, kernel=1, stride=1):
        weight = tensors[f"{name}.weight"].astype(float)  # (out, in, kernel, kernel)
        return np.tensordot(windows(x, kernel, stride), weight, axes=([2, 3, 4], [1, 2, 3]))

    def depthwise(x, name, kernel, stride):
        weight = tensors[f"{name}.weight"].astype(float)[:, 0]
        return np.einsum("hwcij,cij->hwc", windows(x, kernel, stride), weight)

    def norm(x, name):
        scale, shift, mean, variance = (
            tensors[f"{name}.{part}"].astype(float)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(variance + 0.001) * scale + shift

    def relu6(x):
        return np.clip(x, 0, 6)

    found, number = {}, 0
    x = relu6(norm(conv((pixels - 127) / 128, "_conv_stem", 3, 2), "_bn0"))
    found["stem_relu"] = x
    published = "k3s1r1c16 k3s2r2c24 k5s2r2c40 k3s2r3c80 k5s1r3c112 k5s2r4c192 k3s1r1c320"
    for stage in published.split():
        kernel, stride, repeats = int(stage[1]), int(stage[3]), int(stage[5])
        for repeat in range(repeats):
            entering, block = x, f"_blocks.{number}"
            if number:
                x = relu6(norm(conv(x, f"{block}._expand_conv"), f"{block}._bn0"))
            step = stride if repeat == 0 else 1
            x = depthwise(x, f"{block}._depthwise_conv", kernel, step)
            x = norm(
                conv(relu6(norm(x, f"{block}._bn1")), f"{block}._project_conv"), f"{block}._bn2"
            )
            if repeat:
                x = x + entering
            found[f"block{number}"], number = x, number + 1
    found["top_relu"] = relu6(norm(conv(x, "_conv_head"), "_bn1"))
    logits = tensors["_fc.weight"].astype(float) @ found["top_relu"].mean(axis=(0, 1))
    exponentials = np.exp(logits + tensors["_fc.bias"])
    found["predictions"] = exponentials / exponentials.sum()
    return found


def test_every_block_is_what_numpy_computes_from_the_files_own_names(tensors, outputs, pictures):
    expected = reference(tensors, pictures[0].astype(float))
    assert expected.keys() == outputs.keys()
    for name, maps in expected.items():
        scale = np.abs(maps).max()
        np.testing.assert_allclose(outputs[name][0], maps, atol=2e-4 * scale, err_msg=name)


def test_every_number_of_the_file_is_used_once(tensors, classifier):
    counted = sum(t.size for name, t in tensors.items() if "num_batches_tracked" not in name)
    assert classifier.count_params() == counted == 4_694_024
    taken = {
        imagenet.torch_name(layer)
        for layer in classifier.layers
        if layer.weights and layer.name != "predictions"
    }
    assert taken | {"_fc"} == {name.rpartition(".")[0] for name in tensors}

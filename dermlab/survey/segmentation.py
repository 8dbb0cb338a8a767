"""Segmentation by patches at several scales (Moeskops et al., IEEE TMI 2016;35:1252).

A patch network names the tissue of one pixel from the square around it. Three branches see 25, 51
and 75 pixels, as in the paper; here each has about a third of the paper's filters and a quarter of
its fully connected units. The rival, a fully convolutional network, names a whole slice at once.

Images are (n, height, width), labels uint8 of ``brains.TISSUES``.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from dermlab.survey.brains import TISSUES

KERNELS = {25: (5, 3, 3), 51: (7, 5, 3), 75: (9, 7, 5)}  # pixels; the paper's
FILTERS, UNITS = (8, 12, 16), 64  # the paper has 24, 32, 48 and 256
DROPOUT = 0.5
LEVELS = (8, 16, 32, 64)  # filters of the fully convolutional network at full, half, … size
RATE = 1e-3  # of the first step; it falls to 0 in equal steps


# --- networks -------------------------------------------------------------------------------------


def patch_network(sizes: Sequence[int], *, seed: int):
    """A compiled Keras model: patches (n, size, size, 1), one input a size → probabilities."""
    from dermlab.network.backend import keras

    keras.utils.set_random_seed(seed)
    inputs = [keras.Input((size, size, 1), name=f"patch{size}") for size in sizes]
    ends = [_branch(x, size) for x, size in zip(inputs, sizes, strict=True)]
    joined = keras.layers.Concatenate()(ends) if len(ends) > 1 else ends[0]
    named = keras.layers.Dense(len(TISSUES), activation="softmax", name="tissues")(joined)
    return _compiled(keras.Model(inputs, named))


def _branch(x, size: int):
    """Three times convolution and 2 × 2 max-pooling, then fully connected units."""
    from dermlab.network.backend import keras

    for number, (kernel, filters) in enumerate(zip(KERNELS[size], FILTERS, strict=True)):
        name = f"conv{size}_{number}"
        x = keras.layers.Conv2D(filters, kernel, activation="relu", name=name)(x)
        x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(UNITS, activation="relu", name=f"units{size}")(x)
    return keras.layers.Dropout(DROPOUT)(x)


def full_network(*, seed: int):
    """A compiled Keras model: slices (n, height, width, 1) → probabilities of every pixel.

    A small U-Net (Ronneberger et al. 2015): down to an eighth of the size and up again, the maps of
    the way down joined to those of the way up. Height and width are multiples of eight.
    """
    from dermlab.network.backend import keras

    keras.utils.set_random_seed(seed)
    inputs = keras.Input((None, None, 1))
    x, passed = inputs, []
    for filters in LEVELS[:-1]:
        x = _twice(x, filters)
        passed.append(x)
        x = keras.layers.MaxPooling2D()(x)
    x = _twice(x, LEVELS[-1])
    for filters, beside in zip(LEVELS[-2::-1], passed[::-1], strict=True):
        x = keras.layers.UpSampling2D()(x)
        x = _twice(keras.layers.Concatenate()([x, beside]), filters)
    named = keras.layers.Conv2D(len(TISSUES), 1, activation="softmax")(x)
    return _compiled(keras.Model(inputs, named))


def _twice(x, filters: int):
    from dermlab.network.backend import keras

    for _ in range(2):
        x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return x


def _compiled(model):
    """RMSprop as in the paper; the loss is the cross-entropy of a patch or a pixel."""
    from dermlab.network.backend import keras

    model.compile(keras.optimizers.RMSprop(RATE), "sparse_categorical_crossentropy")
    return model


# --- patches --------------------------------------------------------------------------------------


def patches(images: np.ndarray, pixels: np.ndarray, size: int) -> np.ndarray:
    """Squares of ``size`` (odd) around ``pixels`` (n, 3: image, row, column): (n, size, size, 1).

    Outside the image lies zero.
    """
    return _cut(_padded(images, size), pixels, size)


def _padded(images: np.ndarray, size: int) -> np.ndarray:
    half = size // 2
    return np.pad(images, ((0, 0), (half, half), (half, half)))


def _cut(padded: np.ndarray, pixels: np.ndarray, size: int) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    return windows[tuple(pixels.T)][..., None]


def balanced_pixels(labels: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """``n`` pixels (n, 3), each tissue as often as the others, drawn at random with replacement."""
    kinds = rng.permutation(np.resize(np.unique(labels), n))
    flat, chosen = labels.ravel(), np.empty(n, int)
    for kind in np.unique(kinds):
        chosen[kinds == kind] = rng.choice(np.flatnonzero(flat == kind), (kinds == kind).sum())
    return np.stack(np.unravel_index(chosen, labels.shape), axis=1)


def fit_patches(
    model, images: np.ndarray, labels: np.ndarray, *, steps: int, batch: int = 32, seed: int = 0
) -> np.ndarray:
    """Train a patch network on pixels drawn anew at each step; the loss of each step."""
    return _fitted(model, _patch_batches(model, images, labels, steps, batch, seed), steps)


def _patch_batches(model, images, labels, steps, batch, seed) -> Iterator[tuple]:
    padded = {size: _padded(images, size) for size in sizes_of(model)}
    rng = np.random.default_rng([seed, 2])
    pixels = balanced_pixels(labels, steps * batch, rng).reshape(steps, batch, 3)
    for some in pixels:
        yield [_cut(padded[size], some, size) for size in padded], labels[tuple(some.T)]


def sizes_of(model) -> list[int]:
    """The sides in pixels of the patches that a patch network sees."""
    return [tensor.shape[1] for tensor in model.inputs]


def fit_full(
    model, images: np.ndarray, labels: np.ndarray, *, steps: int, batch: int = 1, seed: int = 0
) -> np.ndarray:
    """Train a fully convolutional network on whole slices drawn at random; the losses.

    Each tissue counts alike, as in the pixels that a patch network draws.
    """
    share = np.bincount(labels.ravel(), minlength=len(TISSUES)) / labels.size
    weight = (1 / np.maximum(share, 1e-6) / len(TISSUES)).astype(np.float32)
    rows = np.random.default_rng([seed, 2]).integers(len(images), size=(steps, batch))
    batches = ((images[some][..., None], labels[some], weight[labels[some]]) for some in rows)
    return _fitted(model, batches, steps)


def _fitted(model, batches: Iterator[tuple], steps: int) -> np.ndarray:
    losses = np.empty(steps)
    for step, batch in enumerate(batches):
        model.optimizer.learning_rate = RATE * (1 - step / steps)
        losses[step] = model.train_on_batch(*batch)
    return losses


# --- whole slices ---------------------------------------------------------------------------------


def by_patches(model, images: np.ndarray, pixels: np.ndarray, *, batch: int = 256) -> np.ndarray:
    """Probabilities of ``pixels`` (n, 3), one patch each as the paper does it: (n, tissues)."""
    sizes = sizes_of(model)
    padded = [_padded(images, size) for size in sizes]
    parts = []
    for first in range(0, len(pixels), batch):
        some = pixels[first : first + batch]
        x = [_cut(array, some, size) for array, size in zip(padded, sizes, strict=True)]
        parts.append(model.predict_on_batch(x))
    return np.concatenate(parts)


def sliding(model, images: np.ndarray) -> np.ndarray:
    """The same probabilities of all pixels, (n, height, width, tissues), without cutting patches.

    Neighbouring patches share most of their maps, which are made once a slice: each pooling keeps
    all its positions, and what follows leaves gaps of twice the size between what it reads
    (Giusti et al., ICIP 2013: 4034).
    """
    from dermlab.network.backend import keras

    named = model.get_layer("tissues")
    answers = []
    for image in images:
        ends = [_slid(model, image[None], size) for size in sizes_of(model)]
        scores = keras.ops.matmul(keras.ops.concatenate(ends, axis=-1), named.kernel) + named.bias
        answers.append(keras.ops.convert_to_numpy(keras.ops.softmax(scores))[0])
    return np.stack(answers)


def _slid(model, images: np.ndarray, size: int):
    """One branch at every pixel: (n, height, width, units)."""
    from dermlab.network.backend import keras

    x, gap = keras.ops.convert_to_tensor(_padded(images, size)[..., None]), 1
    for number in range(len(FILTERS)):
        layer = model.get_layer(f"conv{size}_{number}")
        x = keras.ops.relu(keras.ops.conv(x, layer.kernel, dilation_rate=gap) + layer.bias)
        x = keras.ops.maximum(x[:, gap:], x[:, :-gap])
        x = keras.ops.maximum(x[:, :, gap:], x[:, :, :-gap])
        gap *= 2
    units = model.get_layer(f"units{size}")
    side = round((units.kernel.shape[0] / FILTERS[-1]) ** 0.5)
    kernel = keras.ops.reshape(units.kernel, (side, side, FILTERS[-1], UNITS))
    x = keras.ops.relu(keras.ops.conv(x, kernel, dilation_rate=gap) + units.bias)
    height, width = images.shape[1:]  # pooling that drops an odd last row leaves places to spare
    return x[:, :height, :width]


def full(model, images: np.ndarray) -> np.ndarray:
    """Probabilities of a fully convolutional network, (n, height, width, tissues)."""
    return np.concatenate([model.predict_on_batch(image[None, ..., None]) for image in images])


def segment(model, images: np.ndarray) -> np.ndarray:
    """The most probable tissue of every pixel, (n, height, width) uint8, by either network."""
    way = full if model.inputs[0].shape[1] is None else sliding
    return np.concatenate([way(model, image[None]).argmax(-1) for image in images]).astype(np.uint8)


# --- scores ---------------------------------------------------------------------------------------


def dice(truth: np.ndarray, answer: np.ndarray) -> float:
    """Twice the common part of two masks over the sum of their sizes; NaN where both are empty."""
    total = np.count_nonzero(truth) + np.count_nonzero(answer)
    return 2 * np.count_nonzero(truth & answer) / total if total else float("nan")


def surface_distance(truth: np.ndarray, answer: np.ndarray, *, mm: float = 1.0) -> float:
    """Mean distance in mm between the borders of two masks (slices, height, width), both ways.

    A border pixel has a neighbour (of four) outside its mask. Each border pixel of one mask is
    measured to the nearest of the other in its slice, which counts where both masks are in it;
    slices in which one is missing have no distance, and Dice answers for them. NaN where none has.
    """
    from scipy import ndimage

    distances = []
    for one, other in zip(_border(truth), _border(answer), strict=True):
        if one.any() and other.any():
            distances += [ndimage.distance_transform_edt(~other)[one]]
            distances += [ndimage.distance_transform_edt(~one)[other]]
    return float(np.concatenate(distances).mean() * mm) if distances else float("nan")


def _border(mask: np.ndarray) -> np.ndarray:
    """Pixels of a mask (n, height, width) that have one of four neighbours outside it."""
    out = np.pad(~mask, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    beside = out[:, 2:, 1:-1] | out[:, :-2, 1:-1] | out[:, 1:-1, 2:] | out[:, 1:-1, :-2]
    return mask & beside


def scores(truth: np.ndarray, answer: np.ndarray) -> dict[str, np.ndarray]:
    """``dice`` and ``distance`` (mm), subjects × tissues without background.

    ``truth, answer``: labels (subjects, slices, height, width).
    """
    pairs = [
        [(one == tissue, other == tissue) for tissue in range(1, len(TISSUES))]
        for one, other in zip(truth, answer, strict=True)
    ]
    return {
        "dice": np.array([[dice(*pair) for pair in row] for row in pairs]),
        "distance": np.array([[surface_distance(*pair) for pair in row] for row in pairs]),
    }

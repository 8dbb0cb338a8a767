"""What the augmentation costs: its share of a training step, against Keras's own random layers.

``python benchmarks/augmentation_share.py [--model compact] [--size 96] [--batch 32] [--steps 20]``

Rivals: the same network without augmentation, and Keras's RandomRotation, RandomZoom and
RandomFlip in its place: three layers, two resamplings, and a zoom that does not know the angle, so
that corners are filled in. Steps of the three networks alternate, since other work on the machine
would else favour one of them; medians are printed.
"""

import argparse
import time

import numpy as np

from dermlab.network import backend, models
from dermlab.network.augmentation import TurnAndFlip

keras = backend.keras


def network(kind: str, size: int, augment: keras.layers.Layer | None) -> keras.Model:
    """The model of the package with another augmentation in front, compiled with RMSProp."""
    model = models.build(kind, 9, size, weights="none")
    inner = keras.Model(model.get_layer("rescale").output, model.output)
    pixels = keras.Input((size, size, 3))
    x = pixels if augment is None else augment(pixels)
    model = keras.Model(pixels, inner(keras.layers.Rescaling(1 / 127.5, offset=-1)(x)))
    model.compile(keras.optimizers.RMSprop(0.001), "sparse_categorical_crossentropy")
    return model


def kerass_own() -> keras.Sequential:
    layers = keras.layers
    turn = layers.RandomRotation((-0.5, 0.5), fill_mode="nearest")
    zoom = layers.RandomZoom((-0.3, 0.0), fill_mode="nearest")
    return keras.Sequential([turn, zoom, layers.RandomFlip("vertical")])


def alternate(calls: dict, steps: int) -> dict[str, float]:
    """Median seconds of each call, one after the other in every round; the first is not counted."""
    seconds = {name: [] for name in calls}
    for _ in range(steps + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: float(np.median(times[1:])) for name, times in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=models.ROOMS, default="compact")
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (options.batch, options.size, options.size, 3), dtype=np.uint8)
    y = rng.integers(0, 9, options.batch)
    augments = {"none": None, "one resampling": TurnAndFlip(0), "Keras's layers": kerass_own()}
    calls = {}
    for name, augment in augments.items():
        model = network(options.model, options.size, augment)
        calls[name] = lambda model=model: model.train_on_batch(x, y)
    seconds = alternate(calls, options.steps)
    where = backend.describe()
    print(f"{options.model}, {options.size} px, batch {options.batch}, {where['devices'][0]}")
    for name, each in seconds.items():
        share = (each - seconds["none"]) / each
        print(f"{name:16s} {1e3 * each / options.batch:6.2f} ms an image, share {share:6.1%}")


if __name__ == "__main__":
    main()

"""Fixtures that several rooms' tests share."""

import os
import signal
from pathlib import Path

import pytest

# A shell that starts the tests under nohup or in the background has them ignore SIGINT, and their
# children would inherit that: those that are interrupted on purpose start with a handler in place.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def nobodys_home(tmp_path_factory):
    """A folder in the place of the user's own: no test touches what a student has answered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DERMLAB_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real public tables and images, named by DERMLAB_DATA; skipped where absent."""
    folder = os.environ.get("DERMLAB_DATA")
    if not folder:
        pytest.skip("DERMLAB_DATA names no folder of real data")
    return Path(folder)


@pytest.fixture(scope="session")
def public_tables(real_data) -> dict[str, Path]:
    """The publishers' tables of real cases, by the name of the data set."""
    files = {
        "ham10000": "HAM10000_metadata.csv",
        "isic2018 test": "ISIC2018_Task3_Test_GroundTruth.csv",
        "fitzpatrick17k": "fitzpatrick17k.csv",
        "pad_ufes20": "pad_ufes20_fitzpatrick_subset_1494.csv",
        "isic2019": "ISIC_2019_Training_GroundTruth.csv",
        "isic2020": "ISIC_2020_Training_GroundTruth.csv",
    }
    return {name: real_data / file for name, file in files.items()}


@pytest.fixture(scope="session")
def tiny_network():
    """`models.build`, but for a network of a few weights in the place of Inception v3."""
    from dermlab.network.augmentation import TurnAndFlip
    from dermlab.network.backend import keras

    def build(kind, n_classes, size, *, weights, batch_norm=None, seed=0):
        keras.utils.set_random_seed(seed)
        pixels = keras.Input((size, size, 3))
        x = keras.layers.Rescaling(1 / 255)(TurnAndFlip(seed)(pixels))
        x = keras.layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = keras.layers.Dense(n_classes, activation="softmax", name="predictions")(x)
        return keras.Model(pixels, x, name=kind)

    return build


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A cache of the test alone."""
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def restart(monkeypatch):
    """What another process finds: no writer of the one before is alive."""
    from dermlab import files

    monkeypatch.setattr(files, "_is_alive", lambda pid: False)
    return files._swept.clear

import functools
import http.server
import threading

import h5py
import numpy as np
import pytest

from dermlab.errors import InputError
from dermlab.network import checkpoints, models
from dermlab.network.backend import keras
from results.common import squeezenet


def small(n_classes: int = 3, units: int = 8) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(units, activation="relu", name="hidden"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(n_classes, name=checkpoints.HEAD),
        ]
    )


def flat(model: keras.Model) -> np.ndarray:
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


def test_half_precision_there_and_back(tmp_path):
    source, target = small(), small()
    checksum = checkpoints.save_weights(source, tmp_path / "w.npz")
    checkpoints.load_weights(target, tmp_path / "w.npz", checksum)
    np.testing.assert_array_equal(flat(target), flat(source).astype("float16"))
    checkpoints.save_weights(source, tmp_path / "w32.npz", dtype="float32")
    checkpoints.load_weights(target, tmp_path / "w32.npz")
    np.testing.assert_array_equal(flat(target), flat(source))


def test_the_checksum_is_of_the_content(tmp_path):
    model = small()
    first = checkpoints.save_weights(model, tmp_path / "a.npz")
    assert checkpoints.save_weights(model, tmp_path / "b.npz") == first
    model.layers[0].kernel.assign_add(np.full((5, 8), 0.1))
    assert checkpoints.save_weights(model, tmp_path / "c.npz") != first
    with pytest.raises(InputError, match=r"c\.npz holds other weights"):
        checkpoints.load_weights(model, tmp_path / "c.npz", first)


def test_without_its_head_a_network_starts_another_task(tmp_path):
    source, target = small(3), small(7)
    checkpoints.save_weights(source, tmp_path / "w.npz", head=False, dtype="float32")
    checkpoints.load_weights(target, tmp_path / "w.npz", head=False)
    np.testing.assert_array_equal(target.layers[0].kernel, source.layers[0].kernel)
    with pytest.raises(InputError, match="weights of another network"):
        checkpoints.load_weights(small(3), tmp_path / "w.npz")


def test_damaged_files_are_refused(tmp_path):
    model, path = small(), tmp_path / "w.npz"
    checkpoints.save_weights(model, path)
    whole = path.read_bytes()
    before = flat(model)
    for damaged in (b"", b"no zip", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"w\.npz is damaged"):
            checkpoints.load_weights(model, path)
    path.write_bytes(whole)
    with np.load(path) as file:
        arrays = dict(file)
    arrays["0000"] = arrays["0000"] + np.float16(0.01)
    np.savez(path, **arrays)
    with pytest.raises(InputError, match="has another checksum"):
        checkpoints.load_weights(model, path)
    np.testing.assert_array_equal(flat(model), before)


def test_weights_too_large_for_half_precision(tmp_path):
    model = small()
    model.layers[1].moving_variance.assign(np.full(8, 1e5))
    with pytest.raises(InputError, match="do not fit into float16"):
        checkpoints.save_weights(model, tmp_path / "w.npz")
    assert not (tmp_path / "w.npz").exists()


def test_kerass_own_layout(tmp_path):
    source, target = small(), small()
    source.save_weights(tmp_path / "w.weights.h5")
    checkpoints.load_weights(target, tmp_path / "w.weights.h5")
    np.testing.assert_array_equal(flat(target), flat(source))
    with pytest.raises(InputError, match="another network"):
        checkpoints.load_weights(small(units=9), tmp_path / "w.weights.h5")
    (tmp_path / "w.h5").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"w\.h5 is damaged or"):
        checkpoints.load_weights(target, tmp_path / "w.h5")
    (tmp_path / "w.pt").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"w\.pt: weights are read from \.npz"):
        checkpoints.load_weights(target, tmp_path / "w.pt")


def test_real_imagenet_weights_of_a_rival(real_data):
    path = next((real_data / "weights").glob("squeezenet*.h5"))
    model = squeezenet.build(96)
    before = flat(model)
    checkpoints.load_weights(model, path)
    stored = []
    with h5py.File(path) as file:
        for layer in file.attrs["layer_names"]:
            names = file[layer].attrs["weight_names"]
            stored += [np.asarray(file[layer][name]).ravel() for name in names]
    np.testing.assert_array_equal(np.sort(flat(model)), np.sort(np.concatenate(stored)))
    assert not np.array_equal(flat(model), before)


@pytest.fixture
def local_origin(tmp_path, monkeypatch):
    """Keras's download, led to 127.0.0.1 and without its checksum of the published file."""
    from keras.src.utils import file_utils

    folder, home = tmp_path / "served", tmp_path / "keras"
    folder.mkdir()
    home.mkdir()  # into a folder that is not there Keras would not write
    handler = functools.partial(
        type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None}),
        directory=str(folder),
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    get_file, asked = file_utils.get_file, []

    def from_here(name, origin, **_):
        asked.append(name)
        here = f"http://127.0.0.1:{server.server_port}/{name}"
        return get_file(name, here, cache_dir=str(home), cache_subdir="models")

    monkeypatch.setattr(file_utils, "get_file", from_here)
    yield folder, asked, server
    server.shutdown()
    server.server_close()


def test_imagenet_weights_arrive(local_origin, capfd):
    folder, asked, _ = local_origin
    source = keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=(75, 75, 3)
    )
    from keras.src.legacy.saving import legacy_h5_format

    with h5py.File(folder / checkpoints.IMAGENET_FILE, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, source)
    model = models.build("inception_v3", 2, 75, weights="imagenet")
    assert asked == [checkpoints.IMAGENET_FILE]
    loaded = model.get_weights()[:-2]
    assert all(np.array_equal(a, b) for a, b in zip(loaded, source.get_weights(), strict=True))
    assert capfd.readouterr().out == ""


def test_unreachable_imagenet_weights_are_one_sentence(local_origin):
    _, _, server = local_origin
    server.shutdown()
    server.server_close()
    with pytest.raises(InputError) as caught:
        models.build("inception_v3", 2, 75, weights="imagenet")
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert checkpoints.IMAGENET_FILE in sentence and ".keras" in sentence
    assert "--weights none" in sentence


@pytest.mark.parametrize("content", [None, b"", b"cut", b"x" * 5000])
def test_another_file_in_the_place_of_keras_s_is_said(local_origin, tmp_path, monkeypatch, content):
    _, _, server = local_origin
    server.shutdown()
    server.server_close()
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    place = tmp_path / "home" / "models" / checkpoints.IMAGENET_FILE
    place.parent.mkdir(parents=True)
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(InputError) as caught:
        models.build("inception_v3", 2, 75, weights="imagenet")
    said = f"{place} is not Keras's file (it has another MD5)"
    assert (said in str(caught.value)) == (content is not None)
    assert checkpoints.IMAGENET_MD5 in str(caught.value)


def test_keras_s_checksum_is_the_one_that_is_named():
    import inspect

    source = inspect.getsource(inspect.getmodule(keras.applications.InceptionV3))
    assert checkpoints.IMAGENET_MD5 in source


def test_the_shipped_weights_are_verified_and_loaded(tmp_path, monkeypatch):
    (name, checksum), size = checkpoints.SHIPPED["compact"], 96
    model = models.build("compact", 2, size, weights="shipped")
    arrays, _, found = checkpoints.read(checkpoints._shipped("compact")[0])
    assert found == checksum
    loaded = model.get_weights()[: len(arrays)]
    assert all(np.allclose(a, b) for a, b in zip(loaded, arrays, strict=True))
    monkeypatch.setitem(checkpoints.SHIPPED, "compact", (name, "0" * 64))
    with pytest.raises(InputError):
        models.build("compact", 2, size, weights="shipped")

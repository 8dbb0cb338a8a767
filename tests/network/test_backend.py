import subprocess
import sys

import numpy as np
import pytest

from dermlab.errors import InputError
from dermlab.network import backend
from dermlab.network.backend import keras

ops = keras.ops


def run(program: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


def test_the_import_and_the_first_network_are_silent_and_stderr_is_not_lost():
    found = run(
        "import os\n"
        "from dermlab.network import backend; import numpy as np\n"
        "keras = backend.keras; backend.describe()\n"
        "model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])\n"
        "model.compile('sgd', 'mse')\n"
        "model.train_on_batch(np.zeros((2, 4)), np.zeros((2, 2)))\n"
        "before = len(os.listdir('/dev/fd'))\n"
        "for _ in range(9):\n    with backend._quiet_stderr(): os.write(2, b'unheard')\n"
        "assert len(os.listdir('/dev/fd')) == before\n"
        "os.write(2, b'heard')\n"
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "heard")


def test_deterministic_repeats():
    found = run(
        "from dermlab.network import backend; import numpy as np\n"
        "keras = backend.keras\n"
        "def trained(seed):\n"
        "    backend.deterministic(seed)\n"
        "    x = np.random.rand(64, 16, 16, 3).astype('float32')\n"
        "    layers = [keras.Input((16, 16, 3)), keras.layers.Conv2D(32, 3),\n"
        "              keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)]\n"
        "    model = keras.Sequential(layers); model.compile('adam', 'mse')\n"
        "    for _ in range(20): model.train_on_batch(x, x[:, 0, 0, :2])\n"
        "    return np.concatenate([w.ravel() for w in model.get_weights()])\n"
        "assert np.array_equal(trained(3), trained(3))\n"
        "assert not np.array_equal(trained(3), trained(4))\n"
    )
    assert found.returncode == 0, found.stderr


def test_description_names_what_runs():
    found = backend.describe()
    assert found["backend"] == keras.backend.backend()
    assert found["devices"][-1] == "cpu:0"
    assert found["cores"] >= 1


@pytest.mark.parametrize(
    ("content", "cores"), [("200000 100000", 2), ("max 100000", None), ("50000 100000", 1)]
)
def test_a_containers_quota(tmp_path, content, cores):
    (tmp_path / "cpu.max").write_text(content + "\n")
    assert backend._container_quota(str(tmp_path / "cpu.max")) == cores
    assert backend._container_quota(str(tmp_path / "absent")) is None


def second(answer):
    return answer[:, 1]


def test_gradient_through_a_network_against_finite_differences():
    rng, layers = np.random.default_rng(1), keras.layers
    given = keras.Input((5,), dtype="float64")
    sums = layers.Dense(7, dtype="float64")(given)
    cubes = layers.Multiply(dtype="float64")([sums, sums, sums])  # no function that JAX rounds
    model = keras.Model(given, layers.Dense(3, dtype="float64")(cubes))
    x, step = rng.normal(size=(2, 5)), 1e-6
    value, slope = backend.gradient_through(model, second, x)
    assert value.dtype == slope.dtype == np.float64
    np.testing.assert_allclose(value, model.predict_on_batch(x)[:, 1], rtol=1e-12)
    for i in range(5):
        up, down = x.copy(), x.copy()
        up[:, i] += step
        down[:, i] -= step
        difference = backend.gradient_through(model, second, up)[0]
        difference = (difference - backend.gradient_through(model, second, down)[0]) / 2 / step
        np.testing.assert_allclose(slope[:, i], difference, rtol=1e-6, atol=1e-8)


# --- several devices ------------------------------------------------------------------------------

TWO_CPUS = """
import sys, numpy as np
from dataclasses import replace
from dermlab.network import backend
from dermlab.network.backend import keras
if backend.NAME == "tensorflow":
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
backend.deterministic(0)
"""
SHARED = """
from dermlab.network import inference, training
from dermlab.network.augmentation import TurnAndFlip
from dermlab.network.recipe import Recipe

n_devices, seed = int(sys.argv[1]), int(sys.argv[2])
recipe = replace(Recipe.classroom(), batch_size=8, epochs=2, learning_rate=0.01, patience=None)
rng = np.random.default_rng(0)
x, y = rng.integers(0, 256, (50, 24, 24, 3), dtype=np.uint8), rng.integers(0, 2, 50)
x[y == 1] //= 2
with backend.data_parallel(n_devices):
    assert backend.sharing() == n_devices
    keras.utils.set_random_seed(1)
    layers = [keras.Input((24, 24, 3)), TurnAndFlip(1), keras.layers.Rescaling(1 / 255)]
    layers += [keras.layers.Conv2D(8, 3, strides=2, activation="relu")]
    layers += [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2, activation="softmax")]
    model = keras.Sequential(layers)
    fitted = training.fit(
        model, x, y, train=np.arange(40), development=np.arange(40, 50), recipe=recipe, seed=seed
    )
    answers = inference.predict(model, x, batch_size=7)  # 7 and 50 are not shared evenly
    if n_devices > 1 and backend.NAME == "tensorflow":
        parts = backend._strategy.experimental_local_results(backend._shared_out(x[:8]))
        assert [len(part) for part in parts] == [4, 4]  # each device has its own half
assert answers.shape == (50, 2) and backend.sharing() == 1
np.savez(sys.argv[3], loss=fitted.history["loss"], answers=answers)
"""


def test_two_devices_give_the_losses_of_one(tmp_path):
    """With random turns: two replicas must draw what one device would."""

    def train(n_devices, seed):
        path = tmp_path / f"{n_devices}-{seed}.npz"
        command = [sys.executable, "-c", TWO_CPUS + SHARED, str(n_devices), str(seed), path]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        return np.load(path)

    one, two, other = train(1, 3), train(2, 3), train(1, 4)
    np.testing.assert_allclose(two["loss"], one["loss"], atol=1e-5)
    np.testing.assert_allclose(two["answers"], one["answers"], atol=1e-4)
    assert np.abs(other["loss"] - one["loss"]).max() > 1e-3  # the tolerance can fail


def test_more_devices_than_there_are_is_one_sentence():
    there = len([name for name in backend.devices() if name[:3] == backend.devices()[0][:3]])
    with (
        pytest.raises(InputError, match=f"{there + 1} devices are asked for and {there} found"),
        backend.data_parallel(there + 1),
    ):
        pass
    assert backend.sharing() == 1
    with backend.data_parallel(1):
        assert backend.sharing() == 1


def test_mixed_precision_is_for_gpus(monkeypatch):
    monkeypatch.setattr(backend, "devices", lambda: ["gpu:0", "cpu:0"])
    assert backend.policy("mixed") == "mixed_bfloat16" and backend.policy("float32") == "float32"
    monkeypatch.setattr(backend, "devices", lambda: ["cpu:0"])
    assert backend.policy("mixed") == "float32"
    with pytest.raises(InputError, match="'float32' or 'mixed', not 'half'"):
        backend.policy("half")

"""The only room that knows TensorFlow, JAX or torch; every other room writes Keras.

Which of the three runs is Keras's own setting (``KERAS_BACKEND``; TensorFlow by default). Other
rooms take Keras from here, ``from dermlab.network.backend import keras``, so that its import is
always the quiet one.
"""

import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from dermlab.errors import InputError


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """File descriptor 2 points at nothing: C++ libraries write there, past ``sys.stderr``."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


# TensorFlow 2.21 writes its oneDNN lines at every log level, and a stored notebook would keep
# them as an error stream. Switching oneDNN off would silence them and halve inference speed.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _quiet_stderr():
    import keras

NAME = keras.backend.backend()


def devices() -> list[str]:
    """The devices that a network can run on, best first: ``['gpu:0', 'cpu:0']``."""
    if NAME == "torch":
        import torch

        return [f"gpu:{i}" for i in range(torch.cuda.device_count())] + ["cpu:0"]
    if NAME == "tensorflow":
        import tensorflow as tf

        with _quiet_stderr():
            found = [device.name for device in tf.config.list_logical_devices()]
        found = [name.removeprefix("/device:").lower() for name in found]
    else:
        found = [*keras.distribution.list_devices(), "cpu:0"]
    return sorted(dict.fromkeys(found), key=lambda name: (name.startswith("cpu"), name))


def describe() -> dict[str, object]:
    """Framework, versions, devices and CPU cores, for ``dermlab doctor`` and manifests."""
    return {
        "backend": NAME,
        "backend_version": importlib.metadata.version(NAME),
        "keras": keras.__version__,
        "devices": devices(),
        "cores": available_cores(),
    }


def available_cores() -> int:
    """CPU cores this process may use: the machine's, its affinity and a container's quota.

    A container with 2 cores of a machine with 64 still counts 64 to the frameworks, which then
    start 64 threads and slow each other down.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = _container_quota()
    return max(1, min(cores or 1, quota or cores or 1))


def _container_quota(path: str = "/sys/fs/cgroup/cpu.max") -> int | None:
    """Whole cores that cgroup v2 grants (``'200000 100000'`` is 2); None without a limit."""
    if not os.path.exists(path):
        return None
    with open(path, encoding="ascii") as file:
        quota, period = file.read().split()
    return None if quota == "max" else max(1, int(quota) // int(period))


def limit_threads(n: int) -> None:
    """Let the framework use ``n`` threads; call it before the first network is built."""
    if NAME == "tensorflow":
        import tensorflow as tf

        try:
            tf.config.threading.set_intra_op_parallelism_threads(n)
            tf.config.threading.set_inter_op_parallelism_threads(n)
        except RuntimeError as error:
            raise InputError(
                "threads can be limited only before the first network runs: restart Python and "
                "call limit_threads first"
            ) from error
    elif NAME == "torch":
        import torch

        torch.set_num_threads(n)
    else:
        raise InputError(
            f"JAX takes its threads from the environment: set NPROC={n} before Python starts"
        )


def deterministic(seed: int) -> None:
    """From here on the same seed gives the same numbers, bit for bit, on the same machine.

    Seeds Python, numpy and the framework, and makes the framework choose operations whose sums
    have a fixed order. It holds for the whole process and costs speed on a GPU. JAX is
    deterministic on a CPU; on a GPU it also needs ``XLA_FLAGS=--xla_gpu_deterministic_ops=true``
    in the environment before Python starts.
    """
    keras.utils.set_random_seed(seed)
    if NAME == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    elif NAME == "torch":
        import torch

        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)


def gradient(function: Callable, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value of ``function`` at ``x`` and its gradient there, as numpy arrays.

    ``function`` takes one Keras tensor, ``x`` as it is (its floating dtype is kept), and returns
    a scalar or one number a row. With one number a row the gradient returned is that of their
    sum, which is row by row the gradient of each, as long as no row depends on another.
    """
    if not np.issubdtype(np.asarray(x).dtype, np.floating):
        raise InputError(f"a gradient needs floating-point input, not {np.asarray(x).dtype}")
    value, slope = _GRADIENTS[NAME](function, x)
    return keras.ops.convert_to_numpy(value), keras.ops.convert_to_numpy(slope)


def _gradient_tensorflow(function: Callable, x: np.ndarray) -> tuple:
    import tensorflow as tf

    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = function(x)
    return value, tape.gradient(value, x)


def _gradient_jax(function: Callable, x: np.ndarray) -> tuple:
    import jax

    def total(x):
        value = function(x)
        return value.sum(), value

    with jax.enable_x64(np.asarray(x).dtype == np.float64):
        (_, value), slope = jax.value_and_grad(total, has_aux=True)(jax.numpy.asarray(x))
    return value, slope


def _gradient_torch(function: Callable, x: np.ndarray) -> tuple:
    import torch

    x = keras.ops.convert_to_tensor(x).detach().requires_grad_()
    value = function(x)
    return value.detach(), torch.autograd.grad(value.sum(), x)[0]


_GRADIENTS = {
    "tensorflow": _gradient_tensorflow,
    "jax": _gradient_jax,
    "torch": _gradient_torch,
}

"""The only room that knows TensorFlow, JAX or torch; every other room writes Keras.

Which of the three runs is Keras's own setting (``KERAS_BACKEND``; TensorFlow by default). Other
rooms take Keras from here, ``from dermlab.network.backend import keras``, so that its import is
always the quiet one.
"""

import importlib
import logging
import os
import sys
import weakref
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
logging.getLogger("tensorflow").setLevel(logging.ERROR)  # no remarks on the tracing of functions

NAME = keras.backend.backend()


def devices() -> list[str]:
    """The devices that a network can run on, best first: ``['gpu:0', 'cpu:0']``."""
    if NAME == "torch":
        import torch

        return [f"gpu:{i}" for i in range(torch.cuda.device_count())] + ["cpu:0"]
    if NAME == "tensorflow":
        import tensorflow as tf

        with _quiet_stderr():
            names = [device.name for device in tf.config.list_logical_devices()]
        names = [name.removeprefix("/device:").lower() for name in names]
    else:
        names = [*keras.distribution.list_devices(), "cpu:0"]
    return sorted(dict.fromkeys(names), key=lambda name: (name.startswith("cpu"), name))


def describe() -> dict[str, object]:
    """Framework, versions, devices and CPU cores, for ``dermlab doctor`` and manifests."""
    return {
        "backend": NAME,
        "backend_version": importlib.import_module(NAME).__version__,
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


_shared_by = 1  # devices among which networks share their batches now
_strategy = None  # TensorFlow's, while more than one device shares


@contextmanager
def data_parallel(n: int) -> Iterator[None]:
    """Networks built and trained in this context share every batch among the first ``n`` devices.

    Each device holds the whole network; a step averages their gradients (on TensorFlow
    ``MirroredStrategy``, on JAX ``keras.distribution.DataParallel``), so that the losses are those
    of one device. Not so where BatchNorm is updating: on TensorFlow every replica then normalises
    by its share of the batch. Devices are of the best kind that is there, GPUs before CPUs.

    InputError for more devices than there are, and on torch, whose Keras has no such way.
    """
    global _shared_by, _strategy
    kind = devices()[0].partition(":")[0]
    there = [name for name in devices() if name.startswith(kind)]
    if not 1 <= n <= len(there):
        raise InputError(
            f"{n} devices are asked for and {len(there)} found ({', '.join(there)}): ask for 1"
            + (f" to {len(there)}." if len(there) > 1 else ".")
        )
    if n == 1:
        yield
        return
    if NAME == "torch":
        raise InputError("The torch backend runs on one device: use TensorFlow or JAX for more.")
    _shared_by = n
    try:
        if NAME == "tensorflow":
            import tensorflow as tf

            with _quiet_stderr():
                _strategy = tf.distribute.MirroredStrategy(there[:n])
            with _strategy.scope():
                yield
        else:
            before = keras.distribution.distribution()
            keras.distribution.set_distribution(
                keras.distribution.DataParallel(devices=there[:n], auto_shard_dataset=False)
            )
            try:
                yield
            finally:
                keras.distribution.set_distribution(before)
    finally:
        _shared_by, _strategy = 1, None


def policy(precision: str) -> str:
    """Keras's dtype policy: of ``mixed`` mixed_bfloat16 where there is a GPU, else float32.

    Weights stay float32, the layers between compute in bfloat16: half the memory, and twice the
    speed or more on GPUs since 2020. It has float32's range, so that no gradient is lost to zero
    and no loss needs scaling, as float16 does. On a CPU it would be slower. InputError for another
    name.
    """
    if precision not in ("float32", "mixed"):
        raise InputError(f"Precision is 'float32' or 'mixed', not {precision!r}.")
    on_gpu = precision == "mixed" and devices()[0].startswith("gpu")
    return "mixed_bfloat16" if on_gpu else "float32"


@contextmanager
def computing_in(precision: str) -> Iterator[None]:
    """Networks that are built in this context compute in this precision: see `policy`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy(precision))
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def peak_memory() -> tuple[int, str]:
    """The most bytes in use so far, and of what: the first GPU, or this process."""
    if devices()[0].startswith("gpu"):
        return _peak_of_gpu(), "on the first GPU"
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset, "of this process"
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit, "of this process"


def _peak_of_gpu() -> int:
    if NAME == "tensorflow":
        import tensorflow as tf

        return tf.config.experimental.get_memory_info("GPU:0")["peak"]
    if NAME == "jax":
        import jax

        return jax.devices()[0].memory_stats()["peak_bytes_in_use"]
    import torch

    return torch.cuda.max_memory_allocated(0)


def sharing() -> int:
    """How many devices share a batch now: its rows must be a multiple of this."""
    return _shared_by


def train_on_batch(model, x: np.ndarray, y: np.ndarray) -> float:
    """One step of the compiled ``model``; the loss of this batch, whatever else it measures."""
    if _strategy is not None:  # Keras builds its loss from shapes, which a batch in shares has not
        model._symbolic_build(data_batch=(x, y, None))
    return model.train_on_batch(_shared_out(x), _shared_out(y), return_dict=True)["loss"]


def predict_on_batch(model, x: np.ndarray) -> np.ndarray:
    """The output of ``model`` for each row."""
    return model.predict_on_batch(_shared_out(x))


def _shared_out(array: np.ndarray):
    """The rows of a batch, cut into one share a device where TensorFlow's devices share it.

    Keras's ``train_on_batch`` and ``predict_on_batch`` on TensorFlow give the *whole* batch to
    every replica unless it comes in shares: the same losses, and nothing gained. On JAX Keras
    shares by itself.
    """
    if _strategy is None:
        return array
    import tensorflow as tf

    shares = np.split(array, _shared_by)
    return _strategy.experimental_distribute_values_from_function(
        lambda context: tf.convert_to_tensor(shares[context.replica_id_in_sync_group])
    )


def draw_rows(draw: Callable, n):
    """``draw(n)``: random numbers for n rows, such that n devices draw what one would.

    On TensorFlow the replicas hold copies of one random state, and would give their shares of a
    batch the same numbers. Each draws for the whole batch instead, and takes its own rows.
    """
    if NAME != "tensorflow":
        return draw(n)
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return draw(n)
    first = context.replica_id_in_sync_group * n
    return draw(context.num_replicas_in_sync * n)[first : first + n]


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


def gradient_through(
    model, read: Callable, x: np.ndarray, *others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Value (n,) and gradient at ``x`` of ``read(model(x), *others)``, one number a row.

    ``x`` keeps its floating dtype. The gradient is that of the numbers' sum, which is row by row
    the gradient of each, as long as no row depends on another. Compiled once a model, ``read`` (a
    function of a module, so that it is the same one each time) and shape; the weights are those
    that the model has now, also after ``set_weights``.
    """
    compiled = _compiled_gradients.setdefault(model, {})
    if read not in compiled:
        compiled[read] = _COMPILED[NAME](weakref.ref(model), read)
    value, slope = compiled[read](x, *others)
    return keras.ops.convert_to_numpy(value), keras.ops.convert_to_numpy(slope)


_compiled_gradients: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def _compiled_tensorflow(model: Callable, read: Callable) -> Callable:
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def both(x, *others):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = read(model()(x, training=False), *others)
        return value, tape.gradient(value, x)

    return lambda *arrays: both(*map(tf.convert_to_tensor, arrays))


def _compiled_jax(model: Callable, read: Callable) -> Callable:
    import jax

    def total(x, trainable, fixed, others):
        answer, _ = model().stateless_call(trainable, fixed, x, training=False)
        value = read(answer, *others)
        return value.sum(), value

    slope = jax.jit(jax.value_and_grad(total, has_aux=True))

    def both(x, *others):
        kinds = (model().trainable_variables, model().non_trainable_variables)
        weights = [[variable.value for variable in variables] for variables in kinds]
        with jax.enable_x64(x.dtype == np.float64):
            (_, value), gradient = slope(jax.numpy.asarray(x), *weights, others)
        return value, gradient

    return both


def _compiled_torch(model: Callable, read: Callable) -> Callable:
    import torch

    def both(x, *others):
        x = keras.ops.convert_to_tensor(x).detach().requires_grad_()
        value = read(model()(x, training=False), *map(keras.ops.convert_to_tensor, others))
        return value.detach(), torch.autograd.grad(value.sum(), x)[0]

    return both


_COMPILED = {
    "tensorflow": _compiled_tensorflow,
    "jax": _compiled_jax,
    "torch": _compiled_torch,
}

"""Weights on disk: a model is an architecture and a checkpoint.

Files of dermlab are ``.npz`` with the arrays in the model's order and a checksum of their content,
half precision where they are shipped. Keras's ``.h5`` layouts are read as well.
"""

import hashlib
import json
import os
import socket
import sys
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from dermlab import files
from dermlab.errors import InputError
from dermlab.network.backend import keras

HEAD = "predictions"
CURE = "train anew, or take another copy of the file"
# kind: file in dermlab/data/weights, made by `results/compact_weights`, and its checksum
SHIPPED: dict[str, tuple[str, str]] = {
    "compact": (
        "compact_mixed.npz",
        "e053901b3325f065eb6f346fe423e4916bcf0e9ac9bb563d79a60dd69685ce4b",
    ),
}
IMAGENET_FILE = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
IMAGENET_MD5 = "bcbd6486424b2319ff4ef7d526e38f63"  # by which Keras knows its file


def start(body: keras.Model, kind: str, weights: str | Path) -> None:
    """Give a network without its head the weights that it starts from.

    ``weights``: ``shipped``, ``imagenet``, a file, or ``none`` (it keeps its random ones).
    """
    if weights == "none":
        return
    if weights == "imagenet":
        _load_imagenet(body, kind)
    elif weights == "shipped":
        load_weights(body, *_shipped(kind))
    else:
        load_weights(body, weights)


def at_hand(kind: str, weights: str) -> bool:
    """Whether the weights that a network starts from are here: no download is needed.

    InputError for a file that is not there.
    """
    if weights not in ("none", "shipped", "imagenet") and not Path(weights).is_file():
        raise InputError(f"there is no weights file {weights}")
    if (kind, weights) != ("inception_v3", "imagenet"):
        return True
    return (_keras_folder() / IMAGENET_FILE).is_file() and not _is_other(
        _keras_folder() / IMAGENET_FILE
    )


def _keras_folder() -> Path:
    """Where Keras keeps what it downloads."""
    return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"), "models")


def _shipped(kind: str) -> tuple[Path, str]:
    if kind not in SHIPPED:
        raise InputError(
            f"no weights are shipped for {kind}: use --weights imagenet, a file, or none"
        )
    name, checksum = SHIPPED[kind]
    return Path(__file__).parents[1] / "data" / "weights" / name, checksum


def _load_imagenet(body: keras.Model, kind: str) -> None:
    """Those that come by pip, or Keras's download, kept in its cache folder and checked there."""
    if kind == "efficientnet_lite0":
        from dermlab.network import imagenet

        return imagenet.fill(body)
    if kind != "inception_v3":
        raise InputError(
            f"ImageNet weights exist for inception_v3 and efficientnet_lite0, not for {kind}: use "
            "--weights shipped"
        )
    folder = _keras_folder()
    other = _is_other(folder / IMAGENET_FILE)
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(30)  # without it a network that swallows packets hangs for ever
    try:
        with redirect_stdout(sys.stderr):  # Keras draws its bar where a command's answer belongs
            source = keras.applications.InceptionV3(
                include_top=False, weights="imagenet", input_shape=body.input_shape[1:]
            )
    except Exception as error:  # Keras raises a bare Exception for every failed download
        there = f"{folder / IMAGENET_FILE} is not Keras's file (it has another MD5), and "
        instead = " in its place" if other else ""
        raise InputError(
            f"{there if other else ''}the ImageNet weights cannot be downloaded ({error}): fetch "
            f"{IMAGENET_FILE} (MD5 {IMAGENET_MD5}) on a connected machine and put it into {folder}"
            f"{instead}, or run with --weights none"
        ) from error
    finally:
        socket.setdefaulttimeout(patience)
    body.set_weights(source.get_weights())


def _is_other(path: Path) -> bool:
    """Whether a file stands in the place of Keras's ImageNet weights and is not they."""
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest() != IMAGENET_MD5


def save_weights(
    model: keras.Model, path: str | Path, *, head: bool = True, dtype: str = "float16"
) -> str:
    """Write a model's weights as ``.npz`` and return their checksum.

    ``head=False`` leaves out the layer ``predictions``: what another task starts from.
    """
    with np.errstate(over="ignore"):  # the refusal below says it in words
        arrays = [to_numpy(variable).astype(dtype) for variable in _part(model, head)]
    if not all(np.isfinite(array).all() for array in arrays):
        raise InputError(f"the weights do not fit into {dtype}: save them as float32")
    return write(path, arrays, compress=dtype == "float16")


def to_numpy(variable: keras.Variable) -> np.ndarray:
    """The variable's values, as they are now."""
    return keras.ops.convert_to_numpy(variable.value)


def load_weights(
    model: keras.Model, path: str | Path, checksum: str | None = None, *, head: bool = True
) -> None:
    """Fill ``model`` from a file: ``.npz`` of ``save_weights``, or Keras's ``.h5`` layouts.

    The checksum inside an ``.npz`` is always verified, against ``checksum`` too where given.
    InputError for a file that is missing, damaged, or made for another network.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no weights file {path}")
    if path.suffix == ".npz":
        arrays, _, stored = read(path)
        if checksum not in (None, stored):
            raise InputError(f"{path} holds other weights than its checksum says")
        fill(_part(model, head), arrays, path)
    elif path.suffix == ".h5":
        _load_h5(model, path)
    else:
        raise InputError(f"{path.name}: weights are read from .npz, .h5 and .weights.h5 files")


def _part(model: keras.Model, head: bool) -> list[keras.Variable]:
    kept = (layer for layer in model.layers if head or layer.name != HEAD)
    return [variable for layer in kept for variable in layer.weights]


def fill(variables: list[keras.Variable], arrays: list[np.ndarray], path: Path) -> None:
    """Assign arrays to variables in their order; InputError where the shapes do not match."""
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [array.shape for array in arrays]:
        raise InputError(f"{path} holds the weights of another network")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array.astype(variable.dtype))


def _load_h5(model: keras.Model, path: Path) -> None:
    try:
        model.load_weights(path)
    except files.UNREADABLE as error:
        raise InputError(
            f"{path} is damaged or holds the weights of another network ({error}); for Keras "
            "networks the file without top (notop) is needed"
        ) from error


def write(
    path: str | Path,
    arrays: list[np.ndarray],
    note: dict | None = None,
    *,
    compress: bool = False,
) -> str:
    """Arrays and a note that JSON can hold as one ``.npz``, whole or not at all; its checksum."""
    note = json.dumps(note or {})
    checksum = _checksum(arrays, note)
    members = {"note": np.array(note), "sha256": np.array(checksum)}
    members |= {f"{i:04d}": array for i, array in enumerate(arrays)}
    files.write_npz(path, members, compress=compress)
    return checksum


def read(path: str | Path) -> tuple[list[np.ndarray], dict, str]:
    """Arrays, note and checksum of a file of ``write``; InputError where it is damaged."""
    members = files.read_npz(path, cure=CURE)
    if not {"note", "sha256"} <= members.keys():
        raise InputError(f"{path} holds no weights of dermlab: {CURE}.")
    note, stored = str(members.pop("note")), str(members.pop("sha256"))
    arrays = [members[name] for name in sorted(members)]
    if _checksum(arrays, note) != stored:
        raise InputError(f"{path} is damaged, its content has another checksum: {CURE}.")
    with files.reading(path, cure=CURE):
        return arrays, json.loads(note), stored


def _checksum(arrays: list[np.ndarray], note: str) -> str:
    digest = hashlib.sha256(note.encode())
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()

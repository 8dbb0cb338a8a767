"""NoduleMNIST3D from a small local copy, also as the package's downloader brings it."""

import numpy as np
import pytest

from dermlab.cases.datasets import fetching, nodulemnist3d
from dermlab.errors import InputError
from dermlab.survey import detection


def arrays(n=4, size=28):
    rng = np.random.default_rng(0)
    found = {}
    for part in nodulemnist3d.PARTS:
        found[f"{part}_images"] = rng.integers(0, 256, (n, size, size, size)).astype(np.uint8)
        found[f"{part}_labels"] = np.arange(n)[:, None] % 2
    return found


@pytest.fixture
def copy(tmp_path):
    path = tmp_path / "nodulemnist3d.npz"
    np.savez(path, **arrays())
    return path


def test_cubes_and_labels_come_as_they_are_stored(copy):
    found = nodulemnist3d.cubes(copy)
    assert list(found) == ["train", "validation", "test"]
    voxels, malignant = found["validation"]
    assert (voxels == arrays()["val_images"]).all() and malignant.tolist() == [0, 1, 0, 1]


def test_three_planes_through_the_middle_are_what_the_detector_sees(copy):
    voxels, _ = nodulemnist3d.cubes(copy)["train"]
    cuts = detection.middle_planes(voxels)
    assert cuts.shape == (4, 3, 28, 28)
    assert (cuts[1, 0] == voxels[1, 14]).all() and (cuts[1, 2] == voxels[1, :, :, 14]).all()


def test_the_downloader_knows_its_one_file_and_its_checksum():
    wanted = fetching.find("NoduleMNIST3D")
    assert wanted.licence == nodulemnist3d.LICENCE
    (file,) = wanted.files
    assert file.name == "nodulemnist3d.npz" and file.checksum.startswith("md5:")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"val_images": np.zeros((4, 28, 28, 3), np.uint8)}, "grey cubes"),
        ({"val_images": np.zeros((4, 28, 28, 28))}, "grey cubes"),
        ({"test_labels": np.array([[0], [1], [2], [0]])}, "0 or 1"),
        ({"test_labels": np.zeros((3, 1))}, "0 or 1"),
        ({"train_labels": None}, "no array train_labels"),
    ],
)
def test_other_files_are_refused(tmp_path, change, message):
    kept = {name: value for name, value in (arrays() | change).items() if value is not None}
    np.savez(tmp_path / "nodulemnist3d.npz", **kept)
    with pytest.raises(InputError, match=message):
        nodulemnist3d.cubes(tmp_path / "nodulemnist3d.npz")


def test_a_damaged_copy_is_refused(tmp_path):
    path = tmp_path / "nodulemnist3d.npz"
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(InputError, match="another copy"):
        nodulemnist3d.cubes(path)

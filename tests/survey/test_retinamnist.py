"""RetinaMNIST on a small copy of its form: the phantom's eyes at 28 pixels."""

import numpy as np
import pytest
from PIL import Image

from dermlab.cases.datasets import fetching
from dermlab.errors import InputError
from dermlab.survey import classification, fundus, retinamnist


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A file as the publisher's, of 36 eyes of the phantom."""
    study = fundus.make(18, 41, burden=0.4)
    grades = classification.grade(study.eyes, study.lesions)["grade"].to_numpy()
    pictures = [
        np.asarray(Image.fromarray(picture).resize((28, 28)))
        for picture in fundus.render(study, size=64)
    ]
    arrays = {}
    for part, rows in zip(retinamnist.PARTS, np.split(np.arange(36), [18, 27]), strict=True):
        arrays[f"{part}_images"] = np.stack([pictures[k] for k in rows])
        arrays[f"{part}_labels"] = grades[rows].astype(np.uint8)[:, None]
    path = tmp_path_factory.mktemp("retina") / "retinamnist.npz"
    np.savez(path, **arrays)
    return path, arrays


def test_pictures_and_grades_are_those_of_the_file(small):
    path, arrays = small
    parts = retinamnist.read(path)
    for part, (pixels, grades) in parts.items():
        assert np.array_equal(pixels, arrays[f"{part}_images"])
        assert np.array_equal(grades, arrays[f"{part}_labels"][:, 0])


def test_both_systems_are_scored_on_the_test_part(small):
    parts = retinamnist.read(small[0])
    _, grades = parts["test"]
    assert 0 < (grades >= 2).sum() < len(grades)
    bright = {part: (np.where((g >= 2)[:, None, None, None], x // 2, x), g)
              for part, (x, g) in parts.items()}  # fmt: skip
    table = retinamnist.compare(bright, size=64)
    assert table["arm"].tolist() == ["frozen ImageNet layer", "colour statistics"]
    assert table.loc[1, "auc"] == 1 and table["auc"].between(0, 1).all()


@pytest.mark.parametrize("change", ["missing", "grey", "grades"])
def test_another_file_is_refused_in_a_sentence(small, tmp_path, change):
    arrays = dict(small[1])
    if change == "missing":
        del arrays["val_labels"]
    elif change == "grey":
        arrays["test_images"] = arrays["test_images"][..., 0]
    else:
        arrays["train_labels"] = arrays["train_labels"] + 4
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(InputError, match=r"val_labels|colour pictures"):
        retinamnist.read(tmp_path / "x.npz")


def test_the_downloader_knows_where_it_is():
    (file,) = fetching.registry()["retinamnist"].files
    assert file.name == "retinamnist.npz" and file.url.startswith("https://zenodo.org/")

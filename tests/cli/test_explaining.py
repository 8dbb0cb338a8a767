"""dermlab explain: a picture and a run in, a PNG out; one sentence for what is wrong."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    from dermlab.network import inference, models
    from dermlab.network.recipe import Recipe

    folder = tmp_path_factory.mktemp("explain")
    model = models.build("compact", 2, 75, weights="none")
    classes = pd.DataFrame({"name": ["dark", "pale"], "diseases": [("psoriasis",), ("acne",)]})
    inference.save_run(
        folder / "run", model, classes=classes, recipe=Recipe.classroom(), seed=0, task=None
    )
    pixels = np.random.default_rng(0).integers(0, 256, (90, 80, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(folder / "mole.png")
    return folder


@pytest.mark.parametrize("method", ["input-gradient", "grad-cam"])
def test_a_picture_and_its_map_are_drawn(run, trained, tmp_path, method):
    out = tmp_path / "map.png"
    asked = ("explain", trained / "mole.png", "--run", trained / "run", "--out", out)
    status, said, _ = run(*asked, "--method", method, "--class", "pale", "--json")
    told = json.loads(said)
    assert status == 0
    assert told["class"] == "pale"
    assert 0 < told["probability"] < 1
    assert (told["method"], told["networks"]) == (method, 1)
    with Image.open(out) as drawn:
        assert drawn.format == "PNG"
        assert drawn.width > drawn.height > 400


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (("--method", "magic"), "give one of input-gradient"),
        (("--class", "blue"), "knows no class 'blue'"),
    ],
)
def test_what_cannot_be_explained_is_one_sentence(run, trained, tmp_path, extra, said):
    out = tmp_path / "map.png"
    asked = ("explain", trained / "mole.png", "--run", trained / "run", "--out", out)
    status, _, told = run(*asked, *extra)
    assert status == 2
    assert said in told
    assert not out.exists()


def test_missing_files_are_named(run, trained, tmp_path):
    out = tmp_path / "map.png"
    status, _, told = run("explain", trained / "no.png", "--run", trained / "run", "--out", out)
    assert status == 2
    assert "no.png" in told
    status, _, told = run("explain", trained / "mole.png", "--run", tmp_path / "no", "--out", out)
    assert status == 2
    assert "There is no folder" in told

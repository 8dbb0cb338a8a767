"""The look of the clinic is the kept one: a change of look is a decision, not an accident.

Another processor rounds a few pixels to the next grey level; a change of look moves whole pictures.
The tolerance lies between: `contact_sheets` says how the kept sheets are made anew.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from dermlab.cases.clinic import dermoscopy, optics, pictures, skin

TOLERANCE = 0.7  # CIELAB difference of the picture that differs most; 1 is just seen


def _module():
    path = Path(__file__).with_name("contact_sheets.py")
    spec = importlib.util.spec_from_file_location("contact_sheets", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sheets = _module()


@pytest.fixture(scope="module")
def kept():
    return {name: sheets.kept(name) for name in sheets.MODALITIES}


def apart(one, other):
    """The CIELAB difference of each picture, root of the mean square, (rows, columns)."""
    from skimage.color import rgb2lab

    square = np.square(rgb2lab(one) - rgb2lab(other)).sum(-1)
    return np.sqrt(square.mean((-1, -2)))


@pytest.mark.parametrize("modality", sheets.MODALITIES)
def test_every_picture_looks_as_the_kept_one(kept, modality):
    found = apart(sheets.draw(modality), kept[modality])
    assert found.shape == (9, 6)
    assert found.max() < TOLERANCE


def test_the_kept_sheets_show_each_partition_and_darkening_skin(kept):
    for modality in sheets.MODALITIES:
        table = sheets.cases(modality)
        assert table.groupby("partition")["skin_type"].apply(list).map(tuple).nunique() == 1
        assert table["partition"].nunique() == 9
        by_skin = kept[modality].mean((0, 2, 3, 4))
        assert by_skin[0] > by_skin[5] + 40
        assert (sheets.KEPT / f"{modality}.png").stat().st_size <= 300_000


def test_the_tolerance_survives_another_processor(kept):
    """One value in four a grey level off is far more than rounding does, and still passes."""
    rng = np.random.default_rng(0)
    for modality in sheets.MODALITIES:
        picture = kept[modality].astype(int)
        off = rng.integers(-1, 2, picture.shape) * (rng.random(picture.shape) < 0.375)
        assert apart(np.clip(picture + off, 0, 255).astype(np.uint8), kept[modality]).max() < (
            TOLERANCE
        )


CHANGES = {
    "no pores": ("clinical", skin, "pores", lambda *_: None),
    "no hairs": ("clinical", skin, "hairs", lambda *_: []),
    "pores of double darkness": (
        "clinical",
        skin,
        "DARK",
        {site: 2 * dark for site, dark in skin.DARK.items()},
    ),
    "paler dermis": ("clinical", optics, "DERMIS", (0.90, 0.76, 0.70)),
    "no globules": ("dermoscopy", dermoscopy, "globules", lambda *a: 0 * a[-1]),
    "no streaks": ("dermoscopy", dermoscopy, "streaks", lambda *a: 0 * a[-1]),
    "no dotted vessels": ("dermoscopy", dermoscopy, "dotted", lambda *a: 0 * a[-1]),
    "bare-eye vessels": ("dermoscopy", dermoscopy, "DEEP_RED", 1.0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_look_is_noticed(monkeypatch, kept, change):
    modality, module, name, value = CHANGES[change]
    monkeypatch.setattr(module, name, value)
    assert apart(sheets.draw(modality), kept[modality]).max() > 1.5 * TOLERANCE


def test_another_light_is_noticed(monkeypatch, kept):
    """Five per cent more lamp changes every picture by more than the tolerance."""
    plain = pictures.photograph
    monkeypatch.setattr(
        pictures,
        "photograph",
        lambda picture, camera, **room: plain(picture * np.float32(1.05), camera, **room),
    )
    assert np.median(apart(sheets.draw("clinical"), kept["clinical"])) > TOLERANCE

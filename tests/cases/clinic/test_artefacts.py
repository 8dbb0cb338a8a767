"""Artefacts: each is where its mask says, and nothing else changes."""

import numpy as np
import pytest

from dermlab.cases import clinic
from dermlab.cases.clinic import artefacts
from dermlab.errors import InputError

SIZE = 96


@pytest.fixture(scope="module")
def plain():
    return clinic.make(40, 3).iloc[:24]


@pytest.mark.parametrize("name", artefacts.NAMES)
def test_the_mask_is_where_the_pixels_change(plain, name):
    with_it = plain.assign(**{f"artefact_{name}": True})
    before = clinic.render(plain, SIZE).astype(int)
    after = clinic.render(with_it, SIZE).astype(int)
    mask = clinic.masks(with_it, SIZE, of=name)
    change = np.abs(after - before).max(-1)
    # Automatic exposure answers to the whole scene: what it alters everywhere is taken off.
    everywhere = np.median(change[~mask & (change < 60)])
    assert mask.mean((1, 2)).min() > 0.002
    assert change[mask].mean() > everywhere + 25
    assert (change[~mask] > everywhere + 60).mean() < 0.02


def test_no_artefact_no_mask(plain):
    assert not clinic.masks(plain, SIZE, of="hair").any()
    with pytest.raises(InputError, match="no mask"):
        clinic.masks(plain, SIZE, of="tattoo")


@pytest.mark.parametrize("name", artefacts.NAMES)
def test_an_artefact_is_the_same_at_two_sizes(name):
    for seed in range(5):
        small, large = covered(name, seed, 64), covered(name, seed, 256)
        shrunk = large.reshape(64, 4, 64, 4).mean((1, 3))
        assert np.abs(small - shrunk).mean() < 0.02


def covered(name, seed, size):
    return 1 - np.prod([1 - share for share, _ in artefacts.layer(name, seed, size)[0]], axis=0)


def test_an_artefact_is_drawn_from_its_own_seed():
    assert not np.array_equal(artefacts.layer("hair", 1, 64)[1], artefacts.layer("hair", 2, 64)[1])
    assert np.array_equal(artefacts.layer("hair", 1, 64)[1], artefacts.layer("hair", 1, 64)[1])

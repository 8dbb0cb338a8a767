"""Rendering is a pure function of the row and the size."""

import io

import numpy as np
import pandas as pd
import pytest

from dermlab.cases import clinic
from dermlab.errors import InputError

SIZE = 96


@pytest.fixture(scope="module")
def cases():
    return clinic.make(50, 5, dermoscopy=0.5).iloc[:64]


@pytest.fixture(scope="module")
def pictures(cases):
    return clinic.render(cases, SIZE)


def test_shape_and_type(pictures):
    assert pictures.shape == (64, SIZE, SIZE, 3)
    assert pictures.dtype == np.uint8
    assert len(np.unique(pictures.reshape(64, -1), axis=0)) == 64


def test_a_picture_depends_on_its_row_alone(cases, pictures):
    order = np.random.default_rng(0).permutation(64)[:20]
    assert np.array_equal(clinic.render(cases.iloc[order], SIZE), pictures[order])
    assert np.array_equal(clinic.render(cases.iloc[[7]], SIZE)[0], pictures[7])


def test_cases_read_back_from_a_csv_make_the_same_pictures(cases, pictures):
    text = cases.to_csv(index=False)
    back = pd.read_csv(io.StringIO(text), dtype="str").iloc[:10]
    assert np.array_equal(clinic.render(back, SIZE), pictures[:10])


def test_two_sizes_show_the_same_picture(cases, pictures):
    large = clinic.render(cases, 3 * SIZE).astype(float)
    shrunk = large.reshape(64, SIZE, 3, SIZE, 3, 3).mean((2, 4))
    apart = np.abs(shrunk - pictures).mean((1, 2, 3))
    assert apart.mean() < 2.0  # grey levels of 255; two different pictures are ~40 apart
    assert apart.max() < 9.0
    masks, larger = clinic.masks(cases, SIZE), clinic.masks(cases, 3 * SIZE)
    larger = larger.reshape(64, SIZE, 3, SIZE, 3).mean((2, 4)) > 0.5
    overlap = (masks & larger).sum((1, 2)) / (masks | larger).sum((1, 2))
    assert np.median(overlap) > 0.98
    assert overlap.min() > 0.85


def test_224_pixels_shrunk_to_96_are_the_96_pixel_picture(cases, pictures):
    from PIL import Image

    for row in range(12):
        large = Image.fromarray(clinic.render(cases.iloc[[row]], 224)[0])
        small = np.asarray(large.resize((SIZE, SIZE), Image.Resampling.BOX), float)
        assert np.abs(small - pictures[row]).mean() < 9


def test_skin_gets_darker_from_type_one_to_six(cases):
    means = [
        clinic.render(cases.assign(skin_type=str(skin)), 48).mean((1, 2, 3)) for skin in range(1, 7)
    ]
    assert np.all(np.diff([m.mean() for m in means]) < -4)
    assert (np.diff(means, axis=0) < 0).mean() > 0.97


def test_views_of_a_lesion_show_one_lesion(cases):
    """Two views share colour and structure more than two lesions do."""
    several = clinic.make(120, 9)
    first = several[several["view"] == 1].set_index("lesion_id")
    second = several[several["view"] == 2].set_index("lesion_id")
    both = second.index
    a = _inside_colour(first.loc[both])
    b = _inside_colour(second)
    same = np.abs(a - b).mean()
    different = np.abs(a - np.roll(b, 1, axis=0)).mean()
    assert same < 0.7 * different


def _inside_colour(rows):
    pictures, masks = clinic.render(rows, 48).astype(float), clinic.masks(rows, 48)
    return np.array([p[m].mean(0) for p, m in zip(pictures, masks, strict=True)])


def test_the_lesion_mask_agrees_with_the_pixels():
    """Nevi are darker inside their mask than outside it, and the step is at its edge."""
    from scipy import ndimage

    nevi = clinic.test_set("melanoma-vs-nevus", 0, 60, seed=4)
    nevi = nevi[(nevi["sign_brown"] > 2) & (nevi["sign_pale"] < 1) & (nevi["sign_blue"] < 1)]
    nevi = nevi.assign(skin_type="2")
    for picture, mask in zip(clinic.render(nevi, SIZE), clinic.masks(nevi, SIZE), strict=True):
        grey = picture.mean(-1)
        rim = ndimage.binary_dilation(mask, iterations=4) & ~ndimage.binary_dilation(mask)
        core = ndimage.binary_erosion(mask, iterations=2)
        if core.any() and rim.any():
            assert grey[core].mean() < grey[rim].mean()
    assert len(nevi) >= 10


def test_the_two_clinics_photograph_differently(cases):
    a = clinic.render(cases.assign(source="clinic A"), 48).mean((0, 1, 2))
    b = clinic.render(cases.assign(source="clinic B"), 48).mean((0, 1, 2))
    assert a[0] / a[2] > 1.04 * b[0] / b[2]


def test_other_cases_are_refused(cases):
    with pytest.raises(InputError, match="no cases of the clinic"):
        clinic.render(cases.drop(columns="sign_size"), SIZE)

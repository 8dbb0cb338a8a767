"""Brains made from the real average: its files, the shares kept, the places, the imaging."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from dermlab.errors import InputError
from dermlab.survey import brains
from dermlab.survey.brains import CORTEX, DEEP, FLUID, GREY, HIND, NONE, OUTER, VENTRICLES, WHITE

QUIET = replace(brains.TRAINING, bias=(0.0, 0.0), noise=(0.0, 0.0))


# --- the average ----------------------------------------------------------------------------------


@pytest.fixture
def unread():
    brains.average.cache_clear()
    yield
    brains.average.cache_clear()


def test_the_average_is_found_and_its_checksums_are_right(unread):
    for kind, digest in brains.FILES.items():
        assert hashlib.sha256(brains._path(kind).read_bytes()).hexdigest() == digest
    mean = brains.average()
    assert mean.t1.shape == mean.grey.shape == mean.white.shape == (197, 233, 189)
    assert mean.t1.max() == 1 and (mean.grey + mean.white).max() <= 1


def test_the_average_lies_where_the_code_says():
    import nibabel

    affine = nibabel.load(brains._path("t1")).affine
    assert np.allclose(affine[:3, :3], np.eye(3))  # 1 mm
    assert np.allclose(affine[:3, 3], -brains.ORIGIN)


def test_without_nilearn_one_is_told_what_to_install(unread, monkeypatch):
    monkeypatch.setattr(brains, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"install nilearn 0\.14\.1"):
        brains.average()


def test_another_file_is_refused(unread, monkeypatch):
    monkeypatch.setitem(brains.FILES, "gm", "0" * 64)
    with pytest.raises(InputError, match="another file"):
        brains.average()


def test_it_is_one_symmetric_anatomy_and_half_of_it_is_no_clear_tissue():
    """The two warnings of the data card."""
    mean = brains.average()
    for volume in (mean.t1, mean.grey, mean.white):
        assert np.array_equal(volume, volume[::-1])
    tissue = mean.grey + mean.white > 0.5
    unclear = np.maximum(mean.grey, mean.white)[tissue] <= 0.8
    assert unclear.mean() == pytest.approx(0.46, abs=0.005)


# --- anatomy --------------------------------------------------------------------------------------


def test_one_matter_is_drawn_from_the_shares_by_hand(monkeypatch):
    shares = np.array([0.5, 0.5, 0.5, 0.5]), np.array([0.3, 0.3, 0.3, 0.3])
    inside = np.array([True, True, True, False])
    monkeypatch.setattr(brains, "shares", lambda where: (*shares, inside))
    matter = brains.drawn(np.zeros((3, 4)), np.array([0.49, 0.79, 0.81, 0.1]))
    assert matter.tolist() == [brains.WHITE_MATTER, GREY, FLUID, NONE]


def test_over_many_draws_every_voxel_has_its_share():
    """The field is evenly spread, so that tissues occur as often as the average says."""
    where = brains.grid()[:, 1:2, 60:140:8, 30:140:8]
    white, grey, inside = brains.shares(where)
    seen = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        draw = brains.even(brains.field(rng, (200, 168), 7.0))[60:140:8, 30:140:8]
        seen.append(brains.drawn(where, draw[None]))
    seen = np.array(seen)
    for share, matter in ((white, brains.WHITE_MATTER), (grey, GREY)):
        error = (seen == matter).mean(axis=0)[inside] - share[inside]
        assert abs(error.mean()) < 0.01  # SD of a voxel's share 0.03, of the mean far less
        assert np.abs(error).max() < 0.15


@pytest.mark.parametrize("smooth", [2.0, 7.0, 30.0])
def test_a_field_has_sd_one_over_draws(smooth):
    values = [brains.field(np.random.default_rng(s), (60, 40), smooth)[5, 7] for s in range(600)]
    assert np.std(values) == pytest.approx(1, abs=0.12)  # 4 standard errors
    assert np.mean(values) == pytest.approx(0, abs=0.17)


def test_places_worked_out_by_hand():
    """Millimetres of the average: right-left, front, up."""
    at = {  # matter, place -> label
        "head of the caudate": (GREY, (12, 14, 8), DEEP),
        "thalamus": (GREY, (-10, -18, 8), DEEP),
        "frontal cortex": (GREY, (20, 60, 8), CORTEX),
        "lateral ventricle": (FLUID, (10, 10, 16), VENTRICLES),
        "between the halves": (FLUID, (0, 60, 16), OUTER),
        "fourth ventricle": (FLUID, (0, -45, -40), VENTRICLES),
        "cerebellum's white matter": (brains.WHITE_MATTER, (-25, -60, -40), HIND),
        "brain stem": (GREY, (0, -25, -42), HIND),
        "temporal lobe": (GREY, (40, 0, -40), CORTEX),
        "corpus callosum": (brains.WHITE_MATTER, (0, 24, 16), WHITE),
        "outside": (NONE, (80, 80, 8), brains.BACKGROUND),
    }
    matter = np.array([entry[0] for entry in at.values()], np.uint8)
    where = np.array([entry[1] for entry in at.values()], float).T
    assert brains.placed(matter, where).tolist() == [entry[2] for entry in at.values()]


@pytest.mark.parametrize("family", [brains.TRAINING, brains.HELD_OUT])
def test_deformations_have_their_size_and_never_fold(family):
    where = brains.grid()[:, 1]
    moved = [
        brains.displacement(np.random.default_rng(s), where[:, None], family)[:, 0]
        for s in range(12)
    ]
    assert np.std(moved) == pytest.approx(family.shift_mm, rel=0.2)
    for shift in moved:
        dy, dx = (np.gradient(shift[k], axis=axis) for k, axis in ((1, 0), (0, 1)))
        cross = np.gradient(shift[0], axis=0) * np.gradient(shift[1], axis=1)
        assert ((1 - dy) * (1 + dx) + cross).min() > 0  # the plane's Jacobian; rows run backwards


# --- imaging --------------------------------------------------------------------------------------


def test_a_subject_is_a_function_of_its_number_and_family():
    two, one = brains.subjects(range(5, 7), QUIET), brains.subjects(range(6, 7), QUIET)
    assert np.array_equal(two.images[1], one.images[0])
    assert np.array_equal(two.labels[1], one.labels[0])
    assert not np.array_equal(two.labels[0], two.labels[1])
    assert one.images.shape == (1, len(brains.SLICES), brains.HEIGHT, brains.WIDTH)


def test_without_noise_and_bias_a_tissue_has_its_signal_away_from_borders():
    from scipy import ndimage

    made = brains.subjects(range(1), QUIET)
    grey, fluid = np.random.default_rng([0, 1]).uniform([0.66, 0.25], [0.76, 0.36])
    for tissue, signal in ((WHITE, 1.0), (CORTEX, grey), (VENTRICLES, fluid)):
        deep = ndimage.binary_erosion(made.labels[0] == tissue, np.ones((1, 7, 7)))
        assert deep.any()
        assert np.allclose(made.images[0][deep], signal, atol=0.01)  # white matter's 90th centile


def test_the_families_do_not_overlap_where_they_are_said_to():
    known, new = brains.TRAINING, brains.HELD_OUT
    for name in ("grey", "fluid", "bias", "noise"):
        assert getattr(known, name)[1] <= getattr(new, name)[0]
    assert new.smooth_mm < known.smooth_mm and new.folds_mm < known.folds_mm


def test_noise_of_a_magnitude_image_is_rice_s():
    """Where there is no signal its mean is σ √(π / 2), Rayleigh's (Gudbjartsson, Patz 1995)."""
    noisy = replace(QUIET, noise=(0.05, 0.05))
    made, clean = brains.subjects(range(1), noisy), brains.subjects(range(1), QUIET)
    white = made.labels == WHITE
    scale = np.median(made.images[white] / clean.images[white])
    outside = made.images[0][:, :20, :20].mean() / scale  # a corner without brain
    assert (made.labels[0][:, :20, :20] == brains.BACKGROUND).all()
    assert outside == pytest.approx(0.05 * np.sqrt(np.pi / 2), rel=0.03)


def test_the_bias_field_has_its_range_within_the_brain():
    brain = np.zeros((len(brains.SLICES), brains.HEIGHT, brains.WIDTH), bool)
    brain[:, 60:140, 40:120] = True
    field = brains._bias_field(np.random.default_rng(0), brain, 0.2)[brain]
    assert (field.min(), field.max()) == (pytest.approx(0.9), pytest.approx(1.1))


def test_a_bent_copy_differs_from_its_parent_by_place_alone():
    straight = brains.parent(3, QUIET)
    bent = brains.parent(3, QUIET, bent=brains.TRAINING)
    child = brains.subjects(range(3, 4), QUIET)
    outline = [one.labels == brains.BACKGROUND for one in (straight, bent, child)]
    assert np.array_equal(outline[1], outline[2])  # as its child is bent
    assert not np.array_equal(outline[0], outline[1])
    unbent = replace(brains.TRAINING, scale=(1.0, 1.0), shift_mm=0.0)
    assert np.array_equal(brains.parent(3, QUIET, bent=unbent).images, straight.images)


def test_an_anatomy_imaged_anew_keeps_its_labels_and_no_noise():
    first = brains.subjects(range(7, 8), brains.TRAINING)
    anew = brains.rescanned(range(7, 8), brains.TRAINING, brains.HELD_OUT)
    assert np.array_equal(first.labels, anew.labels)
    corners = [one.images[..., :20, :20].ravel() for one in (first, anew)]  # without brain
    assert abs(np.corrcoef(*corners)[0, 1]) < 0.1
    white, grey = (anew.images[anew.labels == tissue].mean() for tissue in (WHITE, CORTEX))
    assert brains.HELD_OUT.grey[0] - 0.05 < grey / white < brains.HELD_OUT.grey[1] + 0.05


def test_the_parent_is_the_average_s_anatomy_whatever_its_number():
    one, other = brains.parent(0, brains.HELD_OUT), brains.parent(1, brains.HELD_OUT)
    assert np.array_equal(one.labels, other.labels)
    inner = one.labels[..., 1:]  # x from -83 to 83 mm
    assert np.array_equal(inner, inner[..., ::-1])  # as symmetric as the average
    assert not np.array_equal(one.images, other.images)

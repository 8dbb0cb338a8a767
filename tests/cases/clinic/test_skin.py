"""Pores and hairs belong to the skin: their own draws, their place on the body, no lesion moved."""

import numpy as np
import pytest
from scipy import ndimage
from skimage.morphology import skeletonize

from dermlab.cases import clinic
from dermlab.cases.clinic import lesions, phenotypes, skin
from dermlab.cases.clinic.fields import grid

SITES = tuple(skin.PITCH)
VIEW = lesions.View(0.4, 1.0, 0.6, (0.0, 0.0), (0.5, 0.2, 0.84), False)


def near(size=192, width=16.0, **view):
    return grid(size, width=width, **view)


def lesion(**grades):
    start = {"number": -2, "size": 1.2, "edge": 3, "brown": 2} | grades
    return phenotypes.values(np.array([start.get(s, -2.0) for s in phenotypes.signs().index]))


def test_palms_and_soles_have_neither_nor_has_a_place_that_is_not_known():
    for site in ("palms/soles", "unknown"):
        assert skin.pores(1, site, near()) is None
        assert skin.hairs(1, site, 2, near()) == []


def test_pores_are_small_separate_dots_as_many_as_the_follicles():
    for site in SITES:
        found = np.mean([_dots(skin.pores(seed, site, near())) for seed in range(8)])
        expected = (16 / skin.PITCH[site]) ** 2
        assert 0.6 * expected < found < 1.15 * expected


def _dots(shares):
    peaks = (ndimage.maximum_filter(shares, 5) == shares) & (shares > 0.1 * shares.max())
    return peaks.sum()


def test_the_face_has_more_and_darker_pores():
    dark = {s: np.mean([skin.pores(i, s, near()).mean() for i in range(20)]) for s in SITES}
    assert all(dark["head/neck"] > 2.5 * dark[site] for site in SITES if site != "head/neck")


def test_two_views_show_the_same_pores():
    upright, turned = (skin.pores(3, "torso", near(64, 8.0, turn=t)) for t in (0.0, np.pi / 2))
    assert np.abs(turned - np.rot90(upright, -1)).max() < 1e-3
    wide, close = skin.pores(3, "torso", near(256, 16.0)), skin.pores(3, "torso", near(128, 8.0))
    assert np.abs(wide[64:192, 64:192] - close).max() < 1e-3


def test_pores_and_hairs_keep_their_light_at_another_size_and_fade_with_distance():
    def share(size, width=16.0):
        return skin.pores(2, "head/neck", near(size, width))

    small, large = share(48), share(192)
    assert np.abs(large.reshape(48, 4, 48, 4).mean((1, 3)) - small).mean() < 0.004
    fine, coarse = (skin.hairs(3, "upper extremity", 2, near(n))[0][0] for n in (192, 48))
    apart = np.abs(fine.reshape(48, 4, 48, 4).mean((1, 3)) - coarse)
    assert fine.max() > 0.1
    assert apart.mean() < 0.2 * coarse.mean()
    assert share(96, 70.0) is None
    assert share(96, 50.0).max() < share(96, 20.0).max()


def test_hairs_are_thin_lines_on_some_of_the_lesions():
    shown = [skin.hairs(seed, "upper extremity", 3, near()) for seed in range(200)]
    some = np.mean([len(coats) > 0 for coats in shown])
    expected = 1 - (1 - skin.DOWNY["upper extremity"]) * (1 - skin.HAIRY["upper extremity"])
    assert some == pytest.approx(expected, abs=0.12)
    covered = [(share > 0.1).mean() for coats in shown for share, _ in coats]
    assert np.median(covered) < 0.05
    assert max(covered) < 0.15
    line = max((share for coats in shown for share, _ in coats), key=lambda s: s.sum()) > 0.1
    assert line.sum() / skeletonize(line).sum() * 16 / 192 < 0.35  # mm across


def test_pores_leave_the_lesion_and_its_mask_alone(monkeypatch):
    monkeypatch.setattr(skin, "hairs", lambda *_: [])
    v = lesion()
    mask = lesions.mask(v, 5, VIEW, 96)
    with_pores = lesions.picture(v, 2, 5, VIEW, 96, "head/neck")
    monkeypatch.setattr(skin, "pores", lambda *_: None)
    without = lesions.picture(v, 2, 5, VIEW, 96, "head/neck")
    change = np.abs(with_pores - without).max(0)
    core = ndimage.binary_erosion(mask, iterations=5)  # a pore at the edge shades its neighbours
    assert core.sum() > 100
    assert change[core].max() < 1e-6
    assert (change[~mask] > 0.02).mean() > 0.005
    assert np.array_equal(mask, lesions.mask(v, 5, VIEW, 96))


def test_the_site_changes_the_pixels_and_not_the_masks():
    cases = clinic.test_set("melanoma-vs-nevus", 4, 4, seed=3).assign(site="head/neck")
    bare = cases.assign(site="palms/soles")
    assert np.array_equal(clinic.masks(cases, 96), clinic.masks(bare, 96))
    apart = np.abs(clinic.render(cases, 96).astype(int) - clinic.render(bare, 96))
    assert 0 < apart.mean() < 6  # subtle: two different pictures are about 40 apart

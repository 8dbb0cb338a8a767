"""Signs and what they do to a picture: each is turned up alone."""

import numpy as np
import pytest

from dermlab.cases import clinic
from dermlab.cases.clinic import lesions, phenotypes
from dermlab.cases.clinic.fields import grid

VIEW = lesions.View(0.4, 1.0, 0.6, (0.0, 0.0), (0.5, 0.2, 0.84), False)


def values(**grades):
    table = phenotypes.signs().index
    start = {"number": -2, "size": 1.8, "edge": 3, "brown": 2}
    return phenotypes.values(np.array([(start | grades).get(name, -2.0) for name in table]))


def draw(pixels=96, skin=2, seed=5, view=VIEW, **grades):
    return lesions.picture(values(**grades), skin, seed, view, pixels)


def inside(pixels=96, seed=5, view=VIEW, **grades):
    return lesions.mask(values(**grades), seed, view, pixels)


def test_one_round_lesion_has_the_diameter_that_its_size_says():
    v = values(asymmetry=-9, border=-9)
    rng = np.random.default_rng(5)
    points, radius = lesions.elements(rng, v)
    where = lesions.frame(points, radius, v, VIEW, 200)
    area = lesions.mask(v, 5, VIEW, 200).sum() * where.cell[0] * where.cell[1]
    assert 2 * np.sqrt(area / np.pi) == pytest.approx(v["size"], rel=0.15)


def test_asymmetry_and_border_lengthen_the_outline_for_its_area():
    def compactness(seed, **grades):
        m = inside(pixels=128, seed=seed, **grades)
        rim = (m[1:] != m[:-1]).sum() + (m[:, 1:] != m[:, :-1]).sum()
        return rim / np.sqrt(m.sum())

    smooth = np.mean([compactness(s, asymmetry=0, border=0) for s in range(12)])
    ragged = np.mean([compactness(s, asymmetry=3.5, border=3.5) for s in range(12)])
    assert ragged > 1.25 * smooth


def test_number_and_linearity_arrange_the_elements():
    many = lesions.elements(np.random.default_rng(1), values(number=3))[0]
    assert len(many) == int(values(number=3)["number"]) > 30

    def gap(**grades):
        points = lesions.elements(np.random.default_rng(1), values(number=3, **grades))[0]
        apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
        return np.sort(apart, 1)[:, 1]

    even, random = gap(regularity=4), gap(regularity=-2)
    assert even.std() / even.mean() < random.std() / random.mean()
    assert gap(linearity=4, regularity=2).mean() < 0.85 * gap(linearity=-2, regularity=2).mean()


@pytest.mark.parametrize(
    ("sign", "red", "green", "blue"),
    [("brown", -1, -1, -1), ("red", 0, -1, -1), ("yellow", 0, -1, -1), ("blue", -1, -1, -1)],
)
def test_a_colour_sign_takes_its_bands(sign, red, green, blue):
    m = inside()
    before, after = draw(brown=0)[:, m].mean(1), draw(**({"brown": 0} | {sign: 4}))[:, m].mean(1)
    change = (after - before) / before
    for band, direction in enumerate((red, green, blue)):
        assert change[band] < -0.15 if direction else change[band] > -0.15


def test_violet_is_darker_in_red_than_fresh_blood_and_pale_lightens_dark_skin():
    m = inside()
    fresh, livid = draw(brown=0, red=3), draw(brown=0, red=3, violet=4)
    assert livid[0, m].mean() < 0.9 * fresh[0, m].mean()
    dark, bleached = draw(brown=-2, skin=6), draw(brown=-2, skin=6, pale=4)
    assert bleached[:, m].mean() > 1.5 * dark[:, m].mean()


@pytest.mark.parametrize(
    "sign", ["rough", "scale", "vessels", "plugs", "wrinkle", "variegation", "ulcer", "pustule"]
)
def test_a_structure_sign_roughens_the_lesion(sign):
    m = inside(brown=1.5)
    change = np.abs(draw(brown=1.5, **{sign: 4}) - draw(brown=1.5))[:, m]
    assert change.std() > 0.01
    if sign != "variegation":
        assert np.abs(draw(brown=1.5, **{sign: 0}) - draw(brown=1.5)).max() < 1e-6


def test_halo_pales_a_ring_outside_and_flare_reddens_it():
    m = inside()
    ring = inside(pixels=96) ^ (lesions_rho() < 1.7)
    plain = draw(skin=4)
    assert draw(skin=4, halo=4)[2, ring].mean() > 1.2 * plain[2, ring].mean()
    flared = draw(skin=4, flare=4)
    assert flared[1, ring].mean() < 0.95 * plain[1, ring].mean()
    assert np.abs(flared[:, m] - plain[:, m]).mean() < 0.02


def lesions_rho():
    v, rng = values(), np.random.default_rng(5)
    points, radius = lesions.elements(rng, v)
    return lesions.outline(rng, points, radius, v, lesions.frame(points, radius, v, VIEW, 96))[0]


def test_dermoscopy_flattens_the_relief_and_shows_the_network():
    flat = lesions.View(0.4, 1.0, 0.6, (0.0, 0.0), (0.5, 0.2, 0.84), True)
    grades = {"size": 1.5, "border": 0, "network": 4, "brown": 2.5}
    m = inside(160, **grades) & inside(160, view=flat, **grades)
    eye, scope = draw(pixels=160, **grades), draw(pixels=160, view=flat, **grades)
    bare = draw(pixels=160, view=flat, **(grades | {"network": -2}))
    assert np.abs(scope - bare)[:, m].mean() > 0.02
    dome = [np.ptp(draw(view=w, height=4, shine=3)[0][inside()]) for w in (VIEW, flat)]
    assert dome[1] < 0.6 * dome[0]
    assert eye.shape == scope.shape == (3, 160, 160)


def test_the_whole_lesion_is_in_the_picture_when_it_is_alone():
    for seed in range(10):
        m = inside(seed=seed, asymmetry=1, border=1)
        assert 0.05 < m.mean() < 0.9
        assert m[48, 48]


def test_grid_covers_the_width():
    where = grid(10, width=20.0, tilt=0.5)
    assert where.cell == (2.0, 4.0)
    assert where.x[[0, -1]] == pytest.approx([-9, 9])


def test_lesions_of_the_nine_partitions_differ_in_what_is_measured_on_them():
    """Kaposi's are several, nevi single and compact: read off the masks, not off the grades."""
    from scipy import ndimage

    found = clinic.test_set("nine-way", *[12] * 9, seed=2)
    names = found["truth"].map(_nine())
    parts = [ndimage.label(m)[1] for m in clinic.masks(found, 96)]
    many = dict(zip(*np.unique(names, return_counts=True), strict=True))
    assert set(many.values()) == {12}
    median = {n: np.median([p for p, k in zip(parts, names, strict=True) if k == n]) for n in many}
    assert median["benign melanocyte"] <= 1.5
    assert median["malignant dermal"] >= 3
    assert median["genodermatoses"] >= 6


def _nine():
    from dermlab.cases import taxonomy

    return taxonomy.ancestor_at(taxonomy.load_tree(), "nine-way")

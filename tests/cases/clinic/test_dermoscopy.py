"""Signs of dermoscopy do in pixels what the table says, and only under the dermatoscope."""

import numpy as np
import pytest
from scipy import ndimage

from dermlab.cases import clinic, taxonomy
from dermlab.cases.clinic import dermoscopy, lesions, phenotypes

EYE = lesions.View(0.4, 1.0, 0.6, (0.0, 0.0), (0.5, 0.2, 0.84), False)
GLASS = lesions.View(0.4, 1.0, 0.6, (0.0, 0.0), (0.5, 0.2, 0.84), True)
ADDED = ("globules", "streaks", "dotted")
PIXELS = 192


def values(**grades):
    start = {"number": -2, "size": 1.8, "edge": 3, "brown": 1.5, "asymmetry": 1} | grades
    return phenotypes.values(np.array([start.get(s, -2.0) for s in phenotypes.signs().index]))


def draw(view=GLASS, seed=5, **grades):
    return lesions.picture(values(**grades), 2, seed, view, PIXELS, "palms/soles")


def changed(sign, seed=5, **grades):
    """The change that a sign makes, (3, size, size), and where the lesion lies."""
    mask = lesions.mask(values(**grades), seed, GLASS, PIXELS)
    return draw(seed=seed, **grades, **{sign: 4}) - draw(seed=seed, **grades), mask


def width_mm(seed=5, **grades):
    v = values(**grades)
    points, radius = lesions.elements(np.random.default_rng(seed), v)
    return lesions.frame(points, radius, v, GLASS, PIXELS).cell[0]


def far_outside(mask, mm=1.0, **grades):
    return ndimage.distance_transform_edt(~mask) * width_mm(**grades) > mm


@pytest.mark.parametrize("sign", ADDED)
def test_only_the_dermatoscope_shows_them(sign):
    assert np.array_equal(draw(EYE, **{sign: 4}), draw(EYE))
    assert np.abs(changed(sign)[0]).max() > 0.05
    assert np.array_equal(draw(**{sign: 0}), draw())  # grade 0 is absent


def test_globules_are_brown_and_lie_inside():
    change, mask = changed("globules")
    assert change.max() < 1e-6  # they take light
    assert np.abs(change[:, far_outside(mask)]).max() < 0.02
    taken = -change[:, mask].mean(1) / draw()[:, mask].mean(1)
    assert taken[0] < taken[1] < taken[2]  # melanin takes blue most
    labels, n = ndimage.label(change[0] < 0.5 * change[0].min())
    sizes = 2 * np.sqrt(ndimage.sum_labels(labels > 0, labels, range(1, n + 1)) / np.pi)
    assert n > 12
    assert 0.1 < np.median(sizes) * width_mm() < 0.9  # mm


def test_globules_are_even_in_a_regular_lesion_and_uneven_in_an_irregular_one():
    def evenness(**grades):
        """Spread of the share of globules over the lesion's four quarters, of 12 lesions."""
        spread = []
        for seed in range(12):
            change, mask = changed("globules", seed, **grades)
            y, x = np.indices(mask.shape) - PIXELS / 2
            quarters = [mask & (a * x > 0) & (b * y > 0) for a in (-1, 1) for b in (-1, 1)]
            found = np.array([-change[0, q].mean() for q in quarters])
            spread.append(found.std() / found.mean())
        return np.mean(spread)

    regular = evenness(border=-2, variegation=-2)
    assert evenness(border=3, variegation=3) > 2 * regular


def test_streaks_lie_at_the_edge_and_run_across_it():
    for seed in range(4):
        change, mask = changed("streaks", seed)
        shown = -change[0] > 0.02
        mm = width_mm(seed)
        inward = ndimage.distance_transform_edt(mask) * mm
        outward = ndimage.distance_transform_edt(~mask) * mm
        assert shown.sum() > 100
        assert inward[shown].max() < 1.5
        assert outward[shown].max() < 2.2
        assert (shown & mask).any()
        assert (shown & ~mask).any()
        many = ndimage.label(shown & (outward > 0.3))[1]
        assert many >= 6


def test_streaks_of_an_irregular_lesion_take_part_of_the_edge():
    def sectors(**grades):
        taken = []
        for seed in range(8):
            change, _ = changed("streaks", seed, asymmetry=-2, **grades)
            y, x = np.nonzero(-change[0] > 0.02)
            angle = np.arctan2(y - PIXELS / 2, x - PIXELS / 2)
            taken.append((np.histogram(angle, 24, (-np.pi, np.pi))[0] > 0).mean())
        return np.mean(taken)

    assert sectors(border=-2, variegation=-2) > 0.9
    assert sectors(border=1.5, variegation=3) < 0.85


def test_dotted_vessels_are_red():
    change, mask = changed("dotted", brown=-1)
    taken = -change[:, mask].mean(1) / draw(brown=-1)[:, mask].mean(1)
    assert taken[1] > 2 * taken[0]
    assert taken[2] > 2 * taken[0]
    assert np.abs(change[:, far_outside(mask)]).max() < 0.02


def test_vessels_are_deeper_and_glare_is_gone_in_polarised_light():
    lit = {"brown": -1, "red": -1}
    blood = [
        (draw(view, **lit) - draw(view, **lit, vessels=4))[1].max() / draw(view, **lit)[1].mean()
        for view in (EYE, GLASS)
    ]
    assert blood[1] > blood[0]
    glare = [draw(view, height=3, shine=4)[2].max() for view in (EYE, GLASS)]
    assert glare[0] > 1.15 * glare[1]
    assert np.ptp(draw(GLASS, height=4, brown=-2)[0]) < 0.5 * np.ptp(
        draw(EYE, height=4, brown=-2)[0]
    )


@pytest.mark.parametrize("sign", ADDED)
def test_they_move_nothing_else(sign):
    grades = {"brown": 2, "network": 3, "variegation": 2}
    assert np.array_equal(
        lesions.mask(values(**grades), 5, GLASS, 96),
        lesions.mask(values(**grades, **{sign: 4}), 5, GLASS, 96),
    )
    change, mask = changed(sign, **grades)
    assert np.abs(change[:, far_outside(mask, 2.5, **grades)]).max() < 1e-6


def test_irregularity_rises_with_border_and_variegation():
    calm, wild = (values(border=g, variegation=g) for g in (-2, 4))
    assert dermoscopy.irregularity(calm) < 0.05
    assert dermoscopy.irregularity(wild) == pytest.approx(1, abs=0.01)


def test_the_table_has_them_where_dermoscopy_has_them():
    graded = phenotypes.described(taxonomy.load_tree())
    melanoma, nevus = graded.loc["malignant melanoma"], graded.loc["benign melanocyte"]
    assert melanoma["streaks"] > nevus["streaks"] + 1.5
    assert graded.loc["congenital nevus", "globules"] > nevus["globules"] > 1
    assert graded["dotted"].idxmax() in taxonomy.descendants(taxonomy.load_tree(), "psoriasis")
    assert (phenotypes.signs().loc[list(ADDED), "suspicion"] == 0).all()


def test_melanomas_show_more_streaks_than_nevi_in_the_tables_of_cases():
    found = clinic.test_set("melanoma-vs-nevus", 60, 60, seed=4, modality="dermoscopy")
    nine = found["truth"].map(taxonomy.ancestor_at(taxonomy.load_tree(), "nine-way"))
    streaks = found["sign_streaks"].groupby(nine).mean()
    assert streaks["malignant melanoma"] > streaks["benign melanocyte"] + 0.8

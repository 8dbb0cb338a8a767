"""Blurry and distant photographs and other skin types: on request, and nothing else moves."""

import hashlib
import io

import numpy as np
import pandas as pd
import pytest

from dermlab.cases import clinic
from dermlab.cases.clinic import quality
from dermlab.errors import InputError

SIZE = 96

# of tables and pictures that were made before there were such options
TABLES = {
    "clinic": "e21a2d8595b24c8e64a42bb0b164368f1961a75ca3f466c56e984cd177c84566",
    "test set": "183a5672ee5dae9ab114abfc07940ce9380082336a33e9b31f252fc729cc0958",
}
SUMS = (
    *(907909, 856412, 1225735, 1118854, 1074972, 1189354, 1195810, 1150328),
    *(1279967, 1038375, 1030634, 1189747, 1375150, 1225750, 1274671, 1413694),
)
AREAS = (987, 1695, 647, 761, 1353, 453, 1676, 328, 734, 1060, 641, 725, 250, 696, 755, 55)


def made(**options):
    return clinic.make(40, 5, dermoscopy=0.5, **options)


@pytest.fixture(scope="module")
def plain():
    return made()


@pytest.fixture(scope="module")
def first(plain):
    """One clinical photograph of each of twelve patients: where, among the rows."""
    shown = plain[(plain["view"] == 1) & (plain["modality"] == "clinical")]
    return shown.drop_duplicates("patient_id").index[:12]


def sha256(cases):
    text = cases.to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def detail(pictures):
    """How much neighbouring pixels differ, (n,)."""
    grey = pictures.astype(float).mean(-1)
    return np.abs(np.diff(grey, axis=1)).mean((1, 2)) + np.abs(np.diff(grey, axis=2)).mean((1, 2))


# --- the defaults ---------------------------------------------------------------------------------


def test_without_the_options_the_tables_are_those_of_before(plain):
    assert sha256(plain) == TABLES["clinic"]
    assert sha256(clinic.test_set("nine-way", *[2] * 9, seed=5)) == TABLES["test set"]
    asked = made(blurry=0.0, distant=0.0, skin_types=None)
    pd.testing.assert_frame_equal(asked, plain)


def test_without_the_options_the_pictures_are_those_of_before(plain):
    """Another processor rounds a few values to the next level; a look moves whole pictures."""
    pixels = clinic.render(plain.iloc[:16], 48)
    assert pixels.reshape(16, -1).sum(1) == pytest.approx(np.array(SUMS), rel=1e-4)
    assert np.abs(clinic.masks(plain.iloc[:16], 48).sum((1, 2)) - AREAS).max() <= 1


def test_no_blur_and_the_usual_distance_are_no_change_at_all(plain):
    rows = plain.iloc[:16]
    neutral = rows.assign(blur=0.0, distance=1.0)
    assert np.array_equal(clinic.render(neutral, 48), clinic.render(rows, 48))
    assert np.array_equal(clinic.masks(neutral, 48), clinic.masks(rows, 48))


def test_tables_with_and_without_the_columns_may_be_joined(plain):
    both = pd.concat([plain.iloc[:3], made(blurry=1.0).iloc[:3]])
    pixels = clinic.render(both, 48)
    assert np.array_equal(pixels[:3], clinic.render(plain.iloc[:3], 48))
    assert (detail(pixels[3:]) < detail(pixels[:3])).all()


# --- the tables -----------------------------------------------------------------------------------


def test_blurry_and_distant_come_at_the_shares_asked_for_and_change_nothing_else():
    plain = clinic.make(1500, 3)
    found = clinic.make(1500, 3, blurry=0.3, distant=0.1)
    pd.testing.assert_frame_equal(found.drop(columns=list(quality.COLUMNS)), plain)
    blurry, distant = found["blur"] > 0, found["distance"] > 1
    clinical = found["modality"] == "clinical"
    assert blurry.mean() == pytest.approx(0.3, abs=4 * 0.46 / np.sqrt(len(found)))
    assert distant[clinical].mean() == pytest.approx(0.1, abs=4 * 0.3 / np.sqrt(clinical.sum()))
    assert (blurry & distant).mean() == pytest.approx(0.03, abs=0.012)
    assert found.loc[blurry, "blur"].between(*quality.BLURS).all()
    assert found.loc[distant, "distance"].between(*quality.DISTANCES).all()
    assert found.loc[blurry, "blur"].nunique() > 200


def test_a_larger_share_adds_to_the_blurry_ones():
    few, many = (clinic.make(300, 3, blurry=share)["blur"] for share in (0.2, 0.6))
    assert (many[few > 0] == few[few > 0]).all() and (many > 0).sum() > (few > 0).sum()


def test_a_dermatoscope_is_never_distant():
    found = made(distant=1.0)
    dermoscopic = found["modality"] == "dermoscopy"
    assert dermoscopic.any() and (found.loc[dermoscopic, "distance"] == 1).all()
    assert (found.loc[~dermoscopic, "distance"] > 1).all()


def test_skin_types_come_in_the_shares_asked_for_and_change_nothing_else():
    plain = clinic.make(1500, 3)
    found = clinic.make(1500, 3, skin_types={1: 0.25, 5: 0.75})
    pd.testing.assert_frame_equal(found.drop(columns="skin_type"), plain.drop(columns="skin_type"))
    people = found.drop_duplicates("patient_id")["skin_type"].value_counts(normalize=True)
    assert set(people.index) == {"1", "5"}
    assert people["5"] == pytest.approx(0.75, abs=4 * 0.43 / np.sqrt(1500))
    assert (found.groupby("patient_id")["skin_type"].nunique() == 1).all()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"blurry": 1.5}, "blurry is a share"),
        ({"distant": -0.1}, "distant is a share"),
        ({"skin_types": {1: 0.5, 2: 0.4}}, "parts of 1"),
        ({"skin_types": {0: 0.5, 2: 0.5}}, "skin types 1 to 6"),
        ({"skin_types": {1: 1.5, 2: -0.5}}, "parts of 1"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(options, sentence):
    with pytest.raises(InputError, match=sentence):
        clinic.make(5, 1, **options)


# --- the pictures ---------------------------------------------------------------------------------


def test_blurry_pictures_lose_detail_and_keep_their_colour(plain, first):
    sharp = clinic.render(plain.loc[first], SIZE)
    blurry = clinic.render(made(blurry=1.0).loc[first], SIZE)
    assert (detail(blurry) < 0.75 * detail(sharp)).all()
    assert np.abs(blurry.mean((1, 2)) - sharp.mean((1, 2))).max() < 8  # glare is spread
    more = plain.loc[first].assign(blur=0.08, distance=1.0)
    assert (detail(clinic.render(more, SIZE)) < detail(blurry)).all()


def test_blur_leaves_the_lesion_where_it_is(plain, first):
    masks = clinic.masks(made(blurry=1.0).loc[first], SIZE)
    assert np.array_equal(masks, clinic.masks(plain.loc[first], SIZE))


def test_from_twice_as_far_the_lesion_has_half_the_width(plain, first):
    """Where nothing of it lies beyond the picture's edge."""
    rows = plain.loc[first]
    near = clinic.masks(rows, SIZE)
    edge = near[:, [0, -1]].any((1, 2)) | near[:, :, [0, -1]].any((1, 2))
    whole = rows[~edge]
    twice = clinic.masks(whole.assign(distance=2.0), 2 * SIZE)
    assert len(whole) >= 4
    for far, usual in zip(twice, near[~edge], strict=True):
        assert far.sum() == pytest.approx(usual.sum(), rel=0.05)


def test_the_mask_of_a_distant_lesion_agrees_with_the_pixels():
    """Brown lesions of fair skin are darker inside their mask than round it, from afar as well."""
    nevi = clinic.test_set("melanoma-vs-nevus", 0, 60, seed=4)
    nevi = nevi[(nevi["sign_brown"] > 2) & (nevi["sign_pale"] < 1) & (nevi["sign_blue"] < 1)]
    nevi = nevi.assign(skin_type="2", distance=3.0)
    pixels, masks = clinic.render(nevi, 192).mean(-1), clinic.masks(nevi, 192)
    inside = np.array([grey[mask].mean() for grey, mask in zip(pixels, masks, strict=True)])
    outside = np.array([grey[~mask].mean() for grey, mask in zip(pixels, masks, strict=True)])
    assert len(nevi) >= 10
    assert (inside < outside - 10).all()
    assert masks.mean() < 0.1


def test_blurry_and_distant_pictures_depend_on_their_row_alone_at_any_size():
    cases = made(blurry=0.5, distant=0.5).iloc[:24]
    pixels = clinic.render(cases, SIZE)
    order = np.random.default_rng(0).permutation(24)[:8]
    assert np.array_equal(clinic.render(cases.iloc[order], SIZE), pixels[order])
    back = pd.read_csv(io.StringIO(cases.to_csv(index=False)), dtype="str").iloc[:8]
    assert np.array_equal(clinic.render(back, SIZE), pixels[:8])
    large = clinic.render(cases, 3 * SIZE).astype(float)
    shrunk = large.reshape(24, SIZE, 3, SIZE, 3, 3).mean((2, 4))
    assert np.abs(shrunk - pixels).mean((1, 2, 3)).max() < 9

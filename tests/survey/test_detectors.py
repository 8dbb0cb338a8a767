"""Detectors: blobs against vessels, matches worked out by hand, a real patch and a real eye."""

import numpy as np
import pandas as pd
import pytest
from skimage.feature import hessian_matrix, hessian_matrix_eigvals

from dermlab.errors import InputError
from dermlab.survey import detectors, fundus


def drawn():
    """A contrast with a dark dot at (30, 20) and a dark line down the column 45."""
    rows, columns = np.indices((64, 64))
    dot = np.exp(-((rows - 30) ** 2 + (columns - 20) ** 2) / (2 * 2.0**2))
    line = np.exp(-((columns - 45) ** 2) / (2 * 2.0**2))
    return -0.3 * dot - 0.3 * line


def test_a_dot_is_dark_in_every_direction_and_a_line_in_one():
    smaller, larger, smooth = detectors.curvatures(drawn(), 2.0)
    assert smaller[30, 20] > 0.9 * larger[30, 20] > 0.05
    assert abs(smaller[30, 45]) < 1e-6 < 0.05 < larger[30, 45]
    assert smooth[30, 20] == pytest.approx(-0.15, abs=0.01)  # half: two widths of 2 add up


def test_the_curvatures_are_scikit_images_eigenvalues():
    values = np.random.default_rng(0).normal(size=(40, 40))
    smaller, larger, _ = detectors.curvatures(values, 3.0)
    matrix = hessian_matrix(values, 3.0, mode="nearest", use_gaussian_derivatives=True)
    high, low = 9 * hessian_matrix_eigvals(matrix)
    inner = slice(8, -8)
    for ours, theirs in ((smaller, low), (larger, high)):
        r = np.corrcoef(ours[inner, inner].ravel(), theirs[inner, inner].ravel())[0, 1]
        assert r > 0.99


def test_only_the_dot_is_a_candidate():
    places, measured = detectors.blobs(drawn(), np.ones((64, 64), bool), detectors.MM)
    assert places[0].tolist() == [30, 20]
    assert measured.shape[1] == 1 + 3 * len(detectors.SCALES)
    assert (measured[1:, 0] < 0.05 * measured[0, 0]).all()


def test_a_dark_picture_is_no_eye():
    with pytest.raises(InputError, match="dark"):
        detectors.candidates(np.zeros((64, 64, 3), np.uint8))


@pytest.fixture(scope="module")
def study():
    return fundus.make(12, 21, burden=1.0)


@pytest.fixture(scope="module")
def tables(study):
    return detectors.of_study(study)


def test_disc_and_fovea_are_where_they_are(study):
    for picture, eye in zip(fundus.render(study), study.eyes.itertuples(), strict=True):
        disc, fovea = detectors.landmarks(picture)
        assert np.hypot(*(disc - [eye.disc_x, eye.disc_y])) < 0.9
        assert np.hypot(*fovea) < 0.9


def test_plain_haemorrhages_and_exudates_are_among_the_candidates(study, tables):
    for kind, wanted in (("dark", fundus.HAEMORRHAGE), ("bright", fundus.EXUDATE)):
        matched = detectors.match(tables[kind], study.lesions, kind)
        is_one = study.lesions["kind"].eq(wanted)
        few = is_one.groupby(study.lesions["eye_id"]).transform("sum")
        plain = study.lesions[
            is_one
            & study.lesions["contrast"].gt(0.5)
            & few.lt(20)
            & np.hypot(study.lesions["x"], study.lesions["y"]).lt(5.5)
        ]
        assert len(plain) > 3 and plain.index.isin(matched["lesion"]).mean() > 0.6


def one_table():
    columns = {"eye_id": ["a", "a", "b"], "x": [0.0, 1.0, 0.0], "y": [0.0, 0.0, 0.0]}
    return pd.DataFrame(columns)


def two_lesions():
    rows = [("a", "haemorrhage", 0.08, 0.0, 0.1), ("a", "haemorrhage", 1.25, 0.0, 0.6),
            ("b", "druse", 0.0, 0.0, 0.1)]  # fmt: skip
    return pd.DataFrame(rows, columns=["eye_id", "kind", "x", "y", "diameter"])


def test_matches_worked_out_by_hand():
    matched = detectors.match(one_table(), two_lesions(), "dark")
    # 0.08 mm is within 0.1; 0.25 mm is within a radius of 0.3; a druse is no dark lesion
    assert matched["truth"].tolist() == ["haemorrhage", "haemorrhage", "other"]
    assert matched["lesion"].tolist() == [0, 1, -1]
    farther = two_lesions().assign(x=[0.11, 1.31, 0.0])
    assert detectors.match(one_table(), farther, "dark")["lesion"].tolist() == [-1, -1, -1]


def test_a_lesion_is_detected_by_a_sure_candidate_in_reach():
    answers = {
        "dark": one_table().assign(microaneurysm=[0.2, 0.0, 0.0], haemorrhage=[0.3, 0.4, 0.9])
    }
    assert detectors.detected(answers, two_lesions()).tolist() == [True, False, False]
    assert detectors.detected(answers, two_lesions(), least=0.4).tolist() == [True, True, False]


def test_what_is_learnt_finds_lesions_of_other_patients(study, tables):
    patients = study.eyes.set_index("eye_id")["patient_id"]
    fitted, answers = detectors.learn(tables, study.lesions, patients, seed=0)
    other = fundus.make(6, 22, burden=1.0)
    theirs = detectors.of_study(other)
    fresh = fitted.probabilities(theirs)
    for of, known, lesions in ((answers, tables, study.lesions), (fresh, theirs, other.lesions)):
        truth = detectors.match(known["dark"], lesions, "dark")["truth"].ne("other")
        sure = of["dark"][["microaneurysm", "haemorrhage"]].sum(axis=1)
        assert sure[truth].mean() > 0.4 > 0.1 > sure[~truth].mean()


def test_the_real_patch_has_its_two_microaneurysms_first():
    from skimage import data

    patch = data.microaneurysms().astype(float)
    lit = np.ones(patch.shape, bool)
    for mm in (0.015, 0.02, 0.025):  # nothing says how wide a pixel is
        values = detectors.contrast(patch, lit, mm)
        inside = np.pad(np.ones((92, 92), bool), 5)
        places, _ = detectors.blobs(values, inside, mm)
        near = [min(np.hypot(*(place - dot)) for dot in ((22, 16), (71, 49))) for place in places]
        assert near[0] < 3 and near[1] < 3

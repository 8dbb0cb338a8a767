"""The phantom of the retina: its sizes, its lesions, and pictures that depend on nothing else."""

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.survey import fundus


@pytest.fixture(scope="module")
def study():
    return fundus.make(40, 11, burden=0.8)


def one(kind, x=-1.5, y=0.4, diameter=0.4, contrast=0.6):
    """The first eye of a study, with this lesion alone."""
    eyes = fundus.make(1, 3).eyes
    row = (eyes["eye_id"].iloc[0], kind, x, y, diameter, contrast)
    columns = ["eye_id", "kind", "x", "y", "diameter", "contrast"]
    return fundus.Study(eyes, pd.DataFrame([row], columns=columns))


def bare():
    lesion = one(fundus.DRUSE)
    return fundus.Study(lesion.eyes, lesion.lesions.iloc[:0])


def test_a_patient_is_the_same_in_a_larger_study(study):
    few = fundus.make(7, 11, burden=0.8)
    pd.testing.assert_frame_equal(few.eyes, study.eyes.iloc[:14])
    ids = set(few.eyes["eye_id"])
    same = study.lesions[study.lesions["eye_id"].isin(ids)].reset_index(drop=True)
    pd.testing.assert_frame_equal(few.lesions, same)


def test_a_picture_is_the_same_in_every_batch_and_order(study):
    alone, both = fundus.render(study, [5]), fundus.render(study, [9, 5])
    assert np.array_equal(alone[0], both[1]) and not np.array_equal(both[0], both[1])
    assert alone.dtype == np.uint8 and alone.shape == (1, 512, 512, 3)


def test_a_small_picture_is_the_mean_over_squares(study):
    large, small = (fundus.render(study, [2], size)[0] for size in (512, 128))
    by_hand = large[8:12, 256:260].astype(float).mean(axis=(0, 1))
    assert np.abs(small[2, 64] - by_hand).max() <= 0.5
    with pytest.raises(InputError, match="divisor of 512"):
        fundus.render(study, [0], 100)


def test_nobody_is_no_study():
    with pytest.raises(InputError, match="1 or more"):
        fundus.make(0, 1)


def test_a_right_eye_has_its_disc_on_the_right(study):
    eyes = study.eyes
    assert (np.sign(eyes["disc_x"]) == np.where(eyes["side"] == "right", 1, -1)).all()
    many = fundus.make(400, 12).eyes
    distance = many["disc_x"].abs()
    assert distance.mean() == pytest.approx(fundus.DISC_FOVEA, abs=0.05)
    assert (distance / many["disc_mm"]).mean() == pytest.approx(fundus.RATIO, abs=0.03)


def test_lesions_keep_to_their_sizes_and_off_the_disc(study):
    for kind, rows in study.lesions.groupby("kind"):
        (_, *sizes), (_, *contrasts) = fundus.FORMS[kind]
        assert rows["diameter"].between(*sizes).all() and rows["contrast"].between(*contrasts).all()
    eyes = study.eyes.set_index("eye_id").loc[study.lesions["eye_id"]]
    away = np.hypot(
        study.lesions["x"].to_numpy() - eyes["disc_x"],
        study.lesions["y"].to_numpy() - eyes["disc_y"],
    )
    assert (away >= 0.75 * eyes["disc_mm"] - 1e-9).all()


def test_two_eyes_of_a_patient_are_alike():
    many = fundus.make(300, 13)
    n = many.lesions.groupby("eye_id").size().reindex(many.eyes["eye_id"], fill_value=0)
    right, left = np.log1p(n.to_numpy()).reshape(-1, 2).T
    assert np.corrcoef(right, left)[0, 1] > 0.5


@pytest.mark.parametrize("kind", fundus.DARK)
def test_a_dark_lesion_darkens_its_own_place_alone(kind):
    with_it, without = (fundus.render(s)[0].astype(int) for s in (one(kind), bare()))
    change = (with_it - without)[..., 1]
    row, column = np.unravel_index(change.argmin(), change.shape)
    place = fundus.pixel(np.array([0.4, -1.5]))
    assert np.hypot(row - place[0], column - place[1]) < 0.25 / fundus.WIDTH * fundus.SIZE
    assert change.min() < -15
    far = np.hypot(*(np.indices(change.shape) - place[:, None, None])) > 25
    assert np.abs(change[far]).max() <= 30 and np.abs(change[far].mean()) < 0.1  # noise alone


def test_an_exudate_is_pale_and_its_width_is_its_diameter():
    change = fundus.render(one(fundus.EXUDATE, diameter=0.6))[0].astype(int)
    change = (change - fundus.render(bare())[0])[..., 1]
    wide = (change > change.max() / 2).sum() * (fundus.WIDTH / fundus.SIZE) ** 2
    assert wide == pytest.approx(np.pi * 0.3**2, rel=0.25)
    assert change.max() > 40


def test_outside_the_field_it_is_black_and_no_pixel_is_beyond_its_range(study):
    pictures = fundus.render(study, range(4))
    assert (pictures[:, :4, :4] == 3).all()
    lit = pictures[:, 256, 256]
    assert (lit[:, 0] > 80).all() and (lit[:, 0] > lit[:, 1]).all()


def test_one_patient_in_five_is_referable():
    from dermlab.survey import classification

    many = fundus.make(2000, 14)
    grades = classification.of_patients(many.eyes, classification.adjudicated(many, seed=14))
    assert 0.17 < grades["referable"].mean() < 0.27


def test_the_card_counts_what_is_made():
    from pathlib import Path

    from dermlab.survey import classification

    card = (Path(__file__).parents[2] / "data_cards" / "fundus.md").read_text(encoding="utf-8")
    rows = card.split("## Counts")[1].split("|---|---|\n")[1].split("\n\n")[0].splitlines()
    said = {row.split("|")[1].strip(): row.split("|")[2].strip() for row in rows}
    study = fundus.make(1000, 0)
    kinds = study.lesions["kind"].value_counts()
    truth = classification.grade(study.eyes, study.lesions)
    agreed = classification.adjudicated(study, seed=0)
    names = {"microaneurysms": "microaneurysm", "haemorrhages": "haemorrhage",
             "exudates": "exudate", "drusen": "druse", "spots of pigment": "pigment"}  # fmt: skip
    counted = {"eyes": len(study.eyes)} | {name: kinds[kind] for name, kind in names.items()}
    for grade, name in enumerate(("without", "with mild", "with moderate", "with severe")):
        counted[f"eyes {name} retinopathy"] = (truth["grade"] == grade).sum()
    for name, of in (("", truth), (" by the adjudicated grade", agreed)):
        worse = classification.of_patients(study.eyes, of)
        counted[f"patients who are referable{name}"] = worse["referable"].sum()
    assert said == {name: f"{n:,}" for name, n in counted.items()}

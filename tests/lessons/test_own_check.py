"""A folder of anybody's pictures: what can be used, what belongs together, what is said."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dermlab.cases import splits
from dermlab.errors import InputError
from dermlab.lessons import own_check

SIZE = 32


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path_factory.mktemp("cache")))


def pixels(seed):
    """A picture like no other, (40, 40, 3) uint8."""
    coarse = np.random.default_rng(seed).integers(40, 216, (5, 5, 3))
    return coarse.repeat(8, 0).repeat(8, 1).astype(np.uint8)


def put(folder, place, seed, light=0):
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((pixels(seed) + light).astype(np.uint8)).save(folder / place)


@pytest.fixture
def folder(tmp_path):
    """Two classes of six pictures, "cup" and "bowl"."""
    for k, name in enumerate(("cup", "bowl")):
        for i in range(6):
            put(tmp_path, f"{name}/{name}_{i}.png", 10 * k + i)
    return tmp_path


def test_a_clean_folder_is_used_whole(folder):
    check = own_check.look(folder, size=SIZE)
    assert check.problems.empty and check.copies.empty
    assert check.classes.to_dict() == check.n_groups.to_dict() == {"bowl": 6, "cup": 6}
    split = own_check.split(check)
    assert own_check.scored_folds(check, split) == [0, 1, 2, 3, 4]
    assert set(split["image_id"]) == set(check.cases["image_id"])


def test_copies_count_as_one_and_stay_together(folder):
    put(folder, "cup/again.png", 0)
    put(folder, "cup/brighter.png", 0, light=20)
    check = own_check.look(folder, size=SIZE)
    assert check.classes["cup"] == 8 and check.n_groups["cup"] == 6
    joined = check.cases.dropna(subset="lesion_id")["image_id"]
    assert sorted(joined) == ["again", "brighter", "cup_0"]
    fold = own_check.split(check).set_index("image_id")["fold"]
    assert fold[joined].nunique() == 1
    said = " ".join(own_check.sentences(check, SIZE))
    assert "3 pictures are, or look like, copies of another one" in said
    assert "count as 1 picture" in said
    assert "count each picture as a new thing" in said
    assert "up to √m times as wide: 1.4 times with 2, 2.0 times with 4" in said


def test_a_near_copy_in_another_class_is_used_and_said(folder):
    put(folder, "bowl/brighter.png", 0, light=20)
    check = own_check.look(folder, size=SIZE)
    assert check.problems.empty
    assert [one["images"] for one in check.across] == [["brighter", "cup_0"]]
    assert "In two classes, so look at them: brighter and cup_0." in " ".join(
        own_check.sentences(check, SIZE)
    )


def test_the_threshold_falls_where_pictures_are_alike_by_their_kind(tmp_path):
    base = pixels(99).astype(int)
    for k, name in enumerate(("left", "right")):
        (tmp_path / name).mkdir()
        for i in range(8):
            change = np.random.default_rng(10 * k + i).normal(0, 4, base.shape)
            change = np.clip(base + change, 0, 255).astype(np.uint8)
            Image.fromarray(change).save(tmp_path / name / f"{i}.png")
    check = own_check.look(tmp_path, size=SIZE)
    assert check.threshold < own_check.THRESHOLDS[0]
    assert splits.groups(check.cases).value_counts().max() <= 4
    assert own_check.split(check)["fold"].nunique() == 5


def test_small_pictures_are_counted(folder):
    said = " ".join(own_check.sentences(own_check.look(folder, size=48), 48))
    assert "12 pictures had to be enlarged" in said
    assert "shorter side of a picture has 40 pixels" in said
    assert "enlarged" not in " ".join(own_check.sentences(own_check.look(folder, size=40), 40))


# --- ids ------------------------------------------------------------------------------------------


def ids(folder, group_of):
    places = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))
    return pd.DataFrame({"picture": places, "group": map(group_of, places)})


def test_ids_keep_what_shows_the_same_on_one_side(folder):
    table = ids(folder, lambda place: place[: place.index("_")] + str(int(place[-5]) // 2))
    check = own_check.look(folder, size=SIZE, ids=table)
    assert check.n_groups.to_dict() == {"bowl": 3, "cup": 3}
    split = own_check.split(check).set_index("image_id")["fold"]
    assert split.nunique() == 3
    assert (split.groupby(check.cases["patient_id"].to_numpy()).nunique() == 1).all()
    said = " ".join(own_check.sentences(check, SIZE))
    assert "show 6 different things (bowl 3, cup 3)" in said
    assert "does not say" not in said


def test_ids_join_copies_too(folder):
    put(folder, "cup/again.png", 0)
    table = ids(folder, lambda place: place)
    check = own_check.look(folder, size=SIZE, ids=table)
    assert check.n_groups["cup"] == 6


def test_ids_that_do_not_fit_are_refused(folder):
    table = ids(folder, lambda place: place)
    for wrong, sentence in (
        (table.rename(columns={"group": "patient"}), "no column group"),
        (table.assign(picture="x" + table["picture"]), "name no picture"),
        (pd.concat([table, table.head(1)]), "twice"),
    ):
        with pytest.raises(InputError, match=sentence):
            own_check.look(folder, size=SIZE, ids=wrong)
    with pytest.warns(UserWarning, match="1 picture without a group"):
        own_check.look(folder, size=SIZE, ids=table.iloc[1:])


# --- a publisher's parts --------------------------------------------------------------------------


def test_a_test_part_is_kept_and_becomes_the_fold_that_is_scored(tmp_path):
    for k, name in enumerate(("cup", "bowl")):
        for i in range(8):
            put(tmp_path, f"{'Train' if i < 6 else 'Test'}/{name}/{name}_{i}.png", 10 * k + i)
    check = own_check.look(tmp_path, size=SIZE)
    split = own_check.split(check).set_index("image_id")["fold"]
    assert own_check.scored_folds(check, split.reset_index()) == [0]
    assert sorted(split.index[split == 0]) == ["bowl_6", "bowl_7", "cup_6", "cup_7"]
    assert sorted(split.unique()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", ["empty", "image"])
def test_a_class_that_would_hide_a_column_is_refused(folder, name):
    for i in range(3):
        put(folder, f"{name}/{i}.png", 40 + i)
    with pytest.raises(InputError, match=f"cannot be called '{name}'"):
        own_check.look(folder, size=SIZE)

"""A folder of anybody's pictures: what can be used, what belongs together, what is said."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dermlab.cases import splits
from dermlab.errors import InputError
from dermlab.lessons import own_check, own_left_out
from dermlab.network import pictures, plans

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


# --- names that no class can have -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Cup", "capitals, blanks"),
        ("cup ", "before or behind"),
        ("cup_", "before or behind"),
        ("NA", "what is not known"),
        ("None", "what is not known"),
        ("cup\nred", "line break"),
        ("cup  \N{LATIN SMALL LETTER A WITH DIAERESIS}", "capitals, blanks"),
    ],
)
def test_a_name_that_would_be_lost_or_taken_for_another_is_refused_first(
    folder, monkeypatch, name, said
):
    for i in range(3):
        put(folder, f"{name}/n{i}.png", 40 + i)
        put(folder, f"cup a\N{COMBINING DIAERESIS}/m{i}.png", 50 + i)
    monkeypatch.setattr(pictures, "load", None)  # it is refused before a picture is decoded
    with pytest.raises(InputError, match=said) as error:
        own_check.look(folder, size=SIZE)
    assert "name" in str(error.value)


# --- what is left out -----------------------------------------------------------------------------


def test_a_broken_link_is_left_out_by_name(folder):
    (folder / "cup/gone.png").symlink_to(folder / "nowhere.png")
    check = own_check.look(folder, size=SIZE)
    (row,) = check.problems.itertuples()
    assert row.picture == "cup/gone.png" and "a link to a file that is not there" in row.reason
    assert len(check.cases) == 12


def test_a_link_to_a_folder_is_followed_to_the_pixels(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for i in range(3):
        put(elsewhere, f"jug_{i}.png", 60 + i)
    (folder / "jug").symlink_to(elsewhere, target_is_directory=True)
    (folder / "jug" / "round").symlink_to(folder, target_is_directory=True)
    assert own_check.look(folder, size=SIZE).classes.to_dict() == {"bowl": 6, "cup": 6, "jug": 3}


def test_one_name_with_two_endings_is_left_out_in_words_for_people(folder):
    put(folder, "cup/sixteen.png", 40)
    put(folder, "cup/sixteen.tif", 41)
    problems = own_check.look(folder, size=SIZE).problems.set_index("picture")
    assert list(problems.index) == ["cup/sixteen.png", "cup/sixteen.tif"]
    for reason in problems["reason"]:
        assert "image_id" not in reason and "rename one" in reason
        assert "(cup/sixteen.png and cup/sixteen.tif)" in reason


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (["=1+1/a.png", "=1+1/b.png", "@x/c.png"], r"3 files .*2: its sub-folder is '=1\+1'"),
        (["cup/a.png", "cup/a.jpg", "bowl/b.png", "bowl/b.jpg"], "4: its name without the ending"),
    ],
)
def test_a_folder_of_nothing_usable_says_the_real_reasons(tmp_path, places, said):
    for i, place in enumerate(places):
        put(tmp_path, place, i)
    with pytest.raises(own_left_out.TooLittle, match=said) as error:
        own_check.look(tmp_path, size=SIZE)
    assert "sub-folder: put" not in str(error.value)
    assert len(error.value.problems) == len(places)


def test_a_folder_without_a_picture_names_no_other_source(tmp_path):
    (tmp_path / "cup").mkdir()
    (tmp_path / "cup/a.txt").touch()
    with pytest.raises(own_left_out.TooLittle, match=r"holds no picture .*1: not read") as error:
        own_check.look(tmp_path, size=SIZE)
    assert "clinic" not in str(error.value)


def test_copies_of_one_picture_are_no_advice_about_a_threshold(folder):
    for i in range(120):
        put(folder, f"cup/copy_{i}.png", 0)
    with pytest.raises(InputError, match="copies of each other: keep one of each"):
        own_check.look(folder, size=SIZE)


# --- the file of ids ------------------------------------------------------------------------------


def test_ids_in_a_file_are_named_and_read_by_the_rule_of_ids(folder, tmp_path_factory):
    file = tmp_path_factory.mktemp("ids") / "plants.csv"
    rows = [f"./cup/cup_{i}.png,c{i // 2}" for i in range(6)]
    rows += [rf"bowl\bowl_{i}.png,{'unknown' if i > 3 else i // 2}" for i in range(6)]
    file.write_text("\n".join(["picture,group", *rows, "cup/typo.png,c9", ""]))
    with pytest.warns(UserWarning) as said:
        check = own_check.look(folder, size=SIZE, ids=file)
    words = [str(each.message) for each in said]
    assert any(f"1 row of {file} fit" in word and "'cup/typo.png'" in word for word in words)
    assert any(f"2 pictures without a group in {file}" in word for word in words)
    assert check.cases["patient_id"].nunique() == 5
    assert check.n_groups.to_dict() == {"bowl": 4, "cup": 3}
    last = own_check.sentences(check, SIZE)[-1]
    assert "show 7 different things (bowl 4, cup 3) (2 pictures without an id" in last
    file.write_text("picture,patient\ncup/cup_0.png,1\n")
    with pytest.raises(InputError, match=str(file)):
        own_check.look(folder, size=SIZE, ids=file)


def test_groups_that_are_all_unknown_are_refused(folder):
    with pytest.raises(InputError, match="all unknown"), pytest.warns(UserWarning, match="'NA'"):
        own_check.look(folder, size=SIZE, ids=ids(folder, lambda place: "NA"))


# --- Train and Test -------------------------------------------------------------------------------


def test_a_rest_that_cannot_be_learnt_from_is_refused_in_words_of_a_folder(tmp_path):
    for i in range(8):
        put(tmp_path, f"Train/cup/cup_{i}.png", i)
        put(tmp_path, f"Test/{'cup' if i < 4 else 'bowl'}/t{i}.png", 20 + i)
    with pytest.raises(InputError, match=r"Outside the test part .* cup 8 stand"):
        own_check.split(own_check.look(tmp_path, size=SIZE))


def test_a_small_class_of_the_rest_is_in_both_parts_that_are_learnt_from(tmp_path):
    for i in range(12):
        put(tmp_path, f"Train/cup/cup_{i}.png", i)
    for i in range(2):
        put(tmp_path, f"Train/bowl/bowl_{i}.png", 20 + i)
    for i in range(4):
        put(tmp_path, f"Test/{'cup' if i < 2 else 'bowl'}/t{i}.png", 30 + i)
    check = own_check.look(tmp_path, size=SIZE)
    fold = own_check.split(check).set_index("image_id")["fold"]
    parted = plans.roles(fold[check.cases["image_id"]].to_numpy(), 0)
    for rows in parted[:2]:
        assert check.cases["disease"].iloc[rows].nunique() == 2

"""A publisher's own division: kept as fold -1, and what stands on both its sides."""

import pandas as pd
import pytest

from dermlab.cases import parts
from dermlab.errors import InputError


def published(part, lesions):
    return pd.DataFrame(
        {
            "image_id": [f"i{k:02d}" for k in range(len(part))],
            "disease": ["acne", "rosacea"] * (len(part) // 2),
            "lesion_id": lesions,
            "part": part,
        }
    )


def test_a_publishers_test_part_is_fold_minus_one_and_the_rest_is_divided():
    cases = published(["train"] * 8 + ["test"] * 2, [f"l{k}" for k in range(10)])
    shuffled = cases.sample(frac=1, random_state=0)
    split = parts.keep(shuffled, n_folds=2).set_index("image_id")["fold"]
    assert split[["i08", "i09"]].tolist() == [-1, -1]
    assert sorted(split[split >= 0]) == [0] * 4 + [1] * 4


def test_a_lesion_on_both_sides_of_the_publishers_division_is_counted():
    cases = published(["train"] * 8 + ["test"] * 2, [f"l{k % 9}" for k in range(10)])
    with pytest.warns(UserWarning, match="1 group of one patient, lesion or pair"):
        split = parts.keep(cases, n_folds=2).set_index("image_id")["fold"]
    assert split["i09"] == -1 and split["i00"] >= 0


@pytest.mark.parametrize("part", [["train"] * 4, ["test"] * 4, ["train", "test", None, "train"]])
def test_without_two_parts_there_is_nothing_to_keep(part):
    with pytest.raises(InputError, match="column part"):
        parts.keep(published(part, list("abcd")), n_folds=2)


def test_files_of_one_content_in_two_parts_are_named(tmp_path):
    for name, content in {"Train/acne/a": b"1", "Test/acne/b": b"1", "Train/acne/c": b"2"}.items():
        path = tmp_path / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    paths = sorted(tmp_path.rglob("*.jpg"))
    cases = pd.DataFrame({"image_id": [p.stem for p in paths], "path": list(map(str, paths))})
    places = [p.relative_to(tmp_path).parts for p in paths]
    assert parts.across(cases.assign(part=parts.of_places(places))) == [["b", "a"]]
    assert parts.across(cases) == []

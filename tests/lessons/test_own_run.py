"""Answers about one's own pictures: their scores, and how sure they are."""

import numpy as np
import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.evaluation import intervals, roc
from dermlab.lessons import own_check, own_run
from tests.lessons.test_own_check import put


def answers(truth, probabilities, groups=None):
    images = [f"i{k}" for k in range(len(truth))]
    table = pd.DataFrame(probabilities, images)
    groups = pd.Series(images if groups is None else groups, images)
    return own_run.Answers(table, pd.Series(truth, images), groups, {})


THREE = answers(
    ["a", "a", "b", "b", "c", "c"],
    {
        "a": [0.8, 0.7, 0.1, 0.6, 0.2, 0.1],
        "b": [0.1, 0.2, 0.8, 0.3, 0.2, 0.1],
        "c": [0.1, 0.1, 0.1, 0.1, 0.6, 0.8],
    },
)


def test_each_class_is_set_against_the_rest():
    table = THREE.of_classes.set_index("class")
    assert table["n"].tolist() == [2, 2, 2]
    assert table.loc["a", "auc"] == table.loc["c", "auc"] == 1  # .7 lies above .6
    assert table.loc["b", "auc"] == 1  # .3 lies above .2
    assert THREE.recalls["b"] == intervals.share([1, 0])
    assert THREE.accuracy == intervals.share([1, 1, 1, 0, 1, 1])
    assert THREE.confusion.loc["b"].tolist() == [1, 1, 0]


def test_an_auc_of_one_has_a_lower_bound_and_groups_make_it_lower():
    assert THREE.of_classes["low"].tolist() == pytest.approx([0.025**0.5] * 3)
    assert THREE.of_classes["high"].tolist() == [1, 1, 1]
    truth, score = ["a"] * 6 + ["b"] * 6, np.linspace(0.9, 0.1, 12)
    table = {"a": score, "b": 1 - score}
    (single,) = answers(truth, table).of_classes.itertuples()
    (grouped,) = answers(truth, table, list("uuvvwwxxyyzz")).of_classes.itertuples()
    assert (single.auc, single.low, single.high) == (1, pytest.approx(0.025 ** (1 / 6)), 1)
    assert grouped.low == pytest.approx(0.025 ** (1 / 3))


def test_the_bound_of_one_is_clopper_pearsons_and_holds_the_truth():
    for n in (3, 12, 40):
        exact = intervals.proportion(n, n, "clopper-pearson").low
        assert roc.lowest_at_one(n, n + 7) == roc.lowest_at_one(n + 7, n) == pytest.approx(exact)
    rng = np.random.default_rng(0)  # normal scores, an area of .9 of which some samples are perfect
    shift, perfect = 1.8124, 0
    for _ in range(4000):
        positive, negative = rng.normal(shift, 1, 10), rng.normal(0, 1, 25)
        perfect += positive.min() > negative.max()
    assert roc.lowest_at_one(10, 25) < 0.9 and perfect / 4000 < 0.9**10


def test_a_class_without_a_picture_is_not_scored():
    table = {"a": [0.9, 0.2, 0.3], "b": [0.05, 0.7, 0.3], "c": [0.05, 0.1, 0.4]}
    of_two = answers(["a", "b", "b"], table)
    assert of_two.classes == ["a", "b"] and len(of_two.of_classes) == 1
    assert of_two.confusion.to_numpy().tolist() == [[1, 0, 0], [0, 1, 1]]


def test_an_epoch_shows_each_picture_about_four_times_up_to_fifty_steps():
    assert own_run.epoch_steps(40, 32) == 5
    assert own_run.epoch_steps(400, 32) == own_run.epoch_steps(40_000, 32) == 50
    assert own_run.epoch_steps(3, 32) == 1


# --- given again ----------------------------------------------------------------------------------


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A folder of two classes, the tables of its run, and a call that writes them again."""
    monkeypatch.setenv("DERMLAB_CACHE", str(tmp_path / "cache"))
    folder, out = tmp_path / "things", tmp_path / "out"
    for k, name in enumerate(("cup", "bowl")):
        for i in range(6):
            put(folder, f"{name}/{name}_{i}.png", 10 * k + i)
    out.mkdir()

    def again(folder=folder, seed=0, **options):
        own_run.write_tables(own_check.look(folder, size=32, **options), out, seed=seed)

    again()
    return folder, out, again


def tables(out):
    return {file.name: file.read_bytes() for file in out.iterdir()}


def test_the_same_pictures_go_on_wherever_their_folder_stands(begun):
    folder, out, again = begun
    (folder / "notes.txt").touch()  # left out, so that nothing learnt from it
    again(folder.rename(folder.with_name("moved")))
    assert "notes.txt" in (out / "problems.csv").read_text()
    assert "moved" in (out / "cases.csv").read_text()


def test_a_picture_replaced_under_its_name_is_another_picture(begun):
    folder, out, again = begun
    before = tables(out)
    put(folder, "cup/cup_3.png", 77)
    with pytest.raises(InputError, match=r"had the same names: 1 picture \(cup_3\).* --out"):
        again()
    assert tables(out) == before


def test_what_differs_is_said(begun):
    folder, out, again = begun
    before = tables(out)
    with pytest.raises(InputError, match=r"divided otherwise, as by another --seed: .* --out"):
        again(seed=1)
    places = [f"{name}/{name}_{i}.png" for name in ("cup", "bowl") for i in range(6)]
    ids = pd.DataFrame({"picture": places, "group": [f"g{i // 2}" for i in range(12)]})
    with pytest.raises(InputError, match=r"made with other --ids: 12 pictures \("):
        again(ids=ids)
    (folder / "cup/cup_3.png").rename(folder / "cup/new.png")
    with pytest.raises(InputError, match=r"1 are gone \(cup_3\) and 1 are new \(new\)"):
        again()
    assert tables(out) == before


def test_tables_that_do_not_say_what_was_learnt_from_are_refused(begun):
    _, out, again = begun
    pd.read_csv(out / "cases.csv").drop(columns="sha256").to_csv(out / "cases.csv", index=False)
    with pytest.raises(InputError, match="does not say what its pictures held"):
        again()
    (out / "cases.csv").unlink()
    (out / "run").mkdir()
    with pytest.raises(InputError, match=r"a run without cases\.csv"):
        again()

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dermlab
from dermlab.errors import InputError
from dermlab.lessons import results
from dermlab.network import checkpoints, inference, models
from results.common import everyday_pictures as everyday
from results.compact_weights import recipe

ROOT = Path(__file__).parents[2]
SHIPPED = Path(dermlab.__file__).parent / "data" / "weights"
SIZE = 75  # the smallest that the network takes


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Twenty steps on photographs: the trained model, the file, its checksum, the losses."""
    path = tmp_path_factory.mktemp("weights") / "w.npz"
    settings = recipe.Pretraining("photographs", steps=20, warm_up=5, size=SIZE)
    model = recipe.build(settings, 0)
    losses = recipe.pretrain(model, settings, 0)
    return model, path, checkpoints.save_weights(model, path, head=False), losses


# the pictures


@pytest.mark.parametrize("mixture", everyday.MIXTURES)
def test_pictures_are_a_function_of_the_seed(mixture):
    x, y = everyday.pictures(mixture, 20, 48, seed=[3, 1])
    assert (x.shape, x.dtype, y.shape) == ((20, 48, 48, 3), np.uint8, (20,))
    again, labels = everyday.pictures(mixture, 20, 48, seed=[3, 1])
    np.testing.assert_array_equal(x, again)
    np.testing.assert_array_equal(y, labels)
    other, _ = everyday.pictures(mixture, 20, 48, seed=[3, 2])
    assert not (x == other).all()


def test_the_mixtures_show_different_things():
    names = {mixture: everyday.classes(mixture) for mixture in everyday.MIXTURES}
    assert names["photographs"] + names["procedural"] == names["mixed"]
    assert len(set(names["mixed"])) == len(names["mixed"])
    for mixture in ("photographs", "procedural"):
        _, y = everyday.pictures(mixture, len(names[mixture]), 16, seed=0)
        assert {names["mixed"][label] for label in y} == set(names[mixture])


@pytest.mark.parametrize("mixture", everyday.MIXTURES)
def test_labels_are_balanced(mixture):
    k = len(everyday.classes(mixture))
    _, y = everyday.pictures(mixture, 2 * k + 5, 8, seed=0)
    assert sorted(np.unique(y, return_counts=True)[1]) == [2] * (k - 5) + [3] * 5


def test_no_picture_is_empty():
    x, y = everyday.pictures("mixed", 3 * len(everyday.classes("mixed")), 48, seed=1)
    flat = x.reshape(len(x), -1, 3).std(axis=1).max(axis=1)
    patterns = y >= len(everyday.classes("photographs"))
    assert flat[patterns].min() > 3
    assert np.median(flat[~patterns]) > 15  # sky is a part of some photographs


@pytest.mark.parametrize("name", everyday.PATTERNS)
def test_a_pattern_takes_values_from_0_to_1_and_has_its_period(name):
    u, v = np.meshgrid(np.linspace(0, 8, 96), np.linspace(0, 8, 96))
    value = everyday.PATTERNS[name](u, v, np.random.default_rng(0))
    assert (value.shape, value.min() >= 0, value.max() <= 1) == ((96, 96), True, True)
    finer = everyday.PATTERNS[name](4 * u, 4 * v, np.random.default_rng(0))
    assert changes(finer) > 1.5 * changes(value)


def changes(value):
    return sum(np.abs(np.diff(value.astype(float), axis=axis)).mean() for axis in (0, 1))


def test_a_quarter_is_cut_from_its_own_quarter():
    rows, columns = np.indices((200, 300))
    quarters = 2 * (rows >= 100) + (columns >= 150)
    photo = everyday.Image.fromarray((60 * quarters).astype(np.uint8)).convert("RGB")
    for quarter in range(4):
        for seed in range(5):
            rng = np.random.default_rng(seed)
            crop = everyday._crop(photo, quarter, 16, rng)
            inner = crop[1:-1, 1:-1]  # at its rim the antialiasing sees a pixel further
            assert (inner == inner[0, 0]).all()  # one quarter has one colour


def test_the_sources_are_named_and_show_no_person():
    """All of it, by name: a new source changes this list, the card and the weights."""
    assert set(everyday._photographs()) == {
        *("china", "flower"),  # scikit-learn
        *("chelsea", "coffee", "motorcycle", "rocket"),  # scikit-image: cat, cup, garage, launch
        *("brick", "grass", "gravel", "page", "text"),
    }
    assert {*everyday.SCENES, *everyday.SURFACES} == set(everyday._photographs())
    assert list(everyday.PATTERNS) == [
        *("grating", "stripes", "checks", "plaid", "chevrons", "bricks"),
        *("weave", "mosaic", "lines", "grain", "marble"),
    ]
    photographs = [name.split(",")[0] for name in everyday.classes("photographs")]
    assert set(photographs) == set(everyday._photographs())


def test_an_unknown_mixture_is_refused():
    with pytest.raises(InputError, match="choose one of photographs, procedural, mixed"):
        everyday.pictures("faces", 2, 16, seed=0)


# the training


def test_the_rate_rises_and_falls():
    settings = recipe.Pretraining("mixed", steps=100, warm_up=10, learning_rate=0.002)
    rates = [settings.rate(step) for step in range(100)]
    assert np.argmax(rates) == 9 and 0.0019 < max(rates) <= 0.002
    assert rates[0] == pytest.approx(0.0002) and 0 < rates[-1] < 1e-5
    assert (np.diff(rates[10:]) < 0).all()


def test_twenty_steps_lower_the_loss(made):
    *_, losses = made
    assert losses.shape == (20,)
    assert losses[-5:].mean() < losses[:5].mean() - 0.2


def test_a_network_built_from_the_file_computes_the_same_features(made):
    model, path, checksum, _ = made
    x, _ = everyday.pictures("mixed", 8, SIZE, seed=5)
    before = inference.features(model, x)
    loaded = models.build("compact", 2, SIZE, weights=path)
    after = inference.features(loaded, x)
    assert before.std() > 0.01
    np.testing.assert_allclose(after, before, atol=0.01 * before.max())  # float16 on disk
    checkpoints.load_weights(loaded, path, checksum, head=False)


def test_other_weights_than_the_checksum_says_are_refused(made):
    model, path, checksum, _ = made
    with pytest.raises(InputError, match="other weights than its checksum"):
        checkpoints.load_weights(model, path, "0" * len(checksum), head=False)


def test_judge_finds_what_the_weights_can_learn(made):
    """Bright against dark pictures, told apart after a few steps; other rows are not read."""
    _, path, *_ = made
    x, _ = everyday.pictures("photographs", 80, SIZE, seed=6)
    is_bright = np.arange(80) % 2 == 0
    x = np.where(is_bright[:, None, None, None], 128 + x // 2, x // 4).astype(np.uint8)
    parts = {"train": np.arange(40), "development": np.arange(40, 80)}
    assert recipe.judge(path, x, is_bright, **parts, steps=15, seed=0) > 0.95


# the shipped file


@pytest.fixture(scope="module")
def card():
    return (ROOT / "data_cards" / "weights.md").read_text("utf-8")


def test_the_shipped_weights_are_small_and_whole(card):
    (path,) = SHIPPED.glob("*.npz")
    assert path.stat().st_size <= 3_000_000
    arrays, _, checksum = checkpoints.read(path)
    assert {array.dtype for array in arrays} == {np.dtype("float16")}
    assert all(np.isfinite(array).all() for array in arrays)
    model = models.build("compact", 2, 96, weights=path)
    checkpoints.load_weights(model, path, checksum, head=False)
    assert f"`{checksum}`" in card


def test_the_card_gives_the_checksums_of_the_shipped_files(card):
    for path in SHIPPED.iterdir():
        content = path.read_bytes()
        if path.suffix == ".csv":  # a checkout may have changed its line ends
            content = content.replace(b"\r\n", b"\n")
        assert f"| {path.name} | {hashlib.sha256(content).hexdigest()} |" in card


def test_the_card_shows_the_screening_and_the_winner_is_shipped(card):
    table = pd.read_csv(results.FOLDER / "compact_weights" / "screening.csv")
    keys = ["setting", "start", "pretrain_steps", "finetune_steps"]
    for (setting, start, pretrained, steps), runs in table.groupby(keys):
        assert list(runs["seed"]) == [0, 1, 2]
        cells = [*runs["auc"], runs["auc"].mean(), runs["auc"].std()]
        shown = " | ".join(f"{value:.3f}" for value in cells)
        assert f"| {setting} | {start} | {pretrained:,} | {steps} | {shown} |" in card
    chosen_by = table[table["setting"] == "screening"]
    means = chosen_by.groupby("start")["auc"].mean()
    winner = means[list(everyday.MIXTURES)].idxmax()
    assert [path.stem for path in SHIPPED.glob("*.npz")] == [f"compact_{winner}"]
    assert f'recipe.Pretraining("{winner}")' in card


def test_the_card_names_every_photograph_and_pattern(card):
    text = " ".join(card.split())
    for name in (
        *everyday.SCENES,
        *everyday.SURFACES,
        *everyday.PATTERNS,
    ):
        assert name in text
    for mixture in everyday.MIXTURES:
        assert f"{len(everyday.classes(mixture))} classes" in text


# the result


def test_judged_by_hand():
    keys = {"setting": "screening", "pretrain_steps": 10, "finetune_steps": 5}
    rows = [{**keys, "start": start, "seed": seed, "auc": auc} for start, seed, auc in
            [("b", 0, 0.5), ("b", 1, 0.7), ("a", 1, 0.8), ("a", 0, 0.8)]]  # fmt: skip
    table = recipe.judged(pd.DataFrame(rows)).set_index("start")
    assert list(table.index) == ["b", "a"]
    assert table.loc["b", ["seed_0", "seed_1"]].tolist() == [0.5, 0.7]
    assert table["mean"].tolist() == pytest.approx([0.6, 0.8])
    assert table["sd"].tolist() == pytest.approx([0.2 / np.sqrt(2), 0])


def test_the_examples_are_made_again_to_the_byte():
    shipped = results.read("compact_weights", "examples.npz")
    pixels, label = everyday.pictures("mixed", recipe.N_EXAMPLES, recipe.SIZE, seed=13)
    np.testing.assert_array_equal(shipped["pixels"], pixels)
    np.testing.assert_array_equal(shipped["label"], label)
    assert shipped["classes"].tolist() == everyday.classes("mixed")


def test_the_shipped_weights_name_what_random_ones_do_not():
    shipped = results.read("compact_weights", "checkpoints.csv").set_index("weights")
    again = recipe.named(SHIPPED / "compact_mixed.npz", 3, 2).set_index("weights")
    for right in (shipped["right"], again["right"]):
        assert right["loaded"] > right["lower half loaded"] + 0.1 > right["random"] + 0.2
    assert (shipped["n"] == 310).all() and (shipped["n_learnt"] == 620).all()


def test_judged_is_made_from_the_screening():
    shipped = results.read("compact_weights", "judged.csv")
    again = recipe.judged(pd.read_csv(results.FOLDER / "compact_weights" / "screening.csv"))
    pd.testing.assert_frame_equal(shipped, again, rtol=1e-6)

import numpy as np
import pandas as pd
import pytest

from dermlab.cases import taxonomy
from dermlab.errors import InputError
from dermlab.network import plans

MELANOMA, NEVUS, KERATOSIS = "malignant melanoma", "melanocytic nevi", "seborrheic keratosis"
CARCINOMA, PSORIASIS = "basal cell carcinoma", "psoriasis"


@pytest.fixture
def cases():
    """60 images, 12 of each of five diseases, every second one proven by biopsy."""
    diseases = np.tile([MELANOMA, NEVUS, KERATOSIS, CARCINOMA, PSORIASIS], 12)
    rows = pd.DataFrame({"image_id": [f"I{i:02}" for i in range(60)], "disease": diseases})
    rows["label_source"] = ["biopsy" if i // 5 % 2 else "dermatologist" for i in range(60)]
    return rows.assign(dataset="made").astype("str")


@pytest.fixture
def split(cases):
    """Folds 0 to 3 and a test part of 12 images, each with all five diseases."""
    fold = np.repeat([-1, 0, 1, 2, 3], 12)
    return cases[["image_id"]].assign(fold=fold)


def test_the_classes_are_the_partitions_and_labels_point_at_them(cases, split):
    plan = plans.make(cases, split, max_class_size=12)
    counted = taxonomy.count_images(taxonomy.load_tree(), cases[12:])
    expected = taxonomy.training_classes(counted, 12)
    assert list(plan.classes["name"]) == list(expected["name"])
    assert list(plan.classes["n_images"]) == list(expected["n_images"])
    for disease, label in zip(plan.cases["disease"], plan.labels, strict=True):
        assert disease in plan.classes["diseases"][label]
    tops = dict(zip(plan.cases["disease"], plan.categories, strict=True))
    assert tops[MELANOMA] == tops[CARCINOMA] == "malignant"
    assert tops[PSORIASIS] == "non-neoplastic"


def test_the_test_part_is_not_even_counted(cases, split):
    plan = plans.make(cases, split, max_class_size=12)
    other = cases.copy()
    other.loc[:11, "disease"] = "acne"
    other.loc[:11, "label_source"] = "confocal"
    again = plans.make(other, split, max_class_size=12)
    pd.testing.assert_frame_equal(again.classes, plan.classes)
    pd.testing.assert_frame_equal(again.cases, plan.cases)
    assert not set(plan.cases["image_id"]) & set(cases["image_id"][:12])


def test_a_swallowed_class_is_named_with_the_largest_boundary_that_works(cases, split):
    with pytest.raises(InputError) as caught:
        plans.make(cases, split, max_class_size=48)
    said = str(caught.value)
    assert "is swallowed by the training class 'root' (48)" in said
    largest = int(said.rsplit(" ", 1)[1].rstrip("."))
    plans.make(cases, split, max_class_size=largest)
    with pytest.raises(InputError, match=f"largest that works is --max-class-size {largest}"):
        plans.make(cases, split, max_class_size=largest + 1)


def test_the_tasks_own_classes_are_checked_beside_nine_way(cases, split):
    two = cases.assign(disease=np.where(cases.index % 2, KERATOSIS, "haemangioma"))
    two["disease"] = np.where(cases.index % 4 == 1, "epidermal nevus", KERATOSIS)
    two.loc[cases.index % 4 == 3, "disease"] = CARCINOMA
    plans.make(two, split, max_class_size=36)
    with pytest.raises(InputError, match=f"'{KERATOSIS}' .* the task '{KERATOSIS}:"):
        plans.make(two, split, max_class_size=36, task=f"{KERATOSIS}:epidermal nevus")


def test_direct_learns_the_tasks_own_classes_and_nothing_else(cases, split):
    with pytest.raises(InputError, match=r"--direct .* --task"):
        plans.make(cases, split, direct=True)
    plan = plans.make(cases, split, task="melanoma-vs-nevus", direct=True)
    names = [name for name, _ in plan.task.classes]
    assert list(plan.classes["name"]) == names
    said = [names[label] if label >= 0 else None for label in plan.labels[:5]]
    of = dict(zip(plan.cases["disease"][:5], said, strict=True))
    assert of == {
        MELANOMA: names[0], NEVUS: names[1], KERATOSIS: None, CARCINOMA: None, PSORIASIS: None
    }  # fmt: skip
    parts = plans.parts(plan, 0)
    assert len(parts.scored) == 12  # each image of the fold, whatever its disease
    assert set(plan.cases["disease"].iloc[parts.train]) == {MELANOMA, NEVUS}


def test_only_labels_of_the_source_are_learnt_from_and_all_are_predicted(cases, split):
    plan = plans.make(cases, split, max_class_size=6, label_source="biopsy")
    train, development, scored = plans.parts(plan, 3)
    source = plan.cases["label_source"]
    assert set(source.iloc[train]) == set(source.iloc[development]) == {"biopsy"}
    assert set(plan.folds[development]) == {0} and set(plan.folds[train]) == {1, 2}
    assert set(source.iloc[scored]) == {"biopsy", "dermatologist"}
    assert list(scored) == list(np.flatnonzero(plan.folds == 3))
    with pytest.raises(InputError, match="no label source 'histology'"):
        plans.make(cases, split, max_class_size=6, label_source="histology")
    with pytest.raises(InputError, match=r"No image outside the test part .* 'confocal'"):
        plans.make(cases, split, max_class_size=6, label_source="confocal")


def test_a_part_without_two_classes_of_the_task_is_refused(cases, split):
    split.loc[(cases["disease"] == MELANOMA) & (split["fold"] == 2), "fold"] = 3
    plan = plans.make(cases, split, max_class_size=12, task="melanoma-vs-nevus")
    with pytest.raises(InputError, match=r"development part .* holds nevus of the task"):
        plans.parts(plan, 1)


def test_the_metric_is_the_read_outs(cases, split):
    from sklearn.metrics import roc_auc_score

    plan = plans.make(cases, split, max_class_size=12, task="malignant")
    rows = np.flatnonzero(plan.folds == 2)
    probabilities = np.random.default_rng(0).dirichlet(np.ones(len(plan.classes)), len(rows))
    columns = [
        i for i, (d, *_) in enumerate(plan.classes["diseases"]) if d in (MELANOMA, CARCINOMA)
    ]
    truth = plan.cases["disease"].iloc[rows].isin([MELANOMA, CARCINOMA])
    expected = roc_auc_score(truth, probabilities[:, columns].sum(axis=1))
    assert plans.development_metric(plan)(probabilities, rows) == pytest.approx(expected)
    nine = plans.make(cases, split, max_class_size=12)
    right = np.eye(len(nine.classes))[nine.labels[rows]]
    assert plans.development_metric(nine)(right, rows) == 1
    right[nine.cases["disease"].iloc[rows].to_numpy() == PSORIASIS] = right[0]
    occurring = nine.cases["disease"].iloc[rows].nunique()
    assert plans.development_metric(nine)(right, rows) == pytest.approx(1 - 1 / occurring)


def test_a_split_that_tears_lesions_apart_is_warned_of(cases, split):
    cases["lesion_id"] = [f"L{i % 30}" for i in range(60)]
    with pytest.warns(UserWarning, match="The split leaks.* 30 groups"):
        plans.make(cases, split, max_class_size=12)


def test_split_and_cases_must_be_of_the_same_images(cases, split):
    with pytest.raises(InputError, match=r"do not hold the same images: 1 image only in the cases"):
        plans.make(cases, split[1:], max_class_size=12)
    with pytest.raises(InputError, match=r"test part .* only"):
        plans.make(cases, split.assign(fold=-1), max_class_size=12)


def test_the_metric_is_the_mean_over_classes_not_over_images(cases, split):
    plan = plans.make(cases, split, max_class_size=12)
    rows = np.concatenate(
        [np.flatnonzero(plan.cases["disease"] == MELANOMA)[:3],
         np.flatnonzero(plan.cases["disease"] == PSORIASIS)[:1]]
    )  # fmt: skip
    always_melanoma = np.eye(len(plan.classes))[[plan.labels[rows[0]]] * 4]
    assert plans.development_metric(plan)(always_melanoma, rows) == pytest.approx((1 + 0) / 2)


FOLDS = np.array([0, 1, 2, -1, 0, 1, 2, -1, 2])


@pytest.mark.parametrize(
    ("fold", "train", "development", "scored"),
    [
        (None, [1, 2, 5, 6, 8], [0, 4], []),
        (0, [2, 6, 8], [1, 5], [0, 4]),
        (1, [0, 4], [2, 6, 8], [1, 5]),
        (2, [1, 5], [0, 4], [2, 6, 8]),
    ],
)
def test_roles_of_the_folds(fold, train, development, scored):
    found = plans.roles(FOLDS, fold)
    assert [list(rows) for rows in found] == [train, development, scored]


def test_folds_that_leave_nothing():
    with pytest.raises(InputError, match="no fold 3: the folds are 0 to 2"):
        plans.roles(FOLDS, 3)
    with pytest.raises(InputError, match="2 folds leaves nothing to train on"):
        plans.roles(np.array([0, 1, -1]), 0)
    with pytest.raises(InputError, match="1 fold leaves nothing"):
        plans.roles(np.array([0, -1, 0]))

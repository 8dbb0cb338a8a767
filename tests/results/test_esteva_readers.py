"""The counts of the paper's readers on tables worked out by hand."""

import pandas as pd
import pytest

from dermlab.evaluation import intervals, readers
from dermlab.lessons import results
from results import make
from results.clinic_readers import recipe as clinic_readers
from results.esteva_readers import recipe as esteva_readers
from results.fitzpatrick17k_tree import recipe as fitzpatrick17k_tree

MELANOMA = "malignant melanoma"
ANSWERS = pd.DataFrame(
    {
        "truth": [MELANOMA, "benign melanocyte", "inflammatory", "inflammatory"],
        "dermatologist_1": [MELANOMA, MELANOMA, "inflammatory", "inflammatory"],
        "dermatologist_2": ["inflammatory", "benign melanocyte", "inflammatory", "genodermatoses"],
    }
)  # fmt: skip


def test_shares_are_counted_nine_way_and_nearest_to_the_published_three_way():
    published = pd.Series({"dermatologist_1_threeway": 70.0, "dermatologist_2_threeway": 26.0})
    table = esteva_readers.accuracy(ANSWERS, published)
    assert list(table["task"]) == ["three-way"] * 2 + ["nine-way"] * 2
    assert list(table["right"]) == [3, 1, 3, 2]
    assert list(table["accuracy"]) == [0.75, 0.25, 0.75, 0.5]
    bounds = intervals.proportion(3, 4)
    assert (table["low"].iloc[0], table["high"].iloc[0]) == (bounds.low, bounds.high)


def test_confusion_counts_each_reader_by_truth_and_answer():
    table = esteva_readers.confusion(ANSWERS).set_index(["reader", "truth"])
    assert table.loc[("Dermatologist 1", "benign melanocyte"), "malignant melanoma"] == 1
    assert table.loc[("Dermatologist 2", "inflammatory"), "genodermatoses"] == 1
    assert table.to_numpy().sum() == 8 and table.shape == (18, 9)


def test_agreement_is_of_each_with_the_truth_and_of_both():
    table = esteva_readers.agreement(ANSWERS)
    assert list(zip(table["a"], table["b"], strict=True)) == [
        ("Dermatologist 1", "truth"),
        ("Dermatologist 2", "truth"),
        ("Dermatologist 1", "Dermatologist 2"),
    ]
    agreed, chance = 3 / 4, (2 * 1 + 2 * 2) / 16  # 2 and 1 melanomas, 2 and 2 inflammatory
    assert table["kappa"][0] == pytest.approx((agreed - chance) / (1 - chance))


def test_totals_say_how_many_images_are_lacking():
    published = pd.Series({"training_images": 7.0, "test_images": 2.0, "images": 12.0})
    assert esteva_readers.totals(published).to_dict("records") == [{"images": 9, "short": 3}]


def test_the_means_have_the_counts_of_their_test():
    points = readers.with_rates(
        pd.DataFrame({"task": "t", "question": "q", "reader": ["a", "b"], "tp": [1, 2],
                      "n_pos": 2, "tn": [3, 4], "n_neg": 4})
    )  # fmt: skip
    (row,) = esteva_readers.means(points).to_dict("records")
    assert (row["sensitivity_mean"], row["specificity_mean"]) == (0.75, 0.875)
    assert (row["n_readers"], row["n_pos"], row["n_neg"]) == (2, 2, 4)


@pytest.mark.parametrize("maker", [esteva_readers, fitzpatrick17k_tree, clinic_readers])
def test_made_again_the_tables_are_the_shipped_ones(maker, tmp_path):
    """These take under a second."""
    made = maker.make(make.inputs(maker.RESULT))
    for file, table in made.items():
        shipped = results.read(maker.NAME, file)
        table = table.reset_index(drop=True).rename_axis(columns=None).astype(shipped.dtypes)
        pd.testing.assert_frame_equal(table, shipped, rtol=1e-5, check_dtype=False)

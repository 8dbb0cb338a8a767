"""HAM10000 without its pixels, counted here with pandas and scikit-learn."""

import numpy as np
import pandas as pd
import pytest

from dermlab.lessons import results
from results.ham10000_without_pixels import recipe

NODES = {
    "akiec": "malignant epidermal",
    "bcc": "basal cell carcinoma",
    "bkl": "benign epidermal",
    "df": "dermatofibroma",
    "mel": "malignant melanoma",
    "nv": "melanocytic nevi",
    "vasc": "benign dermal",
}


@pytest.fixture(scope="module")
def ham10000(real_data):
    return pd.read_csv(real_data / "HAM10000_metadata_with_dataset.csv")


@pytest.fixture(scope="module")
def areas():
    table = results.read("ham10000_without_pixels", "areas.csv")
    return table.set_index(["task", "cases", "seen"])


def test_the_counts_are_those_of_the_publishers_table(ham10000):
    counts = results.read("ham10000_without_pixels", "counts.csv")
    counts = counts.set_index(["column", "value", "disease"])["n"]
    ours = {"histo": "biopsy"}
    for row in ham10000.assign(n=1).groupby(["dx", "dx_type"])["n"].sum().items():
        (dx, dx_type), n = row
        assert counts.loc["label_source", ours.get(dx_type, dx_type), NODES[dx]] == n
    for (dx, camera), n in ham10000.groupby(["dx", "dataset"]).size().items():
        assert counts.loc["source", camera, NODES[dx]] == n
    assert counts.groupby("column").sum().to_dict() == {"label_source": 10_015, "source": 10_015}


def rows_of(ham10000, task, cases):
    """The publisher's rows of a task, and which are positive; by dx, not by our taxonomy."""
    table = ham10000 if task == "malignant" else ham10000[ham10000["dx"].isin(["mel", "nv"])]
    table = table if cases == "all" else table[table["dx_type"] == "histo"]
    return table, table["dx"].isin(["mel", "bcc", "akiec"]).to_numpy()


@pytest.mark.parametrize("task", ["malignant", "melanoma-vs-nevus"])
@pytest.mark.parametrize("cases", ["all", "biopsied"])
def test_each_area_is_counted_on_these_cases(ham10000, areas, task, cases):
    table, positive = rows_of(ham10000, task, cases)
    part = areas.loc[task, cases]
    assert set(part["n_images"]) == {len(table)}
    assert set(part["n_positive"]) == {positive.sum()}
    assert set(part["n_lesions"]) == {table["lesion_id"].nunique()}
    assert list(part.index) == list(recipe.SEEN)[cases == "biopsied" :]
    assert (part["low"] < part["auc"]).all() and (part["auc"] < part["high"]).all()


@pytest.mark.parametrize("task", ["malignant", "melanoma-vs-nevus"])
def test_the_label_source_alone_separates_as_a_count_says(ham10000, areas, task):
    """Every positive was biopsied, so a negative loses to each unless it was biopsied: a tie."""
    table, positive = rows_of(ham10000, task, "all")
    biopsied = (table["dx_type"] == "histo").to_numpy()
    assert biopsied[positive].all()
    area = 1 - biopsied[~positive].mean() / 2
    found = areas.loc[task, "all", "label source"]
    assert found["mean_of_folds"] == pytest.approx(area, abs=1e-3)
    assert found["low"] < area < found["high"]


@pytest.mark.parametrize("seen", ["clinic and camera", "age, sex, body site", "all of them"])
@pytest.mark.parametrize("cases", ["all", "biopsied"])
@pytest.mark.parametrize("task", ["malignant", "melanoma-vs-nevus"])
def test_another_classifier_on_other_folds_comes_out_alike(ham10000, areas, task, cases, seen):
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold
    from sklearn.naive_bayes import CategoricalNB
    from sklearn.preprocessing import OrdinalEncoder

    columns = {"clinic and camera": ["dataset"], "age, sex, body site": ["age", "sex"]}
    columns = columns.get(seen, ["dx_type", "dataset", "age", "sex"])
    columns = columns + ["localization"] * (seen != "clinic and camera")
    table, positive = rows_of(ham10000, task, cases)
    codes = OrdinalEncoder().fit_transform(table[columns].astype(str).fillna("?"))
    n_values = (codes.max(axis=0) + 1).astype(int)
    found = []
    for train, test in GroupKFold(9).split(codes, positive, table["lesion_id"]):
        model = CategoricalNB(min_categories=n_values).fit(codes[train], positive[train])
        found.append(roc_auc_score(positive[test], model.predict_proba(codes[test])[:, 1]))
    shipped = areas.loc[task, cases, seen]
    # naive Bayes takes the columns as independent, which costs it a little
    assert np.mean(found) == pytest.approx(shipped["mean_of_folds"], abs=0.02)
    assert shipped["auc"] == pytest.approx(shipped["mean_of_folds"], abs=0.02)


def test_a_classifier_without_pixels_does_well_until_all_are_biopsied(areas):
    """What the lesson says: the label source and the clinic give the answer away."""
    for task in ("malignant", "melanoma-vs-nevus"):
        everything = areas.loc[task, :, "all of them"]
        assert everything.loc["all", "low"] > 0.85
        assert everything.loc["biopsied", "high"] < 0.8
        assert areas.loc[(task, "biopsied", "clinic and camera"), "high"] < 0.6


@pytest.mark.filterwarnings("ignore:No interval", "ignore:.*resamples lacked")
def test_what_tells_of_the_disease_has_an_area_above_a_half():
    """In each fold a malignant image of the kind x, and two others of the kinds x and y."""
    cases = pd.DataFrame(
        {
            "positive": [True, False, False] * recipe.N_FOLDS,
            "kind": list("xxy") * recipe.N_FOLDS,
            "fold": np.repeat(range(recipe.N_FOLDS), 3),
            "group_id": np.arange(3 * recipe.N_FOLDS),
        }
    )
    found = recipe._area(cases, ["kind"])
    assert found["auc"] == pytest.approx(3 / 4)  # a tie with x, a win over y
    assert found["mean_of_folds"] == pytest.approx(3 / 4)
    assert found["low"] < found["auc"] < found["high"]
    assert (found["n_images"], found["n_positive"], found["n_lesions"]) == (27, 9, 27)

"""The report on finished runs: each score against one computed here by other means."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from dermlab.errors import InputError
from dermlab.evaluation import predictions, scores
from dermlab.lessons import report, run_pictures, run_report
from dermlab.network import run_folder


def found(place, name, cases="cases.csv"):
    parts = run_report.sections([place / name], str(place / cases) if cases else None)
    return {line.name: line for rows in parts.values() for line in rows}


@pytest.fixture(scope="module")
def truth(place):
    return pd.read_csv(place / "cases.csv").set_index("image_id")


def shares(place, name, truth):
    """Summed by hand: the nine-way and binary answers of the scored images."""
    table = predictions.read(place / name / "predictions.csv")[0].set_index("image_id")
    return table, truth.loc[table.index]


def test_it_says_what_was_learnt_from_how_many_images_and_when(place):
    one = found(place, "one", None)
    assert one["What the network learns"].published == "757 training classes"
    assert one["What the network learns"].here.startswith("4 training classes: ")
    images = one["Images for the weights and for choosing the epoch"]
    assert (images.published, images.here) == ("127,463", "32 and 32; data: made")
    assert one["The network and its input"].here == "compact, 16 pixels"
    assert one["What it had learnt before"].here == "nothing: random weights"
    history = pd.read_csv(place / "one" / "history.csv")
    best = history.loc[history["development"].idxmax()]
    told = one["The epoch that was kept"].here
    assert told.startswith(f"epoch {best['epoch']:.0f} of 3: nine-way, mean accuracy")
    assert told.endswith(f" {best['development']:.3f}")
    assert {line.kind for line in one.values()} == {report.MEASURED}
    assert all(line.source and line.here for line in one.values())


def test_every_field_of_the_recipe_that_differs_has_its_line(place):
    one = found(place, "one", None)
    lines = {name: line for name, line in one.items() if name.startswith("Recipe")}
    assert {name: (line.published, line.here) for name, line in lines.items()} == {
        "Recipe: learning rate": ("0.001", "0.02"),
        "Recipe: batch size": ("32", "8"),
        "Recipe: epochs": ("not stated", "3"),
    }
    assert len(run_folder.finished(place / "one").recipe.differences()) == len(lines)
    assert lines["Recipe: batch size"].source.startswith("the authors' public code of 2016")
    assert lines["Recipe: learning rate"].source.startswith("Esteva 2017: Methods")


def test_the_areas_are_scikit_learns_of_summed_probabilities(place, truth):
    one = found(place, "one")
    table, known = shares(place, "one", truth)
    for which, rows in (
        ("all cases", known),
        ("biopsied cases alone", known[known["label_source"] == "biopsy"]),
    ):
        pair = rows[rows["disease"].isin(["malignant melanoma", "melanocytic nevi"])]
        melanoma = table.loc[pair.index, "malignant melanoma"]
        share = melanoma / (melanoma + table.loc[pair.index, "melanocytic nevi"])
        positive = pair["disease"] == "malignant melanoma"
        here = one[f"melanoma-vs-nevus, area under the curve, {which}"].here
        assert float(here.split()[0]) == pytest.approx(roc_auc_score(positive, share), abs=6e-4)
        assert f", {len(pair)} images, {positive.sum()} of them melanoma" in here
        assert 0 < roc_auc_score(positive, share) < 1
        share = table.loc[rows.index, ["malignant melanoma", "basal cell carcinoma"]].sum(axis=1)
        positive = rows["disease"].isin(["malignant melanoma", "basal cell carcinoma"])
        here = one[f"malignant, area under the curve, {which}"].here
        assert float(here.split()[0]) == pytest.approx(roc_auc_score(positive, share), abs=6e-4)


def test_the_interval_is_that_of_dermlab_score(place):
    line = found(place, "one")["malignant, area under the curve, all cases"]
    score = scores.score_files(
        place / "one" / "predictions.csv", place / "cases.csv", task="malignant", allow_missing=True
    )
    assert score["clustered_by"] == "lesion_id" and "interval over lesions" in line.source
    assert line.here.startswith("{estimate:.3f} ({low:.3f} to {high:.3f}),".format(**score["auc"]))


def test_the_published_value_stands_beside_the_same_task_with_its_source(place):
    one = found(place, "one")
    melanoma = one["melanoma-vs-nevus, area under the curve, biopsied cases alone"]
    assert melanoma.published == "0.91 (dermoscopy)"
    assert melanoma.source.startswith("Esteva 2017: Fig. 3a, as quoted")
    assert one["melanoma-vs-nevus, area under the curve, all cases"].published == "–"
    carcinoma = one["carcinoma-vs-keratosis, area under the curve, biopsied cases alone"]
    assert carcinoma.published == "0.96 (clinical)"
    nine = one["nine-way, mean accuracy of the classes"]
    assert nine.published == "55.4 ± 1.7 % (mean ± SD of nine folds)"


def test_what_cannot_be_read_out_says_why(place):
    one = found(place, "one")
    assert one["nine-way, mean accuracy of the classes"].here.startswith(
        "not possible: no column of the predictions stands for "
    )
    direct = found(place, "direct")
    assert direct["What the network learns"].here == (
        "the task melanoma-vs-nevus itself: melanoma, nevus"
    )
    (others,) = (line for name, line in direct.items() if name.startswith("The tasks three-way"))
    assert others.here == "not possible: the network learnt the task melanoma-vs-nevus itself"
    assert "melanoma-vs-nevus, area under the curve, all cases" in direct
    assert not any(name.startswith("malignant,") for name in direct)


def test_folds_are_pooled_and_their_mean_and_sd_are_given(place, truth):
    lines = found(place, "all")
    table, known = shares(place, "all", truth)
    assert len(table) == 96
    here = lines["malignant, area under the curve, all cases"].here
    malignant = ["malignant melanoma", "basal cell carcinoma"]
    area = roc_auc_score(known["disease"].isin(malignant), table[malignant].sum(axis=1))
    assert float(here.split()[0]) == pytest.approx(area, abs=6e-4)
    assert (
        "in each of 3 networks" in lines["Images for the weights and for choosing the epoch"].here
    )
    rows = pd.DataFrame(json.loads((place / "all" / "trained.json").read_text())["networks"])
    spread = f"{rows['best'].mean():.3f} ± {rows['best'].std():.3f} (mean ± SD of 3 networks)"
    assert lines["The epoch that was kept"].here.endswith(spread)


def test_the_mean_over_folds_is_that_of_scikit_learn(place, truth):
    table, known = shares(place, "all", truth)
    answer = table.assign(empty=False).reset_index()
    folds = [pd.Series(table.index[i : i + 32]) for i in (0, 32, 64)]
    said = table.idxmax(axis=1)
    each = [balanced_accuracy_score(known["disease"].loc[ids], said.loc[ids]) for ids in folds]
    told = run_report._by_fold(answer, known["disease"], folds)
    assert told == f"; {100 * np.mean(each):.1f} ± {100 * np.std(each, ddof=1):.1f} % over 3 folds"
    assert run_report._by_fold(answer, known["disease"], []) == ""
    right = (said == known["disease"]).idxmax()
    answer["empty"] = answer["image_id"] == right  # says nothing, and so is not right
    told = run_report._by_fold(answer, known["disease"], folds)
    said[right] = "no signal"
    each = [(said == known["disease"]).loc[ids].groupby(known["disease"]).mean() for ids in folds]
    assert told.startswith(f"; {100 * np.mean([fold.mean() for fold in each]):.1f} ± ")


def test_drawn_pictures_mark_every_row_simulated(place, truth):
    drawn = truth.reset_index()
    drawn.loc[drawn["image_id"] == "I40", "dataset"] = "clinic"
    drawn.to_csv(place / "drawn.csv", index=False)
    parts = run_report.sections([place / "one"], str(place / "drawn.csv"))
    learnt, scored = parts.values()
    assert {line.kind for line in learnt} == {report.MEASURED}
    assert {line.kind for line in scored} == {report.SIMULATED}


def test_classes_of_ones_own_have_their_question_and_nothing_of_skin(place):
    rows = found(place, "flowers", "flowers.csv")
    (line,) = (row for name, row in rows.items() if name.startswith("own, "))
    assert line.name == "own, mean accuracy of the classes, all cases"
    assert line.here.endswith("; by chance 33.3 %") and line.published == "–"
    assert not any("biops" in name or "three-way" in name for name in rows)


def test_what_is_no_finished_run_is_one_sentence(place, tmp_path):
    with pytest.raises(InputError, match="There is no folder"):
        run_report.sections([place / "none"])
    with pytest.raises(InputError, match="holds no run"):
        run_report.sections([tmp_path])
    (tmp_path / "settings.json").write_text((place / "one" / "settings.json").read_text())
    with pytest.raises(InputError, match=r"is not finished: go on with dermlab train --resume\."):
        run_report.sections([tmp_path])
    with pytest.raises(InputError, match="scored no fold"):
        run_report.sections([place / "unscored"], str(place / "cases.csv"))
    short = pd.read_csv(place / "cases.csv").iloc[:60]
    short.to_csv(tmp_path / "short.csv", index=False)
    with pytest.raises(InputError, match=r"4 images of .* stand in no row of .*I60"):
        run_report.sections([place / "one"], str(tmp_path / "short.csv"))


def test_the_page_shows_the_rows_and_the_curves_with_words_for_them(place):
    names = ["one", "all"]
    parts, page = run_report.of_runs([place / name for name in names], str(place / "cases.csv"))
    assert page.count(' alt="Learning curve of ') == page.count(run_pictures.NO_IMAGES) == 2
    assert "http" not in page and "<script" not in page
    lines = [line for rows in parts.values() for line in rows]
    assert page.count('<th scope="row">') == len(lines) == len(report.as_json(parts)["rows"])
    assert page.count('<span class="mark measured-here">') == len(lines) + 1  # and its meaning
    assert "simulated" not in page.split("</style>")[1]

"""Biopsied against all nevi within a source: the shipped tables, and a study by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from dermlab.lessons import results
from results.ham10000_sources import recipe as maker

MELANOMA, NEVUS = "malignant melanoma", "melanocytic nevi"


@pytest.fixture(scope="module")
def rows():
    return results.read("ham10000_nine_folds", "predictions.npz")


def test_the_contrast_follows_from_the_rows(rows):
    table = results.read("ham10000_sources", "contrast.csv").set_index("source")
    disease, source = rows["diseases"][rows["disease"]], rows["sources"][rows["source"]]
    p = pd.DataFrame(rows["probabilities"].astype(float), columns=rows["classes"])
    score = (p[MELANOMA] / (p[MELANOMA] + p[NEVUS])).to_numpy()
    asked, positive = np.isin(disease, [MELANOMA, NEVUS]), disease == MELANOMA
    for name, row in table.iterrows():
        here = asked & ((source == name) | (name == maker.TOGETHER))
        biopsied = here & rows["biopsied"]
        counts = [(here & positive).sum(), (biopsied & ~positive).sum(), (here & ~biopsied).sum()]
        assert row[["n_melanomas", "n_biopsied_nevi", "n_other_nevi"]].tolist() == counts
        if np.isnan(row["difference"]):
            assert min(counts) < 30
            continue
        areas = [roc_auc_score(positive[part], score[part]) for part in (here, biopsied)]
        assert row[["auc_all", "auc_biopsied"]].tolist() == pytest.approx(areas, abs=1e-6)
        assert row["difference"] == pytest.approx(areas[0] - areas[1], abs=1e-6)


def test_within_a_source_the_contrast_is_a_tenth_of_the_whole():
    table = results.read("ham10000_sources", "contrast.csv").set_index("source")
    known = table.dropna()
    assert list(known.index) == [maker.TOGETHER, "vidir_modern"]
    assert known.loc["vidir_modern", "high"] < 0.02 < 0.12 < known.loc[maker.TOGETHER, "low"]


def test_the_source_alone_says_much_of_all_nevi_and_little_of_biopsied_ones():
    table = results.read("ham10000_sources", "source_alone.csv").set_index("cases")
    assert table.loc["all", "low"] > 0.75 and table.loc["biopsied", "high"] < 0.6


def test_follow_up_comes_from_one_camera(rows):
    disease, source = rows["diseases"][rows["disease"]], rows["sources"][rows["source"]]
    others = source[(disease == NEVUS) & ~rows["biopsied"]]
    names, counts = np.unique(others, return_counts=True)
    assert dict(zip(names, counts, strict=True)) == {"vidir_modern": 503, "vidir_molemax": 3704}


def test_two_sources_by_hand(monkeypatch):
    """In A biopsied nevi score 0.5 as its melanomas do, others 0.1; B has biopsied nevi alone."""
    n = 9
    parts = [("A", MELANOMA, True, 0.5), ("A", NEVUS, True, 0.5), ("A", NEVUS, False, 0.1),
             ("B", MELANOMA, True, 0.9), ("B", NEVUS, True, 0.2)]  # fmt: skip
    table = pd.DataFrame(parts, columns=["source", "disease", "biopsied", "score"])
    table = table.loc[np.repeat(table.index, n)].reset_index(drop=True)
    cases = table.assign(lesion_id=np.arange(5 * n)).drop(columns="score")
    answers = pd.DataFrame({MELANOMA: table["score"], NEVUS: 1 - table["score"]})
    answers = answers.assign(fold=np.arange(5 * n) % 9)
    monkeypatch.setattr(maker, "shipped_rows", lambda path: (cases, answers))
    monkeypatch.setattr(maker, "FEWEST", n)
    found = maker.sources({maker.ROWS: None})
    contrast = found["contrast.csv"].set_index("source")
    assert contrast.loc["A", ["auc_all", "auc_biopsied"]].tolist() == [0.75, 0.5]
    assert contrast.loc["A", "difference"] == 0.25 and contrast["difference"].isna()["B"]
    # A has 9 melanomas of 27, B 9 of 18: 9 × 9 pairs won, 9 × 18 lost, the others tied
    alone = found["source_alone.csv"].set_index("cases")["auc"]
    assert alone["all"] == pytest.approx((9 * 18 + (9 * 9 + 9 * 18) / 2) / (18 * 27))

"""Biopsied nevi against all nevi within one clinic and camera of HAM10000; none is trained."""

import pandas as pd

from results.common.result import OF_HAM10000, Inputs, Outputs, Result
from results.ham10000_nine_folds.recipe import (
    ALL,
    BIOPSIED,
    FEWEST,
    N_FOLDS,
    ROWS,
    question_of,
    shipped_rows,
)

QUESTION, TOGETHER = "melanoma-vs-nevus", "all sources"


def sources(inputs: Inputs) -> Outputs:
    """How much harder biopsied nevi are than all nevi, together and within a source.

    ``contrast.csv``: melanoma against nevus, the nine networks' areas with all nevi and with the
    biopsied ones, and their difference on the same resamples of lesions. A source where every nevus
    was biopsied, or with under 30 melanomas, biopsied nevi or other nevi, has counts alone.
    ``source_alone.csv``: the area of an answer that knows the source and nothing else: the share
    of melanomas among the other folds' images of that source, counted on the same kind of cases.
    """
    cases, answers = shipped_rows(inputs[ROWS])
    asked, positive, score = question_of(cases, answers, QUESTION)
    cases = cases.assign(positive=positive, score=score, fold=answers["fold"])[asked]
    parts = {TOGETHER: cases, **dict(list(cases.groupby("source")))}
    alone = [
        {"cases": which, "n_images": len(part), **_area(part.assign(score=_share_of_source(part)))}
        for which, part in _parts(cases)
    ]
    return {
        "contrast.csv": pd.DataFrame([{"source": s, **_contrast(p)} for s, p in parts.items()]),
        "source_alone.csv": pd.DataFrame(alone),
    }


def _contrast(cases: pd.DataFrame) -> dict:
    """A row of ``contrast.csv``: the area with all nevi minus that with the biopsied ones."""
    from dermlab.evaluation import intervals, roc

    biopsied = cases["biopsied"].to_numpy()
    counts = {
        "n_melanomas": int(cases["positive"].sum()),
        "n_biopsied_nevi": int((~cases["positive"] & biopsied).sum()),
        "n_other_nevi": int((~biopsied).sum()),
    }
    if min(counts.values()) < FEWEST:
        return counts
    areas = {which: _area(part)["auc"] for which, part in _parts(cases)}
    cases = cases.assign(number=intervals.group_numbers(cases["lesion_id"], len(cases)))
    on_resamples = [
        roc.areas_of_resamples(*(part[c].to_numpy() for c in ("positive", "score", "number")))
        for _, part in _parts(cases)
    ]
    numbers = cases["number"].to_numpy()
    harder = intervals.bootstrapped_difference(*on_resamples, numbers, 2000, 0)
    bounds = {"low": harder.low, "high": harder.high}
    return counts | {
        "auc_all": areas[ALL],
        "auc_biopsied": areas[BIOPSIED],
        "difference": harder.estimate,
        **bounds,
    }


def _parts(cases: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    return [(ALL, cases), (BIOPSIED, cases[cases["biopsied"]])]


def _area(cases: pd.DataFrame) -> dict:
    """The area with its interval over lesions."""
    from dermlab.evaluation import roc

    area = roc.auc(*(cases[c].to_numpy() for c in ("positive", "score", "lesion_id")))
    return {"auc": area.estimate, "low": area.low, "high": area.high}


def _share_of_source(cases: pd.DataFrame) -> pd.Series:
    """For each image, the share of melanomas in its source in the other folds."""
    scores = [
        here["source"].map(cases[cases["fold"] != k].groupby("source")["positive"].mean())
        for k in range(N_FOLDS)
        for here in [cases[cases["fold"] == k]]
    ]
    return pd.concat(scores).loc[cases.index]


RESULT = Result(
    sources,
    "Melanoma against nevus by the nine networks of ham10000_nine_folds, with all nevi and with "
    "biopsied nevi alone, over all clinics and cameras and within each; and how far the clinic and "
    "camera get without a picture. From the shipped rows alone, no network trained. Pictures and "
    f"labels: {OF_HAM10000}.",
    kind="measured here",
    seed=0,
    minutes=1,
    reads=(ROWS,),
)

"""Stratified folds of whole groups: ``splits.group_folds`` against scikit-learn's own splitter.

Both on the same rows in the same process: three public tables (HAM10000 by lesion, ISIC 2020 by
patient, Fitzpatrick17k by image; from the folder ``DERMLAB_DATA``, left out without it), then
made-up rows of 114 diseases, one lesion a row or two. Printed are the seconds of the processor,
the peak memory of the process so far, and two numbers of balance, smaller is better: by how many
images the largest fold exceeds the smallest, and by how much a disease's share in a fold is off
its share in the whole, at worst. Where scikit-learn runs, its folds must be the same, so that the
balance is too. It is left out above 20,000 made-up rows: its time grows with the rows times the
diseases, and with the square of the rows where it looks them up (89 s at 100,000 rows).

    DERMLAB_DATA=... python benchmarks/group_folds.py
"""

import os
import resource
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from dermlab.cases import splits

N_FOLDS, MADE_UP, RIVAL_ENDS = 9, (20_000, 100_000, 1_000_000), 40_000
TABLES = {  # image, group, disease
    "HAM10000_metadata.csv": ("image_id", "lesion_id", "dx"),
    "ISIC_2020_Training_GroundTruth.csv": ("image_name", "patient_id", "diagnosis"),
    "fitzpatrick17k.csv": ("md5hash", None, "label"),
}


def public(path, image, group, disease):
    rows = pd.read_csv(path, dtype="str").drop_duplicates(image)
    lesion = rows[group] if group else None
    return pd.DataFrame({"image_id": rows[image], "lesion_id": lesion, "disease": rows[disease]})


def made_up(n):
    rng = np.random.default_rng(0)
    lesion = rng.integers(int(0.7 * n), size=n)
    share = rng.dirichlet(np.ones(114))
    names = np.array([f"disease {k:03d}" for k in range(114)])
    of_lesion = rng.choice(names, lesion.max() + 1, p=share)
    columns = {
        "image_id": [f"image {k:07d}" for k in range(n)],
        "lesion_id": [f"lesion {k}" for k in lesion],
        "disease": of_lesion[lesion],
    }
    return pd.DataFrame(columns, dtype="str")


def by_scikit_learn(cases):
    rows = cases.sort_values("image_id", ignore_index=True)
    group = splits.groups(rows).to_numpy(object)
    fold = np.empty(len(rows), dtype=int)
    splitter = StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=0)
    for k, (_, held) in enumerate(splitter.split(rows, rows["disease"].to_numpy(object), group)):
        fold[held] = k
    return rows.assign(fold=fold)


def seconds(function, cases):
    start = time.process_time()
    split = function(cases)
    return split, time.process_time() - start


def balance(split, cases):
    """Images between the largest and the smallest fold; a disease's largest error of its share."""
    disease = cases.set_index("image_id")["disease"][split["image_id"]].to_numpy()
    counts = pd.crosstab(split["fold"].to_numpy(), disease)
    off = counts.div(counts.sum(axis=1), axis=0) - counts.sum() / counts.to_numpy().sum()
    return np.ptp(counts.sum(axis=1)), off.abs().to_numpy().max()


def line(name, split, cases, took):
    images, share = balance(split, cases)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {name:13} {took:8.1f} s {peak:7.0f} MB   folds differ by {images:3d} images, "
          f"shares by {100 * share:.3f} points", flush=True)  # fmt: skip


def compare(title, cases):
    cases["disease"] = cases["disease"].fillna("unknown")
    ours, fast = seconds(splits.group_folds, cases)
    n_groups = ours["group_id"].nunique()
    print(
        f"{title}: {len(cases):,} images, {n_groups:,} groups, {cases.disease.nunique()} diseases"
    )
    line("group_folds", ours, cases, fast)
    if len(cases) > RIVAL_ENDS:
        return
    theirs, slow = seconds(by_scikit_learn, cases)
    line("scikit-learn", theirs, cases, slow)
    assert (ours["fold"] == theirs["fold"]).all()
    print(f"  the same folds; ratio of times {slow / fast:.0f}")


def main():
    warnings.simplefilter("ignore")
    folder = os.environ.get("DERMLAB_DATA")
    for name, columns in TABLES.items() if folder else ():
        compare(name, public(Path(folder, name), *columns))
    for n in MADE_UP:
        compare("made up", made_up(n))


if __name__ == "__main__":
    main()

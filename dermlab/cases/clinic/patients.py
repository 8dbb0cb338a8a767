"""The clinic's patients, their lesions, the photographs of each, and the labels.

Whatever varies from row to row is drawn by a generator of its own, named after what it draws: so
the first hundred patients of two hundred are the hundred of a clinic of one hundred, and asking
for rulers changes nothing but the rulers.
"""

import re
import zlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from dermlab.cases import tasks, taxonomy
from dermlab.cases.clinic import labels, phenotypes, records
from dermlab.cases.clinic.optics import CAMERAS
from dermlab.cases.clinic.records import MOST, Stream
from dermlab.errors import InputError

LESIONS = (0.60, 0.25, 0.10, 0.05)  # share of patients with 1, 2, 3, 4 lesions
VIEWS = (0.50, 0.30, 0.15, 0.05)  # share of lesions with 1, 2, 3, 4 photographs
SAME_DISEASE = 0.35  # a further lesion is of the first one's disease
DERMOSCOPY = 0.026  # 3,374 of the 129,450 images of Esteva et al. 2017


def make(
    n_patients: int,
    seed: int,
    *,
    source: str = "clinic A",
    shares=phenotypes.SHARES,
    described_weight: float = 1.0,
    temper: float = 0.5,
    dermoscopy: float = DERMOSCOPY,
    artefacts: dict[str, dict[str, float]] | None = None,
    blurry: float = 0.0,
    distant: float = 0.0,
    skin_types: Mapping[int, float] | None = None,
) -> pd.DataFrame:
    """The cases of a clinic: a row a photograph, with the facts that no real clinic knows.

    Beside the columns of every table of cases: ``truth`` (the disease that a biopsy finds),
    ``mimics`` and ``atypia`` (what it is like, and how much: see `labels`), ``dermatologist``
    (the label by eye; ``disease`` is the truth where ``label_source`` is biopsy, else this),
    ``suspicion`` (log-odds of a biopsy), ``view``, ``lesion_seed`` and ``view_seed`` (what
    `render` draws from), ``sign_…`` (the lesion's grades, 0-4, not clipped) and ``artefact_…``
    (whether there is one).

    ``source`` is one of optics.CAMERAS. ``shares``, ``described_weight``: see `phenotypes.looks`.
    Prevalence is Fitzpatrick17k's count ** ``temper``. ``dermoscopy`` is the share of dermoscopic
    photographs of the partitions that are looked at so (less by the table's weight elsewhere).
    ``artefacts``: artefact → {"malignant": share, "other": share} of the photographs.
    ``blurry``, ``distant``: shares of the photographs that are. Where either is above 0 there are
    the columns ``blur`` (the standard deviation of the want of focus, a share of the picture's
    width; 0 for none) and ``distance`` (how many times too far away it was taken; 1 for as it
    should be). ``skin_types``: skin type (1 to 6) → its share of the patients; Fitzpatrick17k's if
    None. None of these options moves anything else: the same lesions are photographed otherwise.

    InputError for fewer than one patient, another clinic, shares that are no parts of 1, and
    artefacts, rates or skin types that there are not.
    """
    if n_patients < 1:
        raise InputError(f"A clinic needs at least one patient, not {n_patients}.")
    tree, stream = taxonomy.load_tree(), _streams(seed, source)
    weights = prevalence(tree, temper=temper)
    truth = _diseases(stream, n_patients, weights)
    n_lesions = records.count(stream("lesions").random(n_patients), LESIONS)
    slot = np.flatnonzero(np.arange(MOST) < n_lesions[:, None])
    looks = phenotypes.looks(tree, shares=shares, described_weight=described_weight)
    lesions = pd.DataFrame({"patient": slot // MOST, "truth": truth.ravel()[slot]}, index=slot)
    lesions = records.examined(lesions, stream, looks, labels.mimicry(weights, tree), tree)
    lesions = records.with_people(lesions, stream, tree, records.skin_weights(skin_types))
    n_views = records.count(stream("views").random(n_patients * MOST), VIEWS)[slot]
    cases = records.photographed(lesions, n_views, stream, tree)
    cases["modality"] = records.modality(cases, stream, dermoscopy, tree)
    cases = records.with_artefacts(cases, stream, artefacts or {}, tree)
    cases = records.with_quality(cases, stream, blurry=blurry, distant=distant)
    return records.finished(cases, f"{source[-1]}{seed}", source)


def test_set(
    task: str,
    *counts: int,
    seed: int,
    source: str = "clinic B",
    modality: str = "clinical",
    shares=phenotypes.SHARES,
    described_weight: float = 1.0,
    temper: float = 0.5,
    artefacts: dict[str, dict[str, float]] | None = None,
) -> pd.DataFrame:
    """Biopsy-proven cases for a task: ``counts`` lesions of each of its classes, in their order.

    One photograph a lesion and one lesion a patient, none of whom `make` knows. The lesions of a
    class are those that the clinic biopsied: benign ones among them look more suspicious than
    their like. Columns and other options as `make`.

    InputError for another task, for other than one count a class, for a class that the clinic does
    not see, and where `make` raises it.
    """
    tree, stream = taxonomy.load_tree(), _streams(seed, source, f"{task} {modality} ")
    classes = tasks.get(task, tree=tree).classes
    if len(counts) != len(classes) or min(counts) < 0:
        raise InputError(
            f"The task '{task}' has {len(classes)} classes: say how many lesions of each, as in "
            f"test_set('{task}', {', '.join(['20'] * len(classes))}, seed=0)."
        )
    weights = prevalence(tree, temper=temper)
    table = labels.mimicry(weights, tree)
    looks = phenotypes.looks(tree, shares=shares, described_weight=described_weight)
    chosen = []
    for (name, nodes), count in zip(classes, counts, strict=True):
        of_class = weights[weights.index.isin(nodes)]
        if of_class.empty:
            raise InputError(f"The clinic sees no disease of '{name}', a class of '{task}'.")
        of_name = _streams(seed, source, f"{task} {modality} {name} ")
        chosen.append(_biopsied(of_class, count, of_name, looks, table, tree))
    lesions = pd.concat(chosen, ignore_index=True)
    lesions["patient"] = stream("order").permutation(len(lesions))
    lesions = lesions.sort_values("patient").set_index(np.arange(len(lesions)) * MOST)
    lesions = records.with_people(lesions, stream, tree)
    cases = records.photographed(lesions, np.ones(len(lesions), int), stream, tree)
    cases["modality"] = modality
    cases = records.with_artefacts(cases, stream, artefacts or {}, tree)
    name = re.sub(r"[^a-z0-9]+", "-", task)
    return records.finished(cases, f"{name}-{modality}-{source[-1]}{seed}", source)


def prevalence(tree: pd.DataFrame | None = None, *, temper: float = 0.5) -> pd.Series:
    """Disease → its share of the clinic's lesions: image counts ** ``temper``, summing to 1."""
    tree = taxonomy.load_tree() if tree is None else tree
    counts = tree.loc[tree["n"] > 0].set_index("child")["n"].astype(float) ** temper
    return (counts / counts.sum()).rename("prevalence")


def _streams(seed: int, source: str, purpose: str = "") -> Stream:
    """A function: name → a generator that depends on seed, clinic, purpose and that name alone."""
    if source not in CAMERAS:
        raise InputError(f"'{source}' is no clinic; there are {', '.join(CAMERAS)}.")

    def stream(name: str) -> np.random.Generator:
        return np.random.default_rng([seed, zlib.crc32(f"{source}/{purpose}{name}".encode())])

    return stream


def _diseases(stream: Stream, n_patients: int, weights: pd.Series) -> np.ndarray:
    """True diseases, (n_patients, MOST): later lesions are often of the first one's."""
    disease = records.pick(weights, stream("disease").random((n_patients, MOST)))
    same = stream("same").random((n_patients, MOST)) < SAME_DISEASE
    return np.where(same, disease[:, :1], disease)


def _biopsied(weights: pd.Series, count: int, stream: Stream, looks, table, tree) -> pd.DataFrame:
    """The first ``count`` biopsied lesions of these diseases; the pool grows until it has them."""
    pool = 20 * max(count, 1)
    while True:
        truth = records.pick(weights, stream("disease").random(pool))
        lesions = records.examined(pd.DataFrame({"truth": truth}), stream, looks, table, tree)
        biopsied = lesions[lesions["biopsied"]]
        if len(biopsied) >= count:
            return biopsied.iloc[:count]
        pool *= 4

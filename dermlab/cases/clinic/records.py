"""A lesion's record, step by step: grades and labels, the patient, the photographs, the ids.

Tables of lesions are indexed by the lesion's number in the clinic, patient × MOST + its place: what
is drawn for a lesion depends on that number alone, so no row depends on how many others there are.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from dermlab.cases import taxonomy
from dermlab.cases.clinic import artefacts, labels, phenotypes, quality
from dermlab.errors import InputError

MOST = 4  # lesions a patient, photographs a lesion
SECOND_READ = 0.50  # a further photograph is labelled anew, by another dermatologist
SKIN_TYPES = (2947, 4808, 3308, 2781, 1533, 635)  # images of types I-VI in Fitzpatrick17k
BODY = ("torso", "upper extremity", "lower extremity", "palms/soles")
BODY_SHARES = (0.42, 0.27, 0.27, 0.04)
SIGN = "sign_"
DRAWN_TOGETHER = 32  # signs of the first tables
ARTEFACT = "artefact_"

Stream = Callable[[str], np.random.Generator]


def count(uniform: np.ndarray, shares) -> np.ndarray:
    """1, 2, 3, … with these shares, from uniform numbers."""
    return 1 + np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right")


def skin_weights(skin_types: Mapping[int, float] | None) -> tuple[float, ...]:
    """The weights of types I-VI, (6,): Fitzpatrick17k's counts, or the shares asked for.

    InputError for what is no skin type and for shares that are no parts of 1.
    """
    if skin_types is None:
        return SKIN_TYPES
    shares = tuple(skin_types.get(skin, 0.0) for skin in range(1, 7))
    if set(skin_types) - set(range(1, 7)) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise InputError(
            f"skin_types are parts of 1 for skin types 1 to 6, as in {{1: 0.5, 2: 0.5}}; not "
            f"{dict(skin_types)}."
        )
    return shares


def pick(weights: pd.Series, uniform: np.ndarray) -> np.ndarray:
    """Names from a table name → weight, from uniform numbers of any shape."""
    cumulative = np.cumsum(weights.to_numpy()) / weights.sum()
    return weights.index.to_numpy(object)[np.searchsorted(cumulative[:-1], uniform, side="right")]


def examined(lesions, stream: Stream, looks, table, tree) -> pd.DataFrame:
    """Lesions with grades, the dermatologist's label, and whether that led to a biopsy.

    The index is the lesion's number in the clinic: what is drawn for it depends on that alone.
    """
    n, slot, truth = lesions.index.max() + 1, lesions.index, lesions["truth"]
    atypia = stream("atypia").random(n)[slot]
    mimics = labels.draw(table, truth.to_numpy(), stream("mimics").random(n)[slot])
    pull = (labels.PULL * atypia**2)[:, None]
    noise = _grade_noise(stream, n, list(looks.columns))[slot]
    grades = (1 - pull) * looks.loc[truth].to_numpy() + pull * looks.loc[mimics].to_numpy()
    grades += phenotypes.LESION_SPREAD * phenotypes.spread() * noise
    wrong = labels.errs(
        atypia, stream("reader").standard_normal(n)[slot], labels.error_rates(truth, tree)
    )
    label = np.where(wrong, mimics, truth)
    suspicion = labels.suspicion(grades, label, tree)
    facts = {
        "atypia": atypia.round(4),
        "mimics": mimics,
        "dermatologist": label,
        "suspicion": suspicion.round(4),
        "biopsied": stream("biopsy").random(n)[slot] < 1 / (1 + np.exp(-suspicion)),
        "lesion_seed": stream("lesion_seed").integers(2**53, size=n)[slot],
    }
    named = pd.DataFrame(grades.round(4), columns=SIGN + looks.columns, index=slot)
    return pd.concat([lesions.assign(**facts), named], axis=1)


def _grade_noise(stream: Stream, n: int, signs: list[str]) -> np.ndarray:
    """Standard normal numbers (n, signs). The first signs share a draw; each later one has its own,
    so that a sign that is added to the table leaves every other column as it was."""
    drawn = [stream("grades").standard_normal((n, DRAWN_TOGETHER))]
    drawn += [stream(f"grades {s}").standard_normal((n, 1)) for s in signs[DRAWN_TOGETHER:]]
    return np.concatenate(drawn, axis=1)


def with_people(lesions, stream: Stream, tree, skin_shares=SKIN_TYPES) -> pd.DataFrame:
    """Lesions with their patient's age, sex and skin type, and their place on the body.

    ``skin_shares``: the weights of types I-VI, (6,).
    """
    patient, slot = lesions["patient"].to_numpy(), lesions.index.to_numpy()
    n, slots = patient.max() + 1, slot.max() + 1
    skin_shares = np.divide(skin_shares, sum(skin_shares))
    facts = phenotypes.partitions()
    partition = lesions["truth"].map(taxonomy.ancestor_at(tree, "nine-way"))
    first = partition.groupby(patient).transform("first")
    age = stream("age").standard_normal(n)[patient] * first.map(facts["age_sd"])
    age = (age + first.map(facts["age_mean"])).clip(1, 95).round()
    head = stream("head").random(slots)[slot] < partition.map(facts["head_neck"])
    body = pick(pd.Series(BODY_SHARES, BODY), stream("body").random(slots)[slot])
    return lesions.assign(
        age=age,
        sex=np.where(stream("sex").random(n) < 0.5, "female", "male")[patient],
        skin_type=count(stream("skin").random(n), skin_shares)[patient],
        site=np.where(head, "head/neck", body),
    )


def photographed(lesions, n_views, stream: Stream, tree: pd.DataFrame) -> pd.DataFrame:
    """A row a photograph: the view's number and seed, and the label that this photograph bears."""
    cases = lesions.loc[lesions.index.repeat(n_views)]
    view = cases.groupby(level=0).cumcount().to_numpy()
    cell = cases.index.to_numpy() * MOST + view
    n = cell.max() + 1
    again = (stream("second").random(n)[cell] < SECOND_READ) & (view > 0)
    rate = labels.error_rates(cases["truth"], tree)
    wrong = labels.errs(cases["atypia"], stream("anew").standard_normal(n)[cell], rate)
    anew = np.where(wrong, cases["mimics"], cases["truth"])
    label = np.where(again, anew, cases["dermatologist"])
    return cases.assign(
        cell=cell,
        lesion=cases.index,
        view=view + 1,
        view_seed=stream("view_seed").integers(2**53, size=n)[cell],
        dermatologist=label,
        disease=np.where(cases["biopsied"], cases["truth"], label),
        label_source=np.where(cases["biopsied"], "biopsy", "dermatologist"),
    ).reset_index(drop=True)


def modality(cases, stream: Stream, dermoscopy: float, tree) -> np.ndarray:
    """How each photograph was taken: dermoscopy at a share that the partition's weight scales."""
    partition = cases["truth"].map(taxonomy.ancestor_at(tree, "nine-way"))
    share = dermoscopy * partition.map(phenotypes.partitions()["dermoscopy"])
    drawn = stream("modality").random(cases["cell"].max() + 1)[cases["cell"]]
    return np.where(drawn < share, "dermoscopy", "clinical")


def with_artefacts(cases, stream: Stream, rates: dict, tree) -> pd.DataFrame:
    """Columns ``artefact_…``: whether a photograph shows one, at the rates asked for."""
    artefacts.check_rates(rates)
    malignant = cases["truth"].map(taxonomy.ancestor_at(tree, "three-way")) == "malignant"
    columns = {}
    for name in artefacts.NAMES:
        rate = rates.get(name, {"malignant": 0.0, "other": 0.0})
        drawn = stream(f"artefact {name}").random(cases["cell"].max() + 1)[cases["cell"]]
        columns[ARTEFACT + name] = drawn < np.where(malignant, rate["malignant"], rate["other"])
    return cases.assign(**columns)


def with_quality(cases, stream: Stream, *, blurry: float, distant: float) -> pd.DataFrame:
    """Columns ``blur`` and ``distance`` where either share is asked for: see `quality`."""
    for name, share in (("blurry", blurry), ("distant", distant)):
        quality.check_share(name, share)
    if blurry == distant == 0:
        return cases
    n, cell = cases["cell"].max() + 1, cases["cell"]
    uniform = {name: stream(name).random(n)[cell] for name in quality.DRAWN}
    return quality.with_quality(cases, uniform, blurry=blurry, distant=distant)


def finished(cases: pd.DataFrame, prefix: str, source: str) -> pd.DataFrame:
    """Ids, and the columns in the order of a table of cases."""
    patient = prefix + "-" + cases["patient"].map("{:05d}".format)
    lesion = patient + "-" + (cases["lesion"] % MOST + 1).astype("str")
    named = {
        "image_id": lesion + "-" + cases["view"].astype("str"),
        "lesion_id": lesion,
        "patient_id": patient,
        "skin_type": cases["skin_type"].astype("str"),
        "source": source,
        "dataset": "clinic",
    }
    first = "image_id lesion_id patient_id disease label_source modality skin_type age sex site"
    latent = "source dataset truth mimics atypia dermatologist suspicion view lesion_seed view_seed"
    drawn = [name for name in cases.columns if name.startswith((SIGN, ARTEFACT))]
    drawn += [name for name in quality.COLUMNS if name in cases]
    cases = cases.assign(**named)[[*first.split(), *latent.split(), *drawn]]
    text = [name for name in cases.columns if cases[name].dtype == object]
    return cases.astype(dict.fromkeys(text, "str"))

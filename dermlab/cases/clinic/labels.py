"""What dermatologists call a lesion, and which lesions they biopsy.

Every lesion is more or less like another disease, the one that it *mimics*, drawn by this rule:
30 % a disease of the same family (of the same partition where it has no family), 40 % a look-alike
of data/clinic/look_alikes.csv, in equal parts, 30 % any other disease by prevalence; a part
without candidates goes to the others. Its *atypia*, uniform on [0, 1], says how much: the look
moves towards the mimicked disease's by PULL × atypia². A dermatologist who errs names the mimicked
disease, the more often the more atypical the lesion; over all lesions of a disease the share of
errors is the rate that data/clinic/partitions.csv states for its partition.

The rule of biopsies: the log-odds are `suspicion`, a weighted sum of the visible signs (column
``suspicion`` of signs.csv) and of the partition that the dermatologist named: never of the truth.
"""

import numpy as np
import pandas as pd

from dermlab.cases import taxonomy
from dermlab.cases.clinic import phenotypes

FAMILY, LOOK_ALIKE, ANY = 0.3, 0.4, 0.3
PULL = 0.75
READING = 0.6  # correlation of a reader's difficulty with the lesion's atypia
BIOPSY_INTERCEPT = -0.6
SIGNS_WEIGHT, LABEL_WEIGHT = 0.75, 1.6


def mimicry(weights: pd.Series, tree: pd.DataFrame | None = None) -> pd.DataFrame:
    """P(mimicked | disease), diseases in rows: the rule above for diseases of these prevalences.

    ``weights``: disease → prevalence, any scale. Rows sum to 1; the diagonal is 0.
    """
    tree = taxonomy.load_tree() if tree is None else tree
    names = list(weights.index)
    family = taxonomy.ancestor_at(tree, "family").reindex(names)
    family = family.fillna(taxonomy.ancestor_at(tree, "nine-way").reindex(names)).to_numpy()
    other = ~np.eye(len(names), dtype=bool)
    prevalence = weights.to_numpy(float)[None, :] * other
    related = prevalence * (family[:, None] == family[None, :])
    alike = _look_alikes(names).to_numpy(float)
    shares = ((FAMILY, related), (LOOK_ALIKE, alike), (ANY, prevalence))
    table = _rows_to_one(sum(share * _rows_to_one(candidates) for share, candidates in shares))
    return pd.DataFrame(table, index=names, columns=names)


def error_rates(diseases: pd.Series, tree: pd.DataFrame) -> np.ndarray:
    """The share of wrong labels stated for each disease, (n,)."""
    partition = diseases.map(taxonomy.ancestor_at(tree, "nine-way"))
    return partition.map(phenotypes.partitions()["error_rate"]).to_numpy(float)


def draw(table: pd.DataFrame, disease: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """The mimicked disease of each lesion (n,), by one uniform number each.

    ``table`` as `mimicry` gives it; ``disease`` and ``uniform`` (n,).
    """
    cumulative = table.cumsum(axis=1).to_numpy()
    row = table.index.get_indexer(disease)
    column = (uniform[:, None] >= cumulative[row]).sum(1).clip(max=table.shape[1] - 1)
    return table.columns.to_numpy(object)[column]


def errs(atypia: np.ndarray, trouble: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Whether a reader errs, bool (n,): at ``rate`` overall, more where ``atypia`` is high.

    ``atypia`` is uniform; ``trouble`` is the reader's own with the picture, standard normal;
    ``rate`` a share; all (n,).
    """
    from scipy.special import ndtr, ndtri

    hard = ndtri(np.clip(atypia, 1e-12, 1 - 1e-12))
    return ndtr(READING * hard + np.sqrt(1 - READING**2) * trouble) > 1 - rate


def suspicion(grades: np.ndarray, label: np.ndarray, tree: pd.DataFrame) -> np.ndarray:
    """The log-odds of a biopsy, (n,), from grades (n, signs) and the dermatologist's label."""
    partition = pd.Series(label).map(taxonomy.ancestor_at(tree, "nine-way"))
    prior = partition.map(phenotypes.partitions()["suspicion"]).to_numpy(float)
    return BIOPSY_INTERCEPT + SIGNS_WEIGHT * phenotypes.suspicion(grades) + LABEL_WEIGHT * prior


def _look_alikes(names: list[str]) -> pd.DataFrame:
    pairs = phenotypes.look_alikes()
    pairs = pairs[pairs["disease"].isin(names) & pairs["taken_for"].isin(names)]
    crossed = pd.crosstab(pairs["disease"], pairs["taken_for"])
    return crossed.reindex(index=names, columns=names, fill_value=0)


def _rows_to_one(table: np.ndarray) -> np.ndarray:
    """Rows scaled to sum 1; a row of zeros stays."""
    total = table.sum(1, keepdims=True)
    return np.divide(table, total, out=np.zeros(table.shape), where=total > 0)

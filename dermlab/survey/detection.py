"""Finding nodules in a chest CT: candidates, and three ways to score them.

A detector proposes places, with a score each. A classifier scores the same places anew: from
patches that a network trained on photographs describes, or from measurements made for nodules, or
from both. Positions are in mm (z, y, x). How such scores are judged is in `froc`.
"""

import numpy as np
import pandas as pd

from dermlab.errors import InputError
from dermlab.survey import lungs

SCALES = (1.5, 2.4, 3.8)  # mm, SD of the candidate detector's Gaussians
MOST, APART = 40, 4.0  # candidates a search; mm between two candidates
PATCH, ZOOM = 24, 3  # voxels a side (36 mm), and how much a patch is enlarged for the network
WINDOW = (-1000.0, 400.0)  # HU shown as black and white
VIEWS = ("axial", "coronal", "sagittal")
STRENGTHS, FOLDS, TREES = (0.01, 0.1, 1.0, 10.0), 4, 200  # the SVM's C; by scan; of the forest


# --- candidates -----------------------------------------------------------------------------------


def candidates(hu: np.ndarray, most: int = MOST) -> pd.DataFrame:
    """The blob-like places within the lungs of a scan: ``z, y, x`` (mm) and ``score``, best first.

    Two searches, each giving at most ``most``: in the scan as it is, and with everything that is
    not lung made dark, so that a nodule on the wall stands alone. The score is Li's dot filter
    (Med Phys 2003;30:2040), |λ₃|² / |λ₁| of the Hessian in HU: large for a ball, small for a tube.
    """
    box, mask = lung_mask(hu)
    volume = np.clip(hu[box], -1000, 100).astype(np.float32)
    found = [_blobs(part, mask, most) for part in (volume, np.where(mask, volume, lungs.LUNG))]
    index, score = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(-score, kind="stable")
    mm = lungs.to_mm(index[order] + [part.start for part in box])
    gaps = np.linalg.norm(mm[:, None] - mm, axis=2)
    is_new = ~(np.tril(gaps < APART, k=-1)).any(axis=1)
    table = pd.DataFrame(mm, columns=["z", "y", "x"]).assign(score=score[order])
    return table[is_new].reset_index(drop=True)


def _blobs(volume: np.ndarray, mask: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the Laplacian of a Gaussian has its maxima over place and scale, and the dot filter."""
    from scipy import ndimage

    smooth = [ndimage.gaussian_filter(volume, s / lungs.VOXEL, truncate=3) for s in SCALES]
    blobs = np.stack([-ndimage.laplace(v) * s**2 for v, s in zip(smooth, SCALES, strict=True)])
    scale, best = blobs.argmax(axis=0), blobs.max(axis=0)
    is_top = (best == ndimage.maximum_filter(best, 3)) & mask & (best > 0)
    index = np.argwhere(is_top)
    index = index[np.argsort(-best[is_top], kind="stable")[: 12 * most]]
    scale, score = scale[tuple(index.T)], np.zeros(len(index))
    for i, sigma in enumerate(SCALES):
        score[scale == i] = dots(smooth[i], index[scale == i]) * sigma**2
    order = np.argsort(-score, kind="stable")[:most]
    order = order[score[order] > 0]
    return index[order], score[order]


def lung_mask(hu: np.ndarray) -> tuple[tuple[slice, ...], np.ndarray]:
    """A box around the lungs, and which of its voxels are lung or surrounded by lung.

    Dark voxels that are not the air around the patient, closed with a ball of 9 mm so that nodules
    at the wall are inside.
    """
    from scipy import ndimage

    dark = ndimage.uniform_filter(hu.astype(np.float32), 3)[::2, ::2, ::2] < -500
    parts, n = ndimage.label(dark)
    outside = np.unique(np.concatenate([parts[:, [0, -1]].ravel(), parts[:, :, [0, -1]].ravel()]))
    sizes = ndimage.sum_labels(dark, parts, np.arange(n + 1))
    kept = (sizes > 3000) & ~np.isin(np.arange(n + 1), outside)
    lung, reach = kept[parts], 9 / lungs.VOXEL / 2
    if not lung.any():
        raise InputError("No lung is in the volume: dark voxels surrounded by tissue are needed.")
    grown = ndimage.distance_transform_edt(~np.pad(lung, 8)) <= reach
    closed = (ndimage.distance_transform_edt(grown) > reach)[8:-8, 8:-8, 8:-8]
    box = tuple(
        slice(max(0, 2 * part.start - 4), min(n, 2 * part.stop + 4))
        for part, n in zip(ndimage.find_objects(closed.astype(int))[0], hu.shape, strict=True)
    )
    return box, closed.repeat(2, 0).repeat(2, 1).repeat(2, 2)[box]


def dots(smooth: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Li's dot filter at ``index`` (n, 3) of a smoothed volume, 0 where not all λ are negative."""
    size = np.abs(np.minimum(eigenvalues(smooth, index), 0))
    return size[:, 0] ** 2 / np.maximum(size[:, 2], 1e-6)


def eigenvalues(smooth: np.ndarray, index: np.ndarray) -> np.ndarray:
    """The Hessian's at ``index``, (n, 3), HU a voxel², the one nearest to + first."""
    last = np.array(smooth.shape) - 2
    at = np.clip(index, 1, last)
    steps = np.eye(3, dtype=int)
    value = {}
    hessian = np.empty((len(at), 3, 3))

    def look(offset) -> np.ndarray:
        key = tuple(offset)
        if key not in value:
            value[key] = smooth[tuple((at + offset).T)].astype(float)
        return value[key]

    for i in range(3):
        hessian[:, i, i] = look(steps[i]) - 2 * look(0 * steps[i]) + look(-steps[i])
        for j in range(i):
            same = look(steps[i] + steps[j]) + look(-steps[i] - steps[j])
            cross = look(steps[i] - steps[j]) + look(steps[j] - steps[i])
            hessian[:, i, j] = hessian[:, j, i] = (same - cross) / 4
    return np.linalg.eigvalsh(hessian)[:, ::-1]


# --- patches and features -------------------------------------------------------------------------


def patches(hu: np.ndarray, mm: np.ndarray, size: int = PATCH) -> np.ndarray:
    """Three cuts through each place: (n, 3 views, size, size) uint8, the lung window as greys.

    Views in the order of ``VIEWS``; rows are y in axial cuts, else z. Beyond the volume is air.
    """
    low, high = WINDOW
    grey = np.clip((hu.astype(np.float32) - low) / (high - low), 0, 1) * 255
    half = size // 2
    padded = np.pad(np.rint(grey).astype(np.uint8), half)
    found = np.empty((len(mm), 3, size, size), np.uint8)
    for row, (z, y, x) in enumerate(np.rint(lungs.to_index(mm)).astype(int)):
        found[row, 0] = padded[z + half, y : y + size, x : x + size]
        found[row, 1] = padded[z : z + size, y + half, x : x + size]
        found[row, 2] = padded[z : z + size, y : y + size, x + half]
    return found


def middle_planes(cubes: np.ndarray) -> np.ndarray:
    """Axial, coronal and sagittal planes through the middle of cubes (n, size, size, size)."""
    half = cubes.shape[1] // 2
    return np.stack([cubes[:, half], cubes[:, :, half], cubes[:, :, :, half]], axis=1)


def describe(network, cuts: np.ndarray, zoom: int = ZOOM) -> np.ndarray:
    """The network's last features of each cut, views side by side: (n, 3 × features) float32.

    ``network``: a model from pixels (n, size, size, 3) 0-255 to features; greys become three equal
    colours, each voxel a square of ``zoom`` pixels, smoothed.
    """
    n, views, size, _ = cuts.shape
    pictures = enlarged(cuts.reshape(n * views, size, size), zoom)
    from dermlab.network import inference

    return inference.predict(network, pictures).reshape(n, -1)


def enlarged(greys: np.ndarray, zoom: int) -> np.ndarray:
    """Pictures (n, size, size) uint8 as colour pictures (n, zoom × size, …, 3), bilinear."""
    from PIL import Image

    side = zoom * greys.shape[1]
    large = [np.asarray(Image.fromarray(g).resize((side, side), Image.BILINEAR)) for g in greys]
    return np.repeat(np.array(large).reshape(-1, side, side, 1), 3, axis=3)


def network(seed: int | None, size: int = PATCH * ZOOM, settle_on: np.ndarray | None = None):
    """EfficientNet-Lite0 up to its last features, with ImageNet's weights for ``seed`` None.

    Else untrained: random weights of this seed, and BatchNorm statistics from the pictures
    ``settle_on`` (n, size, size, 3), without which its outputs have no scale.
    """
    from dermlab.interpretation import anatomy
    from dermlab.network import models
    from dermlab.network.backend import keras

    options = {"seed": 0} if seed is None else {"seed": seed, "weights": "none"}
    whole = models.build("efficientnet_lite0", 2, size, augment=False, **options)
    if seed is not None:
        anatomy.settle(whole, settle_on.astype("float32"))
    return keras.Model(whole.input, whole.get_layer(models.FEATURES).output)


# --- measurements made for nodules ----------------------------------------------------------------


def measurements(hu: np.ndarray, mm: np.ndarray) -> np.ndarray:
    """What an engineer would measure at each place, (n, 18): the second detector's features.

    At each of ``SCALES`` the Hessian's three eigenvalues (HU); the mean HU within 2, 4, 6 and 9 mm;
    of the bright piece around the centre its volume (mm³, as a logarithm), the axes of its shape
    (mm) and the share of it at the cube's faces, where a vessel leaves and a nodule does not.
    """
    from scipy import ndimage

    index = np.rint(lungs.to_index(mm)).astype(int)
    half = PATCH // 2
    padded = np.pad(np.clip(hu, -1000, 200).astype(np.float32), half, constant_values=-1000)
    columns = []
    for sigma in SCALES:
        smooth = ndimage.gaussian_filter(padded, sigma / lungs.VOXEL, truncate=3)
        columns.append(eigenvalues(smooth, index + half) * sigma**2)
    cubes = [padded[tuple(slice(i, i + PATCH) for i in place)] for place in index]
    shapes = np.array([_shape(cube) for cube in cubes]).reshape(len(mm), -1)
    return np.concatenate([*columns, shapes], axis=1)


def _shape(cube: np.ndarray) -> np.ndarray:
    """Mean HU within four radii, log volume, three axes, share at the faces: (8,)."""
    from scipy import ndimage

    off = np.indices(cube.shape).reshape(3, -1) - cube.shape[0] // 2
    distance = np.sqrt((off**2).sum(axis=0)) * lungs.VOXEL
    means = [cube.ravel()[distance <= radius].mean() for radius in (2, 4, 6, 9)]
    parts = ndimage.label(cube > (means[0] + lungs.LUNG) / 2)[0].ravel()
    inner = parts[(distance <= 3) & (parts > 0)]
    piece = parts == (np.bincount(inner).argmax() if len(inner) else -1)
    if piece.sum() < 4:
        return np.array([*means, 0, 0, 0, 0, 0])
    axes = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(off[:, piece])), 0)) * lungs.VOXEL
    at_face = (np.abs(off[:, piece] + 0.5).max(axis=0) > cube.shape[0] / 2 - 1).mean()
    return np.array([*means, np.log(piece.sum() * lungs.VOXEL**3), *axes, at_face])


# --- classifiers ----------------------------------------------------------------------------------


def svm(train, is_nodule, scans, test) -> tuple[np.ndarray, np.ndarray, float]:
    """A linear support vector machine: scores of the training rows, of the test rows, and its C.

    ``train``, ``test``: features (n, d), scaled by the training rows. Training rows are scored by
    machines that learnt from other ``scans``; C is the one of ``STRENGTHS`` with their best AUC.
    """
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    from dermlab.evaluation import roc

    scaler = StandardScaler().fit(train)
    train, test = (scaler.transform(x) / np.sqrt(x.shape[1]) for x in (train, test))
    gram, best = train @ train.T, (-1.0,)
    for strength in STRENGTHS:
        machine = SVC(C=strength, kernel="precomputed", class_weight="balanced")
        scores = np.empty(len(train))
        for learn, check in _folds(is_nodule, scans):
            machine.fit(gram[np.ix_(learn, learn)], is_nodule[learn])
            scores[check] = machine.decision_function(gram[np.ix_(check, learn)])
        area = roc.area(*roc.wins(is_nodule, scores))
        best = max(best, (area, strength, scores), key=lambda one: one[0])
    _, strength, scores = best
    machine = SVC(C=strength, kernel="precomputed", class_weight="balanced").fit(gram, is_nodule)
    return scores, machine.decision_function(test @ train.T), strength


def forest(train, is_nodule, scans, test, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A random forest on measurements: scores of the training rows and of the test rows.

    Scores are log-odds; training rows are scored by forests that learnt from other ``scans``.
    """
    from sklearn.ensemble import RandomForestClassifier

    def fitted(rows):
        trees = RandomForestClassifier(
            TREES, min_samples_leaf=3, class_weight="balanced", random_state=seed, n_jobs=1
        )
        return trees.fit(train[rows], is_nodule[rows])

    scores = np.empty(len(train))
    for learn, check in _folds(is_nodule, scans):
        scores[check] = _log_odds(fitted(learn).predict_proba(train[check])[:, 1])
    whole = fitted(np.arange(len(train)))
    return scores, _log_odds(whole.predict_proba(test)[:, 1])


def combined(train: list[np.ndarray], is_nodule, test: list[np.ndarray]) -> np.ndarray:
    """One score from several: a logistic regression on scores of rows that they had not seen."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    both = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
    both.fit(np.column_stack(train), is_nodule)
    return both.decision_function(np.column_stack(test))


def _folds(is_nodule: np.ndarray, scans: np.ndarray):
    from sklearn.model_selection import GroupKFold

    return GroupKFold(FOLDS).split(is_nodule, groups=scans)


def _log_odds(share: np.ndarray) -> np.ndarray:
    kept = np.clip(share, 0.5 / TREES, 1 - 0.5 / TREES)
    return np.log(kept / (1 - kept))

"""Detection with boxes: overlap, suppression, average precision; and a drawn back full of moles.

A box is (top, left, bottom, right) in pixels; its area is (bottom − top) × (right − left). The back
is no part of the clinic: plain ovals of several browns on shaded skin, with hairs and freckles that
are no moles. It has neither skin types nor diagnoses.
"""

import numpy as np

from dermlab.errors import InputError

OVERLAP = 0.5  # IoU from which a box counts as found, and from which two boxes show one thing
SHAPE = (420, 340)  # pixels, rows and columns
MOLES, FRECKLES, HAIRS = 36, 60, 25
RADII = (3.0, 11.0)  # px, uniform in the logarithm
BLOB_SCALES = (2.5, 3.5, 5.0, 7.0)  # px, SD of the detector's Gaussians
SKIN, MOLE = np.array([222.0, 178.0, 150.0]), np.array([96.0, 56.0, 42.0])  # red, green, blue


# --- overlap --------------------------------------------------------------------------------------


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes (n, 4) and (m, 4): (n, m), 0 apart, 1 equal.

    InputError for a box without height or width.
    """
    a, b = checked(a), checked(b)
    low = np.maximum(a[:, None, :2], b[:, :2])
    high = np.minimum(a[:, None, 2:], b[:, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    return both / (area(a)[:, None] + area(b) - both)


def area(boxes: np.ndarray) -> np.ndarray:
    """In pixels, (n,)."""
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def checked(boxes: np.ndarray) -> np.ndarray:
    """Boxes as floats (n, 4); InputError for other shapes and for empty boxes."""
    boxes = np.asarray(boxes, float).reshape(-1, 4) if np.size(boxes) == 0 else np.asarray(boxes)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not (boxes[:, 2:] > boxes[:, :2]).all():
        raise InputError("Boxes are rows of top, left, bottom, right, with bottom > top.")
    return boxes.astype(float)


def suppress(boxes: np.ndarray, scores: np.ndarray, overlap: float = OVERLAP) -> np.ndarray:
    """Non-maximum suppression: the rows that stay, best first.

    The best box stays, all that overlap it by more than ``overlap`` go, and so on with the rest.
    """
    shared, waiting, kept = iou(boxes, boxes), np.argsort(-np.asarray(scores), kind="stable"), []
    while len(waiting):
        best, rest = waiting[0], waiting[1:]
        kept.append(best)
        waiting = rest[shared[best, rest] <= overlap]
    return np.array(kept, dtype=int)


# --- average precision ----------------------------------------------------------------------------


def hits(
    boxes: np.ndarray, scores: np.ndarray, truth: np.ndarray, overlap: float = OVERLAP
) -> np.ndarray:
    """Which boxes find a true one, (n,) bool in the order given.

    From the best score down, each takes the true box that it overlaps most of those not yet taken,
    if by at least ``overlap``; so a second box on one mole is a false positive.
    """
    shared, is_hit = iou(boxes, truth), np.zeros(len(scores), bool)
    for row in np.argsort(-np.asarray(scores), kind="stable") if len(truth) else ():
        best = shared[row].argmax()
        if shared[row, best] >= overlap:
            is_hit[row] = True
            shared[:, best] = -1
    return is_hit


def precision_recall(
    is_hit: np.ndarray, scores: np.ndarray, n_true: int
) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall after each box from the best score down, (n,) each.

    InputError without a true box.
    """
    if n_true < 1:
        raise InputError("Recall needs at least one true box.")
    found = np.cumsum(np.asarray(is_hit)[np.argsort(-np.asarray(scores), kind="stable")])
    return found / np.arange(1, len(found) + 1), found / n_true


def average_precision(
    is_hit: np.ndarray, scores: np.ndarray, n_true: int, *, envelope: bool = False
) -> float:
    """The area under precision over recall, as steps; true boxes never found count with 0.

    ``envelope``: precision at each recall is the best at that or any higher recall, as Pascal VOC
    counts since 2010.
    """
    precision, recall = precision_recall(is_hit, scores, n_true)
    if envelope:
        precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall, prepend=0.0) * precision).sum())


# --- a drawn back ---------------------------------------------------------------------------------


def back(seed: int, n_moles: int = MOLES) -> tuple[np.ndarray, np.ndarray]:
    """A picture (420, 340, 3) uint8 of a back, and a box around each of its moles (n, 4)."""
    rng = np.random.default_rng([15, seed])
    rows, columns = (np.arange(n, dtype=float) for n in SHAPE)
    y, x = rows[:, None], columns[None, :]
    across = (x - SHAPE[1] / 2) / (SHAPE[1] / 2)
    shade = 1 - 0.22 * across**2 - 0.10 * np.exp(-((across / 0.06) ** 2))
    shade = shade + 0.015 * _soft_noise(rng, 18) + 0.012 * _soft_noise(rng, 3)
    picture = SKIN * shade[..., None]
    for centre in rng.uniform(0, 1, (FRECKLES, 2)) * SHAPE:
        _stain(picture, y, x, centre, rng.uniform(0.8, 1.8), 1.0, 0.0, 0.30)
    boxes = [_mole(picture, y, x, centre, rng) for centre in _apart(rng, n_moles)]
    for _ in range(HAIRS):
        _hair(picture, y, x, rng)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8), np.array(boxes).reshape(-1, 4)


def _mole(picture, y, x, centre, rng) -> tuple[float, ...]:
    low, high = np.log(RADII)
    radius, squeeze = np.exp(rng.uniform(low, high)), rng.uniform(0.65, 1.0)
    turn, dark = rng.uniform(0, np.pi), rng.uniform(0.35, 0.95)
    _stain(picture, y, x, centre, radius, squeeze, turn, dark)
    half = [
        radius * np.hypot(np.sin(turn), squeeze * np.cos(turn)),
        radius * np.hypot(np.cos(turn), squeeze * np.sin(turn)),
    ]
    return (*(centre - half), *(centre + half))


def _stain(picture, y, x, centre, radius, squeeze, turn, dark) -> None:
    """A brown oval with a soft edge; ``squeeze``: its short axis as a share of the long one."""
    down, right = y - centre[0], x - centre[1]
    along = np.cos(turn) * right + np.sin(turn) * down
    aside = (np.cos(turn) * down - np.sin(turn) * right) / squeeze
    share = dark * np.clip((radius - np.hypot(along, aside)) / 1.5 + 0.5, 0, 1)
    picture += share[..., None] * (MOLE - picture)


def _hair(picture, y, x, rng) -> None:
    start, turn = rng.uniform(0, 1, 2) * SHAPE, rng.uniform(0, np.pi)
    down, right = y - start[0], x - start[1]
    along = np.cos(turn) * right + np.sin(turn) * down
    aside = np.cos(turn) * down - np.sin(turn) * right - 0.006 * along**2
    share = 0.55 * np.clip(1.2 - np.abs(aside), 0, 1) * (np.abs(along) < rng.uniform(8, 20))
    picture += share[..., None] * (0.6 * MOLE - picture)


def _apart(rng, n: int) -> list[np.ndarray]:
    """``n`` places whose distance is at least 20 px, and 14 px from the edge."""
    places = []
    while len(places) < n:
        place = rng.uniform(14, np.array(SHAPE) - 14)
        if all(np.hypot(*(place - other)) >= 20 for other in places):
            places.append(place)
    return places


def _soft_noise(rng, sd: float) -> np.ndarray:
    from scipy import ndimage

    field = ndimage.gaussian_filter(rng.normal(size=SHAPE), sd)
    return field / field.std()


def propose(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (n, 4) around dark blobs, several for most moles, and their scores (n,).

    At each of ``BLOB_SCALES`` the maxima of the Laplacian of a Gaussian of the green channel; a
    box reaches 1.5 SD to each side, which is the radius of the disc that answers most.
    """
    from scipy import ndimage

    green, boxes, scores = picture[..., 1].astype(float), [], []
    for sd in BLOB_SCALES:
        answer = sd**2 * ndimage.gaussian_laplace(green, sd)
        is_top = (answer == ndimage.maximum_filter(answer, 5)) & (answer > 6)
        places = np.argwhere(is_top)
        boxes.append(np.hstack([places - 1.5 * sd, places + 1.5 * sd]))
        scores.append(answer[is_top])
    return np.concatenate(boxes), np.concatenate(scores)

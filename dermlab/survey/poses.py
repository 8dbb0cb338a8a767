"""Rigid poses of a body in front of an X-ray detector, and how far one pose is from another.

A pose is six numbers, in the order of ``NAMES``: x and y (mm, along the detector), angle (degrees,
in the detector's plane), alpha and beta (degrees, out of it), z (mm, towards the source). Arrays of
poses are (n, 6). The rotation is R = Rz(angle) · Rx(alpha) · Ry(beta); a point p of the body lies
at R p + (x, y, z). The origin of the world is the place where the body is expected.

The errors are those of Miao, Wang and Liao (IEEE TMI 2016;35(5):1352): the mean target registration
error in space (mTRE) and without its part along the detector's normal (mTREproj).
"""

import numpy as np
from numpy.typing import ArrayLike

from dermlab.errors import InputError

NAMES = ("x", "y", "angle", "alpha", "beta", "z")
GROUPS = {"in plane": (0, 1, 2), "out of plane": (3, 4), "depth": (5,)}
SOURCE, DETECTOR = 700.0, -300.0  # mm on the z axis: the X-ray source, and the detector's plane
SUCCESS = 0.01  # of the body's size: below it a registration has succeeded
CAPTURED = 0.95  # the share that succeeds within the capture range


def rotations(poses: ArrayLike) -> np.ndarray:
    """The rotation of each pose, (n, 3, 3)."""
    poses = np.atleast_2d(np.asarray(poses, float))
    (c, ca, cb), (s, sa, sb) = (f(np.radians(poses[:, 2:5].T)) for f in (np.cos, np.sin))
    rows = [
        [c * cb - s * sa * sb, -s * ca, c * sb + s * sa * cb],
        [s * cb + c * sa * sb, c * ca, s * sb - c * sa * cb],
        [-ca * sb, sa, ca * cb],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def moved(poses: ArrayLike, points: ArrayLike) -> np.ndarray:
    """Points of the body (k, 3) in the world, (n, k, 3), mm."""
    poses = np.atleast_2d(np.asarray(poses, float))
    return np.asarray(points) @ rotations(poses).transpose(0, 2, 1) + poses[:, None, [0, 1, 5]]


def projected(points: ArrayLike) -> np.ndarray:
    """Where the rays through world points (…, 3) meet the detector, (…, 2), mm from its middle."""
    points = np.asarray(points)
    return points[..., :2] * ((SOURCE - DETECTOR) / (SOURCE - points[..., 2:]))


def corners(low: ArrayLike, high: ArrayLike) -> np.ndarray:
    """The eight corners of a box, (8, 3): the landmarks of both errors."""
    return np.stack(np.meshgrid(*np.stack([low, high], axis=1), indexing="ij"), -1).reshape(8, 3)


# --- errors ---------------------------------------------------------------------------------------


def mtre(poses: ArrayLike, truth: ArrayLike, landmarks: ArrayLike) -> np.ndarray:
    """The mean distance of the landmarks from their true places, a pose, (n,) mm."""
    return np.linalg.norm(moved(poses, landmarks) - moved(truth, landmarks), axis=2).mean(axis=1)


def mtre_proj(poses: ArrayLike, truth: ArrayLike, landmarks: ArrayLike) -> np.ndarray:
    """`mtre` without the component along the detector's normal, (n,) mm.

    An error of depth hardly counts in it: it is the error that a user sees who draws the body onto
    the radiograph, measured at the body and not on the detector.
    """
    miss = (moved(poses, landmarks) - moved(truth, landmarks))[..., :2]
    return np.linalg.norm(miss, axis=2).mean(axis=1)


def capture_range(initial: ArrayLike, succeeded: ArrayLike, share: float = CAPTURED) -> float:
    """The initial mTREproj (mm) up to which at least ``share`` of the registrations succeed.

    The largest distance such that the share has succeeded of all cases that begin at most so far
    away; 0 where there is none. InputError for no case, or other numbers of both.
    """
    initial, succeeded = np.asarray(initial, float), np.asarray(succeeded, bool)
    if initial.shape != succeeded.shape or initial.ndim != 1 or not len(initial):
        raise InputError("A capture range needs an initial error and a success of each case.")
    order = np.argsort(initial, kind="stable")
    far, won = initial[order], np.cumsum(succeeded[order])
    last = np.append(far[1:] > far[:-1], True)  # cases that begin equally far away count together
    reached = far[last & (won >= share * np.arange(1, len(far) + 1))]
    return float(reached[-1]) if len(reached) else 0.0


# --- draws ----------------------------------------------------------------------------------------


def drawn(limits: ArrayLike, n: int, rng: np.random.Generator) -> np.ndarray:
    """``n`` poses or offsets, evenly from −limit to limit of each of the six parameters, (n, 6)."""
    limits = np.asarray(limits, float)
    return rng.uniform(-limits, limits, (n, 6))

"""Noise, spots and strokes over a picture, each a product of two thin matrices.

A plane wave and a round Gaussian are both a product of a function of x and a function of y. A
field of M of them over size × size pixels is therefore one matrix product, (size, M) @ (M, size),
with M exponentials a side instead of a square of them. Fields are functions of position in
millimetres, averaged over a pixel's area in closed form, so that a picture is the same picture at
any size: a wave shorter than two pixels fades out, a spot smaller than a pixel turns pale.
"""

from dataclasses import dataclass

import numpy as np

FLOAT = np.float32
LN2 = np.log(2.0)


@dataclass(frozen=True)
class Grid:
    """Where a picture's pixels lie on the skin, in mm, in axes turned with the view.

    ``x`` and ``y`` are the columns' and rows' centres, (size,); ``cell`` their spacing (x, y);
    ``turn`` is the rotation in radians that carries the lesion's own axes into the picture's.
    """

    x: np.ndarray
    y: np.ndarray
    cell: tuple[float, float]
    turn: float

    def turned(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 2) of the lesion's own axes in the picture's axes."""
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        return points @ np.array([[cos, sin], [-sin, cos]])


def grid(size: int, *, width, tilt=1.0, turn=0.0, centre=(0.0, 0.0)) -> Grid:
    """The pixels of a picture ``width`` mm across; ``tilt`` < 1 foreshortens its height."""
    along = (np.arange(size) + 0.5) / size - 0.5
    height = width / tilt
    return Grid(
        along * width + centre[0], along * height + centre[1], (width / size, height / size), turn
    )


def noise(rng, where: Grid, *, longest, shortest, waves=40, slope=0.5, aim=None, blur=0.0):
    """Smooth noise of mean 0 and variance 1, (size, size).

    The sum of ``waves`` plane waves of random phase, their lengths log-uniform between
    ``longest`` and ``shortest`` mm and their amplitudes falling as wavenumber ** -slope. With
    ``aim`` (radians, spread) the waves run along one direction of the lesion instead of all.
    ``blur`` (mm, standard deviation) takes off what a distance smears.
    """
    draws = rng.random((3, waves))
    number = 2 * np.pi / longest * (longest / shortest) ** draws[0]
    angle = 2 * np.pi * draws[1] if aim is None else aim[0] + aim[1] * (2 * draws[1] - 1)
    size = number**-slope
    size *= np.sqrt(2 / np.sum(size**2))
    vectors = where.turned(np.stack([np.cos(angle), np.sin(angle)], 1) * number[:, None])
    size *= np.sinc(vectors[:, 0] * where.cell[0] / (2 * np.pi))
    size *= np.sinc(vectors[:, 1] * where.cell[1] / (2 * np.pi))
    size *= np.exp(-0.5 * (blur * number) ** 2)
    across = np.multiply.outer(vectors[:, 0], where.x).astype(FLOAT)
    down = np.multiply.outer(where.y, vectors[:, 1]) + 2 * np.pi * draws[2]
    down = down.astype(FLOAT)
    left = np.concatenate([np.cos(down) * size, np.sin(down) * -size], 1).astype(FLOAT)
    return left @ np.concatenate([np.cos(across), np.sin(across)])


def spots(points: np.ndarray, radius, weight, where: Grid) -> np.ndarray:
    """The sum of round Gaussians that fall to half at ``radius`` mm, (size, size).

    ``points`` (n, 2) in the lesion's own axes; ``radius`` and ``weight`` (n,) or scalars.
    """
    centres = where.turned(points)
    variance = np.broadcast_to(np.square(radius) / (2 * LN2), len(points))
    sides, scale = [], np.broadcast_to(weight, len(points)).astype(float)
    for axis, positions in enumerate((where.x, where.y)):
        wide = variance + where.cell[axis] ** 2 / 12  # a pixel's own variance
        scale = scale * np.sqrt(variance / wide)
        gap = (positions[None, :] - centres[:, axis, None]).astype(FLOAT)
        sides.append(np.exp(gap * gap * (-0.5 / wide[:, None]).astype(FLOAT)))
    return (sides[1].T * scale.astype(FLOAT)) @ sides[0]


def distance(points: np.ndarray, radius, weight, where: Grid, *, steep=1.0) -> np.ndarray:
    """How far each pixel is from the nearest disc's centre in units of its radius, (size, size).

    Read back from a sum of Gaussians, so that near discs merge; the larger ``steep``, the closer
    they must come. 0 in the middle, 1 on the outline of a disc of ``weight`` 1 that stands alone.
    """
    total = spots(points, radius / np.sqrt(steep), weight, where)
    return np.sqrt(np.maximum(np.log2(np.maximum(total, 1e-12)) * FLOAT(-1 / steep), 0))


def paths(rng, starts, angles, *, length, steps, wander) -> np.ndarray:
    """Random walks that keep their heading, (n, steps, 2) in mm: vessels, hairs, pen strokes."""
    bends = rng.normal(0, wander / np.sqrt(steps), (len(starts), steps)).cumsum(1).cumsum(1)
    heading = np.asarray(angles)[:, None] + bends / np.sqrt(steps)
    stride = np.broadcast_to(np.asarray(length) / steps, len(starts))[:, None, None]
    moves = np.stack([np.cos(heading), np.sin(heading)], -1) * stride
    return np.asarray(starts)[:, None, :] + moves.cumsum(1)


def strokes(lines: np.ndarray, thickness, where: Grid) -> np.ndarray:
    """Lines (n, steps, 2) drawn ``thickness`` mm wide, about 1 on the line and 0 off it."""
    stride = np.linalg.norm(np.diff(lines, axis=1), axis=-1).mean(1)
    radius = np.maximum(thickness / 2, 0.6 * stride)
    # Gaussians a stride apart add up to 1 on the line
    weight = stride * np.sqrt(LN2 / np.pi) / radius * np.minimum(1, thickness / 2 / radius)
    return spots(
        lines.reshape(-1, 2),
        np.repeat(radius, lines.shape[1]),
        np.repeat(weight, lines.shape[1]),
        where,
    )


def step(value: np.ndarray, width) -> np.ndarray:
    """0 below −width, 1 above +width, smooth between."""
    t = np.clip(value * (0.5 / width) + 0.5, 0, 1)
    return t * t * (3 - 2 * t)


def slopes(height: np.ndarray, where: Grid) -> tuple[np.ndarray, np.ndarray]:
    """The rise per mm along x and y of a height map in mm."""
    along, down = np.empty_like(height), np.empty_like(height)
    along[:, 1:-1] = (height[:, 2:] - height[:, :-2]) * FLOAT(0.5 / where.cell[0])
    along[:, 0], along[:, -1] = along[:, 1], along[:, -2]
    down[1:-1] = (height[2:] - height[:-2]) * FLOAT(0.5 / where.cell[1])
    down[0], down[-1] = down[1], down[-2]
    return along, down

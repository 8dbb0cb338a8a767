"""How many photographs of the virtual clinic are rendered a second, and what bounds it.

The clinic draws noise as a product of two thin matrices. The rival draws the same noise as it is
defined, a cosine a wave and a pixel; both fields are compared first. Then whole photographs at
96 and 224 px, on one core, and the shares of that time by the functions that take most of it; then
on two cores, as two processes that share nothing but the machine.

    python benchmarks/clinic_render.py
"""

import cProfile
import pstats
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from threadpoolctl import threadpool_limits

from dermlab.cases import clinic
from dermlab.cases.clinic import fields

N_IMAGES, SIZES, RUNS, WAVES = 200, (96, 224), 3, 40
AIM, AIM_SIZE = 300, 96  # images a second a core


def seconds(function, *arguments):
    """The best of a few runs, in seconds of the processor."""
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        function(*arguments)
        times.append(time.process_time() - start)
    return min(times)


def noise(where):
    return fields.noise(np.random.default_rng(0), where, longest=8, shortest=1, waves=WAVES)


def noise_as_defined(where):
    """The same waves, each evaluated at every pixel; slope and pixel average as in `fields`."""
    draws = np.random.default_rng(0).random((3, WAVES))
    number, angle = 2 * np.pi / 8 * 8 ** draws[0], 2 * np.pi * draws[1]
    kx, ky = number * np.cos(angle), number * np.sin(angle)
    size = number**-0.5 * np.sqrt(2 / np.sum(1 / number))
    size *= np.sinc(kx * where.cell[0] / (2 * np.pi)) * np.sinc(ky * where.cell[1] / (2 * np.pi))
    x, y = np.meshgrid(where.x, where.y)
    waves = zip(size, kx, ky, 2 * np.pi * draws[2], strict=True)
    return sum(a * np.cos(u * x + v * y + phase) for a, u, v, phase in waves)


def shares(cases, size):
    """Share of the rendering time spent inside a few functions, what they call included."""
    profile = cProfile.Profile()
    profile.runcall(clinic.render, cases, size)
    stats = pstats.Stats(profile)
    wanted = ("noise", "spots", "reflectance", "cover", "light", "photograph", "pores", "hairs")
    total = stats.total_tt
    return {
        name: cumulative / total
        for (file, _, name), (_, _, _, cumulative, _) in stats.stats.items()
        if name in wanted and "clinic" in file
    }


def half(size):
    """One process's work: the best of a few runs, in seconds of its processor and of the clock."""
    with threadpool_limits(1):
        cases = clinic.make(120, 1).iloc[:N_IMAGES]
        clinic.render(cases.iloc[:5], size)
        start, clock = time.process_time(), time.perf_counter()
        for _ in range(RUNS):
            clinic.render(cases, size)
        return time.process_time() - start, time.perf_counter() - clock


def two_cores(size):
    """Two processes at once: images a second of the clock together, and a second of a processor."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = np.array(list(pool.map(half, [size, size])))
    processor, clock = RUNS * N_IMAGES / found.T
    return clock.sum(), processor.mean()


def main():
    where = fields.grid(96, width=30.0)
    apart = np.abs(noise(where) - noise_as_defined(where)).max()
    assert apart < 1e-3, apart
    ours, rival = seconds(noise, where), seconds(noise_as_defined, where)
    print(f"noise, {WAVES} waves at 96 px: {1e3 * ours:.2f} ms; a cosine a wave and a pixel: "
          f"{1e3 * rival:.2f} ms; ratio {rival / ours:.1f}")  # fmt: skip
    cases = clinic.make(120, 1).iloc[:N_IMAGES]
    for size in SIZES:
        clinic.render(cases.iloc[:5], size)
        rate = N_IMAGES / seconds(clinic.render, cases, size)
        found = sorted(shares(cases, size).items(), key=lambda pair: -pair[1])
        listed = ", ".join(f"{name} {100 * share:.0f} %" for name, share in found)
        print(f"{size} px, one core: {rate:.0f} images a second ({listed})")
        if size == AIM_SIZE:
            word = "reached" if rate >= AIM else "missed"
            print(f"  the aim of {AIM} a core is {word}; most of it goes to {found[0][0]}, then to "
                  f"{found[1][0]}: the arithmetic of one core, not memory or files")  # fmt: skip
        both, each = two_cores(size)
        print(f"{size} px, two processes: {both:.0f} images a second of the clock together, "
              f"{each:.0f} a second of processor time each")  # fmt: skip


if __name__ == "__main__":
    with threadpool_limits(1):  # the rate is a core's
        main()

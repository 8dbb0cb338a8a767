"""The simulated chest: Hounsfield units where they belong, nodules where the table says."""

import numpy as np
import pandas as pd
import pytest

from dermlab.survey import lungs


@pytest.fixture(scope="module")
def scans():
    return [lungs.scan(seed) for seed in range(3)]


def test_a_scan_is_the_same_for_the_same_seed_and_another_for_another(scans):
    again = lungs.scan(1)
    assert (again.hu == scans[1].hu).all() and again.nodules.equals(scans[1].nodules)
    assert (again.hu != scans[2].hu).mean() > 0.5


def test_every_tissue_has_its_hounsfield_units(scans):
    """Air around the patient, lung, and soft tissue are the three peaks of a chest CT."""
    for scan in scans:
        assert scan.hu.shape == lungs.SHAPE and scan.hu.dtype == np.int16
        counts, edges = np.histogram(scan.hu, np.arange(-1024, 500, 16))
        middle = (edges[1:] + edges[:-1]) / 2

        def peak(low, high, counts=counts, middle=middle):
            inside = (middle > low) & (middle < high)
            return middle[inside][counts[inside].argmax()]

        assert peak(-1024, -940) < -980
        assert -900 < peak(-930, -700) < -820
        assert 20 < peak(-50, 120) < 70
        assert (scan.hu > 250).sum() > 5000  # ribs


def test_noise_has_its_standard_deviation(scans):
    """In the abdomen, which is even; blur does not touch the noise."""
    for scan in scans:
        even = scan.hu[-4:, 60:90, 60:150].astype(float)
        assert even.std() == pytest.approx(scan.noise, rel=0.35)


def test_nodules_are_brighter_than_lung_and_where_the_table_says(scans):
    table = pd.concat([scan.nodules.assign(scan=i) for i, scan in enumerate(scans)])
    assert list(table.columns[:6]) == list(lungs.COLUMNS) and len(table) > 2
    for row in table.itertuples():
        z, y, x = np.rint(lungs.to_index([[row.z, row.y, row.x]])[0]).astype(int)
        centre = scans[row.scan].hu[z - 1 : z + 2, y - 1 : y + 2, x - 1 : x + 2].mean()
        assert centre > (-760 if row.ground_glass else -650)
        assert lungs.DIAMETERS[0] <= row.diameter <= lungs.DIAMETERS[1]


def test_diameters_follow_their_power_law():
    """P(d > t) ∝ t^-2 − 25^-2; a quarter of the range of shares by hand."""
    found = lungs.diameters(np.array([0.0, 0.5, 1.0]))
    assert found == pytest.approx([4, (0.5 * 4**-2 + 0.5 * 25**-2) ** -0.5, 25])
    assert (np.diff(lungs.diameters(np.linspace(0, 1, 50))) > 0).all()


def test_positions_go_to_indices_and_back():
    mm = np.array([[0.0, 0.0, 0.0], [10.5, -3.0, 7.0]])
    assert lungs.to_mm(lungs.to_index(mm)) == pytest.approx(mm)
    assert lungs.to_index(mm)[0] == pytest.approx([63.5, 79.5, 107.5])
    z, y, x = lungs.axes()
    assert z.ravel()[64] == pytest.approx(0.75) and y.size == 160 and x.shape == (1, 1, 216)


def test_a_tube_has_its_radius():
    """A vessel of 3 mm radius along x: its cross-section has an area of about 9 π mm²."""
    share = lungs._tubes(np.array([[0, 0, -30, 0, 0, 30, 3.0]], np.float32))
    section = share[:, :, lungs.SHAPE[2] // 2].sum() * lungs.VOXEL**2
    assert section == pytest.approx(np.pi * 9, rel=0.06)


def test_radii_follow_murrays_law():
    """A vessel's radius to the power of 2.7 is the sum of those of its branches."""
    rng = np.random.default_rng(0)
    edges = np.array(lungs._grown(np.zeros(3), rng.normal(size=(40, 3)) * 30, rng))
    assert edges[0, 6] == pytest.approx(lungs.LEAF_RADIUS * 40 ** (1 / lungs.MURRAY))
    assert len(edges) == 2 * 40 - 1 and edges[:, 6].min() == pytest.approx(lungs.LEAF_RADIUS)

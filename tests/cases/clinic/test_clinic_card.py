"""The clinic's data card says what the code makes."""

import hashlib
import re
from importlib.resources import files
from pathlib import Path

import pytest

from dermlab.cases import clinic, taxonomy
from dermlab.cases.clinic import phenotypes

CARD = (Path(__file__).parents[3] / "data_cards" / "clinic.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| (.+?) \| ([\w,]+) \|$", CARD, flags=re.M))


@pytest.fixture(scope="module")
def cases():
    return clinic.make(1000, 0)


def test_its_counts_are_those_of_the_clinic_it_names(cases):
    first = cases[cases["view"] == 1]
    found = {
        "images": len(cases),
        "lesions": cases["lesion_id"].nunique(),
        "patients": cases["patient_id"].nunique(),
        "diseases": cases["truth"].nunique(),
        "lesions whose first label is wrong": (first["dermatologist"] != first["truth"]).sum(),
    }
    for column in ("label_source", "modality", "skin_type"):
        for value, n in cases[column].value_counts().items():
            found[f"images with {column} {value}"] = n
    nine = first["truth"].map(taxonomy.ancestor_at(taxonomy.load_tree(), "nine-way"))
    found |= {f"lesions of {name}": n for name, n in nine.value_counts().items()}
    stated = {what: int(n.replace(",", "")) for what, n in ROWS.items() if re.match(r"[\d,]+$", n)}
    assert stated == {what: found[what] for what in stated}
    assert len(stated) > 20


def test_its_checksums_are_those_of_the_shipped_tables():
    shipped = files("dermlab") / "data" / "clinic"
    names = sorted(path.name for path in shipped.iterdir())
    assert names == ["look_alikes.csv", "partitions.csv", "phenotypes.csv", "signs.csv"]
    for name in names:
        assert f"| {name} | {hashlib.sha256((shipped / name).read_bytes()).hexdigest()} |" in CARD


def test_the_range_of_error_rates_it_states():
    rates = phenotypes.partitions()["error_rate"]
    assert f"({100 * rates.min():.0f} to {100 * rates.max():.0f} %)" in CARD

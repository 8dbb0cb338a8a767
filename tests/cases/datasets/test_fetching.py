"""The table of downloads, and a data set's files in one folder."""

import csv
import hashlib
import re
from collections import namedtuple
from pathlib import Path

import pytest

from dermlab.cases import layouts
from dermlab.cases.datasets import downloading, fetching
from dermlab.cases.datasets.fetching import DataSet
from dermlab.errors import InputError
from tests.publisher import Offer, publishing

CARDS = Path(__file__).parents[3] / "data_cards"
CARDED = ("fitzpatrick17k", "ham10000", "isic2019", "isic2020", "pad_ufes20")
SETS = fetching.registry()


@pytest.fixture
def publisher(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloading, "WAITS", ())
    with publishing() as server:
        yield server


@pytest.fixture
def small(publisher):
    """A data set of a table and two archives; the address of the second leads nowhere at first."""
    publisher.offers["table.csv"] = Offer(b"a,b\n", kind="text/csv")
    publisher.offers["one.png"] = Offer(b"first", kind="image/png")
    names = [("table.csv", "table", 4), ("one.png", "images", 5), ("two.png", "images", 6)]
    files = [publisher.file(name, kind=kind, n_bytes=n) for name, kind, n in names]
    return DataSet("small", "CC BY 4.0", "a page", tuple(files))


# --- the table ------------------------------------------------------------------------------------


def test_every_row_is_whole():
    assert list(SETS)[:6] == ["ham10000", "isic2019", "isic2020", *list(SETS)[3:6]]
    with (Path(fetching.__file__).parents[2] / "data" / "downloads.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len({(row["dataset"], row["licence"]) for row in rows}) == len(SETS)
    assert len(rows) == sum(len(wanted.files) for wanted in SETS.values())
    for wanted in SETS.values():
        assert wanted.licence in fetching.TERMS
        assert len({file.name for file in wanted.files}) == len(wanted.files)
        assert wanted.files[0].kind in ("table", "arrays")
        for file in wanted.files:
            assert file.page == wanted.page and file.page.startswith("https://")
            assert file.url is None or file.url.startswith("https://")
            assert file.kind in ("table", "images", "arrays")
            digits = {"md5": 32, "sha256": 64}
            algorithm, _, value = (file.checksum or "md5:" + "0" * 32).partition(":")
            assert re.fullmatch(rf"[0-9a-f]{{{digits[algorithm]}}}", value)
    assert [name for name, wanted in SETS.items() if not wanted.is_public()] == ["ddi"]


def test_licences_are_those_of_the_mappings_and_the_cards():
    mapped = {d.NAME: d.LICENCE for d in layouts.DATASETS if d.NAME in CARDED}
    assert len(mapped) == len(CARDED)
    assert mapped.items() <= {name: wanted.licence for name, wanted in SETS.items()}.items()
    for name in [*mapped, "ddi"]:
        card = (CARDS / f"{name}.md").read_text(encoding="utf-8")
        assert f"licence: {SETS[name].licence}\n" in card
        assert f"dermlab fetch {name}" in card
    for name, wanted in SETS.items():
        described = wanted.described()
        assert described.startswith(f"{name}: {wanted.licence} (") and wanted.page in described
        assert ("no commercial use" in described) == (
            "NC" in wanted.licence or "own terms" in wanted.licence
        )


def test_checksums_and_sizes_are_those_of_the_published_tables(real_data):
    """HAM10000's published table with the clinics is called HAM10000_metadata.csv there."""
    ours = {"HAM10000_metadata.csv": "HAM10000_metadata_with_dataset.csv"}
    compared = 0
    for wanted in SETS.values():
        for file in wanted.files:
            path = real_data / ours.get(file.name, file.name)
            if file.kind == "table" and path.exists():
                algorithm, _, value = file.checksum.partition(":")
                assert hashlib.new(algorithm, path.read_bytes()).hexdigest() == value
                assert path.stat().st_size == file.n_bytes and file.is_exact
                compared += 1
    assert compared == 5


def test_a_name_is_found_however_it_is_spelt():
    assert fetching.find("PAD-UFES-20").name == "pad_ufes20"
    assert fetching.find("HAM10000").name == "ham10000"
    with pytest.raises(InputError, match=r"'imagenet' is no data set .*: ham10000, isic2019"):
        fetching.find("imagenet")


def test_sizes_say_whether_they_are_known():
    assert fetching.sizes(SETS["ham10000"]) == "2.8 GB"
    assert fetching.sizes(SETS["isic2020"]) == "about 23.0 GB"
    assert fetching.sizes(SETS["retinamnist"]) == "not known"


# --- a data set -----------------------------------------------------------------------------------


def test_what_one_file_lacks_does_not_undo_the_others(small, publisher, tmp_path):
    with pytest.raises(InputError, match=r"two.png has moved \(answers 404\)"):
        fetching.fetch(small, tmp_path)
    assert fetching.there(small, tmp_path) == "2 of 3 files"
    (tmp_path / "two.png").write_bytes(b"second")
    publisher.requests.clear()
    fetched = fetching.fetch(small, tmp_path)
    assert publisher.requests == []
    assert [f.was_there for f in fetched] == [True] * 3
    assert [f.n_bytes for f in fetched] == [4, 5, 6]
    assert [f.checked for f in fetched] == [*["the first download's"] * 2, "recorded now"]
    assert fetched[1].checksum == f"sha256:{hashlib.sha256(b'first').hexdigest()}"


def test_tables_alone(small, publisher, tmp_path):
    assert [f.file for f in fetching.fetch(small, tmp_path, tables=True)] == ["table.csv"]
    assert publisher.ranges("one.png") == []
    assert len(fetching.next_steps(small, tmp_path, tables=True)) == 1


def test_progress_is_the_share_of_all_files(small, publisher, tmp_path):
    publisher.offers["two.png"] = Offer(b"second", kind="image/png")
    told = []
    fetching.fetch(small, tmp_path, tell=lambda *what: told.append(what))
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] == 1
    assert (4 / 15, "fetching table.csv: 4 bytes") in told


def test_room_for_the_whole_is_needed_before_the_first_file(
    small, publisher, tmp_path, monkeypatch
):
    usage = namedtuple("usage", "free")(14)
    monkeypatch.setattr(downloading.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(InputError, match="needs 15 bytes more and its disk has 14 bytes free"):
        fetching.fetch(small, tmp_path)
    assert publisher.requests == []
    assert len(fetching.fetch(small, tmp_path, tables=True)) == 1
    downloading.part_of(tmp_path / "one.png").write_bytes(b"fir")
    assert fetching.there(small, tmp_path) == "1 of 3 files, 3 bytes of the next"
    monkeypatch.setattr(downloading.shutil, "disk_usage", lambda folder: usage._replace(free=7))
    with pytest.raises(InputError, match="needs 8 bytes more"):
        fetching.fetch(small, tmp_path)


def test_ddi_needs_a_person_and_then_takes_the_folder(tmp_path):
    ddi = SETS["ddi"]
    with pytest.raises(InputError, match=r"a person agrees .* at https://stanfordaimi.*--into"):
        fetching.fetch(ddi, tmp_path / "ddi")
    assert not (tmp_path / "ddi").exists()
    (tmp_path / "ddi_metadata.csv").write_text(",DDI_ID,DDI_file,skin_tone,malignant,disease\n")
    assert fetching.fetch(ddi, tmp_path)[0].was_there
    assert fetching.next_steps(ddi, tmp_path) == [
        f"dermlab cases {tmp_path / 'ddi_metadata.csv'} --out cases.csv"
    ]
    (tmp_path / "000001.png").write_bytes(b"a picture")
    assert f"--images {tmp_path} " in fetching.next_steps(ddi, tmp_path)[-1]


def test_how_to_go_on():
    steps = fetching.next_steps(SETS["ham10000"], Path("my data"))
    table = Path("my data") / "HAM10000_metadata.csv"
    assert steps[0] == f'dermlab cases "{table}" --out cases.csv'
    assert steps[-1] == 'dermlab reproduce ham10000 --data "my data"'
    assert len(fetching.next_steps(SETS["fitzpatrick17k"], Path("here"))) == 1
    (step,) = fetching.next_steps(SETS["dermamnist"], Path("here"))
    assert "numpy.load(" in step and "dermamnist.npz" in step

"""dermlab fetch: the licence first, a file whole or resumed, and every refusal in one sentence."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from dermlab.cases.datasets import downloading, fetching
from dermlab.cases.datasets.fetching import DataSet
from tests.publisher import Offer, publishing

TABLE = b"lesion_id,image_id,dx,dx_type,age,sex,localization,dataset\n" + b"".join(
    b"HAM_%d,ISIC_%d,%s,histo,50.0,male,back,rosendahl\n" % (i // 2, i, b"mel" if i < 8 else b"nv")
    for i in range(20)
)
PICTURES = np.random.default_rng(1).bytes(500_000)
# The command as a process of its own, for which a data set called ham10000 is at the address given.
PROGRAM = """
import sys
from dermlab.cases.datasets import downloading, fetching
from dermlab.cli import main
downloading.WAITS, downloading.CHUNK = (), 10_000
address, *words = sys.argv[1:]
files = [("HAM10000_metadata.csv", "table"), ("HAM10000_images_part_1.bin", "images")]
files = [
    downloading.File(name, kind, None, False, None, f"{address}/{name}", f"{address}/page")
    for name, kind in files
]
wanted = fetching.DataSet("ham10000", "CC BY-NC 4.0", f"{address}/page", tuple(files))
fetching.registry = lambda: {"ham10000": wanted}
raise SystemExit(main(words))
"""
IMAGES = "HAM10000_images_part_1.bin"


@pytest.fixture
def publisher(monkeypatch, tmp_path):
    """HAM10000 in small, and the working directory an empty folder."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloading, "WAITS", ())
    monkeypatch.chdir(tmp_path)
    with publishing() as server:
        server.offers["HAM10000_metadata.csv"] = Offer(TABLE, kind="text/csv")
        server.offers[IMAGES] = Offer(PICTURES)
        files = (
            server.file("HAM10000_metadata.csv", n_bytes=len(TABLE)),
            server.file(IMAGES, n_bytes=len(PICTURES), kind="images"),
        )
        wanted = DataSet("ham10000", "CC BY-NC 4.0", files[0].page, files)
        monkeypatch.setattr(fetching, "registry", lambda: {"ham10000": wanted})
        yield server


@pytest.fixture
def start(publisher):
    """Start the command as a process of its own."""
    started = []

    def call(*words):
        command = [sys.executable, "-c", PROGRAM, publisher.address, *map(str, words)]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield call
    for process in started:
        process.kill()
        process.communicate()


def wait_for(path, n_bytes, seconds=60):
    end = time.monotonic() + seconds
    while not (path.exists() and path.stat().st_size >= n_bytes):
        assert time.monotonic() < end, f"{path} has not grown to {n_bytes}"
        time.sleep(0.02)


def test_the_licence_is_said_before_anything_is_downloaded(run, publisher, monkeypatch):
    from dermlab.cli import console

    said = []
    monkeypatch.setattr(console, "note", lambda text: said.append((text, len(publisher.requests))))
    assert run("fetch", "ham10000")[0] == 0
    first, n_requests = said[0]
    assert n_requests == 0 and len(publisher.requests) == 2
    assert "CC BY-NC 4.0" in first and "no commercial use" in first and "/page" in first


def test_fetched_files_go_on_into_cases(run, publisher, tmp_path):
    status, out, err = run("fetch", "HAM-10000", "--json")
    found = json.loads(out)
    assert status == 0
    assert found["folder"] == "ham10000" and found["licence"] == "CC BY-NC 4.0"
    assert [f["file"] for f in found["files"]] == ["HAM10000_metadata.csv", IMAGES]
    assert all(f["checked"] == "recorded now" and not f["was_there"] for f in found["files"])
    assert (tmp_path / "ham10000" / IMAGES).read_bytes() == PICTURES
    assert f"fetching {IMAGES} (" in err
    command, name, *rest = found["next"][0].split()
    assert (command, name) == ("dermlab", "cases")
    assert run(name, *rest)[0] == 0
    assert len((tmp_path / "cases.csv").read_text().splitlines()) == 21


def test_again_everything_is_there(run, publisher):
    run("fetch", "ham10000")
    n_requests = len(publisher.requests)
    status, out, _ = run("fetch", "ham10000")
    assert status == 0 and len(publisher.requests) == n_requests
    assert out.count("was there") == 2 and "the first download's" in out
    assert "is not known" not in out


def test_a_first_download_without_a_published_checksum_says_so(run, publisher):
    _, out, _ = run("fetch", "ham10000", "--into", "here")
    text = " ".join(out.split())
    assert "checksum of 2 files is not known: that of this first time is recorded" in text
    assert "dermlab reproduce ham10000 --data here" in text


def test_alone_it_lists_what_there_is(run, publisher):
    publisher.offers[IMAGES].status = 404
    assert run("fetch", "ham10000")[0] == 2
    status, out, err = run("fetch")
    assert (status, err) == (0, "")
    assert re.search(r"ham10000 +│ 501 kB +│ CC BY-NC 4.0 .*│ 1 of 2 files", out)
    (listed,) = json.loads(run("fetch", "--json")[1])["datasets"]
    assert listed["there"] == "1 of 2 files" and listed["page"].endswith("/page")
    (listed,) = json.loads(run("fetch", "--into", "elsewhere", "--json")[1])["datasets"]
    assert listed["there"] == "0 of 2 files"


def test_the_real_list_names_ddi_as_by_agreement(run):
    listed = {each["name"]: each for each in json.loads(run("fetch", "--json")[1])["datasets"]}
    assert listed["ddi"]["size"] == "by agreement"
    assert listed["ham10000"]["size"] == "2.8 GB"


def test_ddi_is_one_sentence_that_says_where(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = run("fetch", "ddi")
    assert (status, out) == (2, "")
    assert "a person agrees to the publisher's terms at https://stanfordaimi" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nosuch"], "'nosuch' is no data set that can be fetched: ham10000"),
        (["ham10000", "--into", "file"], "file is a file: let --into name a folder"),
        (["ham10000", "--tables=1"], "--help says what is expected"),
    ],
)
def test_bad_input_is_one_sentence(run, publisher, tmp_path, words, sentence):
    (tmp_path / "file").touch()
    status, out, err = run("fetch", *words)
    assert (status, out) == (2, "")
    assert sentence in err.splitlines()[-1]
    assert publisher.requests == []


def test_a_moved_link_and_corrupted_bytes_end_with_two(run, publisher, tmp_path):
    publisher.offers[IMAGES] = Offer(b"<html>", kind="text/html")
    status, _, err = run("fetch", "ham10000")
    assert status == 2 and "has moved" in err.splitlines()[-1]
    publisher.offers[IMAGES] = Offer(PICTURES)
    (tmp_path / "ham10000" / f"{IMAGES}.sha256").write_text(f"{'0' * 64}  {IMAGES}\n")
    status, _, err = run("fetch", "ham10000")
    assert status == 2 and "another checksum than the first download's" in err.splitlines()[-1]
    assert not (tmp_path / "ham10000" / IMAGES).exists()


# --- processes ------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_killed_and_started_again_it_goes_on(start, publisher, tmp_path, how):
    offer = publisher.offers[IMAGES] = Offer(PICTURES, at_most=200_000, stalls=threading.Event())
    place = tmp_path / "d" / IMAGES
    first = start("fetch", "ham10000", "--into", "d")
    wait_for(downloading.part_of(place), 200_000)
    first.send_signal(how)
    _, err = first.communicate(timeout=60)
    assert first.returncode == (130 if how == signal.SIGINT else -9), err
    assert not place.exists() and downloading.part_of(place).stat().st_size == 200_000
    offer.at_most = None
    offer.stalls.set()
    second = start("fetch", "ham10000", "--into", "d", "--json")
    out, err = second.communicate(timeout=60)
    assert second.returncode == 0, err
    assert publisher.ranges(IMAGES) == [None, "bytes=200000-"]
    assert place.read_bytes() == PICTURES
    assert [f["was_there"] for f in json.loads(out)["files"]] == [True, False]
    left = {path.name for path in place.parent.iterdir()}
    names = {"HAM10000_metadata.csv", IMAGES}
    assert left - {".dermlab.lock"} == names | {f"{name}.sha256" for name in names}


def test_two_at_once_the_second_says_who_has_the_folder(start, run, publisher, tmp_path):
    publisher.offers[IMAGES] = Offer(PICTURES, at_most=200_000, stalls=threading.Event())
    first = start("fetch", "ham10000", "--into", "d")
    wait_for(downloading.part_of(tmp_path / "d" / IMAGES), 200_000)
    status, _, err = run("fetch", "ham10000", "--into", "d")
    assert status == 2
    assert f"d is in use by process {first.pid} (since 2" in err.splitlines()[-1]
    assert run("fetch", "ham10000", "--into", "e", "--tables")[0] == 0

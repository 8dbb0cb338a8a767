"""One file from a publisher on 127.0.0.1 that breaks off, changes, moves or sends else."""

import hashlib
import subprocess
import sys
from collections import namedtuple

import numpy as np
import pytest

from dermlab.cases.datasets import downloading
from dermlab.errors import InputError
from tests.cases.datasets.test_archives import zipped
from tests.publisher import Offer, publishing

CONTENT = np.random.default_rng(0).bytes(300_000)
SHA = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
MD5 = f"md5:{hashlib.md5(CONTENT).hexdigest()}"
NAME = "table.csv"


@pytest.fixture
def publisher(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloading, "WAITS", (0, 0))
    monkeypatch.setattr(downloading, "CHUNK", 10_000)
    with publishing() as server:
        yield server


@pytest.fixture
def bring(publisher, tmp_path):
    """Fetch ``NAME``, and what was told meanwhile."""
    told = []

    def call(name=NAME, **known):
        file = publisher.file(name, **known)
        return downloading.bring(file, tmp_path, tell=lambda *what: told.append(what))

    call.told, call.place, call.folder = told, tmp_path / NAME, tmp_path
    return call


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("checksum", [SHA, MD5])
def test_a_file_comes_whole_and_its_published_checksum_is_compared(publisher, bring, checksum):
    publisher.offers[NAME] = Offer(CONTENT)
    known = {"checksum": checksum, "n_bytes": len(CONTENT)}
    assert bring(**known) == (checksum, "the publisher's")
    assert bring.place.read_bytes() == CONTENT
    assert names(bring.folder) == [NAME]
    assert max(n_bytes for n_bytes, _ in bring.told) == len(CONTENT)
    assert bring.told[-1][1] == f"checking {NAME}"
    assert bring(**known) == (checksum, "the publisher's")
    assert len(publisher.requests) == 1


def test_a_connection_that_breaks_off_goes_on_where_it_stopped(publisher, bring):
    publisher.offers[NAME] = Offer(CONTENT, at_most=90_000)
    bring(checksum=SHA, n_bytes=len(CONTENT))
    assert bring.place.read_bytes() == CONTENT
    assert publisher.ranges(NAME) == [
        None,
        "bytes=90000-",
        "bytes=180000-",
        "bytes=270000-",
    ]


def test_what_came_is_kept_and_the_same_call_goes_on(publisher, bring):
    offer = publisher.offers[NAME] = Offer(CONTENT, at_most=100_000)
    sends, offer.at_most = offer.at_most, 0
    with pytest.raises(InputError, match=r"breaks off \(\w+\): give the same command again later"):
        bring(checksum=SHA)
    assert len(publisher.requests) == 3
    assert names(bring.folder) == []
    offer.at_most = sends
    publisher.offers["other.csv"] = Offer(CONTENT)

    def gone(n_bytes, text):
        if n_bytes >= sends:
            offer.at_most = 0

    file = publisher.file(NAME, checksum=SHA)
    with pytest.raises(InputError, match=r"100 kB of table.csv are kept; give the same command"):
        downloading.bring(file, bring.folder, tell=gone)
    assert not bring.place.exists()
    offer.at_most = None
    publisher.requests.clear()
    bring(checksum=SHA)
    assert publisher.ranges(NAME) == ["bytes=100000-"]
    assert bring.place.read_bytes() == CONTENT
    assert names(bring.folder) == [NAME]


def test_a_redirection_is_followed_and_resumed(publisher, bring):
    publisher.offers[NAME] = Offer(status=303, leads_to="store", kind="text/html", version=None)
    publisher.offers["store"] = Offer(CONTENT, at_most=200_000)
    bring(checksum=SHA)
    assert publisher.ranges("store") == [None, "bytes=200000-"]
    publisher.offers["store"] = Offer(b"<html>log in</html>", kind="text/html")
    bring.place.unlink()
    with pytest.raises(InputError, match="has moved"):
        bring(checksum=SHA)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_publisher_out_of_order_is_tried_again(publisher, bring, status):
    publisher.offers[NAME] = Offer(status=status)
    with pytest.raises(InputError, match=f"status {status}.: give the same command again later"):
        bring()
    assert len(publisher.requests) == 3


def test_nobody_at_the_address_is_one_sentence(publisher, bring):
    file = publisher.file(NAME)
    nowhere = downloading.File(*[*vars(file).values()][:5], "http://127.0.0.1:9/x", file.page)
    with pytest.raises(InputError, match=r"127.0.0.1:9/x cannot be reached.*with a browser"):
        downloading.bring(nowhere, bring.folder, tell=lambda *_: None)


def test_a_part_of_another_version_is_begun_again(publisher, bring):
    part = downloading.part_of(bring.place)
    publisher.offers[NAME] = Offer(bytes(300_000), at_most=90_000, version='"old"')

    def change(n_bytes, text):
        if n_bytes:
            publisher.offers[NAME] = Offer(CONTENT, version='"new"')

    downloading.bring(publisher.file(NAME, checksum=SHA), bring.folder, tell=change)
    assert bring.place.read_bytes() == CONTENT
    assert not part.exists()
    assert publisher.ranges(NAME) == [None, "bytes=90000-"]


@pytest.mark.parametrize("how", [{"takes_ranges": False}, {"version": None}, {"version": 'W/"1"'}])
def test_a_publisher_that_cannot_resume_sends_it_all_again(publisher, bring, how):
    publisher.offers[NAME] = Offer(CONTENT, at_most=90_000, **how)

    def mend(n_bytes, text):
        if n_bytes:
            publisher.offers[NAME].at_most = None

    downloading.bring(publisher.file(NAME, checksum=SHA), bring.folder, tell=mend)
    assert bring.place.read_bytes() == CONTENT


def test_a_part_that_is_longer_than_the_file_is_begun_again(publisher, bring):
    publisher.offers[NAME] = Offer(CONTENT, at_most=10_000, takes_ranges=False)
    with pytest.raises(InputError):
        bring()
    downloading.part_of(bring.place).write_bytes(CONTENT + b"more")
    publisher.offers[NAME] = Offer(CONTENT)
    publisher.requests.clear()
    bring(checksum=SHA)
    assert publisher.ranges(NAME) == ["bytes=300004-", None]
    assert bring.place.read_bytes() == CONTENT


def test_a_part_that_was_whole_when_the_process_ended_is_not_asked_for_again(publisher, bring):
    publisher.offers[NAME] = Offer(CONTENT)

    class Ended(BaseException):
        pass

    def end(n_bytes, text):
        if text.startswith("checking"):
            raise Ended

    with pytest.raises(Ended):
        downloading.bring(publisher.file(NAME, checksum=SHA), bring.folder, tell=end)
    bring(checksum=SHA)
    assert len(publisher.requests) == 1
    assert names(bring.folder) == [NAME]


def test_an_answer_without_its_length_is_taken(publisher, bring):
    publisher.offers[NAME] = Offer(CONTENT, says_length=False)
    assert bring(checksum=SHA)[1] == "the publisher's"


def test_a_damaged_note_begins_the_part_again(publisher, bring):
    publisher.offers[NAME] = Offer(CONTENT)
    part = downloading.part_of(bring.place)
    part.write_bytes(b"x" * 1000)
    part.with_name(part.name + ".json").write_text('{"total": ')
    bring(checksum=SHA)
    assert publisher.ranges(NAME) == [None]


# --- what is wrong --------------------------------------------------------------------------------


def test_corrupted_bytes_are_not_kept(publisher, bring):
    publisher.offers[NAME] = Offer(CONTENT[:-1] + b"?")
    for _ in range(2):
        with pytest.raises(InputError, match="another checksum than the publisher's: it was not"):
            bring(checksum=SHA)
        assert names(bring.folder) == []
    publisher.offers[NAME] = Offer(CONTENT)
    assert bring(checksum=SHA) == (SHA, "the publisher's")


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_moved_link_says_how_to_place_the_file_by_hand(publisher, bring, status):
    publisher.offers[NAME] = Offer(status=status, kind="text/html")
    moved = (
        rf"has moved \(answers {status}\): take table.csv from .*/page with a browser and put it"
    )
    with pytest.raises(InputError, match=moved) as error:
        bring(checksum=SHA)
    assert str(bring.folder) in str(error.value) and "\n" not in str(error.value)
    assert len(publisher.requests) == 1
    bring.place.write_bytes(CONTENT)
    assert bring(checksum=SHA) == (SHA, "the publisher's")
    assert len(publisher.requests) == 1


def test_a_page_in_place_of_the_file_is_a_moved_link(publisher, bring):
    publisher.offers[NAME] = Offer(b"<html>Please log in</html>", kind="text/html; charset=utf-8")
    with pytest.raises(InputError, match=r"has moved \(gives a page in the place of the file\)"):
        bring()
    assert not bring.place.exists()


@pytest.mark.parametrize("says_length", [True, False])
def test_an_empty_answer_is_a_moved_link(publisher, bring, says_length):
    publisher.offers[NAME] = Offer(b"", says_length=says_length)
    with pytest.raises(InputError, match=r"has moved \(gives an empty file\)"):
        bring()
    assert names(bring.folder) == []


def test_a_publisher_that_never_gets_through_is_given_up(publisher, bring):
    """It does not resume, and breaks off sooner or later in turn: no try comes further."""
    offer = publisher.offers[NAME] = Offer(CONTENT, at_most=100_000, takes_ranges=False)

    def alternate(n_bytes, text):
        if text.startswith("again"):
            offer.at_most = 150_000 - offer.at_most

    with pytest.raises(InputError, match="breaks off"):
        downloading.bring(publisher.file(NAME), bring.folder, tell=alternate)
    assert len(publisher.requests) == 3


def test_a_file_of_another_length_is_refused_before_it_comes(publisher, bring):
    publisher.offers[NAME] = Offer(CONTENT + b"more")
    with pytest.raises(InputError, match="another file, of 300,004 bytes in place of 300,000"):
        bring(checksum=SHA, n_bytes=len(CONTENT))
    assert names(bring.folder) == []


def test_a_wrong_file_placed_by_hand_is_named_and_left(publisher, bring):
    bring.place.write_bytes(b"another")
    with pytest.raises(InputError, match=r"table.csv has another checksum.*delete .*table.csv"):
        bring(checksum=SHA)
    assert bring.place.read_bytes() == b"another"


def test_without_a_published_checksum_the_first_is_recorded_and_compared(publisher, bring):
    publisher.offers[NAME] = Offer(CONTENT)
    assert bring() == (SHA, "recorded now")
    record = bring.folder / "table.csv.sha256"
    assert record.read_text() == f"{SHA.removeprefix('sha256:')}  table.csv\n"
    assert bring() == (SHA, "the first download's")
    bring.place.unlink()
    publisher.offers[NAME] = Offer(CONTENT + b"a second edition")
    with pytest.raises(InputError, match=r"than the first download's.*table.csv.sha256 too if"):
        bring()
    assert names(bring.folder) == ["table.csv.sha256"]
    record.unlink()
    assert bring()[1] == "recorded now"
    record.write_text("")
    publisher.requests.clear()
    with pytest.raises(InputError, match=r"sha256 is damaged.*delete it"):
        bring()
    assert publisher.requests == []


def test_a_record_that_cannot_be_written_costs_no_download(publisher, bring, monkeypatch):
    publisher.offers[NAME] = Offer(CONTENT)
    with monkeypatch.context() as patch, pytest.raises(InputError, match="cannot be written"):
        patch.setattr(downloading, "_record_of", lambda place: place.parent / "none" / "x")
        bring()
    assert bring() == (SHA, "recorded now")
    assert len(publisher.requests) == 1


def test_a_malicious_archive_is_not_kept(publisher, bring, tmp_path):
    evil = zipped(tmp_path / "made", "imgs/1.jpg", "../../evil.sh").read_bytes()
    publisher.offers["images.zip"] = Offer(evil)
    checksum = f"sha256:{hashlib.sha256(evil).hexdigest()}"
    for known in ({}, {"checksum": checksum}):
        with pytest.raises(InputError, match=r"images.zip is not used.*evil.sh.*leads out"):
            bring("images.zip", **known)
        assert names(bring.folder) == ["made"]
    good = zipped(tmp_path / "made", "imgs/1.jpg").read_bytes()
    publisher.offers["images.zip"] = Offer(good)
    assert bring("images.zip")[1] == "recorded now"


# --- a full disk ----------------------------------------------------------------------------------


def test_a_disk_without_room_is_said_before_the_file_comes(publisher, bring, monkeypatch):
    publisher.offers[NAME] = Offer(CONTENT)
    usage = namedtuple("usage", "free")(299_999)
    monkeypatch.setattr(downloading.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(InputError, match="needs 300 kB more and its disk has 300 kB free"):
        bring()
    assert names(bring.folder) == []
    monkeypatch.setattr(downloading.shutil, "disk_usage", lambda folder: usage._replace(free=3e5))
    assert bring()[0] == SHA


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on a file's size")
def test_a_disk_that_fills_keeps_what_came(publisher, bring):
    """A limit on a file's size stands in for the end of the disk: the same error of the system."""
    publisher.offers[NAME] = Offer(CONTENT)
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from dermlab.cases.datasets import downloading\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))\n"
        "file = downloading.File('table.csv', 'table', None, False, None, sys.argv[1], 'a page')\n"
        "downloading.bring(file, Path(sys.argv[2]), tell=lambda *_: None)\n"
    )
    command = [sys.executable, "-c", code, f"{publisher.address}/{NAME}", str(bring.folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "InputError" in done.stderr.splitlines()[-1]
    assert "cannot hold table.csv (File too large): free some space" in done.stderr
    assert downloading.part_of(bring.place).stat().st_size == 200_000
    assert bring(checksum=SHA)[0] == SHA
    assert publisher.ranges(NAME) == [None, "bytes=200000-"]

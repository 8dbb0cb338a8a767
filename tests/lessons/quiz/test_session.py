"""One reader's way: on disk at once, resumed where it stopped, never by two windows."""

import os
import signal
import subprocess
import sys
import textwrap
from datetime import datetime

import numpy as np
import pytest

from dermlab.errors import InputError
from dermlab.evaluation import merging
from dermlab.lessons import quiz
from dermlab.lessons.quiz import session as room

IDS = tuple(f"img{i}" for i in range(5))


def make_study(quiz_id="q1"):
    pictures = [np.full((2, 2, 3), i, np.uint8) for i in range(len(IDS))]
    return quiz.Study(quiz_id, "melanoma-vs-nevus", "Biopsy?", IDS, pictures)


@pytest.fixture
def study():
    return make_study()


def decide(session, n, key="b"):
    for i in range(n):
        session.press(key)
        assert session.press(str(1 + i % 5))


def test_every_decision_is_on_disk_before_the_next_is_asked(study, tmp_path):
    times = iter(range(0, 1000, 2))
    session = quiz.Session(study, tmp_path, clock=lambda: next(times))
    for n in range(1, 6):
        assert (session.picture() == IDS.index(session.item)).all()
        decide(session, 1)
        reads, aside = merging.merge_reads([session.path])
        assert len(reads) == n and aside.empty
    assert session.item is None and room.is_finished(session.path)
    assert session.path.read_text().endswith("#end,5\n")
    assert set(reads["image_id"]) == set(IDS) and (reads["seconds"] > 0).all()
    assert (reads[["reader_id", "quiz_id"]] == [session.reader, "q1"]).all(axis=None)
    assert all(datetime.fromisoformat(time).tzinfo for time in reads["read_at"])


def test_it_is_synced_to_the_disk(study, tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(os.fstat(number).st_size))
    session = quiz.Session(study, tmp_path)
    decide(session, 2)
    assert len(synced) == 3 and synced[-1] == session.path.stat().st_size


def test_undo_takes_the_last_decision_from_screen_and_disk(study, tmp_path):
    session = quiz.Session(study, tmp_path)
    assert not session.press("u")  # nothing to take back
    decide(session, 2)
    second = list(session.decisions)[-1]
    session.press("r")
    assert not session.press("U") and session.pending is None and session.n_done == 2
    assert session.press("u") and session.item == second and session.n_done == 1
    reads, aside = merging.merge_reads([session.path])
    assert len(reads) == 1 and aside.empty
    session.press("r")
    assert session.press("5") and session.decisions[second] == (0, 5)
    assert session.press("u") and session.press("u") and not session.press("u")
    assert session.n_done == 0
    again = quiz.Session(study, tmp_path, session.reader)
    assert again.n_done == 0
    decide(again, 5)
    assert not again.press("u") and again.n_done == 5  # the truth has been seen
    reads, aside = merging.merge_reads([session.path])
    assert len(reads) == 5 and aside.empty


def test_a_window_that_is_left_behind_undoes_nothing(study, tmp_path):
    old = quiz.Session(study, tmp_path)
    decide(old, 2)
    decide(quiz.Session(study, tmp_path, old.reader), 1)
    before = old.path.read_bytes()
    with pytest.raises(InputError, match="another window"):
        old.press("u")
    assert old.path.read_bytes() == before and old.n_done == 2


def test_keys_alone_decide_nothing_out_of_order(study, tmp_path):
    session = quiz.Session(study, tmp_path)
    first = session.item
    assert not session.press("4") and not session.press("x") and not session.press("0")
    session.press("b")
    session.press("R")
    assert session.press("2")
    assert session.decisions == {first: (0, 2)}
    decide(session, 4)
    session.press("b")
    assert not session.press("3") and session.n_done == 5


def test_a_killed_process_loses_no_decision(study, tmp_path):
    program = f"""
        import os, signal, sys
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        from test_session import make_study
        from dermlab.lessons import quiz
        session = quiz.Session(make_study(), {str(tmp_path)!r}, "BBBBBB")
        for _ in range(3):
            session.press("b"); session.press("4")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)])
    assert done.returncode == -signal.SIGKILL
    session = quiz.Session(study, tmp_path, "BBBBBB")
    order = [IDS[i] for i in study.order("BBBBBB")]
    assert session.n_done == 3 and session.item == order[3]
    decide(session, 2, "r")
    reads, aside = merging.merge_reads([session.path])
    assert reads["image_id"].tolist() == order and aside.empty


@pytest.mark.parametrize("lost", [1, 7, 30])
def test_a_torn_last_line_is_cut_off_and_asked_again(study, tmp_path, lost):
    session = quiz.Session(study, tmp_path)
    decide(session, 3)
    session.path.write_bytes(session.path.read_bytes()[:-lost])
    again = quiz.Session(study, tmp_path, session.reader)
    assert again.n_done == 2
    decide(again, 3)
    reads, aside = merging.merge_reads([again.path])
    assert len(reads) == 5 and aside.empty


def test_no_cut_and_no_lost_header_loses_a_decision(study, tmp_path):
    session = quiz.Session(study, tmp_path)
    decide(session, 3)
    path, whole = session.path, session.path.read_bytes()
    lines = whole.splitlines(keepends=True)
    ends = np.cumsum([len(line) for line in lines])
    cut = [(whole[:n], int((ends[1:] <= n).sum())) for n in range(len(whole))]
    torn = [(lines[0][:n] + b"".join(lines[1:]), 3) for n in range(len(lines[0]))]
    for content, kept in cut + torn:
        path.write_bytes(content)
        again = quiz.Session(study, tmp_path, session.reader)
        assert again.n_done == kept, content
        decide(again, 5 - kept)
        reads, aside = merging.merge_reads([path])
        assert len(reads) == 5 and aside.empty


def test_a_full_disk_loses_neither_the_decision_nor_the_file(study, tmp_path, monkeypatch):
    session = quiz.Session(study, tmp_path)
    decide(session, 1)
    before = session.path.read_bytes()

    def full(number):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        session.press("b")
        with pytest.raises(InputError, match=r"No space left on device.*decide again"):
            session.press("3")
        with pytest.raises(InputError, match="No space left"):
            quiz.Session(make_study("q2"), tmp_path)
    assert session.path.read_bytes() == before
    assert session.press("3")
    decide(session, 3)
    reads, aside = merging.merge_reads([session.path])
    assert len(reads) == 5 and aside.empty
    assert list(tmp_path.iterdir()) == [session.path]


def test_two_windows_cannot_write_one_file(study, tmp_path):
    one = quiz.Session(study, tmp_path)
    two = quiz.Session(study, tmp_path, one.reader)
    decide(one, 1)
    two.press("b")
    with pytest.raises(InputError, match="another window"):
        two.press("3")
    reads, aside = merging.merge_reads([one.path])
    assert len(reads) == 1 and aside.empty


def test_a_file_that_this_quiz_did_not_write_is_left_alone(study, tmp_path):
    session = quiz.Session(study, tmp_path)
    decide(session, 2)
    spoilt = session.path.read_text().replace("melanoma-vs-nevus", "malignant", 1)
    session.path.write_text(spoilt)
    with pytest.raises(InputError, match="put the file elsewhere"):
        quiz.Session(study, tmp_path, session.reader)
    assert session.path.read_text() == spoilt


def test_withdrawing_deletes_the_file(study, tmp_path):
    session = quiz.Session(study, tmp_path)
    decide(session, 2)
    session.withdraw()
    assert list(tmp_path.iterdir()) == []


def test_codes_are_made_by_chance_and_names_are_refused(study, tmp_path):
    codes = {room.new_reader() for _ in range(200)}
    assert len(codes) == 200 and all(room.READER.fullmatch(code) for code in codes)
    for name in ("Ann", "anna22", "../../x", "AAAAAA"):
        with pytest.raises(InputError, match="no reader's code"):
            quiz.Session(study, tmp_path, name)


def test_the_files_of_a_quiz_are_found_and_no_others(study, tmp_path):
    one = quiz.Session(study, tmp_path)
    quiz.Session(make_study("q1-b"), tmp_path)
    (tmp_path / "reads-q1-notes.csv").touch()
    assert room.files("q1", tmp_path) == [one.path]
    assert room.files("q1", tmp_path / "none") == []

"""What a reading comes to, by counting; and a class of thirty with five damaged files."""

import json

import numpy as np
import pandas as pd
import pytest

from dermlab.cli import main
from dermlab.errors import InputError
from dermlab.evaluation import readers
from dermlab.evaluation import reads as reads_file
from dermlab.figures import quiz as draw
from dermlab.lessons import quiz

IDS = tuple(f"img{i:02}" for i in range(20))
TRUTH = pd.Series([True] * 8 + [False] * 12, index=IDS)


def study_of(quiz_id="q1", **other):
    pictures = [np.zeros((2, 2, 3), np.uint8)] * len(IDS)
    return quiz.Study(quiz_id, "melanoma-vs-nevus", "?", IDS, pictures, TRUTH, **other)


def fill(study, folder, n=20, seed=0):
    """A reader who is right four times in five."""
    session, rng = quiz.Session(study, folder), np.random.default_rng(seed)
    for _ in range(n):
        right = TRUTH[session.item] == (rng.random() < 0.8)
        session.press("b" if right else "r")
        session.press(str(rng.integers(1, 6)))
    return session


def reads_by_hand(decisions):
    return pd.DataFrame(
        {"reader_id": "A", "image_id": IDS, "quiz_id": "q1", "decision": decisions}
    ).assign(task="melanoma-vs-nevus")


def test_the_outcome_is_what_counting_gives():
    found = quiz.outcome(study_of(), reads_by_hand([1] * 6 + [0] * 2 + [1] * 3 + [0] * 9), "A")
    assert (found.tp, found.n_pos, found.tn, found.n_neg) == (6, 8, 9, 12)
    assert found.missed == IDS[6:8] and found.needless == IDS[8:11]
    assert found.point.sensitivity.estimate == 6 / 8
    expected = (15 / 20 - (9 * 8 + 11 * 12) / 400) / (1 - (9 * 8 + 11 * 12) / 400)
    assert found.kappa.estimate == pytest.approx(expected)


def test_a_perfect_reader_and_one_without_both_classes():
    perfect = quiz.outcome(study_of(), reads_by_hand(TRUTH.astype(int).tolist()), "A")
    assert perfect.kappa.estimate == 1 and perfect.missed == () and perfect.needless == ()
    with pytest.raises(InputError, match="both classes"):
        quiz.outcome(study_of(), reads_by_hand([1] * 20).head(8), "A")


def test_votes_and_agreement_by_hand():
    three = pd.concat(
        [reads_by_hand([int(c) for c in line]).assign(reader_id=name)
         for name, line in (("A", "1" * 20), ("B", "0" * 20), ("C", "1" * 10 + "0" * 10))]
    )  # fmt: skip
    vote = quiz.majority(study_of(), three)
    assert (vote.sensitivity.estimate, vote.specificity.estimate) == (1, 10 / 12)
    assert quiz.agreement(three) == pytest.approx(1 / 3)
    tie = quiz.majority(study_of(), three[three["reader_id"] != "C"])
    assert tie.sensitivity.estimate == 1 and tie.specificity.estimate == 0
    assert np.isnan(quiz.agreement(reads_by_hand([1] * 20)))


def test_the_hardest_pictures_by_hand():
    three = pd.concat(
        [reads_by_hand(TRUTH.astype(int).tolist()).assign(reader_id=name) for name in "ABC"]
    )
    three.loc[(three["image_id"] == IDS[9]), "decision"] = 1
    three.loc[(three["image_id"] == IDS[2]) & (three["reader_id"] == "B"), "decision"] = 0
    found = quiz.hardest(study_of(positive="cancer"), three.iloc[:-1], n=3)
    assert found.index[:2].tolist() == [IDS[9], IDS[2]]
    assert found["n_wrong"].tolist() == [3, 1, 0] and found["n_readers"].tolist() == [3, 3, 3]
    assert found["picture"].tolist()[:2] == [9, 2]
    assert found["truth"].tolist()[:2] == ["negative", "cancer"]


def test_half_a_reading_makes_no_point(tmp_path):
    study = study_of()
    whole, half = fill(study, tmp_path), fill(study, tmp_path, n=9, seed=1)
    reads, aside, kind = quiz.class_reads(study, tmp_path)
    assert (len(reads), len(aside), kind) == (29, 0, "measured here")
    points = quiz.class_points(study, reads)
    assert points["reader"].tolist() == [whole.reader]
    assert points[["n_pos", "n_neg"]].iloc[0].tolist() == [8, 12]
    assert quiz.unfinished(study, reads).to_dict() == {half.reader: 9}
    strange = reads.head(1).assign(reader_id="S", image_id="elsewhere")
    assert quiz.unfinished(study, pd.concat([reads, strange])).to_dict() == {half.reader: 9}
    assert quiz.unfinished(study, reads.head(0)).empty


def test_a_class_in_which_nobody_finished_is_still_counted_and_drawn(tmp_path):
    study = study_of()
    for seed in range(3):
        fill(study, tmp_path, n=5 + seed, seed=seed)
    reads, _, kind = quiz.class_reads(study, tmp_path)
    points, n_unfinished = quiz.class_points(study, reads), len(quiz.unfinished(study, reads))
    drawn = draw.class_on_curve(
        points,
        readers.mean_reader(points),
        None,
        quiz.majority(study, reads),
        kind,
        n_unfinished=n_unfinished,
    )
    assert drawn.figure.get_suptitle() == "0 readers (3 more not finished)"
    assert "3 readers more, not finished, without a point" in drawn.alt


def test_codes_in_a_chat_are_read_with_their_names_and_counted_once(tmp_path):
    study, other = study_of(), study_of("q2")
    one, two = fill(study, tmp_path / "one"), fill(study, tmp_path / "two", seed=1)
    half, elsewhere = fill(study, tmp_path / "half", n=4, seed=2), fill(other, tmp_path / "other")
    chat = tmp_path / "chat.txt"
    chat.write_text(
        f"Dear all, please send your codes\nAnn: {quiz.to_code(one)}\n"
        f"Ben: {quiz.to_code(two).lower()} sorry, late\n[10:02] Ann: {quiz.to_code(one)}\n"
        f"Cem: {quiz.to_code(half)}\nDoa: {quiz.to_code(elsewhere)} done\n"
        f"Eve: {quiz.to_code(two).removeprefix('QUIZ-')}\nFay: {quiz.to_code(two)[:-2]}\n"
    )
    reads, aside, kind = quiz.class_reads(study, chat)
    assert kind == "measured here" and len(reads) == 44
    assert quiz.unfinished(study, reads).to_dict() == {half.reader: 4}
    reason = aside.set_index("row")["reason"].to_dict()
    assert sorted(reason) == [1, 4, 6, 7, 8] and len(aside) == 5
    assert "no text code" in reason[1] and f"reader {one.reader}'s" in reason[4]
    assert "of the quiz q2, not of q1" in reason[6]
    assert "write QUIZ- before it" in reason[7] and "damaged" in reason[8]


def test_without_reads_the_simulated_class_stands_in(tmp_path):
    study = quiz.clinic_study("stand-in", n=10)
    reads, aside, kind = quiz.class_reads(study, tmp_path)
    assert kind == "simulated, calibrated" and aside.empty
    assert len(quiz.class_points(study, reads)) == 21
    assert set(reads["image_id"]) == set(study.image_ids)


def test_a_code_and_its_file_are_one_reader_and_a_code_alone_counts(tmp_path):
    study = study_of()
    one, two = fill(study, tmp_path), fill(study, tmp_path, seed=1)
    code = quiz.to_code(two)
    two.path.unlink()
    (tmp_path / "codes.txt").write_text(f"{quiz.to_code(one)}\n\n{code.lower()}\n")
    reads, aside, _ = quiz.class_reads(study, tmp_path)
    assert aside.empty and reads["reader_id"].value_counts().to_dict() == {
        one.reader: 20,
        two.reader: 20,
    }
    assert reads.loc[reads["reader_id"] == one.reader, "seconds"].notna().all()
    own = reads[reads["reader_id"] == two.reader].set_index("image_id")
    assert own["decision"].to_dict() == {i: d for i, (d, _) in two.decisions.items()}


def test_a_code_that_contradicts_its_file_is_set_aside(tmp_path):
    study = study_of()
    one = fill(study, tmp_path)
    decision, confidence = one.decisions[IDS[0]]
    one.decisions[IDS[0]] = 1 - decision, confidence
    (tmp_path / "codes.txt").write_text(quiz.to_code(one))
    with pytest.raises(InputError, match="no reads"):
        quiz.class_reads(study, tmp_path)  # all forty rows are set aside


# --- a class of thirty, through the command -------------------------------------------------------


@pytest.fixture
def hand_in(tmp_path):
    """Thirty files, five of them damaged in different ways, and what is in each."""
    folder = tmp_path / "class"
    study, other = study_of(), study_of("q2")
    good = [fill(study, folder, seed=i).path for i in range(24)]
    half = fill(study, folder, n=11, seed=24).path
    torn = fill(study, folder, seed=25).path
    text = torn.read_text().replace("melanoma-vs-nevus,1", "melanoma-vs-nævus,1")
    cut = text.encode()[: text.encode().rindex("æ".encode()) + 1]  # the first of its two bytes
    torn.write_bytes(cut)
    strange = fill(other, folder, seed=26).path
    twice = [fill(study, folder, seed=27).path, fill(study, folder, seed=28).path]
    names = [path.stem[-6:] for path in twice]
    twice[1].write_text(twice[1].read_text().replace(names[1], names[0]))
    sheet = fill(study, folder, seed=29).path
    sheet.write_text("\ufeff" + sheet.read_text().replace(",", ";"), encoding="utf-16")
    damaged = {"half": half, "torn": torn, "strange": strange, "twice": twice[1], "sheet": sheet}
    return folder, good, twice[0], damaged


def merge(folder, out, capsys):
    status = main(["reads", "merge", *map(str, sorted(folder.iterdir())), "--out", str(out)])
    said = capsys.readouterr()
    aside = pd.read_csv(f"{out}.set-aside.csv", dtype=str) if status else pd.DataFrame()
    return status, said, pd.read_csv(out), aside


def test_thirty_files_five_damaged_nothing_lost_each_named(hand_in, tmp_path, capsys):
    folder, good, first, damaged = hand_in
    assert len(list(folder.iterdir())) == 30
    whole_lines = {
        path: [line for line in path.read_bytes().split(b"\n")[1:] if line[:1] not in (b"", b"#")]
        for path in [*good, first, *damaged.values()]
    }
    status, said, reads, aside = merge(folder, tmp_path / "reads.csv", capsys)
    assert status == 1
    for path in damaged.values():
        assert path.name in said.err
    assert f"{damaged['half']}: half-finished or cut off, 11 rows" in said.err
    assert f"{damaged['strange']}: of another quiz, q2" in said.err
    for path in good:
        assert path.name not in said.err
    n = reads.groupby(["quiz_id", "reader_id"]).size()
    assert all(n["q1", path.stem[-6:]] == 20 for path in good)
    assert n["q1", damaged["half"].stem[-6:]] == 11
    assert n["q2", damaged["strange"].stem[-6:]] == 20
    by_file = aside.groupby("file")["reason"]
    for path in (first, damaged["twice"]):
        assert by_file.get_group(str(path)).str.contains("stands in 2 files").all()
        assert len(by_file.get_group(str(path))) == 20
    torn = str(damaged["torn"])
    assert len(by_file.get_group(torn)) == 1  # the line that was cut; the others are used
    kept = n["q1", damaged["torn"].stem[-6:]] + 1
    assert kept == len(whole_lines[damaged["torn"]])
    assert by_file.get_group(str(damaged["sheet"])).str.contains("comma-separated").all()
    assert len(by_file.get_group(str(damaged["sheet"]))) >= 20
    used = 24 * 20 + 11 + (kept - 1) + 20
    assert len(reads) == used


def test_thirty_files_and_ten_codes_five_damaged(tmp_path, capsys):
    """A class of forty on the real quiz: every whole decision counts, every fault is named."""
    study = quiz.clinic_study("class-of-forty", n=6)
    home, folder = tmp_path / "home", tmp_path / "class"
    truth = study.is_positive

    def read(seed, n=6):
        session, rng = quiz.Session(study, home), np.random.default_rng(seed)
        for _ in range(n):
            session.press("b" if truth[session.item] == (rng.random() < 0.8) else "r")
            session.press(str(rng.integers(1, 6)))
        return session

    sent = [read(seed) for seed in range(30)]
    folder.mkdir()
    for session in sent:
        (folder / session.path.name).write_bytes(session.path.read_bytes())
    cut, garbled, sheet = (folder / session.path.name for session in sent[:3])
    cut.write_bytes(cut.read_bytes()[:-40])  # within the last decision
    garbled.write_text(garbled.read_text().replace(",1,", ",yes,").replace(",0,", ",yes,"))
    sheet.write_text(sheet.read_text().replace(",", ";"))
    coded = [read(seed) for seed in range(30, 39)] + [read(39, n=3)]
    names = ("Ann", "Ben", "Cem", "Doa", "Eve", "Fay", "Gil", "Hua", "Ines", "Jo")
    codes = dict(zip(names, map(quiz.to_code, coded), strict=True))
    chat, other = folder / "codes.txt", "B" if codes["Hua"][10] != "B" else "C"
    chat.write_text(
        f"Ann: {codes['Ann']}\nBen: {codes['Ben'].lower()} done\n"
        f"Cem: {codes['Cem'][:30]}\n{codes['Cem'][30:]}\nDoa: {codes['Doa']} {codes['Doa']}\n"
        f"[9:30] Eve: {codes['Eve']}\n> {codes['Fay'].replace('-', ' ')}\n"
        f"Gil: {codes['Gil'][:-3]}\nHua: {codes['Hua'][:10]}{other}{codes['Hua'][11:]}\n"
        f"Ines: {codes['Ines']}\n{codes['Ann']}\nJo: {codes['Jo']}\n"
    )
    status, said, reads, aside = merge(folder, tmp_path / "reads.csv", capsys)
    assert status == 1
    expected = {one.reader: len(one.decisions) for one in [*sent, *coded]}
    for lost in (sent[1], sent[2], coded[6], coded[7]):
        del expected[lost.reader]
    expected[sent[0].reader] = 5
    assert reads.groupby("reader_id").size().to_dict() == expected
    for session in (*sent[3:], *(one for one in coded if one.reader in expected)):
        own = reads[reads["reader_id"] == session.reader].set_index("image_id")["decision"]
        assert own.to_dict() == {i: d for i, (d, _) in session.decisions.items()}
    for path, n in ((cut, 1), (garbled, 6), (sheet, 6)):
        assert (aside["file"] == str(path)).sum() >= n and path.name in said.err
    lines = aside[aside["file"] == str(chat)].set_index("row")["reason"]
    assert lines.str.contains("damaged").sum() == 2
    assert {"8", "9"} <= set(lines.index) and "codes.txt, line 8" in said.err
    assert lines[["5", "11"]].str.contains("counts once").all() and len(lines) == 4
    for session in sent[3:]:
        assert session.path.name not in said.err
    class_reads, _, kind = quiz.class_reads(study, folder)
    assert kind == "measured here" and len(class_reads) == len(reads)
    assert quiz.unfinished(study, class_reads).to_dict() == {
        sent[0].reader: 5,
        coded[9].reader: 3,
    }
    assert len(quiz.class_points(study, class_reads)) == len(expected) - 2


def test_merge_takes_the_clinics_text_codes(tmp_path, capsys):
    study = quiz.clinic_study("codes", n=8)
    session = quiz.Session(study, tmp_path / "binder")
    for _ in range(8):
        session.press("b")
        session.press("4")
    code = quiz.to_code(session)
    (tmp_path / "codes").mkdir()
    path = tmp_path / "codes" / "codes.txt"
    path.write_text(f"{code}\n{code[:-3]}\n{quiz.to_code(fill(study_of(), tmp_path / 'b'))}\n")
    status, said, reads, aside = merge(path.parent, tmp_path / "reads.csv", capsys)
    assert status == 1 and len(reads) == 8
    assert set(reads["image_id"]) == set(study.image_ids)
    assert reads.columns.tolist() == list(reads_file.COLUMNS)
    assert aside["row"].tolist() == ["2", "3"]
    assert "damaged" in aside["reason"][0] and "one's own" in aside["reason"][1]
    assert code[:-3] == aside["surplus"][0]
    assert "codes.txt, line 2" in said.err
    path.write_text(code)
    assert main(["reads", "merge", str(path), "--out", str(tmp_path / "r.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["reads"] == 8

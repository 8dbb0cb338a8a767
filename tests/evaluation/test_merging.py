"""A class's files merged without losing a row."""

import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.evaluation import merging
from dermlab.evaluation import reads as reads_file

HEADER = "reader_id,image_id,quiz_id,task,decision,confidence,seconds,read_at"


def rows_of(reader, decisions, timed=True):
    time = "2026-01-31T09:30:0{}" if timed else ""
    return [
        f"{reader},img{i},q1,malignant,{decision},3,4.5,{time.format(i)}"
        for i, decision in enumerate(decisions)
    ]


@pytest.fixture
def save(tmp_path):
    def write(name, *lines, header=HEADER, newline="\n", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(newline.join([header, *lines, ""]).encode(encoding))
        return path

    return write


def test_good_files_come_together_typed_and_whole(save):
    files = [save(f"{r}.csv", *rows_of(r, [1, 0, 1]), "#end,3") for r in "ABC"]
    reads, set_aside = merging.merge_reads(files)
    assert len(reads) == 9 and set_aside.empty
    assert reads.columns.tolist() == HEADER.split(",")
    assert reads["decision"].tolist() == [1, 0, 1] * 3 and reads["decision"].dtype == "int64"
    assert reads["seconds"].tolist() == [4.5] * 9


def test_only_the_required_columns_are_needed_and_others_are_carried_along(save):
    a = save("a.csv", "A,img1,1", header="reader_id,image_id,decision")
    b = save("b.csv", "0,B,img1,blue", header="decision,reader_id,image_id,mood")
    reads, set_aside = merging.merge_reads([a, b])
    assert set_aside.empty
    assert reads.columns.tolist() == [*HEADER.split(","), "mood"]
    assert reads["reader_id"].tolist() == ["A", "B"]
    assert reads[["confidence", "quiz_id", "read_at"]].isna().all(axis=None)
    assert reads["mood"].isna().tolist() == [True, False]


BAD_ROWS = [
    ("A,img1,q1,malignant,1,3,4.5", "7 cells under 8 columns"),
    ("A,img1", "2 cells under 8 columns"),
    ("A,img1,q1,malignant,1,3,4.5,2026-01-31T09:30:00,more", "9 cells under 8 columns"),
    (",img1,q1,malignant,1,3,4.5,2026-01-31T09:30:00", "no reader_id"),
    ("A,,q1,malignant,1,3,4.5,2026-01-31T09:30:00", "no image_id"),
    ("A,img1,q1,malignant,,3,4.5,2026-01-31T09:30:00", "no decision"),
    ("A,img1,q1,malignant,yes,3,4.5,2026-01-31T09:30:00", "decision is 'yes'"),
    ("A,img1,q1,malignant,2,3,4.5,2026-01-31T09:30:00", "decision is '2'"),
    ("A,img1,q1,malignant,1,9,4.5,2026-01-31T09:30:00", "confidence is '9'"),
    ("A,img1,q1,malignant,1,3.5,4.5,2026-01-31T09:30:00", "confidence is '3.5'"),
    ("A,img1,q1,malignant,1,3,-1,2026-01-31T09:30:00", "seconds is '-1'"),
    ("A,img1,q1,malignant,1,3,nan,2026-01-31T09:30:00", "seconds is 'nan'"),
    ("A,img1,q1,malignant,1,3,4.5,2026-01-31T09:3", "read_at is"),
    ("A,img\x001,q1,malignant,1,3,4.5,2026-01-31T09:30:00", "not UTF-8"),
    ('"A,img1,q1,malignant,1,3,4.5,2026-01-31T09:30:00', "1 cell under 8 columns"),
    ("#en", "1 cell under 8 columns"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_ROWS)
def test_a_damaged_row_is_kept_with_its_reason_and_costs_no_other_row(save, line, reason):
    good = rows_of("B", [1, 0])
    path = save("b.csv", good[0], line, good[1])
    reads, set_aside = merging.merge_reads([path])
    assert reads["image_id"].tolist() == ["img0", "img1"]
    assert set_aside["file"].tolist() == [str(path)] and set_aside["row"].tolist() == [3]
    assert reason in set_aside["reason"][0]
    kept = set_aside.drop(columns=["file", "row", "reason"]).iloc[0].dropna()
    assert [cell for cell in ",".join(kept).split(",") if cell] == [
        cell for cell in line.strip('"').split(",") if cell
    ]


def test_a_byte_that_is_not_utf8_costs_its_own_row_only(save):
    good = rows_of("B", [1])
    path = save("b.csv", "José,img7,q1,malignant,1,,,", *good, encoding="latin-1")
    reads, set_aside = merging.merge_reads([path])
    assert len(reads) == 1
    assert set_aside["reader_id"].tolist() == ["Jos\\xe9"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no rows"),
        (b"\n\n", "no rows"),
        (HEADER.encode(), "no rows"),
        (b"reader_id;image_id;decision\nA;img1;1\n", "no column reader_id"),
        (b"who,image_id,decision\nA,img1,1\n", "no column reader_id"),
        (b"reader_id,image_id,decision,decision\nA,img1,1,0\n", "twice"),
        (bytes(range(256)) * 40, "no column"),
        (HEADER.encode("utf-16") + "\nA,img1\n".encode("utf-16"), "no column"),
    ],
)
def test_a_damaged_file_is_named_and_the_others_are_merged(tmp_path, save, content, reason):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(content)
    good = save("good.csv", *rows_of("B", [1, 0]), "#end,2")
    reads, set_aside = merging.merge_reads([bad, good])
    assert reads["reader_id"].tolist() == ["B", "B"]
    assert set(set_aside["file"]) == {str(bad)}
    assert set_aside["reason"].str.contains(reason).all()
    set_aside.to_csv(tmp_path / "aside.csv")  # every cell can be written


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_line_ends_byte_order_mark_padding_and_blank_lines_do_no_harm(save, newline, bom):
    lines = [rows_of("B", [1])[0] + ",,", "", ",,,,,,,,,", "#end,1,,,,,,,,"]
    path = save("b.csv", *lines, header=bom + HEADER + ",,", newline=newline)
    reads, set_aside = merging.merge_reads([path])
    assert len(reads) == 1 and set_aside.empty


@pytest.mark.parametrize(
    ("mark", "reason"),
    [
        ("#end,3", "says 3 rows, the file has 2"),
        ("#end,1", "says 1 row, the file has 2"),
        ("#end", "no number"),
        ("#end,x", "no number"),
    ],
)
def test_an_end_mark_that_disagrees_is_reported_and_the_rows_are_kept(save, mark, reason):
    path = save("b.csv", *rows_of("B", [1, 0]), mark)
    reads, set_aside = merging.merge_reads([path])
    assert len(reads) == 2
    assert set_aside["row"].tolist() == [4] and reason in set_aside["reason"][0]


def test_without_an_end_mark_whole_rows_are_good(save):
    path = save("b.csv", *rows_of("B", [1, 0]), "B,img2,q1,mali")
    reads, set_aside = merging.merge_reads([path])
    assert len(reads) == 2 and set_aside["image_id"].tolist() == ["img2"]


def test_two_files_joined_end_to_end_are_read_as_two(save):
    lines = [*rows_of("A", [1]), "#end,1", HEADER, *rows_of("B", [0, 1]), "#end,2"]
    reads, set_aside = merging.merge_reads([save("all.csv", *lines)])
    assert reads["reader_id"].tolist() == ["A", "B", "B"] and set_aside.empty


def test_identical_files_count_once(save):
    rows = rows_of("A", [1, 0], timed=False)
    one, two = save("a.csv", *rows), save("a (1).csv", *rows, newline="\r\n")
    reads, set_aside = merging.merge_reads([one, two, one])
    assert len(reads) == 2 and set_aside.empty


def test_an_earlier_save_counts_once_whatever_the_order(save):
    full = rows_of("A", [1, 0, 1])
    early, late = save("a.csv", *full[:2]), save("b.csv", *full, "#end,3")
    for files in ([early, late], [late, early]):
        reads, set_aside = merging.merge_reads(files)
        assert reads["image_id"].tolist() == ["img0", "img1", "img2"] and set_aside.empty


@pytest.mark.parametrize("timed", [True, False])
def test_all_rows_of_a_code_that_two_readers_used_are_set_aside(save, timed):
    one = save("one.csv", *rows_of("A", [1, 0, 1], timed), *rows_of("Z", [1], timed))
    two = save("two.csv", *rows_of("A", [1, 1], timed))
    other = save("other.csv", *rows_of("B", [0], timed))
    reads, set_aside = merging.merge_reads([one, two, other])
    assert reads["reader_id"].tolist() == ["Z", "B"]
    assert set_aside["reader_id"].tolist() == ["A"] * 5
    assert set_aside["reason"].str.contains("reader A stands in 2 files").all()
    assert sorted(set(set_aside["file"])) == sorted([str(one), str(two)])


def test_equal_answers_without_a_time_are_not_taken_for_one_reader(save):
    one = save("one.csv", *rows_of("A", [1, 0], timed=False))
    two = save("two.csv", *rows_of("A", [1, 0, 1], timed=False))
    reads, set_aside = merging.merge_reads([one, two])
    assert reads.empty and len(set_aside) == 5


def test_one_code_in_two_quizzes_is_no_conflict(save):
    one = save("one.csv", *rows_of("A", [1]))
    two = save("two.csv", *[row.replace("q1", "q2") for row in rows_of("A", [0])])
    reads, set_aside = merging.merge_reads([one, two])
    assert len(reads) == 2 and set_aside.empty


def test_two_decisions_on_one_image_are_both_set_aside(save):
    path = save("a.csv", *rows_of("A", [1, 0]), rows_of("A", [0])[0])
    reads, set_aside = merging.merge_reads([path])
    assert reads["image_id"].tolist() == ["img1"]
    assert set_aside["row"].tolist() == [2, 4]


def test_a_row_that_stands_twice_counts_once(save):
    path = save("a.csv", *rows_of("A", [1, 0]), rows_of("A", [1])[0])
    reads, set_aside = merging.merge_reads([path])
    assert len(reads) == 2 and set_aside["row"].tolist() == [4]


def test_columns_of_ones_own_called_like_ours_keep_their_cells(save):
    header = "reader_id,image_id,decision,file,reason"
    path = save("a.csv", "A,img0,1,f,why", "A,img1,x,g,so", header=header)
    reads, set_aside = merging.merge_reads([path])
    for table, cells in ((reads, ["f", "why"]), (set_aside, ["g", "so"])):
        assert table.loc[0, ["file (original)", "reason (original)"]].tolist() == cells
    assert set_aside.loc[0, ["file", "row"]].tolist() == [str(path), 3]


def test_a_corrected_set_aside_file_can_be_merged(save, tmp_path):
    _, set_aside = merging.merge_reads(
        [save("a.csv", *rows_of("A", [1]), "A,img1,q1,malignant,x,,,")]
    )
    set_aside.assign(decision="1").to_csv(tmp_path / "corrected.csv", index=False)
    reads, still = merging.merge_reads([tmp_path / "corrected.csv"])
    assert still.empty
    assert list(reads.columns) == list(reads_file.COLUMNS)


def test_a_merged_table_can_be_merged_again(save, tmp_path):
    reads, _ = merging.merge_reads([save("a.csv", *rows_of("A", [1, 0]), "#end,2")])
    reads.to_csv(tmp_path / "reads.csv", index=False)
    again, set_aside = merging.merge_reads(
        [tmp_path / "reads.csv", save("b.csv", *rows_of("B", [1]))]
    )
    assert len(again) == 3 and set_aside.empty
    pd.testing.assert_frame_equal(again.head(2), reads)


def test_no_row_is_lost_wherever_a_file_is_cut(save):
    rows = rows_of("A", [1, 0, 1])
    text = "\n".join([*rows, "#end,3"])
    for length in range(1, len(text)):
        lines = text[:length].strip("\n").split("\n")
        reads, set_aside = merging.merge_reads([save("cut.csv", *lines)])
        assert len(reads) + len(set_aside) == len(lines)
        assert set(reads["image_id"]) >= {f"img{i}" for i in range(3) if rows[i] in lines}


def test_no_files_and_missing_files():
    reads, set_aside = merging.merge_reads([])
    assert reads.empty and set_aside.empty
    with pytest.raises(InputError, match="There is no file"):
        merging.merge_reads(["nowhere.csv"])


def test_ids_of_reads_are_by_the_rule(save):
    rows = ["A,1.0,q1,malignant,1,3,4.5,", "A,2,q1,malignant,0,3,4.5,"]
    rows += ["A,unknown,q1,malignant,0,3,,"]
    rows += ["A,=cmd,q1,malignant,0,3,,", "@B,3,q1,malignant,0,3,,", "NA,1,q1,malignant,0,3,,"]
    reads, set_aside = merging.merge_reads([save("a.csv", *rows)])
    assert reads[["reader_id", "image_id"]].to_numpy().tolist() == [
        ["A", "1"], ["A", "2"], ["NA", "1"],
    ]  # fmt: skip
    assert [reason.split(";")[0] for reason in set_aside["reason"]] == [
        "image_id is 'unknown', which means that it is unknown",
        "image_id is '=cmd'",
        "reader_id is '@B'",
    ]


def test_one_image_in_two_dresses_is_read_twice(save):
    rows = ["A,1.0,q1,malignant,1,3,4.5,", "A,1,q1,malignant,0,3,4.5,"]
    reads, set_aside = merging.merge_reads([save("a.csv", *rows)])
    assert reads.empty and len(set_aside) == 2

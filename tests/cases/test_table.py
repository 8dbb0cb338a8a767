"""The table of cases: reading a CSV and checking it."""

import csv
import time

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermlab.cases import csv_records, table
from dermlab.errors import InputError

NODES = {"root", "melanoma", "nevus"}
HEADER = "image_id,disease,dataset"


def written(folder, content):
    path = folder / "cases.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def cases(**columns):
    n = max((len(values) for values in columns.values()), default=1)
    needed = {
        "image_id": [f"i{k}" for k in range(n)],
        "disease": ["nevus"] * n,
        "dataset": ["ours"] * n,
    }
    return pd.DataFrame({**needed, **columns})


def reasons(frame):
    good, rejected = table.check(frame, nodes=NODES)
    assert len(good) + len(rejected) == len(frame)
    return dict(rejected["reason"])


# reading


def test_cells_are_text_and_rows_are_numbered_by_line(tmp_path):
    rows, rejected = table.read_csv(written(tmp_path, f"{HEADER},age\na,nevus,x,007\nb,nevus,,\n"))
    assert list(rows.index) == [2, 3]
    assert rows.index.name == rejected.index.name == "row"
    assert rows.loc[2, "age"] == "007"
    assert rows.loc[3].isna().tolist() == [False, False, True, True]
    assert rejected.empty
    assert rejected.columns[-1] == "reason"


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n1,2\n3,4\n",
        "a,b\r\n1,2\r\n3,4\r\n",
        "a,b\r1,2\r3,4",
        "\ufeffa,b\n1,2\n3,4",
        "a,b\n1,2\n\n3,4\n\n  \n",
        " a , b \n 1 ,\t2\n3, 4 \n",
        'a,b\n"1","2"\n3, "4"\n',
    ],
    ids=["unix", "windows", "old mac", "bom", "blank lines", "white space", "quotes"],
)
def test_how_a_file_is_written_makes_no_difference(tmp_path, content):
    rows, rejected = table.read_csv(written(tmp_path, content))
    assert rows.to_dict("list") == {"a": ["1", "3"], "b": ["2", "4"]}
    assert rejected.empty


def test_blank_lines_count_as_lines(tmp_path):
    rows, _ = table.read_csv(written(tmp_path, "a,b\n\n1,2\n\n\n3,4\n"))
    assert list(rows.index) == [3, 6]


def test_a_quoted_cell_may_hold_commas_quotes_and_lines(tmp_path):
    cells = [["1", 'a "b", c'], ["2", "two\nlines\n\nof it"], ["3", "ß, 皮膚"]]
    path = tmp_path / "cases.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "note"], *cells])
    rows, rejected = table.read_csv(path)
    assert rows.to_numpy().tolist() == cells
    assert list(rows.index) == [2, 3, 7]
    assert rejected.empty


def test_the_last_line_of_a_quoted_cell_may_hold_as_many_commas_as_a_row(tmp_path):
    path = written(tmp_path, f'{HEADER}\na,"one\ntwo, three",x\nb,nevus,x\n')
    rows, rejected = table.read_csv(path)
    assert rejected.empty
    assert rows.to_numpy().tolist() == [["a", "one\ntwo, three", "x"], ["b", "nevus", "x"]]


def test_columns_of_ones_own_called_like_ours_keep_their_cells(tmp_path):
    path = written(
        tmp_path, f"row,reason,{HEADER},surplus\n7,since,a,nope,x,more\n8,as,b,x,y,z,!\n"
    )
    rows, unreadable = table.read_csv(path)
    _, rejected = table.check(rows, nodes=NODES)
    for found, line, cells in (
        (rejected, 2, ["7", "since", "more"]),
        (unreadable, 3, ["8", "as", "z"]),
    ):
        own = [f"{name} (original)" for name in ("row", "reason", "surplus")]
        assert found.loc[line, own].tolist() == cells
        assert found["reason"].str.contains("expected").all()
    assert unreadable["surplus"].tolist() == ["!"]
    again = table.with_reason(rejected, "still odd")
    assert again[["reason (original)", "reason (original) (original)"]].notna().all(axis=None)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("b,nevus", "has 2 cells, expected 3 as in the header"),
        ("b", "has 1 cell, expected 3 as in the header"),
        ("b,nevus,x,y,z", "has 5 cells, expected 3 as in the header"),
        ('"b,nevus,x', "opens a quote that it does not close"),
        ('b,"nevus,x', "opens a quote that it does not close"),
        ('b,"nev"us,x', "has text after a closing quote"),
        ('b,"nevus" ,x', "has text after a closing quote"),
        (f'b,"{"n" * 200_000}",x', "holds a cell of more than 131,072 characters"),
        ("b,nev\0us,x", "holds a NUL byte, expected text"),
    ],
)
def test_a_damaged_row_is_set_aside_and_swallows_no_other(tmp_path, line, reason):
    path = written(tmp_path, f'{HEADER}\na,nevus,x\n{line}\nc,"nevus",x\nd,nevus,"x"\n')
    rows, rejected = table.read_csv(path)
    assert rows["image_id"].tolist() == ["a", "c", "d"]
    assert dict(rejected["reason"]) == {3: reason}


def test_two_open_quotes_do_not_join_over_good_rows(tmp_path):
    path = written(tmp_path, f'{HEADER}\na,"nevus,x\nb,nevus,x\nc,nevus",x\nd,nevus,x\n')
    rows, rejected = table.read_csv(path)
    assert rows["image_id"].tolist()[0] == "b"
    assert rows["image_id"].tolist()[-1] == "d"
    assert 2 in rejected.index


def test_the_cells_of_a_damaged_row_are_kept(tmp_path):
    _, rejected = table.read_csv(written(tmp_path, f"{HEADER}\na,nevus,x,y,z\nb\n"))
    assert rejected.loc[2, ["image_id", "dataset", "surplus"]].tolist() == ["a", "x", "y,z"]
    assert rejected.loc[3, "image_id"] == "b"
    assert rejected.loc[3, ["disease", "dataset", "surplus"]].isna().all()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b" \n\n", "is empty"),
        (b"a,b\n", "has a header but no rows"),
        (b"a,b\n\n \n", "has a header but no rows"),
        (b"a,b,a\n1,2,3\n", "names a column twice in its header: a"),
        (b"a, b ,b\n1,2,3\n", "names a column twice in its header: b"),
        (b"a,,c\n1,2,3\n", "has no name for column 2"),
        (b"a,b,\n1,2,3\n", "has no name for column 3"),
        (b'a,"b\n1,2\n', "a quote in its header"),
        (b"a\0,b\n1,2\n", "NUL bytes in its header"),
        (b"a;b;c\n1;2;3\n", "semicolons"),
        (b"a\tb\tc\n1\t2\t3\n", "tabs"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "NUL bytes"),
        ("a,b\n1,2\nü,3\n".encode("latin-1"), "byte 0xFC in line 3"),
        (b"PK\x03\x04rest", "an Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook"),
        (b"\x1f\x8brest", "gzip-compressed"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, content, says):
    path = written(tmp_path, content)
    with pytest.raises(InputError) as error:
        table.read_csv(path)
    assert says in str(error.value)
    assert str(error.value).startswith(str(path))


def test_a_file_that_cannot_be_opened_is_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="No such file"):
        table.read_csv(tmp_path / "none.csv")
    with pytest.raises(InputError, match="Is a directory"):
        table.read_csv(tmp_path)

    def forbidden(path, mode):
        raise PermissionError(13, "Permission denied")

    path = written(tmp_path, "a,b\n1,2\n")
    monkeypatch.setattr("pathlib.Path.open", forbidden)
    with pytest.raises(InputError, match="Permission denied"):
        table.read_csv(path)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"))


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_what_the_csv_module_writes_is_read_back(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("csv") / "cases.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *cells])
    rows, rejected = table.read_csv(path)
    assert rejected.empty
    stripped = [[cell.strip() for cell in row] for row in cells]
    assert rows.fillna("").to_numpy().tolist() == stripped


@given(st.lists(st.text(st.sampled_from('ab",\n\0 '), max_size=12), min_size=1, max_size=8))
def test_no_file_of_odd_lines_stops_the_reading_or_loses_a_row(tmp_path_factory, odd):
    lines = [line for piece in odd for line in (piece, "good,nevus,x")]
    path = tmp_path_factory.mktemp("csv") / "cases.csv"
    path.write_text("\n".join([HEADER, *lines]))
    rows, rejected = table.read_csv(path)
    assert (rows["image_id"] == "good").sum() >= len(odd)
    assert not set(rows.index) & set(rejected.index)


# checking


def test_good_rows_come_back_typed_and_with_every_column():
    frame = cases(age=["45", None, "0.5"], skin_type=["3.0", "5-6", None], note=["p", "q", "r"])
    frame.index = pd.Index([4, 9, 2], name="row")
    good, rejected = table.check(frame, nodes=NODES)
    assert rejected.empty
    assert list(good.columns) == [*table.COLUMNS, "note"]
    assert good.index.equals(frame.index)
    assert good["age"].tolist()[::2] == [45, 0.5]
    assert good["age"].dtype == "float64"
    assert good["skin_type"].tolist()[:2] == ["3", "5-6"]
    assert {str(good[column].dtype) for column in table.COLUMNS if column != "age"} == {"str"}
    assert good["lesion_id"].isna().all()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("age", value) for value in ["old", "-1", "121", "inf", "1,5", "0x10"]),
        *(("skin_type", value) for value in ["0", "7", "3-1", "3-3", "1-7", "VII", "2.5", "-1"]),
        *(("sex", value) for value in ["x", "w", "malle", "1"]),
        *(("label_source", value) for value in ["histo", "TRUE"]),
        *(("modality", value) for value in ["photo"]),
        *(("disease", value) for value in ["mole", "Nevus", "", None]),
        *(("dataset", value) for value in ["", None]),
        ("image_id", None),
    ],
)
def test_a_bad_cell_is_named_with_what_was_expected(column, value):
    frame = cases(image_id=["a", "b", "c"])
    frame[column] = [value if k == 1 else "1" if column == "age" else None for k in range(3)]
    if column in table.REQUIRED:
        frame.loc[[0, 2], column] = ["nevus", "melanoma"]
    found = reasons(frame)
    assert list(found) == [1]
    shown = "missing" if value is None else repr(value)
    assert found[1].startswith(f"{column} is {shown}, expected {table.EXPECTED[column]}")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("age", ["0", "120", "45.0", None]),
        ("age", [0, 120, 45.5, None]),
        ("skin_type", ["1", "6", "1-6", "4.0"]),
        ("sex", ["male", "female", None, None]),
        ("label_source", list(table.LABEL_SOURCES[1:])),
        ("modality", ["clinical", "dermoscopy", None, None]),
        ("lesion_id", ["a", "a", None, "x y"]),
    ],
)
def test_good_cells_pass(column, values):
    assert reasons(cases(**{column: values})) == {}


def test_every_copy_of_an_id_is_rejected_and_missing_ids_are_no_copies():
    found = reasons(cases(image_id=["a", "b", "a", None, "c", None, "a"]))
    assert list(found) == [0, 2, 3, 5, 6]
    assert found[0] == "image_id is 'a', expected an id that no other row has"
    assert found[3] == "image_id is missing, expected an id that no other row has"


def test_all_that_is_wrong_with_a_row_is_said():
    frame = cases(age=["old"], sex=["x"], disease=["melanom"])
    found = reasons(frame)[0]
    assert found.count("expected") == 3
    assert "(the nearest is 'melanoma')" in found


def test_a_rejected_row_keeps_its_own_cells():
    frame = cases(skin_type=["3.0", "9"], note=["p", "q"])
    _, rejected = table.check(frame, nodes=NODES)
    pd.testing.assert_frame_equal(
        rejected.drop(columns="reason"), frame.loc[[1]], check_names=False
    )


def test_the_sentence_uses_the_name_of_the_column_in_its_file():
    _, rejected = table.check(cases(age=["x"]), nodes=NODES, names={"age": "age_approx"})
    assert rejected["reason"].iloc[0].startswith("age_approx is 'x'")


def test_a_long_cell_is_cut_short():
    assert len(reasons(cases(age=["x" * 10_000]))[0]) < 150


def test_rows_with_the_same_index_are_kept_apart():
    frame = cases(image_id=["a", "b"], sex=["male", "x"])
    frame.index = [7, 7]
    good, rejected = table.check(frame, nodes=NODES)
    assert good["image_id"].tolist() == ["a"]
    assert rejected["image_id"].tolist() == ["b"]


def test_a_missing_required_column_is_refused():
    with pytest.raises(InputError, match="lacks the column\\(s\\) disease, dataset"):
        table.check(pd.DataFrame({"image_id": ["a"]}), nodes=NODES)


def test_a_table_without_rows_has_nothing_wrong_with_it():
    good, rejected = table.check(cases().iloc[:0], nodes=NODES)
    assert len(good) == len(rejected) == 0
    assert list(rejected.columns) == [*table.REQUIRED, "reason"]


VALUES = {
    "image_id": ["a", "b", "c", "", None],
    "disease": ["melanoma", "nevus", "mole", None],
    "dataset": ["ours", "", None],
    "age": ["45", "-3", "old", "1e1", "", None],
    "sex": ["male", "M", None],
    "skin_type": ["3", "3.0", "5-6", "9", None],
    "label_source": ["biopsy", "histo", None],
    "modality": ["clinical", "photo", None],
    "lesion_id": ["l", "", None],
    "note": ["n", "", None],
}


@st.composite
def frames(draw):
    extra = draw(st.sets(st.sampled_from(sorted(set(VALUES) - set(table.REQUIRED)))))
    columns = draw(st.permutations([*table.REQUIRED, *sorted(extra)]))
    n = draw(st.integers(0, 6))
    junk = st.text(max_size=3)
    return pd.DataFrame(
        {
            c: draw(st.lists(st.sampled_from(VALUES[c]) | junk, min_size=n, max_size=n))
            for c in columns
        },
        index=pd.Index(draw(st.permutations(range(2, n + 2))), name="row", dtype="int64"),
        dtype="str",
    )


@settings(max_examples=150, deadline=None)
@given(frames())
def test_every_row_is_either_good_or_rejected_in_order_and_once(frame):
    good, rejected = table.check(frame, nodes=NODES)
    assert sorted([*good.index, *rejected.index]) == sorted(frame.index)
    for part in (good, rejected):
        assert list(part.index) == [row for row in frame.index if row in set(part.index)]
    assert rejected["reason"].str.contains("expected").all()
    pd.testing.assert_frame_equal(rejected.drop(columns="reason"), frame.loc[rejected.index])
    ids = good["image_id"]
    assert ids.notna().all()
    assert not set(ids) & set(rejected["image_id"].dropna())
    assert good["disease"].isin(NODES).all()
    assert good["age"].dropna().between(0, 120).all()


@settings(max_examples=75, deadline=None)
@given(frames())
def test_checking_good_rows_again_changes_nothing(frame):
    good, _ = table.check(frame, nodes=NODES)
    again, rejected = table.check(good, nodes=NODES)
    assert rejected.empty
    pd.testing.assert_frame_equal(again, good)


# refusing


def test_refusing_names_the_count_and_the_first_five():
    frame = cases(image_id=["a", None, *"cdefg"], sex=["x"] * 7)
    frame.index = range(2, 9)
    _, rejected = table.check(frame, nodes=NODES)
    with pytest.raises(InputError) as error:
        table.refuse(rejected, "cases.csv")
    said = str(error.value)
    assert said.startswith(
        "7 rows of cases.csv cannot be used: row 2 (a): sex is 'x', expected male"
    )
    assert "row 3 (no id)" in said
    assert "row 6 (e)" in said
    assert "row 7" not in said
    assert "and 2 more" in said
    assert said.endswith("; correct them, or take them out.")
    assert "\n" not in said


def test_refusing_shows_the_start_of_an_endless_id():
    _, rejected = table.check(cases(image_id=["i" * 100_000], sex=["x"]), nodes=NODES)
    with pytest.raises(InputError) as error:
        table.refuse(rejected, "it")
    assert len(str(error.value)) < 400


def test_a_file_without_rows_is_a_table_where_it_may_be(tmp_path):
    rows, rejected = table.read_csv(written(tmp_path, f"{HEADER}\n"), may_be_empty=True)
    assert list(rows.columns) == HEADER.split(",")
    assert len(rows) == len(rejected) == 0


def test_refusing_one_row_and_none():
    _, rejected = table.check(cases(sex=["x"]), nodes=NODES)
    with pytest.raises(InputError, match=r"^1 row of it cannot be used: row 0 \(i0\)"):
        table.refuse(rejected, "it")
    table.refuse(rejected.iloc[:0], "it")


def test_a_publishers_id_column_is_found():
    rejected = pd.DataFrame({"image_name": ["ISIC_1"], "reason": ["is odd"]}, index=[2])
    with pytest.raises(InputError, match=r"row 2 \(ISIC_1\): is odd"):
        table.refuse(rejected, "it")


def test_as_many_rows_as_the_largest_public_table_take_seconds(tmp_path):
    n = 33_126
    lines = [
        f"ISIC_{k},IP_{k % 2056},{['nevus', 'mole'][k % 2]},isic,{k % 90},male" for k in range(n)
    ]
    path = written(tmp_path, "\n".join(["image_id,patient_id,disease,dataset,age,sex", *lines]))
    start = time.perf_counter()
    rows, _ = table.read_csv(path)
    good, rejected = table.check(rows, nodes=NODES)
    assert time.perf_counter() - start < 5
    assert len(good) == len(rejected) == n / 2


# --- long files -----------------------------------------------------------------------------------


def test_a_file_of_many_blocks_is_read_as_one(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_records, "_BLOCK", 100)
    monkeypatch.setattr(table, "CELLS_AT_ONCE", 3000)
    path = tmp_path / "long.csv"
    lines = [f'image {k},"a quoted\ncell",{k % 3}' for k in range(2500)]
    path.write_bytes("\r\n".join(["\ufeffimage_id,note,fold", *lines, "short,row"]).encode())
    rows, rejected = table.read_csv(path)
    assert rows["image_id"].tolist() == [f"image {k}" for k in range(2500)]
    assert rows["note"].unique().tolist() == ["a quoted\ncell"]
    assert rows.index.tolist() == list(range(2, 5002, 2))
    assert rows.index.name == "row"
    assert rejected.index.tolist() == [5002]


def test_an_endless_line_is_refused_at_once(tmp_path):
    path = tmp_path / "endless.csv"
    with open(path, "wb") as file:  # 10 GB of nothing, which a disk holds without its bytes
        file.write(b"image_id,disease\na,nevus\nb,")
        file.truncate(10 * 10**9)
    start = time.perf_counter()
    with pytest.raises(InputError, match="more than 16,777,216 characters in line 3"):
        table.read_csv(path)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_huge_cell_sets_its_row_aside(tmp_path, quote):
    path = tmp_path / "huge.csv"
    path.write_text(f"image_id,disease\na,nevus\nb,{quote}{'x' * 200_000}{quote}\nc,nevus\n")
    rows, rejected = table.read_csv(path)
    assert rows["image_id"].tolist() == ["a", "c"]
    assert rejected["reason"].tolist() == ["holds a cell of more than 131,072 characters"]


def test_a_byte_that_is_no_utf8_is_named_far_into_a_file(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes(b"image_id\n" + b"abc\n" * 500_000 + b"na\xefve\n")
    with pytest.raises(InputError, match="byte 0xEF in line 500002"):
        table.read_csv(path)

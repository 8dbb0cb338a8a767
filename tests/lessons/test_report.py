"""The report: every pointer leads to a number, no line holds one, and the page stands alone."""

import json
import re
import string
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from dermlab.errors import InputError
from dermlab.lessons import course_report, report, results

DATA = files("dermlab") / "data"
LINES = Path(__file__).parents[2] / "site" / "report.csv"
NAMES = re.compile(  # names and units that hold digits, and no number of ours
    r"HAM10000|EfficientNet-Lite0|Fitzpatrick17k|Extended Data Table 2|Ext\. Data Table 2|Fig\. 3"
    r"|Dermatologist \d"
    r"|dermatologist_\d|fitzpatrick17k|2016|2017|95 %|\{[a-z_]+\}"
)


@pytest.fixture(scope="module")
def lines():
    return pd.read_csv(LINES, dtype=str, keep_default_na=False).to_dict("records")


@pytest.fixture(scope="module")
def rows():
    return {row.name: row for part in report.sections(LINES).values() for row in part}


@pytest.fixture(scope="module")
def page():
    return course_report.of_course(LINES)[1]


@pytest.fixture(scope="module")
def answers():
    return pd.read_csv(str(DATA / "esteva2017" / "nineway_180_answers.csv"))


# --- the lines ------------------------------------------------------------------------------------


def test_no_line_holds_a_number(lines):
    for line in lines:
        for column in ("section", "name", "published", "note", "source"):
            assert not re.search(r"\d", NAMES.sub("", line[column])), line[column]


def test_every_pointer_leads_to_its_columns_and_estimates_lie_in_their_intervals(lines):
    for line in lines:
        table = results.read(line["result"], line["table"])
        chosen = table.query(line["row"]) if line["row"] else table
        templates = line["name"] + line["note"] + line["published"]
        fields = {field for _, field, _, _ in string.Formatter().parse(templates) if field}
        pointers = {line[key] for key in ("estimate", "sd", "low", "high")} - {""}
        assert (fields | pointers) <= set(table.columns), line["name"]
        assert len(chosen) > 0 and line["format"] in report.FORMATS
        assert bool(line["low"]) == bool(line["high"])
        if line["low"]:
            inside = chosen[line["low"]].le(chosen[line["estimate"]])
            assert (inside & chosen[line["estimate"]].le(chosen[line["high"]])).all(), line["name"]


def test_the_mark_is_the_results_own(lines):
    for line in lines:
        kind = {"calibrated": "simulated"}.get(line["kind"], line["kind"])  # simulated, and tuned
        assert kind == results.manifest(line["result"])["kind"]
        assert line["kind"] in report.KINDS


def test_rows_have_names_of_their_own_and_some_are_main(rows):
    parts = report.sections(LINES)
    assert sum(map(len, parts.values())) == len(rows) > 200
    assert sum(row.main for row in rows.values()) == 12
    assert all(row.published != report.NONE for row in rows.values() if row.main)
    assert all(row.name and row.here and row.source for row in rows.values())


def test_a_line_that_fits_nothing_is_one_sentence(lines):
    with pytest.raises(InputError, match=r"fits no row of areas\.csv"):
        report.rows_of(lines[0] | {"result": "ham10000_nine_folds", "table": "areas.csv",
                                   "row": "task == 'nothing'"})  # fmt: skip


def test_a_row_is_estimate_sd_bounds_and_note_in_the_lines_format(monkeypatch):
    table = pd.DataFrame({"what": ["a_b"], "x": [0.5049], "s": [0.1], "l": [0.4], "h": [0.61],
                          "n": [1234]})  # fmt: skip
    monkeypatch.setattr(results, "read", lambda result, file: table)
    line = {"name": "share of {what}", "published": "cnn_nineway", "kind": "simulated",
            "result": "toy", "table": "t.csv", "row": "n == 1234", "estimate": "x", "sd": "s",
            "low": "l", "high": "h", "format": "percent", "note": "{n} images", "source": "S",
            "main": "no"}  # fmt: skip
    (row,) = report.rows_of(line)
    assert row.name == "share of a b" and row.published == "48.9 ± 1.9 %" and not row.main
    assert row.here == "50.5 ± 10.0 % (40.0 % to 61.0 %), 1,234 images"
    assert row.source == (
        "Esteva 2017: Ext. Data Table 2, as printed in the lecture; S; shipped result toy"
    )
    bare = line | {"published": "", "sd": "", "low": "", "note": "", "source": ""}
    (row,) = report.rows_of(bare | {"format": "points"})
    assert (row.published, row.here, row.source) == ("–", "50.5", "shipped result toy")


def test_a_gain_is_a_difference_of_published_percentages():
    assert report.printed("cnn_pa_nineway - cnn_nineway") == "6.5"
    assert report.printed("carcinoma_auc") == "0.96"
    assert report.printed("training_classes") == "757"


# --- their numbers, counted by other means --------------------------------------------------------


def test_every_cell_of_the_papers_table_stands_beside_one_from_here(rows):
    cells = {
        "Dermatologist 1, three-way": "65.6 %",
        "Dermatologist 2, three-way": "66.0 %",
        "Network that learnt three classes, three-way": "69.4 ± 0.8 %",
        "Network that learnt fine classes, three-way": "72.1 ± 0.9 %",
        "Dermatologist 1, nine-way": "53.3 %",
        "Dermatologist 2, nine-way": "55.0 %",
        "Network that learnt nine classes, nine-way": "48.9 ± 1.9 %",
        "Network that learnt fine classes, nine-way": "55.4 ± 1.7 %",
    }
    for name, cell in cells.items():
        (row,) = [row for each, row in rows.items() if each.startswith(name)]
        assert row.published == cell and row.main and "Ext. Data Table 2" in row.source


def test_the_dermatologists_rows_rest_on_their_answers_where_these_are_public(rows, answers):
    for n in (1, 2):
        right = (answers[f"dermatologist_{n}"] == answers["truth"]).sum()
        row = rows[f"Dermatologist {n}, nine-way"]
        assert row.here.endswith(f", {right} of 180") and "answers" in row.source
    for n, right in ((1, 118), (2, 119)):
        row = rows[f"Dermatologist {n}, three-way"]
        assert f", {right} of 180; the count nearest to the published" in row.here


def test_kappa_is_that_of_scikit_learn(rows, answers):
    one, two = answers["dermatologist_1"], answers["dermatologist_2"]
    expected = {
        "Dermatologist 1 with truth": cohen_kappa_score(answers["truth"], one),
        "Dermatologist 2 with truth": cohen_kappa_score(answers["truth"], two),
        "Dermatologist 1 with Dermatologist 2": cohen_kappa_score(one, two),
    }
    for name, kappa in expected.items():
        here = rows[f"Nine-way kappa, {name}"].here
        assert float(here.split()[0]) == pytest.approx(kappa, abs=6e-4)


def test_the_readers_are_as_many_and_as_good_as_the_papers(rows):
    for task, n in (("carcinoma", 25), ("melanoma", 22), ("melanoma (dermoscopy)", 21)):
        row = rows[f"Dermatologists in the test, {task}"]
        assert (row.published, row.here) == (str(n), str(n))
    means = {  # computed from the same counts by other hands
        "carcinoma, “biopsy or reassure?”": ("94.9 ± 4.4 %", "71.3 %", "11.9 %"),
        "carcinoma, “malignant or benign?”": ("92.9 ± 4.8 %", "77.9 %", "10.0 %"),
        "melanoma, “biopsy or reassure?”": ("94.8 ± 6.0 %", "75.4 %", "14.9 %"),
        "melanoma, “malignant or benign?”": ("90.5 ± 8.1 %", "84.2 %", "11.5 %"),
        "melanoma (dermoscopy), “biopsy or reassure?”": ("85.1 ± 13.7 %", "71.2 %", "13.2 %"),
        "melanoma (dermoscopy), “malignant or benign?”": ("80.3 ± 15.7 %", "76.8 %", "11.8 %"),
    }
    for question, (sensitivity, specificity, sd) in means.items():
        here = rows[f"Mean sensitivity of the dermatologists, {question}"].here
        assert here.startswith(f"{sensitivity}, specificity {specificity} (SD over ")
        assert here.endswith(f"readers {sd})")


def test_the_test_that_disagrees_with_its_legend_says_so(rows):
    melanoma = rows["Malignant images in the test, melanoma"]
    assert (melanoma.published, melanoma.here) == ("33", "46") and "disagree" in melanoma.source
    assert "disagree" not in rows["Malignant images in the test, carcinoma"].source


def test_the_areas_of_2016_are_those_of_scikit_learn(rows):
    folder = DATA / "esteva2017"
    curves = pd.read_csv(str(folder / "network_curves_2016.csv"))
    sizes = pd.read_csv(str(folder / "network_large_tests_2016.csv")).set_index(["task", "step"])
    for (task, step), curve in curves.groupby(["task", "step"]):
        n_pos, n_neg = sizes.loc[(task, step), ["n_pos", "n_neg"]]
        # a negative outranks as many positives as are found after its false positive
        found_before = [(curve["fp"] <= i).sum() for i in range(n_neg)]
        scores = [*(-i for i in range(1, n_pos + 1)), *(-n - 0.5 for n in found_before)]
        area = roc_auc_score([1] * n_pos + [0] * n_neg, scores)
        end = f"{task.replace('_', ' ')}, step {step:,}, large test"
        (row,) = [row for name, row in rows.items() if name.endswith(f"one), {end}")]
        assert float(row.here.split(",")[0]) == pytest.approx(area, abs=6e-4)
        assert float(row.published) < area


def test_the_taxonomy_holds_every_image_of_fitzpatrick17k_and_the_totals_do_not_add_up(rows):
    counts = pd.read_csv(str(DATA / "taxonomy" / "fitzpatrick17k_counts.csv"))
    assert (len(counts), counts["n"].sum()) == (114, 16_577)
    images = rows["Images of Fitzpatrick17k in the shipped tree"]
    assert (images.published, images.here, images.kind) == ("16,577", "16,577", "measured here")
    (classes,) = [row for name, row in rows.items() if name.startswith("Training classes")]
    assert classes.published == "757" and 9 <= int(classes.here) <= 114
    (total,) = [row for name, row in rows.items() if name.startswith("Images for training")]
    assert (total.published, total.here) == ("129,450", "129,405, 45 fewer than the total")


def test_what_the_readme_told_stands_in_the_report(rows):
    """Each beside a number that was typed by hand where it was first told."""
    told = {
        "AUC, melanoma against nevus, all nevi": "0.882 (",
        "AUC, melanoma against nevus, biopsied": "0.743 (0.719 to 0.766)",
        "Mean probability minus share of positives, malignant or premalignant": "0.202 ",
        "AUC gained by shipped weights over random ones, frozen network, features of mixed10": (
            "0.202 (0.105 to 0.298)"
        ),
        "AUC of a regression on the frozen features of stem": "0.859 ",
        "AUC of a regression on the frozen features of mixed10": "0.827 ",
        "AUC gained by initial weights over scratch, all layers tuned, 200 lesions": "0.034 (0.014",
        "AUC end to end, malignant or premalignant, all cases": "0.846 (0.822 to 0.867)",
        "AUC by which the network is ahead of SqueezeNet of ImageNet, frozen, all": "0.017 (-0.004",
        "AUC gained by random folds, network, without augmentation, 1,200": "0.018 (0.012 to",
        "Share of HAM10000's repeat photographs that dermlab duplicates finds": "4.3 %",
        "Coverage of our default interval, melanoma, clinical": "93.8 %",
        "Coverage of plain DeLong, lesions with views: 33": "75.0 %",
        "Percentage points gained by fine classes over three classes": "-4.1 (-10.1 to 1.8)",
        "Pictures sorted right by a program from nine written descriptions, both": "65.6 %",
        "Minutes of training": "6.",
    }  # fmt: skip
    for name, value in told.items():
        row = next(row for each, row in rows.items() if each.startswith(name))
        assert row.here.startswith(value)


def test_the_simulated_dermatologists_are_marked_calibrated_beside_the_papers_means(rows):
    own = [row for name, row in rows.items() if name.startswith("Mean sensitivity of simulated")]
    assert {row.kind for row in own} == {"calibrated"} and len(own) == 3
    assert own[0].published == "94.9 %; specificity 71.3 %"
    assert own[0].here.startswith("95.4 ± 3.6 %, specificity 71.4 %")


def test_every_published_value_has_a_source_that_says_how_sure_it_is():
    table = report.published()
    assert table.notna().all(axis=None)
    assert table.index.is_unique
    assert set(table["confidence"]) <= {"R", "R2", "L"}
    quoted = table["source"].str.contains("as quoted in")
    assert quoted.equals(table["confidence"] == "R2")
    assert table.loc[table["confidence"] == "L", "source"].str.contains("the lecture").all()


# --- matrices, JSON, page -------------------------------------------------------------------------


def test_the_matrices_are_those_that_a_loop_counts(answers):
    matrices = report.confusions()
    for number in (1, 2):
        found = matrices[f"Dermatologist {number}"].counts
        pairs = list(zip(answers["truth"], answers[f"dermatologist_{number}"], strict=True))
        for truth in found.index:
            for answer in found.columns:
                assert found.loc[truth, answer] == pairs.count((truth, answer))
        assert (found.sum(axis=1) == 20).all()
    blind = matrices["A program, by nine descriptions"]
    assert blind.kind == "simulated" and list(blind.counts.columns) == list(found.columns)
    assert (blind.counts.sum(axis=1) == 5).all()


def test_the_json_has_the_rows_of_the_page(rows, page):
    data = json.loads(json.dumps(report.as_json(report.sections(LINES), report.confusions())))
    assert [row["name"] for row in data["rows"]] == list(rows)
    for row in data["rows"]:
        assert list(row) == ["name", "published", "here", "kind", "source"]
        assert report.escape(row["here"].partition(", ")[0]) in page
    assert page.count('<th scope="row">') == len(rows) + 3 * 9
    assert len(data["confusion"]) == 3
    assert data["confusion"]["Dermatologist 1"]["kind"] == "published"


class Outline(HTMLParser):
    """The elements of a page, and whether every one is closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.elements = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_from_elsewhere(page):
    outline = Outline(page)
    assert outline.open == []
    tags = [tag for tag, _ in outline.elements]
    assert outline.elements[0] == ("html", {"lang": "en"})
    assert tags.count("title") == tags.count("h1") == 1
    assert not {"script", "link", "iframe"} & set(tags)
    pictures = [attributes for tag, attributes in outline.elements if tag == "img"]
    assert len(pictures) == 3 and all(len(picture["alt"]) > 80 for picture in pictures)
    assert all(picture["src"].startswith("data:image/png;base64,") for picture in pictures)
    assert "http:" not in page and "https:" not in page and "url(" not in page
    assert all(attributes.get("scope") for tag, attributes in outline.elements if tag == "th")
    assert not any("open" in attributes for tag, attributes in outline.elements if tag == "details")


def test_what_is_not_main_is_folded(page, rows):
    main = sum(row.main for row in rows.values())
    unfolded = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert unfolded.count('<th scope="row">') == main


def test_marks_are_told_by_words_and_not_by_colour_alone(page):
    for kind, meaning in report.KINDS.items():
        assert f">{kind}</span> {meaning}" in page


def test_text_is_escaped():
    row = report.Row("a < b", "–", "<b>1</b>", "simulated", "x & y")
    assert "&lt;b&gt;1&lt;/b&gt;" in report.table([row]) and "x &amp; y" in report.table([row])


def test_counts_are_legible_on_every_shade():
    def luminance(colour):
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    inks = {"#fff": (1, 1, 1), "#000": (0, 0, 0)}
    for count in range(21):
        style = report._cell(count / 20, count).split('"')[1]
        shade, ink = (part.split(":")[1] for part in style.split(";"))
        ground = [int(c) / 255 for c in shade[4:-1].split(",")]
        dark, light = sorted((luminance(ground), luminance(inks[ink])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.1, level AA


def test_the_pictures_hold_published_and_measured_numbers_apart():
    import matplotlib.pyplot as plt

    dots, matrices, areas = course_report.pictures()
    auc = results.read("ham10000_imagenet_folds", "areas.csv").set_index(["task", "cases"])["auc"]
    biopsied = auc["melanoma-vs-nevus", "biopsied"]
    assert f"AUC {biopsied:.2f}" in dots.alt and "other images" in dots.alt
    assert "Dermatologist 1" in matrices.alt and "Dermatologist 2" in matrices.alt
    assert areas.alt.count("biopsied nevi") == areas.alt.count("all nevi") == 2
    for drawn in (dots, matrices, areas):
        plt.close(drawn.figure)

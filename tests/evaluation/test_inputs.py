"""The one gate: by label, by name, in range, with a truth; each right value worked out by hand."""

import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy import nan

from dermlab.cases import tasks, taxonomy
from dermlab.errors import InputError
from dermlab.evaluation import (
    against,
    calibration,
    inputs,
    intervals,
    mrmc,
    multiclass,
    operating,
    readers,
    roc,
    scores,
    two_questions,
    verification,
)  # fmt: skip
from dermlab.evaluation.matching import matched
from dermlab.interpretation import embedding, neighbours

IMAGES = [f"i{k:02d}" for k in range(40)]
RNG = np.random.default_rng(1)
TRUTH = pd.Series(np.arange(40) % 2, IMAGES)
SCORE = pd.Series(RNG.random(40) * 0.7 + TRUTH.to_numpy() * 0.3, IMAGES)
OTHER = pd.Series(RNG.random(40), IMAGES)
GROUPS = pd.Series([f"g{k % 17}" for k in range(40)], IMAGES)
CLASS = pd.Series(np.array(["mel", "nv", "bcc"])[np.arange(40) % 3], IMAGES)
NAMED = pd.DataFrame(RNG.dirichlet(np.ones(3), 40), IMAGES, ["mel", "nv", "bcc"])
ANSWER = NAMED.idxmax(axis=1)
SHUFFLED = RNG.permutation(40)
SPACE = pd.DataFrame(RNG.normal(size=(40, 4)), IMAGES)
RATINGS = pd.DataFrame(RNG.normal(size=(3, 40)) + TRUTH.to_numpy(), list("xyz"), IMAGES)

BY_LABEL = [
    (roc.point, TRUTH, OTHER > 0.5, GROUPS),
    (roc.curve, TRUTH, SCORE),
    (roc.auc, TRUTH, SCORE, GROUPS),
    (roc.auc_delong, TRUTH, SCORE),
    (roc.auc_bootstrap, TRUTH, SCORE, GROUPS),
    (roc.compare_auc, TRUTH, SCORE, OTHER),
    (roc.compare_auc_bootstrap, TRUTH, SCORE, OTHER, GROUPS),
    (lambda y, a, b, g: roc.auc_minus_mean(y, a, [b, b], g), TRUTH, SCORE, OTHER, GROUPS),
    (operating.youden, TRUTH, SCORE, GROUPS),
    (lambda y, s, g: operating.at_threshold(y, s, 0.5, g), TRUTH, SCORE, GROUPS),
    (lambda y, s, g: operating.at_sensitivity(y, s, 0.8, g), TRUTH, SCORE, GROUPS),
    (lambda y, s, g: operating.at_specificity(y, s, 0.8, g), TRUTH, SCORE, GROUPS),
    (lambda y, d, g: operating.predictive_values(y, d, 0.1, g), TRUTH, OTHER > 0.5, GROUPS),
    (calibration.brier, TRUTH, SCORE),
    (calibration.expected_calibration_error, TRUTH, SCORE),
    (calibration.decision_curve, TRUTH, SCORE),
    (calibration.fit_temperature, TRUTH, SCORE),
    (lambda y, p, g: calibration.reliability(y, p, groups=g), TRUTH, SCORE, GROUPS),
    (multiclass.accuracy, CLASS, ANSWER, GROUPS),
    (multiclass.mean_class_accuracy, CLASS, ANSWER),
    (multiclass.kappa, CLASS, ANSWER),
    (lambda t, a: multiclass.confusion(t, a, ["mel", "nv", "bcc"]), CLASS, ANSWER),
    (lambda t, a, g: multiclass.balanced_accuracy(t, a, ["mel", "nv", "bcc"], g),
     CLASS, ANSWER, GROUPS),
    (lambda t, a, g: multiclass.compare_balanced_accuracy(t, a, t, ["mel", "nv", "bcc"], g),
     CLASS, ANSWER, GROUPS),
    (lambda t, p, g: multiclass.one_vs_rest(t, p, ["mel", "nv", "bcc"], g), CLASS, NAMED, GROUPS),
    (lambda t, p, g: multiclass.hand_till(t, p, ["mel", "nv", "bcc"], g), CLASS, NAMED, GROUPS),
    (lambda t, p: calibration.fit_temperature(t, p, ["mel", "nv", "bcc"]), CLASS, NAMED),
    (intervals.share, TRUTH, GROUPS),
    (intervals.mean, SCORE, GROUPS),
    (verification.on_verified, OTHER > 0.5, TRUTH, SCORE > 0.3, GROUPS),
    (verification.begg_greenes, OTHER > 0.5, TRUTH, SCORE > 0.3, CLASS, GROUPS),
    (against.paired_difference, TRUTH, OTHER > 0.5),
    (lambda s, y, g: neighbours.purity(s, y, k=3, groups=g), SPACE, TRUTH, GROUPS),
    (lambda s, y, g: neighbours.neighbour_area(s, y, k=3, groups=g), SPACE, TRUTH, GROUPS),
    (lambda s, y, g: embedding.probe(s, y, groups=g), SPACE, TRUTH, GROUPS),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", BY_LABEL, ids=lambda case: getattr(case[0], "__name__", ""))
def test_the_order_of_rows_is_nothing_where_labels_say_whose_they_are(case):
    function, *columns = case
    expected = str(function(*columns))
    unlabelled = [c.reset_index(drop=True) if c is NAMED else c.to_numpy() for c in columns]
    assert str(function(*unlabelled)) == expected
    for k in range(1, len(columns)):
        moved = [column.iloc[SHUFFLED] if i == k else column for i, column in enumerate(columns)]
        assert str(function(*moved)) == expected
        other = [c.rename(str.upper) if i == k else c for i, c in enumerate(columns)]
        with pytest.raises(InputError, match="are not the same"):
            function(*other)
        short = [c.iloc[1:] if i == k else c for i, c in enumerate(columns)]
        with pytest.raises(InputError, match="are not the same"):
            function(*short)


@given(st.permutations(range(8)))
def test_any_order_gives_the_first_one_s(order):
    first = pd.Series(range(8), list("abcdefgh"))
    a, b, none = matched(a=first, b=first.iloc[order], c=None)
    assert a.tolist() == b.tolist() == list(range(8)) and none is None


def test_labels_and_arrays_go_by_place():
    labelled, array = matched(a=pd.Series([1, 2], ["x", "y"]), b=[3, 4])
    assert labelled.tolist() == [1, 2] and array == [3, 4]
    plain, chosen = matched(a=pd.Series([1, 2]), b=pd.Series([3, 4], [5, 9]))
    assert plain.tolist() == [1, 2] and chosen.tolist() == [3, 4]


def test_numbers_and_their_text_are_one_label():
    a, b = matched(a=pd.Series([1, 2], [10, 20]), b=pd.Series([2, 1], ["20", "10"]))
    assert a.tolist() == b.tolist()


def test_what_can_be_read_both_ways_is_refused():
    a = pd.Series([0, 1, 1])
    with pytest.raises(InputError, match="by label or by place is not known"):
        roc.auc(a, pd.Series([0.1, 0.2, 0.3]).iloc[::-1])
    with pytest.raises(InputError, match="some repeat"):
        matched(a=pd.Series([1, 2, 3], list("aab")), b=pd.Series([1, 2, 3], list("aba")))
    twice = pd.Series([1, 2], list("aa"))
    assert matched(a=twice, b=twice)[1].tolist() == [1, 2]


# --- classes by name ------------------------------------------------------------------------------

P = pd.DataFrame({"nv": [0.1, 0.2, 0.9, 0.8], "mel": [0.9, 0.8, 0.1, 0.2]})
Y, NAMES = ["mel", "mel", "nv", "nv"], ["mel", "nv"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("table", [P, P[["mel", "nv"]], P[["mel", "nv"]].to_numpy()])
def test_a_table_is_read_by_the_names_of_its_classes(table):
    assert multiclass.hand_till(Y, table, NAMES).estimate == 1
    assert multiclass.one_vs_rest(Y, table, NAMES)["auc"].tolist() == [1, 1]
    right, sure = calibration.top_label(Y, table, NAMES)
    assert right.all() and sure.tolist() == [0.9, 0.8, 0.9, 0.8]
    assert calibration.fit_temperature(Y, table, NAMES) == pytest.approx(0.01)
    classes = pd.DataFrame({"name": NAMES, "diseases": [("a",), ("b",)]})
    assert taxonomy.roll_up(table, classes, [{"a"}])[:, 0].tolist() == [0.9, 0.8, 0.1, 0.2]


@pytest.mark.parametrize("columns", [["nv", "MEL"], ["nv", "nv"], ["nv", "mel", "bcc"], ["nv"]])
def test_other_columns_than_the_classes_are_named(columns):
    table = pd.DataFrame(np.ones((4, len(columns))) / len(columns), columns=columns)
    with pytest.raises(InputError, match="are not the classes, each once"):
        multiclass.hand_till(Y, table, NAMES)
    with pytest.raises(InputError, match="each once"):
        multiclass.hand_till(Y, np.ones((4, 2)), ["mel", "mel"])


def test_a_read_out_is_by_name_too():
    classes = pd.DataFrame(
        {"name": ["m", "n"], "diseases": [("malignant melanoma",), ("melanocytic nevi",)]}
    )
    table = pd.DataFrame({"n": [0.2], "m": [0.8]}, ["i1"])
    got = tasks.read_out(table, classes, "melanoma-vs-nevus")
    assert got.iloc[0].tolist() == pytest.approx([0.8, 0.2])
    with pytest.raises(InputError, match="not one column for each class: m"):
        tasks.read_out(table.drop(columns="m"), classes, "melanoma-vs-nevus")


def test_readers_and_cases_are_matched_by_their_labels():
    rows, columns = RATINGS.iloc[::-1], RATINGS[RATINGS.columns[::-1]]
    for other in (rows, columns, columns.iloc[[1, 2, 0]]):
        for compare in (mrmc.compare, mrmc.compare_bootstrap):
            with pytest.warns(UserWarning):
                result = compare(TRUTH.iloc[SHUFFLED], RATINGS, other)
            assert result.difference.estimate == 0
            assert result.areas[0].tolist() == result.areas[1].tolist()
    with pytest.raises(InputError, match="are not the same"):
        mrmc.compare(TRUTH, RATINGS, RATINGS.rename(index={"x": "w"}))
    with pytest.raises(InputError, match="are not the same"):
        mrmc.compare(TRUTH, RATINGS, RATINGS.rename(columns={"i00": "w"}))


def test_a_network_alone_keeps_the_names_of_its_cases():
    expected = roc.auc_delong(TRUTH, SCORE).estimate
    result = mrmc.compare(TRUTH, RATINGS, mrmc.alone(SCORE.iloc[SHUFFLED], 3))
    assert result.mean_b.estimate == pytest.approx(expected)


def test_rates_of_two_raters_are_matched_by_class():
    rates = pd.DataFrame([[0.9, 0.1], [0.3, 0.7]], ["a", "b"], ["a", "b"])
    prevalence = pd.Series({"b": 0.5, "a": 0.5})
    moved = rates.loc[["b", "a"], ["b", "a"]]
    agreement = verification.expected_agreement(prevalence, rates, moved)
    assert agreement == pytest.approx((0.81 + 0.01 + 0.09 + 0.49) / 2)


def test_a_temperature_leaves_the_labels():
    soft = calibration.with_temperature(NAMED, 2.0)
    assert soft.index.equals(NAMED.index) and soft.columns.equals(NAMED.columns)
    assert soft.to_numpy().tolist() == calibration.with_temperature(NAMED.to_numpy(), 2.0).tolist()
    assert calibration.with_temperature(SCORE, 2.0).index.equals(SCORE.index)


# --- a truth must be there ------------------------------------------------------------------------

READS = pd.DataFrame({"reader_id": "r", "image_id": list("abcd"), "decision": [1, 1, 0, 0]})


@pytest.mark.parametrize("missing", [nan, None, pd.NA, pd.NaT])
def test_a_missing_truth_is_left_out_and_counted(missing):
    truth = pd.Series({"a": 1, "b": missing, "c": 0, "d": missing}, dtype=object)
    with pytest.warns(UserWarning, match="2 of 4 values of is_positive are missing"):
        (point,) = readers.points_from_reads(READS, truth, task="x").to_dict("records")
    assert [point[name] for name in ("tp", "n_pos", "tn", "n_neg")] == [1, 1, 1, 1]
    with pytest.warns(UserWarning, match="2 of 4 values of is_positive are missing"):
        (row,) = against.paired_verdicts(READS, truth, [0, 1, 1, 1]).to_dict("records")
    assert (row["sensitivity"], row["specificity"]) == (-1, -1)


def test_text_is_a_truth_only_where_it_is_a_number():
    truth = pd.Series(["0", "1", "0", "1"], list("abcd"))
    (point,) = readers.points_from_reads(READS, truth, task="x").to_dict("records")
    assert [point[name] for name in ("tp", "n_pos", "tn", "n_neg")] == [1, 2, 1, 2]
    for words in (["True", "False"] * 2, ["yes", "no"] * 2, ["malignant", "benign"] * 2):
        with pytest.raises(InputError, match="4 of 4 values of is_positive"):
            readers.points_from_reads(READS, pd.Series(words, list("abcd")), task="x")
        with pytest.raises(InputError, match="4 of 4 values of is_positive"):
            roc.auc(words, [1, 2, 3, 4])


def test_a_decision_goes_by_its_labels():
    truth = pd.Series([1, 1, 0, 0], list("abcd"))
    decision = pd.Series({"d": 0, "c": 0, "b": 1, "a": 1})
    (row,) = against.paired_verdicts(READS, truth, decision).to_dict("records")
    assert row["verdict"] == "equal" and row["sensitivity"] == 0
    with pytest.raises(InputError, match="are not the same"):
        against.paired_verdicts(READS, truth, decision.rename({"a": "z"}))
    with pytest.raises(InputError, match="r read an image twice"):
        against.paired_verdicts(pd.concat([READS, READS]), truth, decision)
    with pytest.raises(InputError, match=r"a\.jpg for a"):
        against.paired_verdicts(READS.replace({"image_id": {"a": "a.jpg"}}), truth, decision)


def test_reads_and_truth_of_numbers_meet():
    truth = pd.Series([1, 0], ["1", "2"])
    reads = pd.DataFrame({"reader_id": [7, 7], "image_id": [1.0, 2.0], "decision": [1, 0]})
    (point,) = readers.points_from_reads(reads, truth, task="x").to_dict("records")
    assert point["reader"] == "7" and (point["tp"], point["tn"]) == (1, 1)
    with pytest.raises(InputError, match=r"A\.JPG for a"):
        upper = READS.replace({"image_id": {"a": "A.JPG"}})
        readers.points_from_reads(upper, pd.Series([1, 0], list("ab")), task="x")


def test_predictions_and_truth_of_numbers_meet():
    table = pd.DataFrame({"image_id": [1, 2, 3, 4], "malignant melanoma": [0.9, 0.8, 0.2, 0.1]})
    table["melanocytic nevi"] = 1 - table["malignant melanoma"]
    truth = pd.DataFrame({"image_id": ["4", "3.0", "2", "1"], "disease": ["melanocytic nevi"] * 2 +
                          ["malignant melanoma"] * 2})  # fmt: skip
    with pytest.warns(UserWarning, match="No interval"):
        result = scores.score(table, truth, "melanoma-vs-nevus")
    assert result["auc"]["estimate"] == 1
    named = truth.assign(image_id=["a", "b", "c", "D"])
    with pytest.raises(InputError, match=r"d\.png for D"):
        scores.score(table.assign(image_id=["a", "b", "c", "d.png"]), named,
                          "melanoma-vs-nevus", allow_missing=True)  # fmt: skip


# --- labels that never match ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("truth", "answer"),
    [
        ([0, 1, 1, 0], ["0", "1", "1", "0"]),
        ([0, 1, 1, 0], [0, "1", 1, 0]),
        (["1", "2"], [1.0, 2.0]),
        (["mel", "nv"], ["MEL", "nv"]),
        (["mel", "nv"], ["melanoma", "nevus"]),
        ([True, False], ["True", "False"]),
    ],
)
def test_answers_that_can_never_be_right_are_named(truth, answer):
    balanced = functools.partial(multiclass.balanced_accuracy, classes=sorted(set(truth)))
    for function in (multiclass.accuracy, balanced):
        with pytest.raises(InputError, match=r"No answer .*occurs among the truths"):
            function(truth, answer)


def test_raters_who_mean_one_label_must_write_it_alike():
    with pytest.raises(InputError, match=r"No answer .*occurs among the truths: 'MEL' for 'mel'"):
        multiclass.kappa(["mel", "nv"], ["MEL", "nv"])
    assert multiclass.kappa([1, 1], [0, 0]).estimate == 0
    assert multiclass.accuracy(["mel", "mel"], ["nv", "nv"]).estimate == 0  # within a class


def test_space_around_a_label_is_none_of_it():
    assert multiclass.accuracy(["mel", " nv"], ["mel ", "nv"]).estimate == 1
    assert multiclass.confusion(["a ", "b"], ["a", " b"], ["a", "b"]).to_numpy().trace() == 2


def test_a_label_that_a_list_made_text_is_still_missing():
    for truth in (["a", nan], np.array(["a", nan]), [None, "a"], pd.Series(["a", pd.NA])):
        with pytest.raises(InputError, match="1 of 2 cases lack"):
            multiclass.accuracy(truth, ["a", "a"])
        with pytest.raises(InputError, match="1 of 3 images have no label"):
            embedding.spreads(np.eye(3), [*truth, "a"])


def test_a_network_that_is_always_wrong_has_an_accuracy():
    assert multiclass.mean_class_accuracy([0, 0, 1], [1, 1, 0]) == 0
    assert multiclass.mean_class_accuracy([0, 0], [1, 1]) == 0


# --- groups ---------------------------------------------------------------------------------------


def test_a_list_of_groups_is_what_the_series_is():
    hits, ids = [1, 0, 1, 1, 1, 0], ["a", "a", nan, "b", nan, "c"]
    expected = intervals.share(hits, pd.Series(ids))
    assert intervals.share(hits, ids) == expected
    assert intervals.share(hits, ["a", "a", "unknown", "b", "", "c"]) == expected
    assert intervals.share(hits, np.array(ids)) == expected
    masked = np.ma.masked_array([1, 1, 9, 2, 9, 3], [0, 0, 1, 0, 1, 0])
    assert intervals.share(hits, masked) == expected


def test_groups_meet_by_the_rule_of_ids():
    assert intervals.group_numbers([1, "1", 2, "2"], 4).tolist() == [0, 0, 1, 1]
    assert intervals.group_numbers(["", "", "unknown", "UNK", "a"], 5).tolist() == [1, 2, 3, 4, 0]
    assert intervals.group_numbers([10, 9, 2], 3).tolist() == [2, 1, 0]  # numbers by size
    assert intervals.group_numbers(["10", "9", "2"], 3).tolist() == [0, 2, 1]  # text by letters
    assert intervals.group_numbers([nan, nan], 2).tolist() == [0, 1]
    assert not intervals.repeat(["unknown", "unknown", None, None])
    assert intervals.repeat([1, "1"])


# --- ranges ---------------------------------------------------------------------------------------

POINTS = readers.esteva_points()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: against.verdicts(POINTS, nan, 0.9),
        lambda: against.verdicts(POINTS, 96, 90),
        lambda: against.verdicts(POINTS, "0.9", 0.9),
        lambda: against.verdicts(POINTS.assign(specificity=90.0), 0.9, 0.9),
        lambda: against.verdicts(POINTS.assign(sensitivity=nan), 0.9, 0.9),
        lambda: against.beaten_by_curve(POINTS, pd.DataFrame({"sensitivity": [50.0],
                                                              "specificity": [50.0]})),
        lambda: against.from_margins(1.5, 1, 3),
        lambda: against.from_margins(nan, 1, 3),
        lambda: against.paired_difference([], []),
        lambda: readers.mean_reader(POINTS.assign(sensitivity=nan)),
        lambda: readers.with_rates(POINTS.assign(tp=POINTS["n_pos"] + 1)),
        lambda: two_questions.detection(POINTS.assign(tn=-1)),
        lambda: two_questions.pair_changes(POINTS.iloc[1:]),
        lambda: two_questions.pair_changes(pd.concat([POINTS, POINTS])),
        lambda: mrmc.ratings(READS.assign(decision=[2, 1, 0, 0])),
        lambda: mrmc.ratings(READS.assign(decision=[0.9, 1, 0, 0])),
        lambda: mrmc.ratings(READS.assign(confidence=[-3, 1, 2, 3])),
        lambda: mrmc.ratings(READS.assign(confidence=["sure", 1, 2, 3])),
        lambda: mrmc.ratings(READS.assign(reader_id=[None, "r", "r", "r"])),
        lambda: readers.points_from_reads(READS.assign(decision=[nan, 1, 0, 0]), TRUTH, task="x"),
        lambda: roc.auc([1, 0, 1], [pd.NaT, pd.Timestamp("2020"), pd.Timestamp("2021")]),
        lambda: roc.auc([1, 0, 1], np.array(["2020", "NaT", "2021"], "M8[D]")),
        lambda: roc.auc([1, 0, 1], np.array([1, 2, 3], "m8[s]")),
        lambda: roc.auc([1, 0, 1], np.ma.masked_array([0.1, 0.2, 0.3], [0, 1, 0])),
        lambda: roc.auc(np.ma.masked_array([1, 0, 1], [0, 1, 0]), [0.1, 0.2, 0.3]),
        lambda: roc.auc([1, 0, 1], [1j, 2, 3]),
        lambda: roc.auc([1, 0], {"a": 1, "b": 2}),
        lambda: roc.auc([1, 0, 1, 0], np.ones((4, 2))),
        lambda: multiclass.hand_till(Y, np.ma.masked_array(np.ones((4, 2)), np.eye(4, 2)), NAMES),
        lambda: multiclass.hand_till(Y, P, "mel"),
        lambda: operating.at_threshold([1, 0], [1, 2], None),
        lambda: operating.at_sensitivity([1, 0], [1, 2], 95),
        lambda: intervals.mean([]),
        lambda: intervals.student([nan, 1.0]),
        lambda: intervals.proportion("3", 4),
        lambda: verification.begg_greenes([1, 0], [1, 0], [1, 1], strata=["a", None]),
        lambda: neighbours.purity(np.ma.masked_array(np.eye(9), np.eye(9)), list("aaabbbccc"), k=2),
        lambda: inputs.fraction(None, "x"),
    ],
)  # fmt: skip
def test_what_is_out_of_range_is_one_sentence(wrong):
    with pytest.raises(InputError) as error:
        wrong()
    assert "\n" not in str(error.value)


def test_half_known_confidence_is_no_confidence():
    assert mrmc.ratings(READS.assign(confidence=[None, 1, 2, 3])).to_numpy().tolist() == [
        [1, 1, -1, -1]
    ]

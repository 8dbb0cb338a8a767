"""The tables of the discussion: every row says where it was read, and no number stands alone."""

import re

import pandas as pd
import pytest

from dermlab.errors import InputError
from dermlab.evaluation import readers
from dermlab.lessons import discussion, report

CODES = {"R", "R2", "L"}


@pytest.mark.parametrize("name", discussion.TABLES)
def test_every_row_has_a_code_of_confidence(name):
    table = discussion.facts(name)
    unread = (table["state"] == discussion.NOT_FOUND) if "state" in table else False
    assert set(table["confidence"][~pd.Series(unread, table.index)]) <= CODES
    assert len(table) > 2


def test_another_table_is_refused():
    with pytest.raises(InputError, match="There is no table 'opinions'"):
        discussion.facts("opinions")


def test_what_was_found_has_its_place_and_what_was_not_has_no_words():
    checklist = discussion.facts("checklist")
    assert set(checklist["state"]) == set(discussion.STATES)
    found = checklist["state"] != discussion.NOT_FOUND
    assert (checklist["in_our_sources"] != "").tolist() == found.tolist()
    assert (checklist["source"][found] != "").all()
    partly = checklist[checklist["state"] == discussion.PARTLY]
    assert not checklist["topic"].duplicated().any() and len(partly) > 3


def test_items_are_numbers_of_their_guideline():
    checklist = discussion.facts("checklist")
    n_items = discussion.facts("guidelines").set_index("guideline")["items"]
    for guideline, column in discussion.ITEMS.items():
        named = [item for cell in checklist[column] for item in re.findall(r"[^, ]+", cell)]
        assert named and all(re.fullmatch(r"\d+[a-f]?", item) for item in named)
        assert {int(re.match(r"\d+", item)[0]) for item in named} <= {
            *range(1, n_items[guideline] + 1)
        }
    assert (checklist[list(discussion.ITEMS.values())] != "").any(axis=1).all()


def test_states_are_counted_by_guideline():
    counts = discussion.states()
    checklist = discussion.facts("checklist")
    by_hand = checklist[(checklist["claim"] != "") & (checklist["state"] == "partly")]
    assert counts.loc["CLAIM", "partly"] == len(by_hand)
    assert counts.loc["STARD-AI"].sum() == (checklist["stard_ai"] != "").sum()


def test_intervals_of_later_work_hold_their_estimates():
    later = discussion.facts("later_work")
    bounded = later.dropna(subset=["low"])
    assert (bounded["low"] < bounded["value"]).all() and (bounded["value"] < bounded["high"]).all()
    assert not later["key"].duplicated().any() and (later["source"] != "").all()
    assert later["value"][later["unit"] == "AUC"].between(0.5, 1).all()


def test_the_guidelines_are_younger_than_the_paper():
    assert (discussion.facts("guidelines")["published"] > 2017).all()


def test_the_differences_agree_with_the_published_tables():
    rows = discussion.facts("lecture_and_paper").set_index("about")["paper"]
    counts = readers.esteva_points().groupby("task")["reader"].nunique()
    assert all(str(n) in rows["readers"] for n in counts)
    total = report.value_of("training_images") + report.value_of("test_images")
    assert f"{total:,}" in rows["images in all"]

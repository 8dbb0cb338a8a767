"""The one formatter: what a sentence shows must be what was counted."""

import math

import pytest

from dermlab import text


def test_whole_numbers_have_separators_and_no_decimals():
    assert text.number(10015) == "10,015"
    assert text.number(0.823678861788618) == "0.824"
    assert text.number(2.0, 1) == "2.0"


def test_the_unknown_is_a_dash():
    assert text.number(math.nan) == text.percent(math.nan) == text.number(None) == "–"


def test_shares_and_intervals():
    assert text.percent(96 / 180) == "53.3 %"
    assert text.interval(0.8237, 0.7485, 0.8988) == "0.824 (0.749 to 0.899)"
    assert text.interval(-0.004, -0.004, 0.4, "+.2f") == "+0.00 (+0.00 to +0.40)"
    assert text.interval(0.03, -0.004, 0.05, ".2f") == "0.03 (0.00 to 0.05)"
    assert text.number(-0.004, 2) == "0.00" and text.number(-0.006, 2) == "-0.01"
    assert text.interval(0.8237, None, float("nan"), ".1%") == "82.4 % (– to –)"


def test_lists_and_plurals_count_what_they_leave_out():
    assert text.listing(list("abc")) == "a, b, c"
    assert text.listing(range(12), 3) == "0, 1, 2 and 9 more"
    assert text.plural(1, "image") == "1 image"
    assert text.plural(1113, "class", "classes") == "1,113 classes"


@pytest.mark.parametrize(
    ("n_bytes", "shown"),
    [(0, "0 bytes"), (768, "768 bytes"), (27_648, "28 kB"), (3.4e7, "34 MB"), (3e9, "3.0 GB")],
)
def test_an_amount_has_a_unit_that_shows_it(n_bytes, shown):
    assert text.size(n_bytes) == shown


def test_a_long_text_is_cut_to_its_start():
    assert text.short("squamous cell carcinoma", 19) == "squamous cell ca..."
    assert text.short("nevus", 5) == "nevus"

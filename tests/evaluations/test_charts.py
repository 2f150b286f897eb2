"""Charts: what they say, how A and B are told apart, and that they hold no document text."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from evaluations.charts import (
    CIRCLE,
    DARK,
    DASHED,
    DIAMOND,
    LIGHT,
    SOLID,
    Theme,
    columns_of,
    curve_chart,
    curve_finding,
    curve_title,
    difference_band,
    difference_strip,
    of_document,
    png,
    side_name,
    strip_title,
    svg,
    two_by_two,
    wrapped,
)
from evaluations.numbers import plain, signed
from evaluations.records import CurveKind
from evaluations.wording import LANGUAGES, Language
from tests.evaluations.reports.snapshots import PRIMARY, VARIANTS, A, B, bits, snapshot


def layers(chart: Any) -> list[dict[str, Any]]:
    return list(chart.to_dict()["layer"])


def encodings(chart: Any, channel: str) -> list[dict[str, Any]]:
    return [layer["encoding"][channel] for layer in layers(chart) if channel in layer["encoding"]]


def words_in(chart: Any) -> str:
    return json.dumps(chart.to_dict(), ensure_ascii=False)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_stands_out_from_its_background(theme: Theme) -> None:
    for colour in (theme.arm_a, theme.arm_b, theme.other):
        assert contrast(colour, theme.background) >= 3
    assert contrast(theme.text, theme.background) >= 7


def test_a_and_b_differ_in_dash_and_shape_as_well_as_colour() -> None:
    chart = curve_chart(snapshot(), "ja")
    assert [e["scale"]["range"] for e in encodings(chart, "strokeDash")] == [[SOLID, DASHED]]
    assert [e["scale"]["range"] for e in encodings(chart, "shape")] == [[CIRCLE, DIAMOND]]
    assert {tuple(e["scale"]["range"]) for e in encodings(chart, "color")} == {
        (LIGHT.arm_a, LIGHT.arm_b)
    }


@pytest.mark.parametrize("kind", list(CurveKind))
@pytest.mark.parametrize("language", LANGUAGES)
def test_lengths_are_doublings_and_the_axes_name_their_units(
    kind: CurveKind, language: Language
) -> None:
    chart = curve_chart(snapshot(), language, kind)
    x, y = encodings(chart, "x")[-1], encodings(chart, "y")[-1]
    assert (x["scale"]["type"], x["scale"]["base"]) == ("log", 2)
    assert ("バイト" if language == "ja" else "bytes") in x["axis"]["title"]
    titled = [e for e in encodings(chart, "y") if "axis" in e]
    assert all(("ビット" if language == "ja" else "bits") in e["axis"]["title"] for e in titled)
    assert y is not None


def test_the_quality_axis_shows_every_value_and_does_not_start_at_zero() -> None:
    made = snapshot()
    (domain,) = {
        tuple(e["scale"]["domain"])
        for e in encodings(curve_chart(made, "en"), "y")
        if "scale" in e and "domain" in e["scale"]
    }
    compared = {made.comparison.arm_a, made.comparison.arm_b}
    ends = [
        point.bits_per_byte
        for point in made.curve
        if point.arm in compared and point.kind is CurveKind.MATCHED
    ]
    ends += [end for band in difference_band(made).values() for end in band]
    assert 0 < domain[0] < min(ends)
    assert max(ends) < domain[1]


def test_the_training_length_is_drawn_with_its_name() -> None:
    assert "training length T = 16" in words_in(curve_chart(snapshot(), "en"))
    assert "学習時の長さ T = 16" in words_in(curve_chart(snapshot(), "ja"))


def test_lengths_beyond_the_state_age_met_in_training_are_marked_only_when_there_are_any() -> None:
    made = snapshot()
    assert "longest memory met in training: 6,144" in words_in(curve_chart(made, "en"))
    older = tuple(arm.model_copy(update={"state_age": 10**6}) for arm in made.plan.arms)
    never = snapshot(arms=older)
    assert "longest memory" not in words_in(curve_chart(never, "en"))


def test_the_number_of_documents_is_written_where_it_differs_between_points() -> None:
    assert "n=19" in words_in(curve_chart(snapshot(dropping_out=True), "en"))
    assert "n=" not in words_in(curve_chart(snapshot(dropping_out=False), "en"))


def test_a_band_is_drawn_only_where_there_is_an_interval() -> None:
    def areas(made: Any) -> int:
        return sum(layer["mark"]["type"] == "area" for layer in layers(curve_chart(made, "ja")))

    assert areas(snapshot()) == 1
    assert areas(snapshot(documents=3)) == 0


def test_the_band_is_the_interval_of_the_difference_laid_on_a() -> None:
    """Of the verdict at the length that decides, elsewhere what holds at all lengths at once."""
    made = snapshot()
    wide = tuple(
        one.model_copy(update={"band_low": one.ci_low - 0.1, "band_high": one.ci_high + 0.1})
        for one in made.contrasts
    )
    made = made.model_copy(update={"contrasts": wide})
    band, more = difference_band(made), 0.1
    for one in made.contrasts:
        if one.arm_a == made.comparison.arm_a:
            level = bits(A, one.context_length, 1.0)
            extra = 0.0 if one.context_length == PRIMARY else more
            ends = (level + one.ci_low - extra, level + one.ci_high + extra)
            assert band[one.context_length] == pytest.approx(ends)
            assert ends[0] < bits(B, one.context_length, 1.0) < ends[1]
    assert len(band) == len({one.context_length for one in made.contrasts})


def test_the_band_leaves_out_the_line_of_a_exactly_where_a_difference_is_shown() -> None:
    for name, is_shown in (("go", True), ("no_go", True), ("close", False)):
        made = VARIANTS[name]()
        ends = difference_band(made)[PRIMARY]
        level = bits(A, PRIMARY, 1.0)
        assert (level < ends.low or level > ends.high) is is_shown, name


def test_the_finding_beside_the_figures_says_none_of_them() -> None:
    for name in ("go", "no_go", "close", "one_document"):
        made = VARIANTS[name]()
        assert curve_title(made, "en").startswith(curve_finding(made, "en").split(" – ")[0])
        assert "bits per byte" not in curve_finding(made, "en")
    few = VARIANTS["undecided"]()
    assert curve_finding(few, "en").endswith("too few documents to show a difference")


@pytest.mark.parametrize("kind", list(CurveKind))
def test_one_document_has_no_band_of_all(kind: CurveKind) -> None:
    made = of_document(snapshot(), "x")
    assert difference_band(made) == {}
    assert all(one["mark"]["type"] != "area" for one in layers(curve_chart(made, "en", kind)))


def test_other_arms_are_shown_by_name_when_asked_for() -> None:
    made = snapshot()
    assert "zero+carry" not in words_in(curve_chart(made, "ja"))
    assert "zero+carry" in words_in(curve_chart(made, "ja", other_arms=True))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("go", "With 4,096 bytes of context the proposed method is better"),
        ("no_go", "With 4,096 bytes of context the conventional method is better"),
        ("close", "no difference between the conventional method and the proposed method is shown"),
        ("undecided", "too few documents for an interval"),
        ("withheld", "must not be used for a decision"),
        ("one_document", "this document only"),
    ],
)
def test_the_title_says_what_the_curve_shows(name: str, said: str) -> None:
    assert said in curve_title(VARIANTS[name](), "en")


def test_the_title_carries_the_difference_and_its_interval() -> None:
    made = snapshot()
    result = made.comparison
    assert result.delta_bits_per_byte is not None
    assert result.ci_low is not None
    assert result.ci_high is not None
    title = curve_title(made, "ja")
    for value in (result.delta_bits_per_byte, result.ci_low, result.ci_high):
        assert f"{value:+.3f}".replace("-", "−") in title


def test_the_other_curves_are_titled_by_their_last_common_point() -> None:
    title = curve_title(snapshot(), "en", CurveKind.PREFIX)
    assert "first 32,768 bytes" in title
    assert f"{bits('previous+carry', 16384, 1.0):.3f}" in title


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_checkpoint_is_never_called_the_proposed_method(language: Language) -> None:
    made = VARIANTS["one_checkpoint"]()
    shown = words_in(curve_chart(made, language)) + words_in(difference_strip(made, language))
    assert not re.search("提案|従来|proposed|conventional method", shown)
    assert side_name(made, "b", language) != side_name(made, "a", language)


def test_the_adapted_checkpoint_is_named_as_such() -> None:
    made = snapshot()
    arms = tuple(
        arm.model_copy(update={"training_initialization": "zero_adapted"})
        if arm.name == "previous+carry"
        else arm
        for arm in made.plan.arms
    )
    assert "追加学習" in side_name(snapshot(arms=arms), "b", "ja")


def test_the_curve_holds_no_document_name() -> None:
    made = snapshot(names=("secret-customer.log",))
    assert "secret-customer" not in words_in(curve_chart(made, "ja", other_arms=True))


def test_a_page_may_set_its_typeface_without_losing_the_dress() -> None:
    chart = curve_chart(snapshot(), "ja", theme=DARK)
    before = layers(chart)
    dressed = chart.configure(font="Yu Gothic")  # replaces whatever the chart had there
    assert dressed.to_dict()["config"]["font"] == "Yu Gothic"
    assert len(layers(dressed)) == len(before)
    axes = [e["axis"] for e in encodings(chart, "x") if e.get("axis")]
    assert all(axis["labelColor"] == DARK.text for axis in axes)


def test_an_evaluation_without_any_point_still_draws() -> None:
    made = snapshot(curve=())
    assert curve_title(made, "en", CurveKind.PREFIX) == "No point has been scored yet"
    assert svg(curve_chart(made, "ja", width=400)).startswith(b"<svg")


def test_the_drawing_holds_text_in_the_embedded_font_and_nothing_from_outside() -> None:
    drawn = svg(curve_chart(snapshot(), "ja", width=400)).decode()
    assert "学習時の長さ" in drawn
    assert "Noto Sans CJK JP" in drawn
    outside = re.findall(r"https?://[^\"\s]+", drawn)
    assert {link.split("/")[2] for link in outside} <= {"www.w3.org"}


def test_a_picture_is_made_for_both_themes() -> None:
    for theme in (LIGHT, DARK):
        assert png(curve_chart(snapshot(), "en", theme=theme, width=300), theme)[:4] == b"\x89PNG"


def test_the_strip_shows_every_scored_document_once_with_zero_in_sight() -> None:
    made = snapshot(documents=12)
    chart = difference_strip(made, "en")
    points = next(layer for layer in layers(chart) if layer["mark"]["type"] == "point")
    rows = chart.to_dict()["datasets"][points["data"]["name"]]
    assert sorted(row["delta"] for row in rows) == sorted(d.delta for d in made.documents)
    low, high = encodings(chart, "x")[0]["scale"]["domain"]
    assert low < 0 < high


def test_the_strip_counts_the_documents_on_which_b_is_better() -> None:
    made = snapshot()
    better = sum((document.delta or 0) < 0 for document in made.documents)
    assert f"better on {better} of 24 documents" in strip_title(made, "en")


def test_the_four_cells_are_the_points_of_their_arms_at_the_primary_length() -> None:
    cells = {(cell.training, cell.reading): cell for cell in two_by_two(snapshot())}
    names = {
        ("zero", "reset"): "zero+reset:16",
        ("zero", "carry"): "zero+carry",
        ("previous", "reset"): "previous+reset:16",
        ("previous", "carry"): "previous+carry",
    }
    for where, name in names.items():
        assert cells[where].arm == name
        assert cells[where].bits_per_byte == pytest.approx(bits(name, PRIMARY, 1.0))


def test_a_cell_that_was_not_run_is_absent_and_not_zero() -> None:
    cells = two_by_two(VARIANTS["one_checkpoint"]())
    assert [cell.bits_per_byte is None for cell in cells] == [True, True, False, False]


@pytest.mark.parametrize(
    ("value", "text"), [(0.0124, "+0.012"), (-0.1431, "−0.143"), (-0.0004, "0.000"), (0.0, "0.000")]
)
def test_differences_are_signed_with_a_true_minus(value: float, text: str) -> None:
    assert signed(value) == text


def test_plain_numbers_keep_their_digits() -> None:
    assert (plain(1.9116), plain(-0.25, 2)) == ("1.912", "−0.25")


def test_long_titles_are_cut_into_lines_without_losing_a_letter() -> None:
    text = "文脈長 4,096 バイトでは提案方式が良い:差 −0.420 ビット（95%信頼区間 −0.442〜−0.398）"
    lines = wrapped(text, 40)
    assert len(lines) > 1
    assert all(columns_of(line) <= 40 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")

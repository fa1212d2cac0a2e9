"""Results in terminals and notebooks: what is shown, and that nothing in a value does anything."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

import pytest
from playwright.sync_api import Page
from rich.console import Console

from smsplan import Cost, explain, plan, segment
from smsplan.api.dryruns import DryRun, RecipientDryRun
from smsplan.display.grids import Grid, View
from smsplan.display.views import as_html, as_rich, as_text, curve_grid, floating, view
from smsplan.encoding import Segmentation
from smsplan.insight.assumptions import Answer, Assumptions, Question
from smsplan.insight.characters import Characters, CharacterShare, ScriptShare
from smsplan.insight.comparison import AlternativeUse, Comparison, Moves, Variant
from smsplan.insight.lengths import Curve, DefaultSaving, Lengths, Point
from smsplan.insight.list_audit import Audit, AuditLine
from smsplan.insight.waterfall import Cause, Step, Waterfall
from smsplan.totals.shares import Share

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>window.ran=1</script>",
    "\"' onmouseover='alert(2)",
    '=HYPERLINK("http://127.0.0.1:9/")',
    "\u202eabc\u2066\x1b[31m\x00",
    "a" * 10_000,
    "[bold red]x[/bold red]",
]


def cost(amount: str) -> Cost:
    """An amount in pounds."""
    return Cost({"GBP": Decimal(amount)})


def share(amount: str) -> Share:
    """An exact share in pounds."""
    return Share.of(cost(amount))


def waterfall(place: str = "template", character: str = "’") -> Waterfall:
    """A waterfall whose parts and money add up."""
    return Waterfall(
        steps=(
            Step("one_part", 1000, 1000, share("34.00")),
            Step("fixed_text", 0, 0, None),
            Step("parameters", 120, 130, share("4.42"), (
                Cause("parameter 'name'", "", Fraction(130), share("4.42")),
            )),
            Step("unicode", 400, 500, share("17.00"), (
                Cause(place, character, Fraction(1000, 3), share("11.34")),
                Cause("parameter 'name'", "ł", Fraction(500, 3), share("5.66")),
            )),
            Step("truncation", 30, -30, share("-1.02")),
            Step("beside", 0, 0, share("5.00")),
        ),
        messages=1000, parts=1600, cost=cost("59.40"), priced=True,
    )  # fmt: skip


def characters(name: str = "RIGHT SINGLE QUOTATION MARK", place: str = "template") -> Characters:
    """Characters with a look-alike, and a script without."""
    return Characters(
        characters=(
            CharacterShare(
                character="’", code_point="U+2019", name=name, place=place,
                rows=400, share_parts=Fraction(1000, 3), share_cost=share("11.34"),
                replacement="'", level="safe", kind="typographic", saved_alone_parts=300,
                saved_alone_cost=cost("10.20"), saved_together_parts=Fraction(330),
                saved_together_cost=share("11.22"),
            ),
            CharacterShare(
                character="\xa0", code_point="U+00A0", name="NO-BREAK SPACE", place="template",
                rows=4, share_parts=Fraction(2, 3), share_cost=share("0.10"),
                replacement=" ", level="safe", kind="typographic",
                saved_alone_parts=0, saved_alone_cost=None,
                saved_together_parts=Fraction(2), saved_together_cost=share("0.07"),
            ),
        ),
        scripts=(
            ScriptShare(
                script="Cyrillic", place="parameter 'name'", characters=31, examples="аеио",
                rows=88, share_parts=Fraction(166), share_cost=share("5.56"),
            ),
        ),
        parts=500, saved_together_parts=332, saved_together_cost=cost("11.29"),
    )  # fmt: skip


def points(*items: tuple[int, int]) -> tuple[Point, ...]:
    """Points of a curve at 0.034 a part."""
    return tuple(
        Point(at, 1000, parts, Cost({"GBP": Decimal("0.034") * parts})) for at, parts in items
    )


class Steps(Curve):
    """A curve with its steps worked out here."""

    @property
    def steps(self) -> tuple[Point, ...]:
        """The points that differ from the one before."""
        return self.points[:1] + tuple(
            point
            for before, point in zip(self.points, self.points[1:], strict=False)
            if point.parts != before.parts
        )


def lengths(name: str = "name") -> Lengths:
    """Two curves and a default."""
    return Lengths(
        template=Steps(points=points((-4, 1200), (-3, 1200), (-2, 1500), (-1, 1500), (0, 1600),
                                     (1, 1600), (2, 1900))),
        parameters={name: Steps(
            points=points(*((at, 1000) for at in range(5)), *((at, 1300) for at in range(5, 12)),
                          (12, 1600))
        )},
        defaults=(DefaultSaving(parameter=name, rows=20, parts=25, cost=cost("0.85")),),
        sentences=("Cut 1 character: 100 parts and GBP 3.40 less.", "Room for 1 more."),
    )  # fmt: skip


def comparison(name: str = "B") -> Comparison:
    """Two variants, one beside another channel."""
    first = plan(["+447700900123"], "Hi “you”, " + "a" * 70, rates="0.034 GBP").summary
    second = plan(["+447700900123"], 'Hi "you", ' + "a" * 70, rates="0.034 GBP").summary
    moves = Moves(rows={(2, 1): 1}, fewer_rows=1, more_rows=0, same_rows=0, first_fewer=(1,),
                  first_more=())  # fmt: skip
    use = AlternativeUse(alternative="mms", price=cost("0.022"), messages=1, cost_sms=cost("0.068"),
                         cost_alternative=cost("0.022"), saved=cost("0.046"))  # fmt: skip
    return Cheaper(
        variants=(
            Variant(name="A", body="a", summary=first, parts_difference=0, cost_difference=None,
                    moves=None, alternatives=(use,)),
            Variant(name=name, body="b", summary=second, parts_difference=-1,
                    cost_difference=cost("-0.034"), moves=moves),
        ),
        priced=True,
    )  # fmt: skip


class Cheaper(Comparison):
    """A comparison whose last variant is the cheapest."""

    @property
    def cheapest(self) -> Variant:
        """The last."""
        return self.variants[-1]


def answer(value: Any, parts: int, refused: str = "") -> Answer:
    """An answer at 0.034 a part."""
    return Answer(value=value, messages=1000, parts=parts,
                  cost=Cost({"GBP": Decimal("0.034") * parts}), dry_run_recipients=1000,
                  dry_run_messages=parts, refused=refused)  # fmt: skip


class Sentenced(Assumptions):
    """Assumptions whose sentence is given."""

    @property
    def sentence(self) -> str:
        """Say how many."""
        return f"{len(self.questions)} open question changes this plan"


def assumptions(text: str = "what a dry run shows") -> Assumptions:
    """One open question."""
    question = Question(
        switch="unmatched", text=text, value="verbatim", rows=12,
        answers=(answer("verbatim", 1600), answer("empty", 1580), answer("error", 0, "no values")),
        dry_run={"to": ["447700900123"], "body": "Hi ${x}"}, expected={"verbatim": "1 message"},
    )  # fmt: skip
    return Sentenced(questions=(question,), parts=1600, cost=cost("54.40"), priced=True)


def audit(sentence: str = "3 numbers are reserved for fiction.") -> Audit:
    """Two kinds."""
    lines = (
        AuditLine(kind="fictitious", sentence=sentence, rows=3, messages=3, parts=4,
                  cost=cost("0.136"), wasted=cost("0.136"), first_rows=(1, 5, 9)),
        AuditLine(kind="invalid", sentence="1 number is none.", rows=1, messages=0, parts=0,
                  cost=None, wasted=None, first_rows=(7,)),
    )  # fmt: skip
    return Audit(rows=1000, lines=lines, priced=True)


RESULTS: dict[str, Callable[..., Any]] = {
    "waterfall": waterfall,
    "characters": characters,
    "lengths": lengths,
    "comparison": comparison,
    "assumptions": assumptions,
    "audit": audit,
}


class _Tables(HTMLParser):
    """Reads tables back, and what is open."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in ("img", "br", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        if tag not in ("rect", "line"):
            assert self.open.pop() == tag


def parsed(html: str) -> _Tables:
    """Parse HTML; every tag that is opened is closed."""
    found = _Tables()
    found.feed(html.replace("/>", "></g>").replace("<rect", "<g").replace("<line", "<g"))
    found.close()
    assert found.open == []
    return found


@pytest.mark.parametrize("name", RESULTS)
def test_text(name: str) -> None:
    """As text: no line is longer than 100 columns, every cell of the view is in it, no colours."""
    made = RESULTS[name]()
    text = as_text(made)
    assert str(made) == text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100
    flat = re.sub(r"\W+", "", text)
    for grid in view(made).grids:
        for row in grid.rows:
            for cell in row[1:]:
                if " " not in cell:
                    assert re.sub(r"\W+", "", cell) in flat, cell


@pytest.mark.parametrize("width", [24, 40, 60, 80])
@pytest.mark.parametrize("name", RESULTS)
def test_narrow_terminals_lose_no_figure(name: str, width: int) -> None:
    """However narrow a terminal is: no line is longer, and no figure is cut."""
    made = RESULTS[name]()
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(as_rich(made))
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= width
    flat = "".join(text.split())
    for grid in view(made).grids:
        for row in grid.rows:
            for place, cell in enumerate(row):
                assert place in grid.texts or "".join(cell.split()) in flat, cell


@pytest.mark.parametrize("name", RESULTS)
def test_html(name: str) -> None:
    """As HTML: well-formed, captions, every header with its scope, no script, nothing fetched."""
    made = RESULTS[name]()
    html = as_html(made)
    assert made._repr_html_() == html
    tags = parsed(html).tags
    tables = [tag for tag, _ in tags if tag == "table"]
    assert len(tables) == len([tag for tag, _ in tags if tag == "caption"]) > 0
    for tag, attributes in tags:
        assert tag not in ("script", "link", "iframe", "img", "object", "form")
        assert not any(each.startswith("on") or each in ("src", "href") for each in attributes)
        if tag == "th" and attributes.get("aria-hidden") != "true":
            assert attributes["scope"] in ("col", "row")
    assert not re.search(r"url\(|@import|https?:", html)


def test_waterfall_adds_up() -> None:
    """Bars begin where the one before ended; causes round so that they add up to their step."""
    assert floating([4, 1, -2]) == ([0.0, 0.8, 1.0], [0.8, 0.2, -0.4])
    steps, why = view(waterfall()).grids
    assert [row[2] for row in steps.rows] == ["1,000", "+130", "+500", "−30", "0", "1,600"]
    assert sum(int(row[2]) for row in why.rows if row[1] == "characters outside GSM") == 500
    unpriced = replace(waterfall(), priced=False)
    assert "cost" not in view(unpriced).grids[0].header
    assert "GBP" not in as_text(unpriced)


def test_curve_shows_the_most_characters_that_save() -> None:
    """Of a stretch of equal points below the plan the longest text stands, with the difference."""
    template, name, _ = view(lengths()).grids
    assert [row[0] for row in template.rows] == ["−3", "−1", "the plan", "+2"]
    assert [row[3] for row in template.rows] == ["−400", "−100", "–", "+300"]
    assert [row[5] for row in template.rows] == ["GBP −13.60", "GBP −3.40", "–", "GBP +10.20"]
    assert [row[0] for row in name.rows] == ["4", "11", "12 (the plan)"]


def test_the_largest_steps_stand_there() -> None:
    """Of many steps the nearest to the plan and the largest are shown, each once, the plan once."""
    heights = [0, 50, 51, 52, 90, 91, 92, 93, 94, 95, 96, 97, 98]
    curve = Steps(points=points(*((at - 12, parts) for at, parts in enumerate(heights))))
    grid = curve_grid("", curve, of_template=True, most=3)
    assert [row[0] for row in grid.rows] == ["−12", "−9", "−1", "the plan"]
    plan_between = Steps(points=points((-2, 1), (-1, 2), (0, 2), (1, 2), (2, 3)))
    grid = curve_grid("", plan_between, of_template=True)
    assert [(row[0], row[3]) for row in grid.rows] == [
        ("−2", "−1"),
        ("the plan", "–"),
        ("+2", "+1"),
    ]


def test_shares_of_both_tables_add_up() -> None:
    """Characters with and without a look-alike are rounded together: 500 parts."""
    with_one, without = view(characters()).grids
    figures = [row[4] for row in with_one.rows] + [row[5] for row in without.rows]
    assert sum(map(int, figures)) == 500
    assert with_one.rows[1][0] == "U+00A0", "what cannot be seen is its code point"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("Common", "emoji, symbols, punctuation"),
        ("Inherited", "combining marks"),
        ("Unknown", "not assigned"),
        ("Cyrillic", "Cyrillic"),
    ],
)
def test_scripts_in_plain_words(script: str, words: str) -> None:
    """What Unicode calls Common or Inherited is said in words; JSON has Unicode's name."""
    (own,) = characters().scripts
    made = replace(characters(), scripts=(replace(own, script=script),))
    assert made.to_dict()["scripts"][0]["script"] == script
    assert f">{words}</bdi>" in as_html(made)
    assert words.split()[0] in as_text(made)
    if words != script:
        assert script not in as_html(made) + as_text(made)


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_values_do_nothing(value: str) -> None:
    """Whatever a name holds, it is text: in HTML without a tag, in terminals without a control."""
    results: list[Any] = [make(value) for make in RESULTS.values()]
    results += [
        segment(value),
        explain(value),
        DryRun(1, 1, (RecipientDryRun(value, 1, value, value),)),
        plan([{"to": value, value: "a"}], "Hi", rates="0.034 GBP"),
    ]
    for made in results:
        html = made._repr_html_()
        tags = parsed(html).tags
        assert {tag for tag, _ in tags} <= {
            "div", "style", "table", "caption", "thead", "tbody", "tr", "th", "td", "span", "bdi",
            "svg", "g", "p", "ul", "ol", "li", "mark",
        }  # fmt: skip
        for _, attributes in tags:
            assert set(attributes) <= {
                "class", "scope", "dir", "title", "aria-hidden", "viewbox", "preserveaspectratio",
                "x", "y", "width", "height", "x1", "x2", "y1", "y2",
            }  # fmt: skip
        assert not set("\u202e\u2066\x1b\x00") & set(html)
        if not isinstance(made, Segmentation | DryRun):  # these have no text but repr
            assert not set("\u202e\u2066\x1b\x00") & set(str(made))


def test_letters_from_right_to_left_turn_nothing(page: Page) -> None:
    """An Arabic letter in a cell or a sentence leaves the words of ours where they are."""
    page.set_content(waterfall(character="د")._repr_html_())
    cell = page.locator("th", has_text="U+062F").locator("bdi")
    assert cell.get_attribute("dir") == "ltr"
    assert cell.evaluate("one => getComputedStyle(one).unicodeBidi") == "isolate"


def test_long_values_are_clipped() -> None:
    """10,000 characters take no more than a few lines, and it is said how many are left out."""
    html = segment("é" * 10_000)._repr_html_()
    assert "more parts" in html
    assert len(html) < 30_000
    assert (
        "… 9,880 more characters"
        in DryRun(1, 1, (RecipientDryRun("447700900123", 1, "b" * 10_000, "GSM"),))._repr_html_()
    )
    text = as_text(waterfall("b" * 10_000))
    assert "more characters" in text
    assert len(text) < 5_000


def test_marks() -> None:
    """Parts are numbered; culprits and extension characters carry their names and what they do."""
    html = segment("[€]" + "a" * 160)._repr_html_()
    assert "part 1 of 2 · 153 of 153 septets" in html
    assert 'title="U+20AC EURO SIGN: takes 2 units"' in html
    html = segment("Hi “you”\u200b")._repr_html_()
    assert 'title="U+201C LEFT DOUBLE QUOTATION MARK: forces Unicode"' in html
    assert ">U+200B</span>" in html
    turkish = segment("ş" + "a" * 10, languages=["tr"])._repr_html_()
    assert "forces Unicode" not in turkish


def test_national_and_dense() -> None:
    """What cannot be drawn as it is counted still shows itself."""
    assert "part 1 of" in segment("a" * 152 + "€" + "a" * 152)._repr_html_()
    dense = segment("a" * 152 + "€" + "a" * 152, boundary="dense")._repr_html_()
    assert "counted as 2 parts, drawn with pairs kept whole" in dense


def test_a_grid_needs_a_cell_for_each_column() -> None:
    """A row that is too short is refused where it is made, not where it is shown."""
    with pytest.raises(AssertionError):
        Grid(title="", header=["a", "b"], rows=[["1"]])
    assert View(head="").grids == ()


def test_notebooks_do_not_hold_scripts(page: Page) -> None:
    """In a browser nothing of a value runs, and nothing is fetched."""
    pieces = [make(value)._repr_html_() for value in HOSTILE for make in RESULTS.values()]
    pieces += [segment(value)._repr_html_() for value in HOSTILE]
    page.set_content("".join(pieces))
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    assert page.locator("table.sp").count() > 50

"""The page about a plan: what stands in it, and that nothing of a recipient's does anything."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from typer.testing import CliRunner

from smsplan import Cost, Plan, Profile, plan, segment
from smsplan.cli import app
from smsplan.display.report import _assumptions, choices, content_of, report_html
from smsplan.encoding.names import character_name
from smsplan.errors import InputError, OutputError
from smsplan.insight.assumptions import Answer, Assumptions, Question
from smsplan.ratecards import Rate, RateCard
from smsplan.writing.csv_lines import is_formula

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>window.ran=1</script>",
    "\"' onmouseover='alert(2)' x=\"",
    '=HYPERLINK("http://127.0.0.1:9/")',
    "\u202egnihton\u2066 \x1b[31m",
    "<svg/onload=alert(3)>" + "y" * 10_000,
    "--><style>*{display:none}</style><!--",
    "javascript:alert(4)",
]
RATES = RateCard(
    [
        Rate(country="GB", price=Decimal("0.034"), currency="GBP", valid_from=date(2026, 4, 1),
             source="tariff <b>of</b> spring"),
        Rate(country="US", mccmnc="310410", price=Decimal("0.01"), currency="GBP"),
        Rate(country="US", mccmnc="310260", price=Decimal("0.03"), currency="GBP"),
    ]
)  # fmt: skip
DAY = date(2026, 11, 25)


def hostile() -> Plan:
    """Return a plan whose values, columns, texts and sources are all hostile."""
    people = [
        {"to": f"+4477009{n:05}", "<b>name</b>": value, "city": value[:50]}
        for n, value in enumerate(HOSTILE)
    ]
    people += [{"to": value, "<b>name</b>": "Bo", "city": "x"} for value in HOSTILE]
    people += [{"to": "+12025550123", "<b>name</b>": "Małgorzata", "city": "a"}]
    return plan(
        people,
        "Hi ${name} of ${city}, it’s <script>window.ran=2</script> [€] " + "a" * 60,
        columns={"name": "<b>name</b>"},
        defaults={"city": "<i>there</i>"},
        from_="<u>Shop",
        rates=RATES,
        profile=Profile(value_limit=None),
    )


def visible(html: str) -> str:
    """The text of a page, without its styles and scripts."""
    html = re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", "", html)


@pytest.fixture(scope="module")
def made() -> Plan:
    """Return the hostile plan."""
    return hostile()


@pytest.fixture(scope="module")
def pages(made: Plan, tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """Return its page, masked (False) and with recipients (True)."""
    folder = tmp_path_factory.mktemp("pages")
    paths = {shown: folder / f"report-{shown}.html" for shown in (False, True)}
    for shown, path in paths.items():
        made.report(path, show_recipients=shown, title=HOSTILE[0], made=DAY)
    return paths


def test_the_sentence(made: Plan) -> None:
    """It opens with people, rows left out, parts, the range of the cost, prices and the day."""
    html = report_html(content_of(made, made=DAY))
    (lead,) = re.findall(r'<p class="lead">(.*?)</p>', html)
    said = visible(lead)
    out = made.summary.rows - made.messages
    assert said.startswith(f"{made.messages} people get this message and {out} rows")
    assert f"{made.parts:,} parts" in said
    assert "costs between GBP" in said
    assert "tariff &lt;b&gt;of&lt;/b&gt; spring" in said
    assert "valid from 1 April 2026" in said
    assert said.endswith("(worked out on 25 November 2026).")


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        (None, "what it costs is not known, because no prices were given"),
        ({"FR": "0.01 EUR"}, "the rate card has no price for these numbers"),
        ("0.034 GBP", "costs GBP 0.034 by prices of a rate card that names no source"),
    ],
)
def test_sentences_without_a_range(rates: Any, said: str) -> None:
    """Without prices nothing is said to cost nothing; one amount is said as it is."""
    html = report_html(content_of(plan(["+447700900123"], "Hi", rates=rates), made=DAY))
    lead = visible(html)
    assert said in lead
    assert "1 person gets this message and nobody is left out" in lead
    assert "1 part " in lead


def test_every_section_has_what_the_plan_says(made: Plan) -> None:
    """Totals, countries, problems, notes and heaviest messages of the plan stand in the page."""
    html = report_html(content_of(made, made=DAY))
    text = visible(html)
    names = "cheaper message why countries long characters length heaviest try problems"
    for name in [*names.split(), "assumptions", "audit", "prices", "glossary"]:
        assert f'<section id="{name}"' in html
        assert f'href="#{name}"' in html
    for problem in made.summary.problems:
        assert problem.replace("_", " ") in text
    assert "part 1 of" in text


def test_letters_of_a_rare_script_are_counted(tmp_path: Path) -> None:
    """Masked, the letters of a script that one name alone has do not stand side by side."""
    people = [{"to": "+447700900123", "name": "王明"}, {"to": "+447700900124", "name": "Ana"}]
    made = plan(people, "Hi ${name}, ждём")
    made.report(tmp_path / "masked.html")
    made.report(tmp_path / "shown.html", show_recipients=True)
    masked, shown = ((tmp_path / name).read_text("utf-8") for name in ("masked.html", "shown.html"))
    together = "".join(sorted("王明"))
    assert together in shown
    assert together not in masked
    assert "王明" not in masked
    assert "джмё" in masked


@pytest.mark.parametrize(
    "name",
    [
        "Żółćęś",
        "ΑΝΝΑ",
        "Ňařžč",
        "Maxłmilłana",
        "Ñandú Ƶ",
        "Ⓐna",
        "🅰nna",
        "ЖуЖа",
        "ZoÃ©ŁŁ",
        "A&#322;",
    ],
)
def test_letters_of_few_people_are_not_in_a_masked_page(name: str, tmp_path: Path) -> None:
    """What fewer than five people have outside GSM is nowhere in the page, nor what is near it."""
    people = [{"to": f"+4477009001{n:02}", "name": "Olivia"} for n in range(20)]
    people += [{"to": f"+4477009002{n:02}", "name": name} for n in range(3)]
    # One person many times is one person.
    people += [{"to": "+447700900300", "name": name}] * 7
    people += [{"to": f"+4477009004{n:02}", "name": "Zoö ő"} for n in range(5)]
    made = plan(people, "Hi ${name}, it’s " + "a" * 60, rates="0.034 GBP", duplicates="keep")
    made.report(tmp_path / "masked.html", made=DAY)
    made.report(tmp_path / "shown.html", show_recipients=True, made=DAY)
    parts = [
        re.sub(r"<(style|script)>.*?</\1>", "", (tmp_path / f"{each}.html").read_text("utf-8"),
               flags=re.DOTALL)
        for each in ("masked", "shown")
    ]  # fmt: skip
    masked, shown = map(unescape, parts)
    rare = {one for one in name if segment(one).encoding == "UNICODE"}
    rare |= {unescape(name)[1]} if "&" in name else set()
    assert "&" in name or all(one in shown for one in rare)
    assert "&#322;" not in masked
    found = {one for one in rare - {"’"} if one in masked or character_name(one).lower() in masked}
    assert found == set()
    assert not {f"U+{ord(one):04X}" for one in rare} & set(re.findall(r"U\+[0-9A-F]{4,5}", masked))
    assert "◆" in masked
    # What five people have, and what the text has, is shown with its figures.
    assert "ő U+0151" in masked
    assert "’ U+2019" in masked
    if "&" not in name:
        assert "a character of fewer than five people" in masked or name in ("ЖуЖа", "🅰nna", "Ⓐna")


def test_masked_unless_asked_for(pages: dict[bool, Path]) -> None:
    """Without --show-recipients no number and no value can be read; with it they can."""
    masked, shown = (visible(pages[each].read_text("utf-8")) for each in (False, True))
    assert "Numbers and values of recipients are masked" in masked
    assert "This page shows numbers and values of recipients" in shown
    for number in range(len(HOSTILE)):
        assert f"4477009{number:05}"[:10] not in masked
    assert "447700900" in shown
    for word in ("onerror", "HYPERLINK", "Małgorzata", "gnihton", "yyyyyyyy"):
        assert word not in masked.replace("&lt;img src=x onerror=alert(1)&gt;", "", 2), word
    assert "yyyyyyyy" in shown
    for text in (masked, shown):
        assert re.search(r"… [\d,]+ more characters", text)
        assert re.search(r"… \d+ more parts", text)
    assert pages[True].stat().st_size < 250_000


def test_nothing_of_a_recipient_is_in_a_script(pages: dict[bool, Path]) -> None:
    """Scripts are the same whatever the plan; the policy names their hashes and nothing else."""
    other = report_html(content_of(plan(["+447700900123"], "Hi"), made=DAY))
    scripts = re.findall(r"<script>(.*?)</script>", other, re.DOTALL)
    assert len(scripts) == 2
    for path in pages.values():
        html = path.read_text("utf-8")
        assert re.findall(r"<script>(.*?)</script>", html, re.DOTALL) == scripts
        assert html.count("<script") == 2
        (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
        assert policy.count("'sha256-") == 2
        assert "script-src 'sha256-" in policy
        assert not re.search(r"<[^>]+\son\w+\s*=", html)
        assert not re.search(r"<(img|iframe|object|link|form)\b", html)
        assert not set("\u202e\u2066\x1b") & set(html)


def test_values_in_the_message_are_shown(made: Plan) -> None:
    """The bubble has the default, or the first value; each part begins at its ring."""
    html = report_html(content_of(made, show_recipients=True, made=DAY))
    (bubble,) = re.findall(r'<p class="bubble" dir="auto">(.*?)</p>', html)
    assert '<span class="value">&lt;i&gt;there&lt;/i&gt;</span>' in bubble
    assert "part 2 begins" in bubble
    assert "&lt;u&gt;Shop" in html


@pytest.mark.parametrize("shown", [False, True])
def test_nothing_runs(shown: bool, pages: dict[bool, Path], page: Page) -> None:
    """Opened, hovered, sorted and resized, no script but ours runs, and nothing is fetched."""
    page.goto(pages[shown].as_uri())
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
    for table in page.locator("table.sp").all():
        for button in table.locator("button.sort").all():
            button.click()
            button.hover()
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("window.ran") is None
    assert page.locator("script").count() == 2
    ours = "main > section:not(#try)"
    assert page.locator(f"body img, body iframe, {ours} i, {ours} u, header i").count() == 0
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, "a phone does not scroll sideways"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of a plain plan of several countries."""
    path = tmp_path_factory.mktemp("example") / "report.html"
    places = [("+4477009001", 12), ("+1202555010", 7), ("+491511234", 30), ("+336123456", 3)]
    people = [
        {"to": f"{prefix}{n:02}", "name": "=1+1" if n % 2 else "Łukasz"}
        for prefix, times in places
        for n in range(times)
    ]
    body = "Hi ${name}, it’s " + "a" * 120
    plan(people, body, rates="0.034 GBP").report(path, show_recipients=True, made=DAY)
    return path


def column(page: Page, place: int) -> list[str]:
    """The cells of a column of the table of countries."""
    return page.locator(f"#countries tbody tr > :nth-child({place})").all_inner_texts()


def test_sorting(example: Path, page: Page) -> None:
    """Headers are buttons: a press sorts figures by size, the next turns it round; it is said."""
    page.goto(example.as_uri())
    head = page.locator("#countries thead th").nth(1)
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    figures = [int(cell) for cell in column(page, 2)]
    assert figures == sorted(figures, reverse=True)
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert [int(cell) for cell in column(page, 2)] == sorted(figures)
    names = page.locator("#countries thead th").nth(0)
    names.locator("button").click()
    assert names.get_attribute("aria-sort") == "ascending"
    assert head.get_attribute("aria-sort") is None
    assert column(page, 1) == sorted(column(page, 1))
    assert len(set(column(page, 1))) == 4


def test_download(example: Path, page: Page) -> None:
    """A table leaves as CSV: every cell, figures without thousands, formulas as text."""
    page.goto(example.as_uri())
    with page.expect_download() as waiting:
        page.locator("#countries button.csv").click()
    assert waiting.value.suggested_filename == "countries.csv"
    text = Path(waiting.value.path()).read_text("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["country", "messages", "share", "parts", "cost"]
    assert [row[0] for row in rows[1:]] == column(page, 1)
    # Whatever stands in a cell, a spreadsheet shows it.
    cells = ["=1+1", "@a", "+1", "-2", "+a", "−1,234", "1,234.5", 'q"', "a,b", "\t=1", "＝1", "x"]
    page.evaluate(
        """cells => cells.forEach((cell, place) => {
             const row = document.querySelector("#countries tbody").insertRow();
             row.insertCell().textContent = cell;
             for (let n = 0; n < 4; n++) row.insertCell().textContent = "1";
           })""",
        cells,
    )
    with page.expect_download() as waiting:
        page.locator("#countries button.csv").click()
    text = Path(waiting.value.path()).read_text("utf-8-sig")
    got = [row[0] for row in csv.reader(io.StringIO(text))][-len(cells) :]
    assert got == [
        "'=1+1", "'@a", "+1", "-2", "'+a", "-1234", "1234.5", 'q"', "a,b", "'=1", "'＝1", "x",
    ]  # fmt: skip
    assert not any(is_formula(cell) for cell in got)


CONTRAST = """() => {
  const parse = (color) => {
    const found = color.match(/[\\d.]+/g).map(Number);
    const unit = color.startsWith("color(") ? 255 : 1;
    return [found[0] * unit, found[1] * unit, found[2] * unit, found.length > 3 ? found[3] : 1];
  };
  const over = (top, below) =>
    [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3])).concat(1);
  const luminance = (color) => {
    const [r, g, b] = color.map((value) => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      layers.push(parse(getComputedStyle(at).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    let color = dark ? [18, 18, 18, 1] : [255, 255, 255, 1];
    for (const layer of layers.reverse()) color = over(layer, color);
    return color;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || element.closest("script, style, [hidden]")) continue;
    const style = getComputedStyle(element);
    if (style.visibility === "hidden" || !element.getClientRects().length) continue;
    const back = behind(element);
    let opacity = 1;
    for (let at = element; at; at = at.parentElement) opacity *= getComputedStyle(at).opacity;
    const ink = parse(style.color);
    ink[3] *= opacity;
    const [one, two] = [luminance(over(ink, back)), luminance(back)].sort((a, b) => b - a);
    found.push([(one + 0.05) / (two + 0.05), element.className, text.slice(0, 40)]);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme: Any, example: Path, page: Page) -> None:
    """Every text of the page has a contrast of 4.5 to 1 or more against what is behind it."""
    page.emulate_media(color_scheme=scheme)
    page.goto(example.as_uri())
    found = page.evaluate(CONTRAST)
    assert len(found) > 200
    poor = [each for each in found if each[0] < 4.5]
    assert poor == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_in_notebooks(scheme: Any, page: Page) -> None:
    """So has what shows itself in a notebook, in the ink of its theme."""
    made = hostile()
    pieces: list[Any] = [made, made.cost, made.explain(), made.characters()]
    html = "".join(each._repr_html_() for each in pieces)
    ink = "#1f1f1f" if scheme == "light" else "#dddddd"
    page.emulate_media(color_scheme=scheme)
    page.set_content(f"<div style='color:{ink}'>{html}</div>")
    found = page.evaluate(CONTRAST)
    assert len(found) > 50
    assert [each for each in found if each[0] < 4.5] == []


def test_headings_and_tables(example: Path) -> None:
    """Headings follow each other, every table has a caption, every section a link to it."""
    html = example.read_text("utf-8")
    assert html.count("<h1>") == 1
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert html.count('<table class="sp"') == html.count("<caption>")
    names = re.findall(r'data-name="([^"]*)"', html)
    assert len(names) == len(set(names)) == html.count('<table class="sp"')


def test_choices_are_the_best_first() -> None:
    """What would save most stands first, with what insight says that it saves."""
    people = [{"to": f"+3361234{n:04}", "name": "Bo"} for n in range(50)]
    made = plan(people, "Hi ${name}, it’s " + "a" * 62, rates="0.034 GBP")
    content = content_of(made, made=DAY)
    found = choices(content)
    assert found
    assert any("U+2019" in choice.html for choice in found)
    assert all(choice.parts >= 0 for choice in found)
    amounts = [choice.cost.expected["GBP"] for choice in found if choice.cost is not None]
    assert amounts == sorted(amounts, reverse=True)
    assert amounts[0] == Decimal("1.70")
    nothing = content_of(plan(["+447911123456"], "Hi"), made=DAY)
    assert choices(nothing) == []
    assert "Nothing was found that would save a part" in report_html(nothing)


def test_a_list_to_clean_is_a_choice() -> None:
    """Messages that reach nobody are a choice, with all that they cost; doubts are none."""
    numbers = ["+447700900123", "+447700900124", "+33612345678", "+18005550123"]
    content = content_of(plan(numbers, "Hi", rates="0.034 GBP"), made=DAY)
    (choice,) = choices(content)
    assert "reserved for fiction" in choice.html
    assert choice.parts == 2
    assert choice.cost is not None
    assert choice.cost.expected["GBP"] == Decimal("0.068")


def test_ten_times_the_rows_weigh_the_same(tmp_path: Path) -> None:
    """What is held and written is by kinds: unique names of every script do not make it heavier."""
    sizes = []
    for rows in (2_000, 20_000):
        people = [
            {"to": f"+4479111{n:05}", "name": chr(0x4E00 + n * 7 % 20_000) + "Łż"[n % 2] + str(n)}
            for n in range(rows)
        ]
        path = tmp_path / f"{rows}.html"
        plan(people, "Hi ${name}, it’s " + "a" * 60, rates="0.034 GBP").report(path, made=DAY)
        sizes.append(path.stat().st_size)
    assert sizes[1] < sizes[0] * 1.1
    assert sizes[1] < 300_000


class Said(Assumptions):
    """Assumptions whose sentence is given."""

    @property
    def sentence(self) -> str:
        """Say one."""
        return "it <may> differ"


def test_assumptions_are_shown_with_their_request(made: Plan) -> None:
    """An open question has a line for every other value, its free request and the answers."""
    question = Question(
        switch="unmatched", text="what a dry run shows", value="verbatim", rows=12,
        answers=tuple(
            Answer(value=value, messages=9, parts=parts, cost=Cost({"GBP": Decimal(parts)}),
                   dry_run_recipients=9, dry_run_messages=parts, refused=refused)
            for value, parts, refused in (
                ("verbatim", 16, ""), ("empty", 14, ""), ("error", 0, "<b>no"),
            )
        ),
        dry_run={"to": ["447911123456"], "body": "Hi <i>"}, expected={"verbatim": "1 <u>message"},
    )  # fmt: skip
    open_ = Said(questions=(question,), parts=16, cost=Cost({"GBP": Decimal(16)}), priced=True)
    html = _assumptions(replace(content_of(made, made=DAY), assumptions=open_))
    text = visible(html)
    assert "it &lt;may&gt; differ" in text
    assert re.search(r"what a dry run shows\s*verbatim\s*error\s*refused\s*–", text)
    assert re.search(r"what a dry run shows\s*verbatim\s*empty\s*−2\s*GBP −2.00", text)
    assert (
        "{&quot;to&quot;: [&quot;447911123456&quot;], &quot;body&quot;: &quot;Hi &lt;i&gt;" in text
    )
    assert "verbatim: 1 &lt;u&gt;message" in text
    assert "&lt;b&gt;no" not in text


@pytest.mark.parametrize(
    "options",
    [
        {"truncate_concat": True},
        {"max_number_of_message_parts": 1},
        {"profile": "smpp"},
        {"profile": "xms-2021"},
        {"prefix": "p_"},
        {"duplicates": "keep"},
        {"substitute": "safe", "limits": {"name": 12}},
    ],
)
def test_other_plans_have_a_page(options: dict[str, Any], tmp_path: Path) -> None:
    """Whatever a plan was made with, it has a page."""
    people = [{"to": "+447700900123", "name": "Łó" * 40}, {"to": "12", "name": None}]
    made = plan(people, "Hi ${name}", defaults={"name": "x"}, **options)
    made.report(tmp_path / "report.html")
    made.save(tmp_path / "saved.parquet")
    Plan.open(tmp_path / "saved.parquet").report(tmp_path / "again.html")
    one, other = ((tmp_path / name).read_text("utf-8") for name in ("report.html", "again.html"))
    assert one == other


def test_several_bodies_and_nobody(tmp_path: Path) -> None:
    """Each body has its bubble; a plan that sends nothing has a page that says so."""
    people = [{"to": "+447700900123", "lang": "en"}, {"to": "+447700900124", "lang": "sv"}]
    made = plan(people, {"en": "Hello", "sv": "Hej"}, body_by="lang")
    made.report(tmp_path / "two.html")
    assert (tmp_path / "two.html").read_text("utf-8").count('class="bubble"') == 2
    plan(["12"], "Hi").report(tmp_path / "none.html")
    assert "0 people</b> get" in (tmp_path / "none.html").read_text("utf-8")


def test_where_it_cannot_be_written(tmp_path: Path, made: Plan) -> None:
    """A wrong name, a missing folder, a plan without totals: an error each, nothing is left."""
    with pytest.raises(InputError, match=r"ends with \.html"):
        made.report(tmp_path / "report.txt")
    with pytest.raises(OutputError, match="make it first"):
        made.report(tmp_path / "no" / "report.html")
    (tmp_path / "d.html").mkdir()
    with pytest.raises(OutputError, match="name a file in it"):
        made.report(tmp_path / "d.html")
    some = plan(["+447700900123"], "Hi", select=["recipient"])
    with pytest.raises(InputError, match="no totals"):
        some.report(tmp_path / "some.html")
    assert [each.name for each in tmp_path.iterdir()] == ["d.html"]


def test_whole_or_not_at_all(tmp_path: Path, made: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves the page that was there before, and no other file."""
    path = tmp_path / "report.html"
    path.write_text("before")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="nothing is left of it"):
        made.report(path)
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_command(tmp_path: Path) -> None:
    """``smsplan report`` writes the page of a saved plan, and says whether it is masked."""
    saved, path = tmp_path / "planned.parquet", tmp_path / "report.html"
    plan([{"to": "+447700900123", "name": "Olga"}], "Hi ${name}").save(saved)
    runner = CliRunner()
    done = runner.invoke(app, ["report", str(saved), "-o", str(path), "--title", "Spring"])
    assert done.exit_code == 0, done.output
    assert "numbers and values are masked" in done.output
    html = path.read_text("utf-8")
    assert "<title>Spring</title>" in html
    assert "Olga" not in html
    done = runner.invoke(app, ["report", str(saved), "-o", str(path), "--show-recipients"])
    assert done.exit_code == 0, done.output
    assert "Olga" in path.read_text("utf-8")
    assert json.dumps(done.output).count("shown") == 1

"""The text box against the Python core, in a browser."""

from __future__ import annotations

import importlib.util
import json
import random
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from smsplan import Template, TooManyParts, UnencodableText, segment
from smsplan.display.playground import (
    component_html,
    component_script,
    component_style,
    playground_page,
    segmenter_script,
    source_hash,
)
from smsplan.encoding import Encoding, culprits, measure, part_capacity
from smsplan.encoding.gsm7 import tables
from smsplan.encoding.look_alikes import LOOK_ALIKES
from smsplan.encoding.names import code_points
from smsplan.encoding.substitution import (
    Change,
    StandIn,
    changed,
    replaced,
    stand_ins,
    substitute,
)

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests" / "vectors"
CALCULATOR = ROOT / "docs" / "playground.html"
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "\u202eevil\u202c ${__proto__} ${constructor}",
    '"><svg onload=alert(1)> &lt;b&gt;',
    "<b>\u0000\u001b[31m" * 40,
    "я<i>" * 2_500,
    "e" + "\u0301" * 400,
]
Bits = Literal[8, 16]


def lines(name: str) -> list[dict[str, Any]]:
    """Read a file of vectors."""
    text = (VECTORS / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def made_texts(seed: int, count: int) -> list[str]:
    """Make hostile texts: those of the kernel's test, and look-alikes with marks and in words."""
    path = ROOT / "tests" / "kernel" / "test_kernel.py"
    spec = importlib.util.spec_from_file_location("kernel_texts", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    maker, chance = module.Maker(seed), random.Random(seed)
    safe = "".join(character for character, entry in LOOK_ALIKES.items() if entry.safe)
    pools = ["".join(LOOK_ALIKES), safe, safe + "abc é€[", safe + "e\u0301a\u0308n\u0303",
             safe + module.GREEK + " ", "αβκμνΠΣΘΑabA άή", "\x93\x85\x80Ãâ\x99 a\u0301",
             "12½² \x00\u200bab",
             "ệàẹ u\u0323\u0302 \u200d❤\ufe0fx", "".join(map(chr, range(0x20, 0x250)))]  # fmt: skip

    def text() -> str:
        pick = chance.random()
        if pick < 0.6:
            return str(maker.text())
        if pick < 0.9:
            return "".join(chance.choices(chance.choice(pools), k=chance.randint(1, 160)))
        body = list("a" * chance.choice([60, 66, 69, 140, 152, 159]))
        for _ in range(chance.randint(1, 4)):
            body.insert(chance.randrange(len(body) + 1), chance.choice(safe))
        return "".join(body)

    return [text() for _ in range(count)]


def expected(text: str, bits: Bits = 8) -> dict[str, Any]:
    """Return what smsplan says, in the words of the script."""
    try:
        made = segment(text, reference_bits=bits)
    except UnencodableText as error:
        return {"error": "lone_surrogate", "position": error.position}
    except TooManyParts as error:
        counted = measure(text, reference_bits=bits)
        return {
            "error": "too_many_parts",
            "encoding": counted.encoding,
            "units": counted.units,
            "numberOfParts": error.number_of_parts,
            "parts": [],
        }
    septets = tables().septets
    return {
        "error": None,
        "encoding": made.encoding,
        "units": made.units,
        "numberOfParts": made.number_of_parts,
        "freeUnits": made.free_units,
        "parts": [{"text": part.text, "units": part.units} for part in made.parts],
        "culprits": [{"character": c, "position": at} for c, at in made.culprits],
        "extension": [
            {"character": c, "position": at}
            for at, c in enumerate(text)
            if len(septets.get(c, b"")) == 2
        ],
    }


@pytest.fixture(scope="module")
def script(browser: Browser) -> Iterator[Page]:
    """Return a page that has the segmenter and nothing else."""
    page = browser.new_page()
    page.set_content(f"<script>{segmenter_script()}</script>")
    yield page
    page.close()


def call(page: Page, function: str, arguments: list[Any]) -> list[Any]:
    """Call a function of the script for every argument, in one exchange of ASCII JSON."""
    # Lone surrogates and NUL come through only so.
    source = f"""given => JSON.stringify(JSON.parse(given).map({function}),
        (key, value) => value === undefined ? null : value)"""
    return list(json.loads(page.evaluate(source, json.dumps(arguments))))


def differing(page: Page, cases: list[tuple[str, Bits]]) -> list[str]:
    """Return the texts for which script and core do not agree, as ASCII."""
    answers = call(page, "([text, bits]) => smsplan.segment(text, bits)", cases)
    assert len(answers) == len(cases)
    return [
        ascii(text[:80])
        for (text, bits), answer in zip(cases, answers, strict=True)
        if any(answer[key] != value for key, value in expected(text, bits).items())
    ]


def test_every_reference_message(script: Page) -> None:
    """On every vector the script gives encoding, units, parts, room and culprits of the core."""
    texts = [case["body"] for case in lines("messages.jsonl")]
    texts += [case["text"] for case in lines("pdu-vectors.jsonl")]
    texts += [case["text"] for case in lines("grapheme-splits.jsonl")]
    assert len(texts) > 500
    assert differing(script, [(text, 8) for text in texts]) == []
    assert differing(script, [(text, 16) for text in texts]) == []
    # And the answers that stand in the file itself.
    cases = lines("messages.jsonl")
    answers = call(script, "text => smsplan.segment(text)", [case["body"] for case in cases])
    for case, answer in zip(cases, answers, strict=True):
        if case["category"] == "lone-surrogate":
            # Other libraries count it; the core refuses what cannot be sent.
            assert answer["error"] == "lone_surrogate", case["label"]
        else:
            found = (answer["encoding"], answer["units"], answer["numberOfParts"])
            assert found == (case["encoding"], case["units"], case["parts"]), case["label"]


def test_room_is_that_of_the_headers(script: Page) -> None:
    """The room of a part is what the table of headers gives for no, 8-bit and 16-bit references."""
    cells = json.loads((VECTORS / "segmentation.json").read_text(encoding="utf-8"))
    room = script.evaluate("smsplan.TABLES.room")
    for encoding, column in (("GSM", "septets"), ("UNICODE", "ucs2_units")):
        by_header = {
            cell["concat"]: cell[column] for cell in cells if cell["national_ies"] == "none"
        }
        alone, eight, sixteen = by_header.values()
        for header, word in zip(by_header, ("none", "8", "16"), strict=True):
            assert word in header
        assert room[encoding] == {"8": [alone, eight], "16": [alone, sixteen]}
        assert part_capacity(Encoding(encoding), parts=2) == eight


@pytest.mark.parametrize("seed", range(5))
def test_hostile_texts(script: Page, seed: int) -> None:
    """On 5,000 made texts, most about a boundary, the script gives what the core gives."""
    texts = made_texts(seed, 1_000) + HOSTILE
    assert (
        differing(script, [(text, 16 if at % 4 == 0 else 8) for at, text in enumerate(texts)]) == []
    )


def test_half_a_character_is_an_error(script: Page) -> None:
    """A lone surrogate is not counted but named with its position, as the core does."""
    texts = ["\ud83d", "ab\udc00c", "😀x\ud800", "\ud800 \udfff", "😀" * 70 + "\udfff", "ok😀"]
    assert differing(script, [(text, 8) for text in texts]) == []


def test_too_many_parts_are_an_error(script: Page) -> None:
    """255 parts are made; one unit more is an error with the number it would need."""
    texts = ["a" * 153 * 255, "a" * (153 * 255 + 1), "я" * 67 * 255, "я" * (67 * 255 + 1)]
    texts += ["€" * 76 * 255, "€" * (76 * 255 + 1), "😀" * 33 * 255, "😀" * (33 * 255 + 1)]
    assert differing(script, [(text, 8) for text in texts]) == []
    assert differing(script, [(text, 16) for text in texts]) == []


def test_proposals_are_those_of_explain(script: Page) -> None:
    """Replacement, level and the parts with it are those of explain(), character by character."""
    texts = [text for text in made_texts(11, 500) if measure(text).number_of_parts <= 20]
    assert len(texts) > 300
    answers = call(
        script,
        """text => smsplan.explain(text).map(each => [each.character, each.codePoint, each.count,
            each.replacement, each.level, each.kind,
            each.replacement === null ? null : smsplan.partsIfReplaced(text, each)])""",
        texts,
    )
    for text, answer in zip(texts, answers, strict=True):
        assert answer == proposals(text), ascii(text)


def proposals(text: str) -> list[list[Any]]:
    """What stands in for the culprits of a text, alike ones once, in order of appearance."""
    found: dict[Any, list[Any]] = {}
    alike: dict[Any, list[Change]] = {}
    covered: dict[int, StandIn] = {}
    for each in stand_ins(text):
        start = each.change.position
        covered |= dict.fromkeys(range(start, start + len(each.change.original)), each)
    seen: set[int] = set()
    for character, position in culprits(text):
        its = covered.get(position)
        if its is None:
            known = found.setdefault(
                character, [character, code_points(character), 0, None, None, None, None]
            )
        elif its.change.position in seen:
            continue
        else:
            change, level = its
            seen.add(change.position)
            key = (change.original, change.replacement, level)
            alike.setdefault(key, []).append(change)
            known = found.setdefault(
                key,
                [change.original, code_points(change.original), 0, change.replacement, level,
                 change.kind, None],
            )  # fmt: skip
        known[2] += 1
    for key, changes in alike.items():
        found[key][6] = measure(changed(text, changes)).number_of_parts
    return list(found.values())


def test_replacing_all_is_substitute(script: Page) -> None:
    """What "Replace all" makes is substitute(text, when="always"), where that makes it GSM."""
    texts = [*made_texts(12, 1_500), "“Ε\x11\u0301”", "“E\u200b\u0301”", "“\uff25\u0301”"]
    answers = call(script, "text => smsplan.substitute(text)", texts)
    made = 0
    for text, answer in zip(texts, answers, strict=True):
        found = substitute(text, when="always")
        gsm = bool(found.changes) and found.after.encoding is Encoding.GSM
        assert answer == (found.text if gsm else None), ascii(text[:80])
        made += gsm
    assert made > 100


def test_without_is_gsm(script: Page) -> None:
    """With every culprit replaced or removed a text is what the list makes of it, and GSM."""
    texts = made_texts(13, 500)
    septets = tables().septets
    for text, answer in zip(
        texts, call(script, "text => smsplan.without(text)", texts), strict=True
    ):
        assert answer == "".join(c for c in replaced(text, "lossy") if c in septets)
        assert measure(answer).encoding is Encoding.GSM


def test_parameters_are_those_of_templates(script: Page) -> None:
    """Bodies are expanded as Template does: one pass, odd keys and values as they are."""
    keys = ["a", "b", "A.b-c_9", "__proto__", "constructor"]
    pool = ["${a}", "${b}", "${A.b-c_9}", "${__proto__}", "${constructor}", "$", "{", "}", "${ a}",
            "${}", "x", "\n", "é", "${a"]  # fmt: skip
    chance = random.Random(3)
    cases = [
        ("".join(chance.choices(pool, k=8)), {key: "".join(chance.choices(pool, k=2))
         for key in keys if chance.random() < 0.6})
        for _ in range(500)
    ]  # fmt: skip
    answers = call(
        script,
        """([body, values]) => smsplan.expand(body, new Map(values))
            .map(piece => piece.text).join("")""",
        [(body, list(values.items())) for body, values in cases],
    )
    assert answers == [Template(body).expand(values).text for body, values in cases]


def test_totals_are_exact(script: Page) -> None:
    """Price times parts times recipients is the decimal product, to the last digit."""
    chance = random.Random(4)
    prices = ["0", "0.034", ".5", "5.", "12", "0.0000001", "123456789.987654321", "00.10"]
    prices += [f"{chance.randrange(10**6)}.{chance.randrange(10**9):09}" for _ in range(50)]
    cases = [
        (price, chance.randint(1, 255), str(chance.choice([0, 1, 10_000, 10**12 + 1])))
        for price in prices
    ]
    answers = call(script, "([price, parts, people]) => smsplan.total(price, parts, people)", cases)
    for (price, parts, people), answer in zip(cases, answers, strict=True):
        assert Fraction(answer) == Fraction(price) * parts * int(people)
        assert re.fullmatch(r"\d+(\.\d+)?", answer)


def test_what_is_shipped_is_small() -> None:
    """The segmenter weighs under 35 kB, and is ASCII that cannot end its element."""
    made = segmenter_script()
    assert len(made.encode()) < 35_000
    assert made.isascii()
    assert "</" not in component_script()
    assert "<!--" not in component_script()


def test_the_calculator_is_current() -> None:
    """docs/playground.html is what docs/make_playground.py writes."""
    assert CALCULATOR.read_text(encoding="utf-8") == playground_page()


@pytest.fixture
def calculator(page: Page) -> Page:
    """Open docs/playground.html."""
    page.goto(CALCULATOR.as_uri())
    return page


def shown(page: Page) -> dict[str, Any]:
    """Read the figures and the parts as the page shows them."""
    made: dict[str, Any] = page.evaluate(
        """() => {
            const at = name => document.querySelector(`[data-at=${name}]`);
            return {
                encoding: at("encoding").textContent.toUpperCase(),
                numberOfParts: Number(at("count").textContent.replace(/,/g, "")),
                units: Number(at("units").textContent.split(" ")[0].replace(/,/g, "")),
                parts: [...document.querySelectorAll(".parts .body")].map(b => b.textContent),
                heads: [...document.querySelectorAll(".parts .head")].map(h => h.textContent),
                culprits: [...document.querySelectorAll(".parts .culprit")]
                    .map(c => c.textContent).join(""),
            };
        }"""
    )
    return made


def check_shown(page: Page, text: str) -> None:
    """Hold what the page shows of a text to the core."""
    made, found = segment(text), shown(page)
    assert (found["encoding"], found["units"], found["numberOfParts"]) == (
        made.encoding, made.units, made.number_of_parts,
    )  # fmt: skip
    assert found["parts"] == [part.text for part in made.parts]
    assert found["culprits"] == "".join(culprit.character for culprit in made.culprits)
    room = part_capacity(made.encoding, parts=made.number_of_parts)
    assert found["heads"] == [
        f"Part {number} of {made.number_of_parts} · {part.units} of {room}"
        for number, part in enumerate(made.parts, 1)
    ]


def test_typing_counts(calculator: Page) -> None:
    """After every key the page shows what the core gives for what stands there."""
    calculator.get_by_label("Message").focus()
    typed = ""
    for piece in ["Hi [you]", " for 5€", "\n", "“ok”", " 😀", "я" * 60, "x" * 20]:
        calculator.keyboard.insert_text(piece)
        typed += piece
        check_shown(calculator, typed)
    for key in "abc":
        calculator.keyboard.press(key)
        typed += key
        check_shown(calculator, typed)
    for _ in range(24):
        calculator.keyboard.press("Backspace")
        typed = typed[:-1]
    check_shown(calculator, typed)
    status = calculator.get_by_role("status")
    made = segment(typed)
    expect(status).to_have_text(
        f"Unicode, {made.number_of_parts} parts, {made.units} code units, "
        f"{made.free_units} left in the last part."
    )


def test_the_page_shows_the_reference_messages(calculator: Page) -> None:
    """A sample of the vectors, and hostile texts, look on the page as the core counts them."""
    cases = [case["body"] for case in lines("messages.jsonl")]
    cases = random.Random(5).sample(cases, 80) + HOSTILE
    box = calculator.get_by_label("Message")
    for case in cases:
        # A text area has one kind of line break, and no parameter is meant here.
        text = case.replace("\r\n", "\n").replace("\r", "\n")
        if measure(text).number_of_parts <= 255:
            box.fill(text)
            check_shown(calculator, text)


def test_errors_are_shown(calculator: Page) -> None:
    """Half a character and more than 255 parts are said in words, and no wrong count is shown."""
    box = calculator.get_by_label("Message")
    box.evaluate(
        """area => { area.value = "ab" + String.fromCharCode(0xd83d);
                     area.dispatchEvent(new Event("input")); }"""
    )
    alert = calculator.locator("[data-at=error]")
    expect(alert).to_have_text(
        "Half a character stands at position 3: it cannot be sent. Remove it."
    )
    assert calculator.inner_text("[data-at=count]") == "–"
    assert calculator.locator(".part").count() == 0
    box.fill("a" * (153 * 255 + 1))
    expect(alert).to_contain_text("at most 255 parts")
    assert calculator.inner_text("[data-at=count]") == "256"
    assert calculator.locator(".part").count() == 0
    box.fill("a" * (153 * 255))
    expect(alert).to_be_hidden()
    assert calculator.locator(".part").count() == 255


def test_parameters_take_example_values(calculator: Page) -> None:
    """Each parameter gets a field; its value is counted, marked, and kept while typing goes on."""
    box = calculator.get_by_label("Message")
    body = "Hi ${name}, ${city} and ${name}"
    box.fill(body)
    check_shown(calculator, body)
    calculator.get_by_label("${name}").fill("Zoë ${city}")
    values = {"name": "Zoë ${city}"}
    check_shown(calculator, Template(body).expand(values).text)
    box.press_sequentially("!")
    check_shown(calculator, Template(body + "!").expand(values).text)
    marked = calculator.locator(".parts .value")
    assert "".join(marked.all_inner_texts()) == "Zoë ${city}${city}Zoë ${city}"
    box.fill("none")
    expect(calculator.get_by_role("group", name="Example values")).to_be_hidden()
    box.fill("${name}")
    assert calculator.get_by_label("${name}").input_value() == "Zoë ${city}"


def test_replacing(calculator: Page) -> None:
    """A button replaces one character everywhere; the browser can undo it, and focus goes on."""
    box = calculator.get_by_label("Message")
    text = "“a” " + "x" * 70 + " ${p}“"
    box.fill(text)
    calculator.get_by_label("${p}").fill("“v")
    first = calculator.get_by_role("button", name='Replace with ": left double quotation mark')
    line = calculator.locator(".culprits li").first
    expect(line).to_contain_text("U+201C × 3")
    expect(line).to_contain_text("saves no part alone")
    first.focus()
    calculator.keyboard.press("Enter")
    assert box.input_value() == text.replace("“", '"')
    assert calculator.get_by_label("${p}").input_value() == '"v'
    second = calculator.get_by_role("button", name="right double quotation mark")
    expect(second).to_be_focused()
    expect(calculator.locator(".culprits .effect")).to_have_text("saves 1 of 2 parts")
    second.press("Enter")
    expect(calculator.locator("[data-at=causes]")).to_be_hidden()
    expect(box).to_be_focused()
    check_shown(calculator, text.replace("“", '"').replace("”", '"').replace("${p}", '"v'))
    calculator.keyboard.press("Control+z")
    assert box.input_value() == text.replace("“", '"')


def test_replacing_all(calculator: Page) -> None:
    """One button makes what substitute() makes, and says how many parts that saves."""
    text = "“Spring” – sale… 2\u00a0for\u200b1 cafe\u0301 " + "x" * 60
    box = calculator.get_by_label("Message")
    box.fill(text)
    expect(calculator.locator("[data-at=all]")).to_contain_text("saves 1 of 2 parts")
    calculator.get_by_role("button", name="Replace all").click()
    assert box.input_value() == substitute(text).text
    box.fill(text + "😀")
    expect(calculator.get_by_role("button", name="Replace all")).to_be_hidden()


def test_prices(calculator: Page) -> None:
    """A total is exact and grouped; without a price there is none, and nonsense is told."""
    calculator.get_by_label("Message").fill("a" * 161)
    total, single = calculator.locator("[data-at=total]"), calculator.locator("[data-at=single]")
    expect(total).to_be_hidden()
    price = calculator.get_by_label("For one part")
    price.fill("0.034")
    calculator.get_by_label("Currency").fill("GBP")
    expect(single).to_have_text("GBP 0.068 a message")
    expect(total).to_be_hidden()
    people = calculator.get_by_label("Recipients")
    people.fill("1,234,567")
    expect(total).to_have_text("GBP 83,950.556 for 1,234,567 recipients")
    people.fill("1")
    expect(total).to_have_text("GBP 0.068 for 1 recipient")
    for field, wrong in ((price, "0,034"), (people, "1.5"), (people, "1e6"), (price, "-1")):
        right = field.input_value()
        field.fill(wrong)
        expect(total).to_be_hidden()
        expect(calculator.locator("[data-at=wrong]")).to_contain_text("such as")
        assert field.get_attribute("aria-invalid") == "true"
        field.fill(right)
    expect(calculator.locator("[data-at=wrong]")).to_be_hidden()
    people.fill("10 000")
    calculator.get_by_label("Message").fill("“" + "x" * 140)
    effect = calculator.locator(".culprits .effect")
    expect(effect).to_have_text("saves 2 of 3 parts (GBP 680.00)")
    price.fill("")
    expect(effect).to_have_text("saves 2 of 3 parts")


def test_longer_references(calculator: Page) -> None:
    """With 16-bit references a part of several holds one septet less."""
    calculator.get_by_label("Message").fill("a" * 306)
    assert shown(calculator)["numberOfParts"] == 2
    calculator.get_by_label("16-bit reference numbers").check()
    assert shown(calculator)["numberOfParts"] == 3
    assert shown(calculator)["heads"][0] == "Part 1 of 3 · 152 of 152"


def test_nothing_hostile_runs(calculator: Page) -> None:
    """Markup in text, values, currency and numbers stays text: no element of it, no request."""
    box = calculator.get_by_label("Message")
    for text in HOSTILE:
        box.fill(text + " ${v}")
        calculator.get_by_label("${v}").fill(text)
        calculator.get_by_label("Currency").fill(text[:8])
        calculator.get_by_label("Recipients").fill(text[:15])
        calculator.get_by_label("For one part").fill("1")
        calculator.wait_for_timeout(20)
        made = calculator.locator("img, svg, i, b, main script, iframe, a")
        assert made.count() == 0
    expect(calculator.locator("[data-at=wrong]")).to_be_visible()


def test_the_policy_refuses(browser: Browser) -> None:
    """Even markup that got in could not run a handler or ask the network."""
    page = browser.new_page()
    dialogs: list[str] = []
    asked: list[str] = []
    failed: list[tuple[str, str | None]] = []

    def on_dialog(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", on_dialog)
    page.goto(CALCULATOR.as_uri())
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: failed.append((request.url, request.failure)))
    page.evaluate(
        """() => { document.querySelector("footer").innerHTML =
            "<img src=http://127.0.0.1:9/x onerror=alert(1)><b onclick=alert(2)>b</b>"; }"""
    )
    page.click("footer b")
    page.wait_for_timeout(100)
    page.close()
    assert dialogs == []
    # Asked for, and stopped before it left the browser.
    assert failed == [(url, "csp") for url in asked]
    assert asked == ["http://127.0.0.1:9/x"]


CONTRAST = """() => {
    const parse = text => {
        const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
        return [r, g, b, a];
    };
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
    const behind = element => {
        for (; element; element = element.parentElement) {
            const found = parse(getComputedStyle(element).backgroundColor);
            if (found[3] === 1) return found;
        }
        return [255, 255, 255];
    };
    const found = [];
    for (const element of document.querySelectorAll("body *")) {
        const text = [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim());
        const field = element.matches("input, textarea");
        if (!(text || field) || !element.checkVisibility()) continue;
        const pair = [parse(getComputedStyle(element).color), behind(element)].map(light).sort();
        const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        found.push([ratio, element.tagName + "." + element.className]);
    }
    return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(browser: Browser, scheme: Literal["light", "dark"]) -> None:
    """Every text has a contrast of 4.5 to what is behind it, in both schemes, errors included."""
    page = browser.new_page(color_scheme=scheme)
    page.goto(CALCULATOR.as_uri())
    checked = 0
    for text in ("Hi ${n} [“x”…] я😀\u00a0" * 20, "[a]", "“" + "x" * 90 + "”", "a" * 40_000):
        page.get_by_label("Message").fill(text)
        page.get_by_label("Recipients").fill("no" if text == "[a]" else "10")
        page.get_by_label("For one part").fill("0.034")
        found = page.evaluate(CONTRAST)
        checked += len(found)
        assert [each for each in found if each[0] < 4.5] == []
    page.close()
    assert checked > 150


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_every_width(browser: Browser, width: int) -> None:
    """Nothing is wider than the page, whatever is typed."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(CALCULATOR.as_uri())
    for text in ["", "x" * 400, "“\u200b\u00a0ﬀ👩‍👩‍👧" * 9, "${" + "k" * 80 + "}", "W" * 20_000]:
        page.get_by_label("Message").fill(text)
        page.get_by_label("For one part").fill("1" * 20)
        page.get_by_label("Recipients").fill("9" * 15)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_every_field_and_button_has_a_name(calculator: Page) -> None:
    """Fields have labels, buttons words, and the tab key reaches them all."""
    calculator.get_by_label("Message").fill("“a” ${n}")
    named = calculator.evaluate(
        """() => [...document.querySelectorAll("input, textarea, button")]
            .filter(e => e.checkVisibility())
            .map(e => (e.labels && e.labels[0] || e).textContent.trim())"""
    )
    assert all(named)
    calculator.get_by_label("Message").focus()
    reached = 1
    while reached < 20:
        calculator.keyboard.press("Tab")
        if not calculator.evaluate("document.activeElement.matches('input, textarea, button')"):
            break
        reached += 1
    assert reached == len(named)


def test_typing_is_fast(calculator: Page) -> None:
    """A key before or behind 2,000 characters is done in a frame (16 ms), layout included."""
    calculator.get_by_label("Message").fill(("Hi “you” ${n} [ok] я😀 " * 100)[:2_000])
    times = calculator.evaluate(
        """() => {
            const area = document.querySelector("textarea");
            const key = begin => {
                area.value = begin ? "x" + area.value.slice(0, -1) : area.value + "x";
                const start = performance.now();
                area.dispatchEvent(new Event("input"));
                document.body.getBoundingClientRect();
                return performance.now() - start;
            };
            return [true, false].map(begin =>
                Math.min(...Array.from({length: 20}, () => key(begin))));
        }"""
    )
    # The least of twenty: what else the machine does only ever adds to it.
    assert max(times) < 16


def test_the_box_in_another_page(page: Page) -> None:
    """Boxes stand in any page, with a text in them, and each counts for itself."""
    texts = ["\n\n</textarea><script>alert(1)</script>& ${n}", "я“"]
    policy = (
        f"default-src 'none'; script-src {source_hash(component_script())}; "
        f"style-src {source_hash(component_style())}"
    )
    page.set_content(
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<style>{component_style()}</style>"
        + "".join(component_html(text, heading=4) for text in texts)
        + f"<script>{component_script()}</script>"
    )
    boxes = page.locator(".smsplan-box")
    for at, text in enumerate(texts):
        box = boxes.nth(at)
        assert box.get_by_label("Message").input_value() == text
        made = segment(text)
        assert box.locator("[data-at=units]").inner_text().startswith(f"{made.units} ")
    assert page.locator("h4").count() == 4
    assert page.locator("h2, h3").count() == 0

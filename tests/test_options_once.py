"""Every option is written once: keywords, types, help and commands follow from its field."""

from __future__ import annotations

import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import smsplan
from smsplan import InputError, Message, Plan, Reading, Recipients, compare, estimate, plan
from smsplan.api.conditions import Conditions
from smsplan.cli import app
from smsplan.keywords import Option, default_of, options
from smsplan.limits import Limits
from smsplan.planning.options import Outputs, Run

REPOSITORY = Path(__file__).resolve().parents[1]
GROUPS = (Message, Reading, Conditions, Outputs, Run)
CAMPAIGN = (Message, Reading, Conditions)
ROWS = [
    {"to": "+447700900123", "name": "Ana", "language": "en"},
    {"to": "07700 900124", "name": "Zoë Łukasz", "language": "pl"},
    {"to": "+46701234567", "name": None, "language": "sv"},
    {"to": "12", "name": "Bo", "language": "en"},
]


def known(*groups: type) -> dict[str, tuple[Any, Option]]:
    """The keywords of these groups."""
    return {name: each for group in groups for name, each in options(group).items()}


def test_types_are_those_of_the_fields() -> None:
    """``_keywords.py`` is what its maker writes."""
    path = REPOSITORY / "data" / "make_keywords.py"
    spec = importlib.util.spec_from_file_location("make_keywords", path)
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    assert (REPOSITORY / "smsplan" / "_keywords.py").read_text("utf-8") == maker.written()


@pytest.mark.parametrize(
    ("function", "groups"), [(plan, GROUPS), (compare, CAMPAIGN), (estimate, CAMPAIGN)]
)
def test_the_signature_shows_every_keyword(function: Any, groups: tuple[type, ...]) -> None:
    """``inspect.signature`` and ``help`` have every keyword, with its default and its sentence."""
    shown = inspect.signature(function).parameters
    for name, (each, said) in known(*groups).items():
        assert shown[name].kind is inspect.Parameter.KEYWORD_ONLY, name
        assert shown[name].default == default_of(each), name
        assert f"``{name}``: {said.sentence}" in function.__doc__
    assert not any(each.kind is each.VAR_KEYWORD for each in shown.values())


@pytest.mark.parametrize("function", [plan, estimate])
def test_a_wrong_keyword_names_the_nearest(function: Any) -> None:
    """A keyword that is none is an error that asks for the one that is meant."""
    with pytest.raises(TypeError, match=r"no keyword 'regoin'; did you mean 'region'\?"):
        function(["+447700900123"], "Hi", regoin="GB")
    with pytest.raises(TypeError, match="no keyword 'body'; it is 'message' now"):
        function(["+447700900123"], body="Hi")
    with pytest.raises(TypeError, match="no keyword 'output'"):
        estimate(["+447700900123"], "Hi", output="rows.csv")  # type: ignore[call-arg]


def test_completion_in_a_notebook() -> None:
    """What completes code in notebooks offers the keywords."""
    completer = pytest.importorskip("IPython.core.completer")
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell.instance()
    shell.push({"smsplan": smsplan})
    text = "smsplan.plan(people, 'Hi', trunc"
    with completer.provisionalcompleter():
        offered = {each.text for each in shell.Completer.completions(text, len(text))}
    assert "truncate_concat=" in offered


def test_mypy_refuses_a_wrong_type(tmp_path: Path) -> None:
    """A keyword of another type, and one that is none, are errors of a type checker."""
    (tmp_path / "right.py").write_text(
        "import smsplan\n"
        "smsplan.plan([], 'Hi', to='phone', region='GB', limits={'a': 1}, jobs=2)\n"
        "smsplan.estimate([], 'Hi', to='phone', fraction='1%')\n"
    )
    (tmp_path / "wrong.py").write_text(
        "import smsplan\n"
        "smsplan.plan([], 'Hi', truncate_concat='yes')\n"
        "smsplan.plan([], 'Hi', regoin='GB')\n"
        "smsplan.compare([], {'A': 'Hi'}, duplicates='drop')\n"
        "smsplan.estimate([], 'Hi', limits={'a': 'b'})\n"
    )
    words = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    found = subprocess.run(
        [*words, str(tmp_path / "right.py"), str(tmp_path / "wrong.py")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split(":")[:2] for line in found.stdout.splitlines() if ": error:" in line]
    assert [(Path(name).name, int(line)) for name, line in lines] == [
        ("wrong.py", line) for line in (2, 3, 4, 5)
    ], found.stdout + found.stderr


@pytest.mark.parametrize(
    ("command", "groups"),
    [("plan", (*GROUPS, Limits)), ("compare", CAMPAIGN), ("estimate", CAMPAIGN)],
)
def test_commands_have_every_option(command: str, groups: tuple[type, ...]) -> None:
    """The command line has each option, under its name, with its sentence."""
    found: Any = get_command(app)
    shown = {name: each for each in found.commands[command].params for name in each.opts}
    for name, (_, said) in known(*groups).items():
        if not said.python_only:
            option = shown[f"--{said.name or name.replace('_', '-')}"]
            assert option.help.startswith(said.sentence), name


MESSAGES: list[dict[str, Any]] = [
    {},
    {"defaults": {"name": "you"}, "limits": {"name": 3}},
    {"substitute": "lossy", "from_": "Shop"},
    {"truncate_concat": True},
    {"max_number_of_message_parts": 1, "transliterate": ["el"]},
]
READINGS: list[dict[str, Any]] = [{}, {"region": "GB"}, {"duplicates": "keep", "to": "to"}]


@pytest.mark.parametrize("said", MESSAGES)
@pytest.mark.parametrize("how", READINGS)
def test_values_say_what_keywords_say(
    said: dict[str, Any], how: dict[str, Any], tmp_path: Path
) -> None:
    """A Message and Recipients, or keywords; planned, compared, estimated, saved: one answer."""
    body = "Dear ${name}, “hello” " + "x" * 150
    made = plan(ROWS, body, **said, **how, rates="0.01 GBP")
    message, recipients = Message(body, **said), Recipients(ROWS, Reading(**how))
    same = plan(recipients, message, rates="0.01 GBP")
    assert (same.settings, same.summary) == (made.settings, made.summary)
    assert (made.settings.message, made.settings.reading.to) == (message, "to")
    (variant,) = compare(recipients, {"A": message}, rates="0.01 GBP").variants
    assert variant.summary == made.summary
    whole = estimate(recipients, message, fraction="100%", rates="0.01 GBP")
    assert (int(whole.messages.low), int(whole.parts.high)) == (made.messages, made.parts)
    made.save(tmp_path / "plan.parquet")
    assert Plan.open(tmp_path / "plan.parquet").settings == made.settings


def test_bodies_by_a_column_are_compared_and_estimated() -> None:
    """What ``plan`` has, ``compare`` and ``estimate`` have: bodies by the value of a column."""
    bodies = {"en": "Hi ${name}", "*": "Hej ${name} " + "ж" * 70}
    how: dict[str, Any] = {"body_by": "language", "defaults": {"name": ""}}
    made = plan(ROWS, bodies, **how)
    both = compare(ROWS, {"A": Message(bodies, **how), "B": "Hi"})
    assert both.variants[0].summary == made.summary
    assert both.variants[1].summary == plan(ROWS, "Hi").summary
    whole = estimate(ROWS, bodies, fraction="100%", **how)
    assert whole.parts.expected == made.parts


def test_keywords_go_before_a_value() -> None:
    """What is given beside a message or recipients replaces their own."""
    message = Message("Hi ${name}", defaults={"name": "you"}, truncate_concat=True)
    recipients = Recipients(ROWS, Reading(region="SE"))
    made = plan(recipients, message, truncate_concat=False, region="GB")
    assert not made.settings.message.truncate_concat
    assert (made.settings.reading.region, message.truncate_concat) == ("GB", True)


def test_all_faults_at_once() -> None:
    """Faults of the message, the list and the account are one error."""
    with pytest.raises(InputError) as caught:
        plan(ROWS, "Hi ${name}", limits={"nome": 0}, region="QQ", profile="none", jobs=0)
    for words in ("'nome' is not a parameter", "'QQ'", "none", "jobs=0"):
        assert words in str(caught.value), words

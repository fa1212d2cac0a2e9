"""Several bodies in one plan: each row's value chooses, and every row is that body's alone."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest

from smsplan import InputError, Plan, Template, plan

BODIES = {
    "en": "Hello ${name}, your parcel is in ${city}.",
    "sv": "Hej ${name}! Ditt paket väntar i ${city}, välkommen.",
    "el": "Γεια σου ${name}, το δέμα σου είναι εδώ.",
}


def frame(rows: int) -> pd.DataFrame:
    """Recipients of four languages, one of which has no body."""
    chance = random.Random(rows)
    return pd.DataFrame(
        {
            "to": [f"+4477009{number:05}" for number in range(rows)],
            "name": chance.choices(["Ana", "Åsa", "Иван", "[x]", "", None, "a" * 150], k=rows),
            "city": chance.choices(["Umeå", "Łódź", "Leeds", None], k=rows),
            "language": chance.choices(["en", "sv", "el", "fr", None], k=rows),
        }
    )


@pytest.mark.parametrize("rows", [0, 1, 400])
def test_each_row_is_planned_with_its_body(rows: int) -> None:
    """The rows of a language are those of a plan of that language alone; order stays."""
    people = frame(rows)
    made = plan(people, BODIES, body_by="language", defaults={"name": "you", "city": "town"},
                bodies=True, rates="0.03 GBP", truncate_concat=True)  # fmt: skip
    assert made.rows["to"].tolist() == people["to"].tolist()
    for language, body in BODIES.items():
        some = people[people["language"] == language]
        defaults = {"name": "you", "city": "town"}
        used = {key: text for key, text in defaults.items() if key in Template(body).parameters}
        alone = plan(some, body, defaults=used, bodies=True, rates="0.03 GBP",
                     truncate_concat=True)  # fmt: skip
        pd.testing.assert_frame_equal(made.rows[people["language"] == language], alone.rows)


def test_a_value_without_a_body_is_a_problem() -> None:
    """Nothing is sent to a row for which there is no text; ``*`` is for all others."""
    people = frame(400)
    made = plan(people, BODIES, body_by="language", defaults={"name": "", "city": ""})
    without = ~people["language"].isin(list(BODIES))
    assert (made.rows["problem"] == "no_body").tolist() == without.tolist()
    assert made.rows["number_of_parts"][without].eq(0).all()
    made = plan(
        people, {**BODIES, "*": "Hi"}, body_by="language", defaults={"name": "", "city": ""}
    )
    assert "no_body" not in made.summary.problems


def test_reasons_over_several_bodies() -> None:
    """Findings name the template where its letters are the reason, whatever the language."""
    people = frame(400)
    made = plan(people, BODIES, body_by="language", defaults={"name": "", "city": ""})
    places = {finding.places for finding in made.findings if finding.kind == "unicode"}
    assert ("template",) in places or any("template" in place for place in places)


def test_saved_and_opened(tmp_path: Path) -> None:
    """The bodies travel with the plan."""
    made = plan(frame(50), BODIES, body_by="language", defaults={"name": "", "city": ""})
    made.save(tmp_path / "plan.parquet")
    opened = Plan.open(tmp_path / "plan.parquet")
    assert opened.settings == made.settings
    assert opened.summary == made.summary


def test_faults() -> None:
    """Several bodies need the column that chooses, and it has to be there."""
    people = frame(3)
    with pytest.raises(InputError, match="body_by go together"):
        plan(people, BODIES)
    with pytest.raises(InputError, match="body_by go together"):
        plan(people, "Hi", body_by="language")
    with pytest.raises(InputError, match="no column 'lang' for the choice of the body"):
        plan(people, BODIES, body_by="lang")
    with pytest.raises(InputError, match="no body"):
        plan(people, {}, body_by="language")


def test_rendered_texts() -> None:
    """A column of finished texts is a body of one parameter."""
    texts = ["Hi", "я" * 71, "€" * 81, "${not} a parameter"]
    people = pd.DataFrame({"to": [f"+44770090012{n}" for n in range(4)], "text": texts})
    made = plan(people, "${text}", bodies=True)
    assert made.rows["number_of_parts"].tolist() == [1, 2, 2, 1]
    assert made.rows["body"].tolist() == texts
    assert made.stats is not None
    assert made.stats.row_loop == 0

"""Rules about parameters: SMS3xx."""

from __future__ import annotations

from collections.abc import Iterator

from smsplan.encoding.names import named
from smsplan.encoding.segmentation import Encoding, culprits
from smsplan.linting.rules.registry import Violation, rule
from smsplan.linting.template_look import Spot, TemplateLook, is_gsm


@rule(
    "SMS301",
    "not-a-parameter",
    "warning",
    "It looks like a parameter and is sent as it is",
    why="The API's parameters are written ${name}. What other tools write, {{name}}, ((name)), "
    "*|NAME|*, %name%, arrives as it is, at everybody. A form that prose has too, [name] or "
    "#NAME#, is named where the word is a column of the recipients or the usual name of a field. "
    "`syntax` reads the common forms.",
    example="Hi {{name}}",
    counterexample="Hi ${name}",
    given={"defaults": {"name": "there"}},
)
def not_a_parameter(look: TemplateLook) -> Iterator[Violation]:
    """Repeat the template's warnings."""
    return _suspects(look, malformed=False)


@rule(
    "SMS302",
    "malformed-parameter",
    "error",
    "A parameter that is not closed, or whose name has strange characters",
    why="A name has letters, digits, '_', '.' and '-'. Everything else is sent as it is.",
    example="Hi ${first name}",
    counterexample="Hi ${first_name}",
    given={"defaults": {"first_name": "there"}},
)
def malformed_parameter(look: TemplateLook) -> Iterator[Violation]:
    """Repeat the template's warnings."""
    return _suspects(look, malformed=True)


def _suspects(look: TemplateLook, *, malformed: bool) -> Iterator[Violation]:
    for warning in look.suspects:
        if (warning.kind in {"malformed", "unclosed", "malformed_angle"}) is malformed:
            spot = Spot(warning.position, warning.position + len(warning.text))
            yield Violation(spot, f"'{warning.text}' {warning.advice}")


@rule(
    "SMS303",
    "long-name",
    "info",
    "A parameter's name is longer than older documentation allows",
    why="The API's older documentation allows 16 characters, today's names no limit. A shorter "
    "name is right in both. A `profile` with another `key_limit` changes the limit.",
    example="Hi ${customer_first_name}",
    counterexample="Hi ${first_name}",
    given={"defaults": {"customer_first_name": "there", "first_name": "there"}},
)
def long_name(look: TemplateLook) -> Iterator[Violation]:
    """Count the characters of the names."""
    limit = look.settings.by.key_limit or 16
    for key, spot in look.placeholders.items():
        if len(key) > limit:
            yield Violation(spot, f"the name '{key}' has {len(key)} characters; {limit} are safe")


@rule(
    "SMS304",
    "no-default",
    "info",
    "No default is known for a parameter",
    why="A recipient without a value gets no message (delivery code 405). Name the default in the "
    "configuration or with `--default`; with recipients, SMS503 counts whom it concerns.",
    example="Hi ${name}",
    counterexample="Hi there",
)
def no_default(look: TemplateLook) -> Iterator[Violation]:
    """Compare the parameters with the defaults."""
    if look.summary is None:
        for key, spot in look.placeholders.items():
            if key not in look.settings.defaults:
                yield Violation(
                    spot,
                    f"parameter '{key}' has no default: a recipient without a value gets nothing "
                    "(405)",
                )


@rule(
    "SMS305",
    "same-name",
    "warning",
    "Two parameters differ only by capital letters",
    why="Names are case sensitive: ${Name} and ${name} are two parameters, and one has no value.",
    example="Hi ${Name}, ${name}!",
    counterexample="Hi ${name}, ${name}!",
    given={"defaults": {"name": "there", "Name": "there"}},
)
def same_name(look: TemplateLook) -> Iterator[Violation]:
    """Compare the names without case."""
    seen: dict[str, str] = {}
    for key, spot in look.placeholders.items():
        other = seen.setdefault(key.casefold(), key)
        if other != key:
            yield Violation(spot, f"parameter '{key}' is not '{other}': names are case sensitive")


@rule(
    "SMS306",
    "unicode-default",
    "warning",
    "A default makes messages Unicode",
    why="A default is meant for those of whom nothing is known, and stands in many messages.",
    example="Hi ${name}",
    counterexample="Hi you",
    given={"defaults": {"name": "“you”"}},
)
def unicode_default(look: TemplateLook) -> Iterator[Violation]:
    """Measure the defaults beside a text that is GSM."""
    if is_gsm(look.measure):
        for key, spot in look.placeholders.items():
            value = look.settings.defaults.get(key, "")
            found = culprits(value, languages=look.settings.by.languages)
            if found and look.parts_of(value).encoding is Encoding.UNICODE:
                listed = ", ".join(dict.fromkeys(named(one.character) for one in found))
                yield Violation(
                    spot, f"the default of '{key}' has {listed}: Unicode where it is used"
                )

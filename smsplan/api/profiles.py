"""Every open question of the API as a switch, and named sets of answers.

What the documentation says is built in; what it leaves open is a field here, so that a user's own
account can decide it by a free dry run. ``docs/design.md`` lists every value of every switch.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from smsplan.api.switches import FAMILY, A, B, Switch, of_values, one, switch, two
from smsplan.errors import InputError, OutputError, nearest, packages_needed

Unmatched = Literal["verbatim", "empty", "absent", "error"]
Vocabulary = tuple[tuple[str, tuple[str, ...]], ...]
WORDS = (
    *("GSM", "UNICODE"),
    *("syntax_invalid_json", "syntax_invalid_parameter_format", "syntax_constraint_violation"),
    *("unknown_group", "missing_callback_url", "batch_already_dispatched"),
    *("illegal_number_type", "blocked_account"),
)
"""What an account may have words of its own for: encodings, and codes of errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How an account answers what the documentation leaves open; the defaults are documented.

    Every field is a switch but the last: ``vocabulary`` has the account's own words, by the
    documented one (of :data:`WORDS`). It decides nothing of what is sent.

    >>> Profile(unmatched="empty").changes()
    {'unmatched': 'empty'}
    >>> Profile(vocabulary={"GSM": "GSM7"}).word("GSM")
    'GSM7'
    >>> Profile.of("xms-2021").value_limit
    160
    """

    # Templates
    unmatched: Unmatched = switch(
        "verbatim",
        "what a dry run shows for a recipient without a value and default",
        remark="the send ends with 405 in any case",
        says={
            "verbatim": "the placeholder stays and its parts are counted",
            "empty": "it is replaced by nothing",
            "absent": "the recipient is left out",
            "error": "the request is refused",
        },
        requests=({"to": [A, B], "body": "Hi ${n}", "parameters": {"n": {A: "Ana"}}},),
    )
    no_parameters: Literal["literal", "unmatched"] = switch(
        "literal",
        "whether a placeholder in a request without parameters is text or unmatched",
        effect="plan_requests",
        remark="a plan gives every parameter a column or a default",
    )
    malformed_placeholder: Literal["literal", "error"] = switch(
        "literal",
        "whether ${a b}, ${} and an unclosed ${ are text or refused",
        requests=(one("Hi ${a b}"),),
    )
    double_dollar: Literal["expand", "escape"] = switch(
        "expand",
        "whether $${a} is a dollar and the value, or the text ${a}",
        requests=(one("Hi $${n}", parameters={"n": {A: "Ana"}}),),
    )
    values_in_values: Literal["single_pass", "again"] = switch(
        "single_pass",
        "whether a value that contains ${b} is expanded again",
        requests=(of_values(a="${b}", b="X"),),
    )
    # Requests
    duplicates: Literal["merged", "counted"] = switch(
        "merged",
        "whether numbers that come twice are merged or counted",
        requests=({"to": [A, "00" + A[1:]], "body": "Hi"},),
    )
    length_unit: Literal["utf16", "code_point"] = switch(
        "utf16",
        "the unit of the limits of body and value",
        says={"utf16": "code units"},
    )
    body_limit: int | None = switch(
        2000,
        "the longest body",
        values=(2000, 1600, None),
        says={1600: "in older documentation"},
    )
    key_limit: int | None = switch(
        None,
        "the longest key of a parameter",
        values=(None, 16),
        says={16: "in older documentation"},
        requests=(of_values(**{"a" * 17: "x"}),),
    )
    value_limit: int | None = switch(
        1600,
        "the longest value of a parameter",
        values=(1600, 160, None),
        says={160: "in older documentation"},
    )
    reference_limit: int | None = switch(
        2048,
        "the longest client_reference",
        effect="batch",
        values=(2048, 128, None),
        says={128: "in older documentation"},
    )
    empty_body: Literal["accepted", "refused"] = switch(
        "accepted", "whether a body of no characters is accepted", requests=(one(""),)
    )
    min_digits: int = switch(
        5,
        "the fewest digits of a number",
        remark="after normalisation",
        values=(5, 1, 7),
        cell="`5` · any number up to 18",
    )
    max_digits: int = switch(
        15,
        "the most digits of a number",
        remark="after normalisation",
        values=(15, 18),
        cell="`15` · any number up to 18",
    )
    leading_zero: Literal["accepted", "refused"] = switch(
        "accepted",
        "whether a number that begins with 0 is accepted",
        requests=({"to": ["0" + A[3:]], "body": "Hi"},),
    )
    integer_numbers: Literal["accepted", "refused"] = switch(
        "accepted",
        "whether numbers may be JSON integers in a request",
        effect="batch",
        remark="a plan reads whole numbers",
    )
    default_originator: bool = switch(
        True,
        "whether the account has an originator for a message without 'from'",
        values=(True, False),
        says={False: "`from` is required"},
        requests=(one("Hi"),),
    )
    sender_characters: Literal["any", "gsm"] = switch(
        "any",
        "whether a sender may have characters outside the GSM alphabet",
        remark="the page about SMS over HTTP says no, that of the REST API alphanumeric alone",
        says={"gsm": "the GSM 7-bit default alphabet"},
        requests=({**one("Hi"), "from": "Кафе"},),
    )
    malformed_header: Literal["accepted", "refused"] = switch(
        "accepted",
        "whether a udh is accepted whose lengths do not add up",
        effect="batch",
        remark="TS 23.040 9.2.3.24",
    )
    # Characters
    form_feed: Literal["extension", "unicode"] = switch(
        "extension",
        "whether a form feed (U+000C) is in the extension table",
        says={"extension": "two septets"},
        requests=(one("a\f" + "a" * 69),),
    )
    line_breaks: Literal["kept", "crlf_to_lf"] = switch(
        "kept",
        "whether CR LF is counted as one character or two",
        says={"kept": "CR and LF one septet each"},
        replaces={"crlf_to_lf": {"\r\n": "\n"}},
        requests=(one("a\r\n" + "a" * 158), one("a\r\na")),
    )
    spaces: Literal["kept", "space"] = switch(
        "kept",
        "whether TAB, no-break space and U+2028 become spaces",
        says={"kept": "they make the message Unicode", "space": "replaced"},
        replaces={"space": dict.fromkeys("\t\u00a0\u2028", " ")},
        requests=(one("\u00a0" + "a" * 70),),
    )
    controls: Literal["kept", "removed"] = switch(
        "kept",
        "whether NUL and ESC are removed",
        says={"kept": "Unicode"},
        replaces={"removed": dict.fromkeys("\0\x1b", "")},
        requests=(one("\0" + "a" * 70),),
    )
    greek_capitals: Literal["kept", "latin"] = switch(
        "kept",
        "whether Greek capitals that look Latin are replaced",
        remark="U+03BC and U+2126 too",
        says={"kept": "Unicode", "latin": "replaced"},
        replaces={
            "latin": dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ\u2126\u03bc", "ABEZHIKMNOPTYX\u03a9u", strict=True))
        },
        requests=(one("\u0391" + "a" * 70), one("\u0391" + "a" * 69)),
    )
    small_c_cedilla: Literal["unicode", "gsm"] = switch(
        "unicode",
        "whether the small c with cedilla is counted as the capital",
        says={"gsm": "counted as the capital at 0x09"},
        # Unicode's GSM0338.TXT puts the small letter at 0x09, the standard the capital.
        replaces={"gsm": {"ç": "Ç"}},
        requests=(one("ç" + "a" * 70), one("ç" + "a" * 69)),
    )
    # Auto Encoding, an option of the account
    auto_encoding: Literal["off", "on"] = switch(
        "off",
        "whether the account has Auto Encoding",
        remark="look-alikes are replaced where the Unicode form would not fit one part",
        requests=(one("\u201c" + "a" * 70),),
    )
    auto_encoding_partial: Literal["all_or_nothing", "partial"] = switch(
        "all_or_nothing",
        "whether Auto Encoding replaces where the rest stays Unicode",
        requests=(one("\u201c\u2026" + "a" * 69 + "\U0001f600"),),
    )
    auto_encoding_order: Literal["before_truncation", "after_truncation"] = switch(
        "before_truncation",
        "whether Auto Encoding comes before or after a cut to one part",
        requests=(one("\u201c" + "a" * 80, truncate_concat=True),),
    )
    # Parts
    gsm_boundary: Literal["pair", "dense"] = switch(
        "pair",
        "whether an escape pair may be split over two parts",
        says={"pair": "escape pairs stay whole", "dense": "ceil(units / 153)"},
        requests=(one("a" * 152 + "€" + "a" * 152),),
    )
    unicode_boundary: Literal["pair", "grapheme", "dense"] = switch(
        "pair",
        "whether a surrogate pair or a cluster may be split over two parts",
        says={"pair": "surrogate pairs stay whole", "grapheme": "clusters too"},
        requests=(two("я" * 66 + "\U0001f600" + "я" * 66, "я" * 66 + "e\u0301" + "я" * 66),),
    )
    unicode_unit: Literal["utf16", "code_point"] = switch(
        "utf16",
        "the unit of 70 and 67 beyond the Basic Multilingual Plane",
        requests=(one("\U0001f600" * 36),),
    )
    reference_bits: Literal[8, 16] = switch(
        8,
        "the bits of the reference that joins parts",
        effect="documented",
        remark="SMPP routes",
        says={16: "parts of 152 and 66"},
    )
    languages: tuple[str, ...] | Literal["all"] = switch(
        (),
        "the national tables that an SMPP route allows",
        effect="documented",
        cell='`[]` · a list such as `["tr"]` · `all`',
    )
    # truncate_concat and max_number_of_message_parts
    truncation: Literal["cut", "parts_only", "ignored"] = switch(
        "cut",
        "what a dry run shows for truncate_concat",
        remark="what is sent is one part in any case",
        says={
            "cut": "text cut, one part",
            "parts_only": "one part, text whole",
            "ignored": "real count, text whole",
        },
        requests=(one("a" * 161, truncate_concat=True),),
    )
    truncation_encoding: Literal["before", "after"] = switch(
        "before",
        "whether the encoding is that of the whole text or of what is left",
        says={"before": "of the whole text, and it stays", "after": "of what is left"},
        requests=(one("a" * 160 + "\U0001f600", truncate_concat=True),),
    )
    truncation_boundary: Literal["pair", "grapheme"] = switch(
        "pair",
        "whether a cut to one part may go through a grapheme cluster",
        requests=(one("я" * 67 + FAMILY, truncate_concat=True),),
    )
    exceeded_parts: Literal["counted", "zero", "absent", "error"] = switch(
        "counted",
        "what a dry run shows above max_number_of_message_parts",
        remark="the send ends with 411 in any case",
        says={
            "counted": "the real number",
            "absent": "left out",
            "error": "the request is refused",
        },
        requests=(one("a" * 400, max_number_of_message_parts=1),),
    )
    # The answer of a dry run
    encoding_names: Literal["GSM/UNICODE", "text/unicode"] = switch(
        "GSM/UNICODE", "what encodings are called", effect="form"
    )
    per_recipient_order: Literal["request", "number"] = switch(
        "request", "the order of per_recipient", effect="form"
    )
    no_details: Literal["empty_list", "absent"] = switch(
        "empty_list", "what per_recipient is with number_of_recipients=0", effect="batch"
    )
    details_over_1000: Literal["error", "capped"] = switch(
        "error", "what becomes of number_of_recipients above 1000", effect="batch"
    )
    other_types: Literal["one_part", "refused"] = switch(
        "one_part",
        "what a dry run of binary or media answers",
        effect="batch",
        says={"one_part": "a recipient, no details"},
    )
    # No switch: what the account calls encodings and errors
    vocabulary: Vocabulary | Mapping[str, str | Sequence[str]] = ()

    def __post_init__(self) -> None:
        if isinstance(self.languages, list):
            object.__setattr__(self, "languages", tuple(self.languages))
        object.__setattr__(self, "vocabulary", _frozen(self.vocabulary))
        faults = [
            f"switch '{name}' cannot be {getattr(self, name)!r}; use {_choices(hint)}"
            for name, hint in _hints().items()
            if name in SWITCHES and not _fits(getattr(self, name), hint)
        ]
        if not faults:
            if self.min_digits < 1 or self.max_digits < self.min_digits:
                faults.append(
                    f"'min_digits' {self.min_digits} and 'max_digits' {self.max_digits} leave no "
                    "number; use 1 <= min_digits <= max_digits"
                )
            if self.max_digits > 18:
                # Numbers are compared as 64-bit integers in the bulk stages.
                faults.append("'max_digits' is at most 18 (E.164 has 15); use a smaller number")
            faults += [
                f"'{name}' is below 1; use a positive number, or None (0 in TOML) for no limit"
                for name in ("body_limit", "key_limit", "value_limit", "reference_limit")
                if (limit := getattr(self, name)) is not None and limit < 1
            ]
            faults += _language_faults(self.languages)
        faults += _vocabulary_faults(self.vocabulary)
        if faults:
            raise InputError("the profile has faults:\n" + "\n".join(faults))

    def changes(self) -> dict[str, Any]:
        """Return the fields that differ from the defaults."""
        made = {
            field.name: value
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name)) != field.default
        }
        return made | {"vocabulary": self.own_words} if "vocabulary" in made else made

    @property
    def own_words(self) -> dict[str, list[str]]:
        """The account's own words, by the documented one; the first is the usual one."""
        return {documented: list(words) for documented, words in dict(self.vocabulary).items()}

    def word(self, documented: str) -> str:
        """Return the account's word for a documented one.

        >>> Profile(encoding_names="text/unicode").word("GSM"), Profile().word("unknown_group")
        ('text', 'unknown_group')
        """
        own = self.own_words.get(documented)
        if own:
            return own[0]
        if documented in ("GSM", "UNICODE"):
            return self.encoding_names.split("/")[documented == "UNICODE"]
        return documented

    def replace(self, **switches: Any) -> Profile:
        """Return a profile with some switches changed."""
        return Profile.from_dict({**self.to_dict(), **switches})

    def to_dict(self) -> dict[str, Any]:
        """Return every field, with values that JSON can hold."""
        return {
            field.name: list(value) if isinstance(value, tuple) else value
            for field in dataclasses.fields(self)
            for value in (getattr(self, field.name),)
        } | {"vocabulary": self.own_words}

    @classmethod
    def from_dict(cls, switches: dict[str, Any]) -> Profile:
        """Build a profile; unknown switches are named with a suggestion."""
        known = [field.name for field in dataclasses.fields(cls)]
        unknown = [name for name in switches if name not in known]
        if unknown:
            raise InputError(
                "\n".join(
                    f"unknown switch '{name}'; {_suggest(name, known)}" for name in sorted(unknown)
                )
            )
        return cls(**switches)

    def to_toml(self) -> str:
        """Return the profile as TOML, every switch written out; a limit of 0 means none."""
        with packages_needed():
            import tomli_w

        # TOML has no null: 0 stands for "no limit".
        made = {name: 0 if value is None else value for name, value in self.to_dict().items()}
        if not self.vocabulary:
            # What is added below a table would be in it.
            del made["vocabulary"]
        return tomli_w.dumps(made)

    @classmethod
    def from_toml(cls, text: str) -> Profile:
        """Read a profile from TOML; switches that it does not name keep their defaults."""
        try:
            switches = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"the profile is not TOML: {error}; fix that line") from None
        base = switches.pop("base", "current")
        limits = ("body_limit", "key_limit", "value_limit", "reference_limit")
        switches = {
            name: None if name in limits and value == 0 and value is not False else value
            for name, value in switches.items()
        }
        if not isinstance(base, str) or base not in PROFILES:
            raise InputError(f"'base' names no profile; {_suggest(str(base), list(PROFILES))}")
        return PROFILES[base].replace(**switches)

    @classmethod
    def of(cls, value: Profile | str | os.PathLike[str] | None) -> Profile:
        """Return the profile meant: itself, a name, a path to a TOML file, or None for the default.

        Raises :class:`~smsplan.errors.InputError` for an unknown name or a faulty file.
        """
        if value is None:
            return PROFILES["current"]
        if isinstance(value, Profile):
            return value
        if isinstance(value, str) and value in PROFILES:
            return PROFILES[value]
        path = Path(value)
        if isinstance(value, str) and path.suffix.lower() != ".toml" and not path.is_file():
            raise InputError(
                f"unknown profile '{value}'; {_suggest(value, list(PROFILES))}, "
                "or the path of a .toml file"
            )
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise InputError(f"no profile file '{path}'; check the path") from None
        except UnicodeDecodeError:
            raise InputError(f"profile file '{path}' is not UTF-8; save it as UTF-8") from None
        except OSError as error:
            raise OutputError(
                f"profile file '{path}' cannot be read: {error.strerror}; check the file"
            ) from None
        try:
            return cls.from_toml(text)
        except InputError as error:
            raise InputError(f"profile file '{path}': {error}") from None


SWITCHES: Mapping[str, Switch] = {
    field.name: field.metadata["switch"]
    for field in dataclasses.fields(Profile)
    if "switch" in field.metadata
}
"""The open questions, by name; what else a profile has is no question."""

REPLACING: Mapping[str, Mapping[Any, Mapping[str, str]]] = {
    name: each.replaces for name, each in SWITCHES.items() if each.replaces
}
"""The switches about characters that are replaced, with the characters under each value."""


def replacements(profile: Profile) -> tuple[tuple[str, str], ...]:
    """Return what a profile has something else for, or nothing, in the order of the switches.

    >>> dict(replacements(Profile(small_c_cedilla="gsm", line_breaks="crlf_to_lf")))
    {'\\r\\n': '\\n', 'ç': 'Ç'}
    """
    return _replacements(_asked(profile))


_asked = attrgetter(*REPLACING)


@cache
def _replacements(values: tuple[Any, ...]) -> tuple[tuple[str, str], ...]:
    # Every text asks.
    return tuple(
        pair
        for value, replaced in zip(values, REPLACING.values(), strict=True)
        for pair in replaced.get(value, {}).items()
    )


@cache
def _hints() -> dict[str, Any]:
    # A millisecond each time, which a profile for every value of every switch adds up.
    return get_type_hints(Profile)


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        # 1 == True in Python: a boolean must not pass for a number.
        return any(value == choice and type(value) is type(choice) for choice in get_args(hint))
    if hint is bool:
        return isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    if hint is type(None):
        return value is None
    return any(_fits(value, part) for part in get_args(hint))


def _choices(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return ", ".join(repr(choice) for choice in get_args(hint))
    if hint is bool:
        return "true or false"
    if hint is int:
        return "a whole number"
    if get_origin(hint) is tuple:
        return "a list of languages"
    return " or ".join("none" if part is type(None) else _choices(part) for part in get_args(hint))


def _language_faults(languages: tuple[str, ...] | str) -> list[str]:
    if not languages:
        return []
    from smsplan.encoding import measure

    try:
        measure("", languages=languages)
    except InputError as error:
        return [f"switch 'languages': {error}"]
    return []


def _frozen(vocabulary: Any) -> Any:
    """Return words by documented word as tuples; what is none stays, for its fault to be told."""
    try:
        return tuple(
            (name, (words,) if isinstance(words, str) else tuple(words))
            for name, words in sorted(dict(vocabulary).items())
        )
    except (TypeError, ValueError):
        return vocabulary


def _vocabulary_faults(vocabulary: Any) -> list[str]:
    if not isinstance(vocabulary, tuple):
        return ["'vocabulary' is no table of words; write GSM = \"GSM7\" under [vocabulary]"]
    return [
        f"'vocabulary' has no word for '{name}'; {_suggest(str(name), list(WORDS))}"
        for name, _ in vocabulary
        if name not in WORDS
    ] + [
        f"'vocabulary' of '{name}' is no word; use a text, or a list of texts"
        for name, words in vocabulary
        if not words or not all(isinstance(word, str) and word for word in words)
    ]


def _suggest(name: str, known: list[str]) -> str:
    return nearest(name, known, f"use one of {', '.join(known)}")


PROFILES: dict[str, Profile] = {
    # The API as documented today.
    "current": Profile(),
    # The limits of the documentation of 2021 and of the older XMS SDKs.
    "xms-2021": Profile(body_limit=1600, key_limit=16, value_limit=160, reference_limit=128),
    # An SMPP route: no REST limits, 16-bit references. National tables only where the operator
    # allows them: set ``languages``.
    "smpp": Profile(body_limit=None, value_limit=None, reference_limit=None, reference_bits=16),
}

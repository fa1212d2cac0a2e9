"""Every open question of the API as a switch, and named sets of answers.

What the documentation says is built in; what it leaves open is a field here, so that a user's own
account can decide it by a free dry run. ``docs/design.md`` lists every value of every switch.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from smsplan.errors import InputError, OutputError, packages_needed

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
    unmatched: Unmatched = "verbatim"
    no_parameters: Literal["literal", "unmatched"] = "literal"
    malformed_placeholder: Literal["literal", "error"] = "literal"
    double_dollar: Literal["expand", "escape"] = "expand"
    values_in_values: Literal["single_pass", "again"] = "single_pass"
    # Requests
    duplicates: Literal["merged", "counted"] = "merged"
    length_unit: Literal["utf16", "code_point"] = "utf16"
    body_limit: int | None = 2000
    key_limit: int | None = None
    value_limit: int | None = 1600
    reference_limit: int | None = 2048
    empty_body: Literal["accepted", "refused"] = "accepted"
    min_digits: int = 5
    max_digits: int = 15
    leading_zero: Literal["accepted", "refused"] = "accepted"
    integer_numbers: Literal["accepted", "refused"] = "accepted"
    default_originator: bool = True
    sender_characters: Literal["any", "gsm"] = "any"
    malformed_header: Literal["accepted", "refused"] = "accepted"
    # Characters
    form_feed: Literal["extension", "unicode"] = "extension"
    line_breaks: Literal["kept", "crlf_to_lf"] = "kept"
    spaces: Literal["kept", "space"] = "kept"
    controls: Literal["kept", "removed"] = "kept"
    greek_capitals: Literal["kept", "latin"] = "kept"
    small_c_cedilla: Literal["unicode", "gsm"] = "unicode"
    # Auto Encoding, an option of the account
    auto_encoding: Literal["off", "on"] = "off"
    auto_encoding_partial: Literal["all_or_nothing", "partial"] = "all_or_nothing"
    auto_encoding_order: Literal["before_truncation", "after_truncation"] = "before_truncation"
    # Parts
    gsm_boundary: Literal["pair", "dense"] = "pair"
    unicode_boundary: Literal["pair", "grapheme", "dense"] = "pair"
    unicode_unit: Literal["utf16", "code_point"] = "utf16"
    reference_bits: Literal[8, 16] = 8
    languages: tuple[str, ...] | Literal["all"] = ()
    # truncate_concat and max_number_of_message_parts
    truncation: Literal["cut", "parts_only", "ignored"] = "cut"
    truncation_encoding: Literal["before", "after"] = "before"
    truncation_boundary: Literal["pair", "grapheme"] = "pair"
    exceeded_parts: Literal["counted", "zero", "absent", "error"] = "counted"
    # The answer of a dry run
    encoding_names: Literal["GSM/UNICODE", "text/unicode"] = "GSM/UNICODE"
    per_recipient_order: Literal["request", "number"] = "request"
    no_details: Literal["empty_list", "absent"] = "empty_list"
    details_over_1000: Literal["error", "capped"] = "error"
    other_types: Literal["one_part", "refused"] = "one_part"
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
            raise InputError(f"the profile is not TOML: {error}; mend that line") from None
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


SWITCHES = tuple(field.name for field in dataclasses.fields(Profile) if field.name != "vocabulary")
"""The open questions; what else a profile has is no question."""


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
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{close[0]}'?" if close else f"use one of {', '.join(known)}"


PROFILES: dict[str, Profile] = {
    # The API as documented today.
    "current": Profile(),
    # The limits of the documentation of 2021 and of the older XMS SDKs.
    "xms-2021": Profile(body_limit=1600, key_limit=16, value_limit=160, reference_limit=128),
    # An SMPP route: no REST limits, 16-bit references. National tables only where the operator
    # allows them: set ``languages``.
    "smpp": Profile(body_limit=None, value_limit=None, reference_limit=None, reference_bits=16),
}

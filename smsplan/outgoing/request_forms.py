"""How a row is written into a request, so that the API makes of it the text that was planned.

A row that nothing was replaced in takes the template and its values. Where something was, template
and values are replaced piece by piece; a text that this does not give (a mark that was composed
with the letter before it, in another piece) travels whole, as the one value of ``${text}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from smsplan.api.batches import text_length
from smsplan.api.dryruns import Composer, characters
from smsplan.arguments import check_message
from smsplan.encoding.substitution import replaced
from smsplan.encoding.ucs2 import shortened
from smsplan.errors import InputError
from smsplan.options import Options
from smsplan.templates import Template

_WHOLE = "text"


class Way(NamedTuple):
    """A message and the values of one recipient; ``alone``: no other recipient can share it."""

    options: Options
    values: Mapping[str, str]
    alone: bool = False


class Ways:
    """The ways of the rows of one body.

    >>> from smsplan import Substitution
    >>> ways = Ways(Options(template=Template("“${a}”"), to="to", columns={"a": "a"},
    ...                     substitute=Substitution()))
    >>> ways({"a": "b"}, None).options.template.body, ways({"a": "b"}, '"b"').options.template.body
    ('“${a}”', '"${a}"')
    """

    def __init__(self, options: Options) -> None:
        self._limits = options.limits
        defaults = {
            key: text for key in options.defaults if (text := options.default(key)) is not None
        }
        self._profile = options.profile
        self._plain = replace(options, defaults=defaults)
        self._pieces: tuple[str, ...] = ()
        self._replaced: Options | None = None
        self._how = options.substitute
        if self._how is not None:
            self._replaced = self._in_pieces()
        self._whole = replace(
            options,
            template=Template(f"${{{_WHOLE}}}"),
            columns={_WHOLE: _WHOLE},
            defaults={},
            limits={},
        )

    def __call__(self, values: Mapping[str, str], text: str | None) -> Way | None:
        """Return the way of a row; ``text`` is what its message was replaced by, None: nothing.

        None where there is no way.
        """
        if self._limits:
            values = {
                key: shortened(value, self._limits.get(key, len(value)))
                for key, value in values.items()
            }
        if text is None:
            return Way(self._plain, values)
        if self._replaced is not None:
            values = {key: self._piece(value) for key, value in values.items()}
            if self._joined(values) == text and all(map(self._goes, values.values())):
                return Way(self._replaced, values)
        if self._goes(text):
            return Way(self._whole, {_WHOLE: text})
        limit = self._profile.body_limit
        if "${" in text or (limit is not None and text_length(text, self._profile) > limit):
            return None
        return Way(replace(self._whole, template=Template(text), columns={}), {}, alone=True)

    def _in_pieces(self) -> Options | None:
        """Replace in the body and the defaults; None where that is another template."""
        plain = self._plain
        pieces = Composer(plain.template, self._profile).template.pieces
        self._pieces = tuple(
            piece if place % 2 else self._piece(piece) for place, piece in enumerate(pieces)
        )
        body = "".join(
            f"${{{piece}}}" if place % 2 else piece for place, piece in enumerate(self._pieces)
        )
        made = replace(
            plain,
            template=Template(body),
            defaults={key: self._piece(text) for key, text in plain.defaults.items()},
            limits={},
        )
        # What was dropped may have stood within "${a}", or kept "$${a}" from being one.
        if Composer(made.template, self._profile).template.pieces != self._pieces:
            return None
        if not all(map(self._goes, made.defaults.values())):
            return None
        try:
            check_message(made)
        except InputError:
            return None
        return made

    def _piece(self, text: str) -> str:
        assert self._how is not None
        return replaced(characters(text, self._profile), self._how.level, self._how.languages)

    def _joined(self, values: Mapping[str, str]) -> str:
        assert self._replaced is not None
        named = {**self._replaced.defaults, **values}
        return "".join(
            named.get(piece, "") if place % 2 else piece for place, piece in enumerate(self._pieces)
        )

    def _goes(self, value: str) -> bool:
        """Whether the API takes a value, and leaves it as it is."""
        limit = self._profile.value_limit
        if limit is not None and text_length(value, self._profile) > limit:
            return False
        return self._profile.values_in_values == "single_pass" or not Template(value).parameters

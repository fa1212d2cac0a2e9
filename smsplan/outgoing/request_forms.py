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
from smsplan.encoding.substitution import replaced
from smsplan.encoding.ucs2 import shortened
from smsplan.errors import InputError
from smsplan.kernel.settings import RowSettings
from smsplan.templates import Template

_WHOLE = "text"


class Way(NamedTuple):
    """A message and the values of one recipient; ``alone``: no other recipient can share it."""

    settings: RowSettings
    values: Mapping[str, str]
    alone: bool = False


class Ways:
    """The ways of the rows of one body.

    >>> from smsplan import Message, Reading
    >>> ways = Ways(RowSettings(message=Message("“${a}”", substitute="safe"),
    ...                      reading=Reading(columns={"a": "a"})))
    >>> for text in (None, '"b"'):
    ...     print(ways({"a": "b"}, text).settings.message.template.body)
    “${a}”
    "${a}"
    """

    def __init__(self, settings: RowSettings) -> None:
        self._limits = settings.message.limits
        self._profile = settings.profile
        self._plain = settings.saying(defaults=settings.message.cut_defaults)
        self._pieces: tuple[str, ...] = ()
        self._replaced: RowSettings | None = None
        self._how = settings.message.substitution
        if self._how is not None:
            self._replaced = self._in_pieces()
        self._whole = replace(
            settings.saying(body=f"${{{_WHOLE}}}", defaults={}, limits={}),
            reading=replace(settings.reading, columns={_WHOLE: _WHOLE}),
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
        bare = replace(self._whole, reading=self._whole.reading.of_parameters(()))
        return Way(bare.saying(body=text), {}, alone=True)

    def _in_pieces(self) -> RowSettings | None:
        """Replace in the body and the defaults; None where that is another template."""
        plain = self._plain
        pieces = Composer(plain.message.template, self._profile).template.pieces
        self._pieces = tuple(
            piece if place % 2 else self._piece(piece) for place, piece in enumerate(pieces)
        )
        body = "".join(
            f"${{{piece}}}" if place % 2 else piece for place, piece in enumerate(self._pieces)
        )
        defaults = {key: self._piece(text) for key, text in plain.message.defaults.items()}
        # What was dropped may have stood within "${a}", or kept "$${a}" from being one.
        if Composer(Template(body), self._profile).template.pieces != self._pieces:
            return None
        if not all(map(self._goes, defaults.values())):
            return None
        try:
            made = plain.saying(body=body, defaults=defaults, limits={})
            made.check_message()
        except InputError:
            return None
        return made

    def _piece(self, text: str) -> str:
        assert self._how is not None
        return replaced(characters(text, self._profile), self._how.level, self._how.languages)

    def _joined(self, values: Mapping[str, str]) -> str:
        assert self._replaced is not None
        named = {**self._replaced.message.defaults, **values}
        return "".join(
            named.get(piece, "") if place % 2 else piece for place, piece in enumerate(self._pieces)
        )

    def _goes(self, value: str) -> bool:
        """Whether the API takes a value, and leaves it as it is."""
        limit = self._profile.value_limit
        if limit is not None and text_length(value, self._profile) > limit:
            return False
        return self._profile.values_in_values == "single_pass" or not Template(value).parameters

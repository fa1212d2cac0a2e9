"""Which other profiles would explain what an account answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, cached_property
from itertools import combinations
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from smsplan.api.profiles import SWITCHES, Profile
from smsplan.encoding.alphabets import LANGUAGES

Switches = tuple[tuple[str, Any], ...]
Said = TypeVar("Said")
# For how many recipients of a question pairs of switches are tried.
_TRIED = 3
# Values of these are many, and explain nothing together with another.
_ALONE = frozenset({"min_digits", "max_digits", "languages"})

# Of digits any number may be the limit.
_DIGITS = {"min_digits": tuple(range(1, 10)), "max_digits": tuple(range(10, 19))}
_LIMITS = frozenset({"body_limit", "key_limit", "value_limit", "reference_limit", *_DIGITS})


def values(switch: str) -> tuple[Any, ...]:
    """Return the values of a switch that an account may have.

    >>> values("double_dollar"), values("value_limit")
    (('expand', 'escape'), (1600, 160, None))
    """
    if switch not in SWITCHES:
        return (getattr(Profile(), switch),)
    listed = _DIGITS.get(switch) or SWITCHES[switch].values
    if listed:
        return listed
    if switch == "languages":
        return ((), *((name,) for name in LANGUAGES), "all")
    found: tuple[Any, ...] = get_args(_hints()[switch])
    return found


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Profile)


def alternatives(profile: Profile, switches: tuple[str, ...]) -> Iterator[tuple[str, Any, Profile]]:
    """Yield each profile that differs by one value of one of the switches."""
    for switch in switches:
        own = getattr(profile, switch)
        for value in values(switch):
            if value == own or (switch == "min_digits" and value > profile.max_digits):
                continue
            if switch == "max_digits" and value < profile.min_digits:
                continue
            yield switch, value, profile.replace(**{switch: value})


def nearest(profile: Profile, found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Of limits that explain the same keep the one nearest to the profile's.

    >>> nearest(Profile(), [("max_digits", 10), ("max_digits", 12), ("spaces", "space")])
    [('max_digits', 12), ('spaces', 'space')]
    """
    best: dict[str, tuple[str, Any]] = {}
    for switch, value in found:
        if switch not in _LIMITS:
            continue
        own = getattr(profile, switch)

        def distance(value: int | None, own: int | None = own) -> float:
            ends = [float("inf") if one is None else one for one in (value, own)]
            return abs(ends[0] - ends[1]) if ends[0] != ends[1] else 0.0

        if switch not in best or distance(value) < distance(best[switch][1]):
            best[switch] = (switch, value)
    return [one for one in found if one[0] not in _LIMITS or best[one[0]] == one]


def as_dict(switches: Switches) -> dict[str, Any]:
    """Return switches with their values as JSON can hold them."""
    return {
        switch: list(value) if isinstance(value, tuple) else value for switch, value in switches
    }


def in_words(switches: Switches) -> str:
    """Say switches with their values.

    >>> in_words((("body_limit", None), ("languages", ("tr", "es"))))
    'body_limit = none and languages = tr, es'
    """

    def shown(value: Any) -> str:
        if value is None:
            return "none"
        return ", ".join(value) if isinstance(value, tuple) else str(value)

    return " and ".join(f"{switch} = {shown(value)}" for switch, value in switches)


class Explaining(Generic[Said]):
    """Tries other profiles on one question, each when it is first asked for.

    ``answer`` says what an account of a profile answers; ``switches`` are those that it may depend
    on.

    >>> asked = Explaining(Profile(), ("spaces", "unmatched"), lambda profile: profile.spaces)
    >>> asked(lambda answer: answer == "space")
    ((('spaces', 'space'),),)
    """

    def __init__(
        self, profile: Profile, switches: tuple[str, ...], answer: Callable[[Profile], Said]
    ) -> None:
        self._profile = profile
        self._switches = switches
        self._answer = answer
        self._pairs = 0

    @cached_property
    def _answers(self) -> list[tuple[str, Any, Said]]:
        return [
            (switch, value, self._answer(other))
            for switch, value, other in alternatives(self._profile, self._switches)
        ]

    def __call__(
        self,
        explains: Callable[[Said], bool],
        narrower: Callable[[Profile], Said] | None = None,
    ) -> tuple[Switches, ...]:
        """Return every switch with a value under which the answer explains what was answered.

        Pairs of switches only where no single one does, and on a ``narrower`` question: there are
        thousands of them.
        """
        found = [(switch, value) for switch, value, answer in self._answers if explains(answer)]
        if found:
            return tuple((one,) for one in nearest(self._profile, found))
        if narrower is None or self._pairs == _TRIED:
            return ()
        self._pairs += 1
        singles = [
            (switch, value)
            for switch, value, _ in alternatives(self._profile, self._switches)
            if switch not in _ALONE
        ]
        return tuple(
            (one, other)
            for one, other in combinations(singles, 2)
            if one[0] != other[0]
            and explains(narrower(self._profile.replace(**dict((one, other)))))
        )

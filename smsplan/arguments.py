"""What a plan is asked for, checked before the first row: every fault together, in one error."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, get_args

from smsplan.api.batches import TextBatch
from smsplan.api.doubtful import doubtful_sender
from smsplan.api.profiles import Profile
from smsplan.encoding.substitution import Level, Substitution
from smsplan.encoding.transliteration import checked
from smsplan.errors import InputError, RequestRefused
from smsplan.kernel.columns import PLAN_COLUMNS
from smsplan.numbers import read
from smsplan.options import Options
from smsplan.templates import Template


def make_options(
    body: str | Template | Mapping[str, str | Template],
    known: Sequence[str],
    *,
    body_by: str | None = None,
    to: str = "to",
    columns: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    limits: Mapping[str, int] | None = None,
    substitute: Any = None,
    transliterate: Any = None,
    region: str | None = None,
    from_: str | None = None,
    truncate_concat: bool = False,
    max_number_of_message_parts: int | None = None,
    duplicates: Any = "flag",
    profile: Any = None,
    bodies: bool = False,
    prefix: str = "",
    select: Sequence[str] | None = None,
    numbers: bool = True,
) -> Options:
    """Return the options of a plan over recipients that have these columns.

    ``numbers`` says whether the column of numbers is read. Raises InputError.
    """
    check_mappings(columns=columns, defaults=defaults, limits=limits)
    templates_ = templates(body, body_by)
    chosen = Profile.of(profile)
    check_arguments(
        max_number_of_message_parts,
        duplicates,
        region,
        select,
        truncate_concat,
        limits=limits,
        parameters=_parameters(templates_),
        substitute=substitute,
        transliterate=transliterate,
    )
    options = Options(
        template=next(iter(templates_.values())),
        to=to,
        body_by=body_by,
        templates={} if body_by is None else templates_,
        columns=find_columns(templates_, known, columns or {}, defaults or {}),
        defaults=dict(defaults or {}),
        limits=dict(limits or {}),
        substitute=Substitution.of(substitute, transliterate),
        region=None if region is None else region.upper(),
        from_=from_,
        truncate_concat=truncate_concat,
        max_number_of_message_parts=max_number_of_message_parts,
        duplicates=duplicates,
        profile=chosen,
        bodies=bodies or (select is not None and "body" in select),
        prefix=prefix,
    )
    if numbers:
        check_column(to, known, "the numbers", "to")
    if body_by is not None:
        check_column(body_by, known, "the choice of the body", "body_by")
    for value in options.templates:
        check_message(options.of_body(value))
    if body_by is None:
        check_message(options)
    return options


def make_variants(
    bodies: Mapping[str, str | Template],
    known: Sequence[str],
    *,
    to: str,
    columns: Mapping[str, str] | None,
    defaults: Mapping[str, str] | None,
    limits: Mapping[str, int] | None,
    substitute: Any,
    transliterate: Any,
    region: str | None,
    from_: str | None,
    truncate_concat: bool,
    max_number_of_message_parts: int | None,
    duplicates: Any,
    profile: Any,
) -> dict[str, Options]:
    """Return the options of each of several bodies; what is said of parameters is for all.

    A body takes those of its own parameters. Raises InputError, with the faults of every body.
    """
    if not isinstance(bodies, Mapping) or not bodies:
        raise InputError("there is nothing to compare; give bodies by name: {'A': ..., 'B': ...}")
    check_mappings(columns=columns, defaults=defaults, limits=limits)
    faults = _Faults()
    texts: dict[str, Template] = {}
    for name, text in bodies.items():
        with faults.of(name):
            if not isinstance(text, str | Template):
                raise InputError("the body is not text; write it as text")
            texts[name] = text if isinstance(text, Template) else Template(text)
    chosen = Profile()
    with faults.of(None):
        chosen = Profile.of(profile)
    every = tuple(dict.fromkeys(key for each in texts.values() for key in each.parameters))
    with faults.of(None):
        check_arguments(
            max_number_of_message_parts,
            duplicates,
            region,
            None,
            truncate_concat,
            limits=limits,
            parameters=every,
            substitute=substitute,
            transliterate=transliterate,
        )
    with faults.of(None):
        check_column(to, known, "the numbers", "to")
    given: list[dict[str, str]] = [dict(columns or {}), dict(defaults or {})]
    for key in dict.fromkeys(key for named in given for key in named):
        if key not in every:
            faults.add(f"'{key}' is not a parameter of any body; {_suggest(key, every)}")
    made = {}
    for name, template in texts.items():
        own = [
            {key: text for key, text in named.items() if key in template.parameters}
            for named in given
        ]
        with faults.of(name):
            made[name] = Options(
                template=template,
                to=to,
                columns=find_columns({"*": template}, known, *own),
                defaults=own[1],
                limits={key: n for key, n in (limits or {}).items() if key in template.parameters},
                substitute=Substitution.of(substitute, transliterate),
                region=None if region is None else region.upper(),
                from_=from_,
                truncate_concat=truncate_concat,
                max_number_of_message_parts=max_number_of_message_parts,
                duplicates=duplicates,
                profile=chosen,
            )
            check_message(made[name])
    faults.end()
    return made


class _Faults:
    """Collects the faults of several bodies, to raise them together."""

    def __init__(self) -> None:
        self._found: list[str] = []

    @contextmanager
    def of(self, name: str | None) -> Iterator[None]:
        """Keep what a block raises as a fault of a body (None: of all)."""
        try:
            yield
        except InputError as error:
            said = str(error).replace("\n", "\n  ")
            self.add(said if name is None else f"body '{name}': {said}")

    def add(self, text: str) -> None:
        """Keep one more."""
        self._found.append(text)

    def end(self) -> None:
        """Raise what was found."""
        if self._found:
            raise InputError("\n".join(self._found))


def check_mappings(**given: Any) -> None:
    """Refuse what is said of parameters in another form than by their names."""
    faults = [
        f"{name} is {type(value).__name__}, not a mapping; write {name}={{'name': ...}}"
        for name, value in given.items()
        if not (value is None or isinstance(value, Mapping))
    ]
    if faults:
        raise InputError("\n".join(faults))


def check_arguments(
    limit: int | None,
    duplicates: str,
    region: str | None,
    select: Sequence[str] | None,
    truncate_concat: bool,
    *,
    limits: Mapping[str, int] | None = None,
    parameters: Sequence[str] = (),
    substitute: Any = None,
    transliterate: Any = None,
) -> None:
    """Refuse values that cannot be meant."""
    faults = []
    for key, most in (limits or {}).items():
        if key not in parameters:
            faults.append(
                f"limits names '{key}', which is not a parameter of the body; "
                f"{_suggest(key, parameters)}"
            )
        if isinstance(most, bool) or not isinstance(most, int) or most < 1:
            faults.append(
                f"the limit of '{key}' is not a whole number of 1 or more; write "
                f"limits={{'{key}': 12}} (--limit {key}=12)"
            )
    if not (
        substitute is None or isinstance(substitute, Substitution) or substitute in get_args(Level)
    ):
        faults.append(
            f"substitute cannot be '{substitute}'; use 'safe', 'lossy' or a Substitution, or "
            "leave it out"
        )
    try:
        checked(transliterate)
    except InputError as error:
        faults.append(str(error))
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        faults.append("max_number_of_message_parts is not a whole number of 1 or more; change it")
    if duplicates not in ("flag", "keep"):
        faults.append(f"duplicates cannot be '{duplicates}'; use 'flag' or 'keep'")
    if select is not None:
        every = tuple(PLAN_COLUMNS)
        if isinstance(select, str) or not select:
            faults.append("select is not a list of columns; write select=('number_of_parts',)")
        else:
            faults += [
                f"select names '{name}', which is no column of a plan; {_suggest(name, every)}"
                for name in select
                if name not in every
            ]
    if not isinstance(truncate_concat, bool):
        faults.append("truncate_concat is neither True nor False; pass one of them")
    if region is not None:
        try:
            read("", region=region.upper())
        except InputError as error:
            faults.append(str(error))
    if faults:
        raise InputError("\n".join(faults))


def templates(
    body: str | Template | Mapping[str, str | Template], by: str | None
) -> dict[str, Template]:
    """Return the bodies by the value that chooses them; a single one is of ``*``."""
    if isinstance(body, Mapping) != (by is not None):
        raise InputError(
            "several bodies and body_by go together: plan(df, {'en': ..., 'sv': ...}, "
            "body_by='language')"
        )
    bodies = body if isinstance(body, Mapping) else {"*": body}
    if not bodies:
        raise InputError("there is no body; give one for every value of the column")
    return {
        value: text if isinstance(text, Template) else Template(text)
        for value, text in bodies.items()
    }


def warnings(options: Options, known: Sequence[str]) -> tuple[str, ...]:
    """What is worth saying about the bodies, to recipients that have these columns."""
    doubtful = None if options.from_ is None else doubtful_sender(options.from_)
    found = [] if doubtful is None else [doubtful]
    if options.body_by is None:
        return (*found, *map(str, options.template.warnings_for(known)))
    found += [
        f"body '{value}': {warning}"
        for value, template in options.templates.items()
        for warning in template.warnings_for(known)
    ]
    return tuple(found)


def find_columns(
    templates: Mapping[str, Template],
    known: Sequence[str],
    columns: Mapping[str, str],
    defaults: Mapping[str, str],
) -> dict[str, str]:
    """Find the column of each parameter; every fault of the two maps and the body in one error."""
    faults = []
    named = {**columns, **defaults}
    parameters = _parameters(templates)
    if named and not parameters:
        raise InputError(
            "the body has no ${parameter}, but columns or defaults name "
            f"{', '.join(map(repr, named))}; a shell eats ${{name}} in double quotes: use single "
            "quotes, or the syntax '$<>' with $<name>; if the body is as you mean it, leave the "
            "names out"
        )
    for key in named:
        if key not in parameters:
            faults.append(f"'{key}' is not a parameter of the body; {_suggest(key, parameters)}")
    for key, value in defaults.items():
        if not isinstance(value, str):
            faults.append(f"the default of '{key}' is not text; write it as text")
    found = {}
    for key in parameters:
        column = columns.get(key, key)
        if column in known:
            found[key] = column
        elif key in columns:
            faults.append(
                f"parameter '{key}' should take column '{column}', which is not there; "
                f"{_suggest(column, known)}"
            )
        elif key not in defaults:
            faults.append(
                f"parameter '{key}' has no column and no default; "
                f"{_suggest(key, known)} Map it with columns={{'{key}': ...}} "
                f"(--column {key}=...) or give a default (--default {key}=...)"
            )
    if faults:
        raise InputError("\n".join(faults))
    return found


def _parameters(templates: Mapping[str, Template]) -> tuple[str, ...]:
    """Return the keys of every body, each once."""
    return tuple(dict.fromkeys(key for body in templates.values() for key in body.parameters))


def check_column(name: str, known: Sequence[str], what: str, argument: str) -> None:
    """Refuse a column that is not there."""
    if name not in known:
        raise InputError(
            f"no column '{name}' for {what}; {_suggest(name, known)} "
            f"Name it with {argument}= (--{argument})"
        )


def check_message(options: Options) -> None:
    """Refuse what the API would refuse for every row: body, defaults, sender."""
    number = "1" * options.profile.min_digits
    try:
        TextBatch(
            to=(number,),
            body=options.template.body,
            from_=options.from_,
            parameters={
                key: {} if (default := options.default(key)) is None else {"default": default}
                for key in options.template.parameters
            },
            profile=options.profile,
        )
    except RequestRefused as refused:
        listed = "\n".join(f"{fault.text} ({fault.code})" for fault in refused.faults)
        raise InputError(f"the API would refuse this message; change it:\n{listed}") from None


def check_names(names: tuple[str, ...], known: Sequence[str], prefix: str) -> None:
    """Refuse names of ours that the caller's columns have already."""
    clash = [name for name in names if name in known]
    if clash:
        listed = ", ".join(f"'{name}'" for name in clash)
        raise InputError(
            f"the recipients already have columns {listed}, which a plan adds; "
            f"pass prefix='{prefix}plan_' (--prefix {prefix}plan_) or rename yours"
        )


def _suggest(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"did you mean '{close[0]}'?"
    if not known:
        return "there is none; leave it out."
    listed = ", ".join(f"'{item}'" for item in known[:12])
    return f"there are {listed}{' and others' if len(known) > 12 else ''}."

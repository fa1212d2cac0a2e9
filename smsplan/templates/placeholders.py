"""What other tools write for a parameter, told by its shape; and reading the common ones.

A shape that no prose has counts wherever it occurs. One that prose has too, ``[x]`` or ``#X#``,
counts where ``x`` is a column of the list or names a field as people call them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from smsplan.errors import InputError

KEY: Final = r"[A-Za-z0-9_.\-]+"
# A name, in any script; a dotted one; one of some words; what follows a name as its fallback; what
# begins the inside of a tag, a name soon behind it.
_NAME = r"[^\W\d]\w*"
_DOTTED = rf"{_NAME}(?:[.\-:]\w+)*"
_WORDS = r"[^\W_][\w.\-]*(?:['’]s)?(?: [\w.\-]+(?:['’]s)?){0,4}"
_REST = r"(?:\s*[|?:,=][^{}\[\]<>\n]{0,60})?"
_INSIDE = rf"(?:[^\w{{}}<>\n]{{0,8}}({_DOTTED}|\d{{1,3}}))?"


class Placeholder(NamedTuple):
    """A placeholder of another tool: its family, place and text, and the name in it."""

    kind: str
    start: int
    text: str
    name: str


class _Shape(NamedTuple):
    kind: str
    pattern: str
    # Whether prose has it too.
    prose: bool = False


def _closed(mark: str, *, prose: bool, kind: str) -> _Shape:
    """A name between two marks that touch no other word: ``#NAME#``, not ``C#code#``."""
    end = mark[::-1]
    inner = rf"{_NAME}(?:[ .\-]\w+){{0,3}}"
    edge = re.escape(mark[0])
    return _Shape(
        kind, rf"(?<![\w{edge}]){re.escape(mark)}({inner}){re.escape(end)}(?![\w{edge}])", prose
    )


# In the order in which they are tried: a longer form before one that is part of it.
_SHAPES: Final = (
    # Jinja, Liquid, Handlebars, GOV.UK Notify's form for letters.
    _Shape("double_braces", rf"\{{\{{\{{?{_INSIDE}[^{{}}\n]{{0,60}}\}}\}}\}}?"),
    _Shape("template_tag", rf"\{{%{_INSIDE}[^{{}}\n]{{0,60}}?%\}}"),
    # ERB, EJS, JSP; PHP.
    _Shape("template_tag", rf"<%{_INSIDE}[^<>\n]{{0,60}}?%>"),
    _Shape("template_tag", rf"<\?(?:=|php\b){_INSIDE}[^<>\n]{{0,60}}?\?>"),
    # India's registered templates: {#var#}.
    _Shape("marked_braces", rf"\{{[#$%@!&~*^|]\s*({_DOTTED}){_REST}\s*[#$%@!&~*^|]?\}}"),
    # Ruby, Groovy, shells.
    _Shape("marked_braces", rf"[#@%&]\{{\s*({_DOTTED})\s*\}}"),
    _Shape("marked_brackets", rf"(?:[$%@]\[|\[%)\s*({_DOTTED})\s*%?\]"),
    # Python's percent formats, and those of C.
    _Shape("percent_format", rf"%\(({_DOTTED})\)[sdifr]?"),
    _Shape("percent_format", r"(?<![\w%])(?<!\d )%(?:\d+\$)?[sd@](?![\w%'’])"),
    _Shape("dollar_name", rf"\$\(({_DOTTED})\)"),
    # GOV.UK Notify: ((name)), ((show?? text)).
    _Shape("double_parentheses", rf"(?<!\()\(\(({_WORDS})(?:\?\?[^()\n]{{0,60}})?\)\)(?!\))"),
    _Shape("double_brackets", rf"\[\[\s*({_WORDS}){_REST}\s*\]\]"),
    # Mailchimp.
    _Shape("merge_tag", rf"\*\|\s*({_DOTTED}){_REST}\s*\|\*"),
    _Shape("double_angles", rf"<<\s*({_WORDS})\s*>>"),
    _Shape("marked_angles", rf"<[#$@!:*]({_DOTTED})[#$@!:*]?>"),
    _closed("@@", prose=False, kind="at_signs"),
    _Shape("percent", rf"(?<![\w%])%%({_DOTTED}){_REST}%%(?![\w%])"),
    _Shape("percent", rf"(?<![\w%])%({_DOTTED})%(?![\w%])"),
    # Flows of RapidPro.
    _Shape("at_name", r"(?<![\w.])@\(?((?:contact|fields|results|run|step|trigger)\.[a-z]\w*)\)?"),
    _Shape("dollar_name", r"(?<![\w$])(?<!\d )\$([a-z_][a-z0-9_]*)\$?(?!\w)"),
    # A place in Python and C#.
    _Shape("braces", r"(?:(?<=[\s(,])|^)\{(\d{0,2})\}(?!\w)"),
    # From here on, what prose has too.
    _Shape("dollar_name", rf"(?<![\w$])\$({_NAME})\$?(?!\w)", True),
    _Shape("guillemets", rf"[«‹]\s?({_WORDS})\s?[»›]", True),
    _Shape("brackets", rf"(?<!\w)\[[*#@!:$]?\s*({_WORDS}){_REST}\s*[*#@!:$]?\](?!\()", True),
    _Shape("brackets", rf"【\s*({_WORDS})\s*】", True),
    _Shape("braces", rf"[{{｛]\s*({_WORDS}){_REST}\s*[}}｝]", True),
    _Shape("angles", rf"<\s*({_WORDS})\s*/?>", True),
    *(
        _closed(mark, prose=True, kind="marks")
        for mark in ("##", "#", "~~", "~", "||", "|", "^", "!!", "!", "__", "==", "&", "@")
    ),
    _Shape("colon_name", rf"(?:(?<=[\s(])|^):({_NAME})\b(?!:)", True),
    _Shape("percent", rf"(?<![\w%])(?<!\d )%({_NAME})\b(?!%)", True),
)
# What the API reads, or would if it were well written: tried before the others.
_OWN: Final = (
    _Shape("parameter", rf"\$\{{{KEY}\}}"),
    _Shape("malformed", r"\$\{[^{}$\n]{0,60}\}"),
    _Shape("unclosed", r"\$\{"),
    _Shape("angle", rf"\$<{KEY}>"),
    _Shape("malformed_angle", r"\$<[^<>$\n]{0,60}>"),
)
OWN: Final = frozenset(shape.kind for shape in _OWN)
_ALL: Final = (*_OWN, *_SHAPES)
# Where none of these characters is, no shape begins: most of a is passed over so.
_BEGINS: Final = r"(?=[{｛<\[(*@%$«‹【#~|^!_=&:])"
_ANY: Final = re.compile(
    _BEGINS + "(?:" + "|".join(f"(?P<s{n}>{shape.pattern})" for n, shape in enumerate(_ALL)) + ")"
)


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Fields as people name them, each without case, blanks and marks.
_FIELDS: Final = _words(
    """
    name firstname fname forename givenname lastname lname surname familyname fullname nickname
    middlename initials salutation title greeting gender username login nom prenom prénom nombre
    nombres apellido apellidos nome cognome sobrenome vorname nachname anrede naam voornaam
    achternaam imie imię nazwisko fornavn etternavn förnamn efternamn ad soyad isim имя фамилия
    имяотчество отчество όνομα 姓名 名字 お名前 氏名
    email mail emailaddress phone phonenumber mobile mobilenumber cell number msisdn recipient
    company companyname organisation organization business businessname firma empresa
    address street city town ort stadt ville ciudad cidade zip zipcode postcode postalcode plz
    country state region store storename branch location place venue
    date time day month year duedate startdate enddate expirydate expiry birthday birthdate
    dateofbirth dob appointmentdate appointmenttime appointment deliverydate fecha hora datum
    uhrzeit data
    amount price total balance cost currency discount percent quantity qty amountdue
    betrag importe montant
    code otp pin password token voucher vouchercode coupon couponcode promo promocode offer
    verificationcode
    link url shorturl shortlink trackingurl trackinglink trackingnumber trackingcode tracking
    website unsubscribelink optoutlink
    order orderid ordernumber orderno invoice invoiceid invoicenumber invoiceno reference
    referencenumber refnumber account accountnumber accountid policynumber ticketnumber
    bookingid bookingnumber id userid customerid customernumber memberid
    product productname item itemname event eventname course agent agentname doctor doctorname
    sender sendername brand brandname service
    var variable field text numeric alphanumeric custom placeholder
    """
)
_NUMBERED: Final = re.compile(r"(?:custom|field|var|variable|param|col|column|attribute|merge)\d+")
# Words around a field's name: [your name], [insert date here], [Customer's name].
_AROUND: Final = _words(
    """
    your my the their his her insert enter add here recipient recipients customer customers contact
    contacts client clients user users subscriber subscribers member members patient patients guest
    guests lead student parent employee
    """
)
# What begins a tag of a template language and is no field.
_TAGS: Final = _words("if else elsif elif endif end unless for foreach each case assign")
_SPLIT: Final = re.compile(r"[\W_]+")


def plain_name(name: str) -> str:
    """Return a name without case, blanks and marks.

    >>> plain_name("First_Name"), plain_name("first name"), plain_name("«Имя»")
    ('firstname', 'firstname', 'имя')
    """
    return _SPLIT.sub("", name).casefold()


def key_for(name: str) -> str | None:
    """Return the parameter that a name may be called by; None: it has no letter or digit of ASCII.

    >>> key_for("First Name"), key_for(" 1 "), key_for("Имя")
    ('First_Name', '1', None)
    """
    key = re.sub(r"[^A-Za-z0-9_.\-]+", "_", name.strip()).strip("_")
    return key if re.search("[A-Za-z0-9]", key) else None


def placeholders(text: str, columns: Iterable[str] = ()) -> Iterator[Placeholder]:
    """Yield what looks like a parameter, in order, the API's own (``parameter``) too.

    ``columns`` are those of the list, by which a shape that prose has is known for one.

    >>> [found.text for found in placeholders("Hi [First Name], *|CODE|* [sic] #1 50% off :-)")]
    ['[First Name]', '*|CODE|*']
    >>> [found.text for found in placeholders("Hi [shoe size]", ["Shoe_Size"])]
    ['[shoe size]']
    """
    known = {plain_name(column) for column in columns}
    at = 0
    while (match := _ANY.search(text, at)) is not None:
        assert match.lastgroup is not None
        shape = _ALL[int(match.lastgroup[1:])]
        # The name is the last group inside the shape's own.
        name = next(filter(None, match.groups()[match.re.groupindex[match.lastgroup] :]), "")
        if shape.prose and not _is_field(name, known):
            at = match.start() + 1
            continue
        at = match.end()
        yield Placeholder(shape.kind, match.start(), match[0], name)


def _is_field(name: str, known: set[str]) -> bool:
    """Whether a name is a column's or one that people give to fields."""
    words = _SPLIT.split(name.casefold().replace("'s", "").replace("’s", ""))
    bare = "".join(word for word in words if word not in _AROUND)
    whole, last = plain_name(name), plain_name(name.rpartition(".")[2])
    return any(
        one in known or one in _FIELDS or _NUMBERED.fullmatch(one) is not None
        for one in (whole, last, bare)
        if len(one) > 1 or not one.isascii()
    )


def advice(found: Placeholder, columns: Iterable[str] = ()) -> str:
    """Say what to write instead."""
    if found.kind in ("malformed", "malformed_angle"):
        return "is not a parameter: a key has letters, digits, '_', '.' and '-' only"
    if found.kind == "unclosed":
        return "opens a parameter and does not close it; write '${key}'"
    if found.kind == "angle":
        return "is literal text in this syntax; write '${key}' or use syntax='$<>'"
    own = next((name for name in columns if plain_name(name) == plain_name(found.name)), None)
    key = None if found.name in _TAGS else key_for(found.name if own is None else own)
    said = "is sent as it is, to everybody; "
    if key is None:
        return said + "the API's parameters are written '${key}'"
    mapped = f" for the column '{own}'" if own is not None and own != key else ""
    return f"{said}write '${{{key}}}'{mapped}"


# The forms that ``syntax=`` reads beside the API's own, by their marks.
_SYNTAXES: Final[Mapping[str, re.Pattern[str]]] = {
    "$<>": re.compile(rf"\$<({KEY})>"),
    "{{}}": re.compile(rf"\{{\{{\{{?\s*({_WORDS}|\d{{1,3}})\s*\}}\}}\}}?"),
    "(())": re.compile(rf"\(\(\s*({_WORDS}|\d{{1,3}})\s*\)\)"),
    "*||*": re.compile(rf"\*\|\s*({_WORDS}|\d{{1,3}})\s*\|\*"),
    "%%": re.compile(rf"%({_DOTTED}|\d{{1,3}})%"),
    "[]": re.compile(rf"\[\s*({_WORDS}|\d{{1,3}})\s*\]"),
    "<%=%>": re.compile(rf"<%=\s*({_DOTTED}|\d{{1,3}})\s*%>"),
}
SYNTAXES: Final = ("${}", *_SYNTAXES)


def syntax_of(text: str) -> str:
    """Return one of the syntaxes, which may be given with a name inside.

    >>> syntax_of("{{name}}"), syntax_of("<%= x %>"), syntax_of("[]")
    ('{{}}', '<%=%>', '[]')

    Raises :class:`~smsplan.errors.InputError` where it is none.
    """
    bare = re.sub(r"[\w\s]", "", text) if isinstance(text, str) else ""
    if bare not in SYNTAXES:
        listed = ", ".join(f"'{one}'" for one in SYNTAXES[:-1])
        raise InputError(f"unknown template syntax {text!r}; use {listed} or '{SYNTAXES[-1]}'")
    return bare


def in_own_syntax(body: str, syntax: str) -> str:
    """Return a body with the parameters of another syntax as the API writes them.

    >>> in_own_syntax("Hi {{ first name }}, ${code}", "{{}}")
    'Hi ${first_name}, ${code}'
    """
    shape = _SYNTAXES.get(syntax_of(syntax))
    return body if shape is None else shape.sub(_own, body)


def _own(match: re.Match[str]) -> str:
    key = key_for(match[1])
    return match[0] if key is None else f"${{{key}}}"

"""Templates: what is a parameter, what is not, and that values are never expanded again."""

from __future__ import annotations

import pickle
import re
import string
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smsplan import InputError, Template
from smsplan.templates.template import MOST_EXPANDED


@pytest.mark.parametrize(
    ("body", "parameters"),
    [
        ("", ()),
        ("no parameters", ()),
        ("${a}", ("a",)),
        ("${b}${a}${b}", ("b", "a")),
        ("${A.b-c_1}", ("A.b-c_1",)),
        ("$${a}", ("a",)),
        ("${}", ()),
        ("${a b}", ()),
        ("${a", ()),
        ("${${a}}", ("a",)),
        ("$a {a} {{a}} %a% $<a>", ()),
        ("${ä}", ()),
    ],
)
def test_parameters(body: str, parameters: tuple[str, ...]) -> None:
    """A key has letters, digits, `_`, `.` and `-`; anything else is literal text."""
    assert Template(body).parameters == parameters


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("Hi {{name}}", ["double_braces"]),
        ("Hi {{ name }}", ["double_braces"]),
        ("Hi $name", ["dollar_name"]),
        ("Hi %name%", ["percent"]),
        ("Hi {name}", ["braces"]),
        ("Hi $<name>", ["angle"]),
        ("Hi ${a b}", ["malformed"]),
        ("Hi ${}", ["malformed"]),
        ("Hi ${name", ["unclosed"]),
        ("Hi ${name}", []),
        ("5$ or $5, 10% off 20%", []),
        ("${a} {city} $c", ["braces", "dollar_name"]),
    ],
)
def test_warnings(body: str, kinds: list[str]) -> None:
    """What looks like a parameter of another template language is found, with its position."""
    warnings = Template(body).warnings
    assert [warning.kind for warning in warnings] == kinds
    for warning in warnings:
        assert body[warning.position :].startswith(warning.text)


def test_angle_syntax() -> None:
    """`$<key>` survives every shell and becomes the API's form."""
    template = Template("Hi $<name>, ${city}", syntax="$<>")
    assert template.body == "Hi ${name}, ${city}"
    assert template == Template("Hi ${name}, ${city}")
    assert not template.warnings


def test_unmatched() -> None:
    """A key without a value is named once; its placeholder stays or goes."""
    template = Template("${a}${b}${a}")
    assert template.expand({"b": "x"}) == ("${a}x${a}", ("a",))
    assert template.expand({"b": "x"}, unmatched="empty") == ("x", ("a",))
    assert template.expand({"a": "", "b": None}) == ("${b}", ("b",))


def test_values_are_not_expanded_again() -> None:
    """One pass: a name that contains a placeholder is text; `again` says otherwise and ends."""
    template = Template("${a}-${b}")
    values = {"a": "${b}", "b": "${a}"}
    assert template.expand(values).text == "${b}-${a}"
    assert template.expand(values, again=True).text == "${a}-${b}"


def test_values_are_expanded_again_where_asked() -> None:
    """With ``again`` a value's own parameters get theirs, but for one inside its own expansion."""
    made = Template("${a} ${b}").expand({"a": "x${b}", "b": "y${a}${c}"}, again=True)
    assert made.text == "xy${a}${c} yx${b}${c}"
    assert made.unmatched == ("c",)


def naive(body: str, values: dict[str, str | None], inside: tuple[str, ...] = ()) -> str:
    """Expand again by recursion, as it is said: a parameter inside its own expansion stays."""

    def text(match: re.Match[str]) -> str:
        value = values.get(match[1])
        if value is None or match[1] in inside:
            return match[0]
        return naive(value, values, (*inside, match[1]))

    return re.sub(r"\$\{([a-e])\}", text, body)


@given(
    st.dictionaries(
        st.sampled_from("abcde"),
        st.none() | st.lists(st.sampled_from(["${a}", "${b}", "${c}", "${d}", "${e}", "x"]),
                             max_size=3).map("".join),
    )
)  # fmt: skip
@example({"a": "${b}${c}", "b": "${c}", "c": "${a}${d}${d}", "d": "${e}", "e": ""})
def test_what_is_remembered_is_the_same_everywhere(values: dict[str, str | None]) -> None:
    """Values that name each other and themselves give what plain recursion gives."""
    body = "${a}-${b}-${a}${c}${d}${e}"
    made = Template(body).filled(values, again=True)
    expected = naive(body, values)
    assert made.complete == (len(expected) <= MOST_EXPANDED)
    assert made.text == expected[: MOST_EXPANDED + 1]


def doubled(levels: int, last: str) -> dict[str, str]:
    """Values each of which has the next twice."""
    chain = {f"p{n}": f"${{p{n + 1}}}" * 2 for n in range(levels)}
    return {**chain, f"p{levels}": last}


@pytest.mark.parametrize(
    ("levels", "last", "length"),
    [(15, "x", 1 << 15), (16, "x", None), (60, "x", None), (3000, "", 0), (60, "", 0)],
)
def test_expansion_stops_where_no_message_goes_on(
    levels: int, last: str, length: int | None
) -> None:
    """Text of 255 parts is made whole, more is stopped; empties that double take no time."""
    template, values = Template("${p0}"), doubled(levels, last)
    begun = time.process_time()
    made = template.filled(values, again=True)
    assert time.process_time() - begun < 1
    assert made.complete == (length is not None)
    assert len(made.text) == (MOST_EXPANDED + 1 if length is None else length)
    if length is None:
        with pytest.raises(InputError, match="take the parameters out of the values"):
            template.expand(values, again=True)
    else:
        assert template.expand(values, again=True).text == last * length


def test_values_that_name_each_other_stop() -> None:
    """Each of 40 values names all: as many orders as there are, and still an answer at once."""
    every = {f"k{n}": "".join(f"${{k{m}}}" for m in range(40)) for n in range(40)}
    begun = time.process_time()
    assert not Template("${k0}").filled(every, again=True, unmatched="empty").complete
    assert time.process_time() - begun < 2


def test_dollar_escapes() -> None:
    """`$${a}` is a dollar and the value, or, in engines that escape, the text `${a}`."""
    assert Template("$${a}").expand({"a": "5"}).text == "$5"
    assert Template("x$${a}${a}", dollar_escapes=True).expand({"a": "5"}).text == "x${a}5"


def test_not_text() -> None:
    """A body that is no text, or an unknown syntax, is an error with a next step."""
    with pytest.raises(InputError, match="pass a string"):
        Template(5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown template syntax"):
        Template("a", syntax="%")


KEYS = st.text(string.ascii_letters + string.digits + "_.-", min_size=1, max_size=5)


@given(st.lists(st.tuples(st.text("ab{}$<> \n"), KEYS)), st.text("ab{}$"))
def test_expansion_against_the_standard_library(pieces: list[tuple[str, str]], end: str) -> None:
    """For bodies that `string.Template` can read, both expand alike."""

    class Api(string.Template):
        pattern = r"""(?P<escaped>(?!)) | (?P<named>(?!)) | (?P<invalid>(?!))
            | \$\{(?P<braced>[A-Za-z0-9_.\-]+)\}"""  # type: ignore[assignment]

    body = "".join(f"{text}${{{key}}}" for text, key in pieces) + end
    values = {key: f"<{key}$>" for _, key in pieces}
    assert Template(body).expand(values).text == Api(body).safe_substitute(values)


@given(st.text())
def test_pieces_join_to_the_body(body: str) -> None:
    """Parsing loses nothing, and a template survives pickling."""
    template = Template(body)
    back = "".join(
        "${" + piece + "}" if index % 2 else piece for index, piece in enumerate(template.pieces)
    )
    assert back == body
    assert pickle.loads(pickle.dumps(template)) == template


def test_an_expansion_reads_as_its_text() -> None:
    """What is printed or put into another text is the message; its repr names what is missing."""
    made = Template("Hi ${name} ${x}").expand({"name": "Ana"})
    assert str(made) == f"{made}" == made.text == "Hi Ana ${x}"
    assert repr(made) == "Expansion(text='Hi Ana ${x}', unmatched=('x',))"

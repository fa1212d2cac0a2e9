"""Write docs/lint.md from the rules themselves: ``python docs/make_lint.py``."""

from __future__ import annotations

from pathlib import Path

from smsplan.linting.rules import RULES, Rule

FAMILIES = {
    "SMS0": "What cannot be looked at",
    "SMS1": "Characters",
    "SMS2": "Length",
    "SMS3": "Parameters",
    "SMS4": "The API",
    "SMS5": "With recipients",
    "SMS6": "Content",
}

HEAD = """# Linting templates

The rules below are written by `docs/make_lint.py` from the code that checks them.

`smsplan lint` reads message templates, one a file, and names what makes them dear or wrong, before
there is a list of recipients:

```
smsplan lint messages/ welcome.sms
smsplan lint --body 'Hi ${name}…'
smsplan lint --fix welcome.sms
```

Each complaint has a place, a code and a severity. Exit code 3 means that there are warnings or
errors; what is only worth knowing (`info`) does not count unless `--fail-on info` is given.
`smsplan lint --explain SMS101` explains a rule where you are.

```python
>>> import smsplan
>>> for complaint in smsplan.lint("Hi {name}, only 20\\u00a0€…", opt_out=["STOP"]):
...     print(complaint.code, complaint.severity, complaint.column, repr(complaint.fix))
SMS301 warning 4 None
SMS101 warning 19 ' '
SMS104 warning 21 '...'
SMS601 warning 22 None

```

## Fixes

`--fix` makes what keeps the meaning, and nothing else: typographic characters, invisible ones,
accents that are characters of their own, white space that nobody sees. It never takes an accent
away, never spells out a symbol, never makes the fixed text take more parts (no `...` for `…` where
it stays Unicode), and never touches a parameter or what looks like one. A file is rewritten whole
or not at all; its line breaks, byte order mark and permissions stay. Every fix is reported. With
`-` or `--body` the text goes to stdout.

## Configuration

In `pyproject.toml`, the nearest upwards from the template that has the table (or `--config FILE`):

```toml
[tool.smsplan.lint]
select = ["SMS"]             # codes or their beginnings
ignore = ["SMS106"]          # the longest that fits a rule decides
per-file-ignores = { "greek/*" = ["SMS1"] }
files = ["*.sms", "*.txt"]   # the templates of a folder; else *.sms and *.sms.txt
exclude = ["old/*"]          # left out, also where they are named
fail-on = "warning"          # error, warning or info

defaults = { name = "there" }
syntax = "${}"               # or "$<>", "{{}}", "(())", "*||*", "%%", "[]", "<%=%>"
profile = "current"          # or a TOML file
max-parts = 2
near = 10                    # up to how many characters over a part are few
truncate-concat = false
opt-out = ["STOP", "unsubscribe"]
max-url = 40
max-longer = "10%"           # messages that may take more parts than the fixed text
max-cost = "500 EUR"
```

An option on the command line takes the place of the setting of the same name; `--default` adds to
`defaults`. `per-file-ignores` always hold. Patterns fit the path below the file's folder, or the
name; `*` fits `/` too.

## With recipients

```
smsplan lint welcome.sms --recipients people.csv --to phone --column name=first_name \\
    --default name=there --rates prices.csv --max-cost '500 EUR'
```

plans the template to the list and asks the rules SMS5xx too: how many messages values push into
another part or make Unicode, who has no value. In Python: `smsplan.lint(body, plan=made)`.

```python
>>> made = smsplan.plan(["+447700900123"], "Hello", rates="0.034 GBP")
>>> [str(one) for one in smsplan.lint("Hello", plan=made, max_cost="0.01 GBP")]
['1:1: SMS506 it costs GBP 0.034, and GBP 0.01 are allowed']

```

## Before a commit, and in GitHub Actions

The repository is one for [pre-commit](https://pre-commit.com). `smsplan-lint` complains,
`smsplan-lint-fix` fixes as well:

```yaml
repos:
  - repo: https://example.com/smsplan # where you have it from
    rev: v0.1.0
    hooks:
      - id: smsplan-lint
        files: ^messages/.*\\.txt$ # else *.sms and *.sms.txt
```

In a workflow, `smsplan lint --format github messages/` marks the lines of a pull request.

## Rules

"""


def reference() -> str:
    """Return the text of docs/lint.md."""
    rules = sorted(RULES.values(), key=lambda one: one.code)
    table = ["| code | name | severity | fix | |", "|---|---|---|---|---|"]
    table += [
        f"| [{rule.code}](#{rule.code.lower()}-{rule.name}) | {rule.name} | {rule.severity} | "
        f"{'yes' if rule.fixable else ''} | {_cell(rule.title)} |"
        for rule in rules
    ]
    out = [HEAD, "\n".join(table), "\n"]
    for beginning, title in FAMILIES.items():
        out.append(f"\n### {title}\n")
        out += [_section(rule) for rule in rules if rule.code.startswith(beginning)]
    return "".join(out)


def _section(rule: Rule) -> str:
    given = "".join(
        f"\n* with: `{key.replace('_', '-')} = {_toml(value)}`" for key, value in rule.given.items()
    )
    rows = f"\n* recipients: {_rows(rule.rows)}" if rule.rows else ""
    other = f", and {_rows(rule.counterrows)}" if rule.counterrows else ""
    return (
        f"\n#### {rule.code} {rule.name}\n\n"
        f"{rule.title}. {rule.why}\n{given}{rows}\n"
        f"* complains of: {_text(rule.example)}\n"
        f"* not of: {_text(rule.counterexample)}{other}\n"
    ).replace("\n\n* with", "\n* with")


def _text(text: str) -> str:
    """A text as Python writes it: what is not seen, or could be mistaken, as its number."""
    shown = "".join(
        character if character.isascii() and character.isprintable() else _number(character)
        for character in text
    )
    if len(shown) > 120:
        shown = f"{shown[:60]} … {shown[-40:]}"
    return f"`{shown}`" + (f" ({len(text):,} characters)" if "…" in shown else "")


def _number(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case dict():
            return f"{{ {', '.join(f'{key} = {_toml(each)}' for key, each in value.items())} }}"
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case _:
            return f'"{_text(str(value)).strip("`")}"'


def _rows(rows: object) -> str:
    assert isinstance(rows, list)
    listed = []
    for row in rows:
        name = row["name"]
        listed.append("no name" if name is None else _text(name))
    return ", ".join(listed)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    Path(__file__).with_name("lint.md").write_text(reference(), encoding="utf-8")

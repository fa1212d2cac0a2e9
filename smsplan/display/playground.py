"""A text box that counts what one types: by the rules and tables of ``encoding``, in a browser.

The tables are written into the script when it is made, so that they cannot differ. Nothing that is
typed leaves the page: no network, no storage, no inline handlers (a strict policy allows the script
and the style by their hashes).
"""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files

from smsplan.encoding import Encoding, part_capacity
from smsplan.encoding.gsm7 import tables
from smsplan.encoding.look_alikes import LISTED, MISREAD
from smsplan.encoding.names import character_name

# The kinds that people paste without seeing them: their names are worth the room.
_NAMED = ("typographic", "space", "invisible", MISREAD)


def segmenter_script() -> str:
    """Return the script that segments, without the box: it defines ``smsplan``.

    ``smsplan.segment(text, referenceBits = 8)`` gives what :func:`smsplan.segment` gives.
    """
    return f"{_read('segmenter.js').rstrip()}({_tables()});\n"


def component_script() -> str:
    """Return the script that makes every box of a page live; it stands behind the markup."""
    return segmenter_script() + _read("playground.js")


def component_style() -> str:
    """Return the style of the box: light and dark, desktop and phone."""
    return _read("playground.css")


def component_html(text: str = "", *, heading: int = 3) -> str:
    """Return the markup of a box with a text in it; ``heading`` is the level of its headings.

    >>> "<textarea" in component_html("Hi ${name}")
    True
    """
    markup = _read("playground.html").replace("h3", f"h{heading}")
    # HTML drops the first line break of a text area.
    return markup.replace("<!--text-->", "\n" + escape(text))


def playground_page() -> str:
    """Return the calculator as one page that needs no server: ``docs/playground.html``."""
    script, style = component_script(), _PAGE_STYLE + component_style()
    policy = (
        f"default-src 'none'; script-src {source_hash(script)}; style-src {source_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return _PAGE.format(policy=policy, style=style, script=script, box=component_html(heading=2))


def source_hash(source: str) -> str:
    """Return what a content security policy allows a script or style by.

    >>> source_hash("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"


_PAGE_STYLE = """\
:root { color-scheme: light dark; --page: #f4f5f7; --ink: #1a1d21; --dim: #565d66; }
@media (prefers-color-scheme: dark) {
  :root { --page: #111316; --ink: #e8eaed; --dim: #a3abb5; }
}
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header, main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
h1 { margin: 0; font-size: 1.75rem; letter-spacing: -.01em; }
header p { margin: .25rem 0 1.5rem; color: var(--dim); }
footer { padding-block: 1.5rem 2.5rem; color: var(--dim); font-size: .875rem; }
footer dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
footer dt { font-weight: 600; color: var(--ink); }
footer dd { margin: 0; }
@media (max-width: 40rem) {
  header { padding-top: 1.25rem; }
  footer dl { grid-template-columns: 1fr; gap: 0; }
  footer dd { margin-bottom: .5rem; }
}
"""

_PAGE = """\
<!doctype html>
<!-- Written by docs/make_playground.py from the tables of smsplan/encoding. Do not edit. -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>SMS calculator</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>SMS calculator</h1>
<p>How many parts a text takes, why, and what would make it shorter. What you type stays on this
page.</p>
</header>
<main>
{box}
</main>
<footer>
<dl>
<dt>Part</dt>
<dd>What is billed. A text too long for one part goes out as several, and the phone joins them.</dd>
<dt>GSM</dt>
<dd>160 septets alone, 153 in each of several parts. One character is one septet;
^ {{ }} \\ [ ~ ] | € take two.</dd>
<dt>Unicode</dt>
<dd>70 code units alone, 67 in each of several parts. One character outside the GSM alphabet makes
the whole text Unicode. An emoji takes at least two units.</dd>
<dt>Line break</dt>
<dd>One septet or unit here. Texts from some systems have two (CR LF).</dd>
</dl>
</footer>
<script>{script}</script>
</body>
</html>
"""


def _read(name: str) -> str:
    return files("smsplan.display").joinpath(name).read_text(encoding="utf-8")


def _tables() -> str:
    """Return the tables as JSON that is harmless inside a script element."""
    septets = tables().septets
    groups: dict[tuple[str, str], dict[str, str]] = {}
    for character, entry in LISTED.items():
        found = groups.setdefault((entry.kind, "safe" if entry.safe else "lossy"), {})
        found[entry.replacement] = found.get(entry.replacement, "") + character
    made = {
        "alphabet": "".join(c for c, code in septets.items() if len(code) == 1),
        "extension": "".join(c for c, code in septets.items() if len(code) == 2),
        "room": {
            encoding: {
                bits: [part_capacity(encoding, parts=n, reference_bits=bits) for n in (1, 2)]
                for bits in (8, 16)
            }
            for encoding in Encoding
        },
        "lookAlikes": [[*key, found] for key, found in groups.items()],
        "names": [
            [character, character_name(character).lower()]
            for character, entry in LISTED.items()
            if entry.kind in _NAMED
        ],
    }
    return json.dumps(made, separators=(",", ":")).replace("<", "\\u003c")

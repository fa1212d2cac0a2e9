"""The documentation site: Sphinx, MyST-NB, furo. ``make docs`` builds it; see make_site.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import smsplan

project = "smsplan"
author = copyright = "smsplan contributors"
version = release = smsplan.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = f"smsplan {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
# A page of its own, which needs neither a server nor this site.
html_extra_path = [name for name in ("playground.html",) if (Path(__file__).parent / name).exists()]
smartquotes = False  # a quote in a text about quotes is meant as it is
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False

# tests/test_notebooks.py executes the notebooks; here they are shown with what they have stored.
nb_execution_mode = "off"
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
autodoc_use_type_comments = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88

nitpicky = True
# Nothing is fetched, so names of other packages and of Python lead nowhere.
nitpick_ignore_regex = [
    (r"py:.*", r"(?!smsplan\.).*"),
    # What stands in a signature and is none of a user's business.
    (r"py:class", r"smsplan\.api\.batches\._Absent"),
    (r"py:class", r"smsplan\.sandbox\.account\.Account"),
    (r"py:class", r"smsplan\.limits\.(Facts|RowKind)"),
    (r"py:class", r"smsplan\.ratecards\.terms\.(Charges?|Ladder)"),
    (r"py:class", r"smsplan\.templates\.template\.Filled"),
]


def _public(app: Any, env: Any, node: Any, contnode: Any) -> Any:
    """Lead ``smsplan.errors.InputError`` to where it is documented: ``smsplan.InputError``."""
    target = node.get("reftarget", "")
    parts = target.split(".")
    for place in range(len(parts) - 1, 0, -1):
        public = ".".join(["smsplan", *parts[place:]])
        if parts[0] == "smsplan" and parts[place] in smsplan.__all__ and public != target:
            domain = env.get_domain("py")
            return domain.resolve_xref(
                env, node["refdoc"], app.builder, node["reftype"], public, node, contnode
            )
    return None


def _signature(*given: Any) -> Any:
    """Write defaults that are made anew as ``...``, so that Sphinx can read the signature.

    What is made of private fields, such as a plan, is not made by users, and has no signature.
    """
    signature, returned = given[-2:]
    if signature is None:
        return None
    return "" if signature.startswith("(_") else signature.replace("<factory>", "..."), returned


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-signature", _signature)
    app.connect("missing-reference", _public)

# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Sphinx for the documentation site. tests/tools/docs_site.py puts the sources together and starts it."""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests" / "tools"))

from docs_site import BLOB, GUIDES, PICTURES, guide_of, page_of  # noqa: E402

project = "hwcloud.workspace"
author = "the hwcloud.workspace contributors"
project_copyright = "2026 the hwcloud.workspace contributors"

antsibull_ext_color_scheme = "none"  # site.css has the colours
extensions = ["myst_parser", "sphinx_antsibull_ext", "sphinx_copybutton"]
default_role = "any"
nitpicky = True
# A block without a language is text of some program.
highlight_language = "none"
pygments_style = "friendly"
pygments_dark_style = "github-dark"
smartquotes = False

myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]

html_theme = "furo"
html_title = "hwcloud.workspace"
html_static_path = [str(Path(__file__).parent / "static")]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_use_index = False
html_theme_options = {"navigation_with_keys": True}
# Prompts and what a command prints are not copied with it.
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True

_logger = logging.getLogger(__name__)


class Chart(Directive):
    """The place of a flow chart in a page that is written in Markdown: the picture that says the same."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the picture."""
        page = Path(self.state.document.settings.env.docname).name
        picture = PICTURES.get(page)
        if picture is None:
            raise self.severe(f"the flow chart of {page} has no picture; draw one and name it in docs_site.PICTURES")
        text = "The steps that the text below describes, as a flow chart."
        return [nodes.image(uri=f"../images/{picture}", alt=text, classes=["picture"])]


def _stay_on_the_site(app: Sphinx, doctree: nodes.document) -> None:
    """Let links to files of the repository lead to their page on the site, where there is one."""
    here = app.env.docname
    for link in doctree.findall(nodes.reference):
        target = str(link.get("refuri", ""))
        parts = urlsplit(target)
        if target.startswith(BLOB):
            path = target[len(BLOB) :].partition("#")[0]
        elif not parts.scheme and not parts.netloc and parts.path and here.startswith("guides/"):
            path = posixpath.normpath(posixpath.join(GUIDES, parts.path))
        else:
            continue
        if not (CHECKOUT / path).exists():
            _logger.warning("link to %s, which is not in the repository", path, location=link)
        page = page_of(path) or guide_of(path)
        if page is None:
            link["refuri"] = BLOB + path + (f"#{parts.fragment}" if parts.fragment else "")
            continue
        anchor = f"#{parts.fragment}" if parts.fragment else ""
        link["refuri"] = app.builder.get_relative_uri(here, page) + anchor
        link["internal"] = True


# Pages of ansible-core's documentation that the reference leads to. Its list of places would have to be downloaded.
_CORE = "https://docs.ansible.com/projects/ansible/latest/"
_CORE_PLACES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def _lead_to_core(app: Sphinx, env: BuildEnvironment, node: pending_xref, text: nodes.Node) -> nodes.reference | None:
    """Let what Ansible itself documents lead to its site; what nobody knows stays a warning."""
    target = str(node.get("reftarget", ""))
    if target in _CORE_PLACES:
        place = _CORE_PLACES[target]
    elif found := re.match(r"ansible_collections\.ansible\.builtin\.(\w+_[a-z]+)", target):
        place = f"collections/ansible/builtin/{found[1]}.html"
    elif node.get("reftype") == "envvar" and target.startswith("ANSIBLE_"):
        place = f"reference_appendices/config.html#envvar-{target}"
    else:
        return None
    return nodes.reference("", "", text, refuri=_CORE + place, internal=False)


def setup(app: Sphinx) -> dict[str, Any]:
    """Take part in the build."""
    app.add_directive("mermaid", Chart)
    app.connect("doctree-read", _stay_on_the_site)
    app.connect("missing-reference", _lead_to_core)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

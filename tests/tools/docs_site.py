# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the documentation site in .build/docs/html: ``docs_site.py [--always]``. Run it by ``make docs``.

The reference comes from the collection by antsibull-docs, the guides from docs/docsite/rst, and the pages from
docs/*.md and the READMEs of the roles and of the simulator. Sphinx makes one site of them. Nothing is downloaded. It
fails at the first warning of either tool, and at a link that leads nowhere. If nothing has changed since the last time,
nothing is done.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
OUT = CHECKOUT / ".build" / "docs"
SOURCE, HTML, STAMP = OUT / "source", OUT / "html", OUT / "made-from"
SETTINGS = CHECKOUT / "tests" / "docs"
GUIDES = "docs/docsite/rst"
IMAGES = CHECKOUT / "docs" / "docsite" / "images"
COLLECTION = "hwcloud.workspace"
BLOB = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))["repository"] + "/blob/main/"

PICTURES = {"how-a-change-is-made": "engine.svg", "waves": "waves.svg"}
"""Pages with a flow chart, and the picture that says the same."""

FIRST_PAGES = ("modules-at-a-glance", "how-a-change-is-made", "waves", "faults", "security", "performance")
"""Pages that are listed first; the others of docs/ follow by name."""

_INPUTS = (
    "CHANGELOG.rst", "docs/**/*", "galaxy.yml", "meta/runtime.yml", "plugins/**/*.py", "plugins/**/*.yml",
    "requirements/docs.txt", "roles/*/README.md", "roles/*/meta/*", "tests/docs/**/*", "tests/simulator/README.md",
    "tests/tools/docs_site.py",
)  # fmt: skip
_KINDS = {"module": "Modules", "role": "Roles", "inventory": "Inventory plugin", "filter": "Filters"}
_PAGES_OF_KINDS = {"module": "modules", "role": "roles", "inventory": "inventory_plugins", "filter": "filters"}
_LINK = re.compile(r"(?<=\]\()([^)#\s]*)(#[^)\s]*)?(?=\))")
_CONTENTS = re.compile(r"^\.\. contents::.*\n(?:   .*\n)*", re.MULTILINE)
_FENCE = re.compile(r"^(```.*?^```|~~~.*?^~~~)", re.MULTILINE | re.DOTALL)


def page_of(path: str) -> str | None:
    """Return the page of the site that a file of the repository is, None if it is none."""
    if path in ("README.md", "."):
        return "index"
    if path == "CHANGELOG.rst":
        return "pages/changelog"
    if path == "tests/simulator/README.md":
        return "pages/simulator"
    if found := re.fullmatch(r"roles/(\w+)/README\.md", path):
        return f"pages/{found[1]}"
    if found := re.fullmatch(r"docs/([\w-]+)\.md", path):
        return f"pages/{found[1]}"
    return None


def guide_of(path: str) -> str | None:
    """Return the page of the site that a guide is, None if the file is no guide."""
    found = re.fullmatch(GUIDES + r"/(\w+)\.rst", path)
    return f"guides/{found[1]}" if found else None


def main() -> None:
    """Build the site, one run at a time."""
    OUT.mkdir(parents=True, exist_ok=True)
    with (OUT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file is closed
        _build()


def _build() -> None:
    made_from = _fingerprint()
    if "--always" not in sys.argv and STAMP.exists() and STAMP.read_text(encoding="utf-8") == made_from:
        print(f"Nothing has changed since {HTML / 'index.html'} was built.")
        return
    STAMP.unlink(missing_ok=True)
    for folder in (SOURCE, HTML, OUT / "doctrees"):
        shutil.rmtree(folder, ignore_errors=True)
    SOURCE.mkdir(parents=True, mode=0o755)
    _write_reference()
    _write_pages()
    _write_index()
    shutil.copytree(IMAGES, SOURCE / "images")
    _run(
        "sphinx-build", "--builder", "html", "--conf-dir", SETTINGS, "--doctree-dir", OUT / "doctrees", "--quiet",
        "--fail-on-warning", "--nitpicky", "--keep-going", "--jobs", "2", SOURCE, HTML,
    )  # fmt: skip
    if faults := list(dead_ends(HTML)):
        sys.exit("\n".join(faults))
    STAMP.write_text(made_from, encoding="utf-8")
    print(f"{len(list(HTML.rglob('*.html')))} pages, no warning, no dead link: {HTML / 'index.html'}")


def _fingerprint() -> str:
    paths = sorted({path for pattern in _INPUTS for path in CHECKOUT.glob(pattern) if path.is_file()})
    taken = hashlib.sha256(sys.version.encode())
    for path in paths:
        taken.update(f"{path.relative_to(CHECKOUT)}\0".encode() + path.read_bytes() + b"\0")
    return taken.hexdigest()


def _run(program: str, *arguments: str | Path) -> None:
    """Run a program of the environment that this runs in. It finds the other programs there, and this collection."""
    programs = Path(sys.executable).parent
    command = [str(programs / program), *map(str, arguments)]
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}",
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".build" / "collections"),
        "ANSIBLE_HOME": str(OUT / "ansible"),
    }
    status = subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode
    if status:
        sys.exit(f"{program} ended with {status}")


def _write_reference() -> None:
    _run(
        "antsibull-docs", "--config-file", SETTINGS / "antsibull-docs.cfg", "collection", "--use-current",
        "--squash-hierarchy", "--fail-on-error", "--dest-dir", SOURCE, COLLECTION,
    )  # fmt: skip
    if (SOURCE / "docsite").exists():
        (SOURCE / "docsite").rename(SOURCE / "guides")
    for path in SOURCE.rglob("*.rst"):
        # The theme shows a page's contents beside it, and wants no second table of them.
        path.write_text(_CONTENTS.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")
    index = SOURCE / "index.rst"
    parts = re.split(r"^\.\. _(\w+)_plugins_in_.*:$", index.read_text(encoding="utf-8"), flags=re.MULTILINE)
    index.unlink()
    anchors = "".join(f".. _{name}_{COLLECTION}:\n" for name in ("plugins_in", "plugin_index_for"))
    for kind, text in zip(parts[1::2], parts[2::2], strict=True):
        (SOURCE / f"{_PAGES_OF_KINDS[kind]}.rst").write_text(_list_of(kind, text, anchors), encoding="utf-8")
        anchors = ""


def _list_of(kind: str, text: str, anchors: str) -> str:
    """Return the page that lists the plugins of one kind, with a table of contents in which names are short."""
    items = "\n".join(line for line in text.splitlines() if line.startswith("* "))
    names = re.findall(rf"^    (\w+)_{kind}$", text, re.MULTILINE)
    assert len(names) == items.count("\n") + 1, f"antsibull-docs lists {kind}s in another way now"
    title = _KINDS[kind]
    contents = "\n".join(f"   {name} <{name}_{kind}>" for name in names)
    return (
        f"{anchors}.. _{kind}_plugins_in_{COLLECTION}:\n\n{title}\n{'=' * len(title)}\n\n{items}\n\n"
        f".. toctree::\n   :hidden:\n\n{contents}\n"
    )


def _write_pages() -> None:
    (SOURCE / "pages").mkdir()
    for path in _pages():
        text = (CHECKOUT / path).read_text(encoding="utf-8")
        page = page_of(path)
        if path.endswith(".md"):
            text = _with_links(path, text)
        (SOURCE / f"{page}{Path(path).suffix}").write_text(text, encoding="utf-8")


def _pages() -> list[str]:
    """Return the files that become pages, in the order in which they are listed."""
    names = sorted(path.stem for path in (CHECKOUT / "docs").glob("*.md"))
    names.sort(key=lambda name: FIRST_PAGES.index(name) if name in FIRST_PAGES else len(FIRST_PAGES))
    roles = sorted(path.parent.name for path in CHECKOUT.glob("roles/*/README.md"))
    return [
        *(f"docs/{name}.md" for name in names),
        "tests/simulator/README.md",
        *(f"roles/{role}/README.md" for role in roles),
        "CHANGELOG.rst",
    ]


def _with_links(path: str, text: str) -> str:
    """Return a page whose links to files of the repository lead to their page, or else to the repository."""

    def lead(found: re.Match[str]) -> str:
        target, anchor = found[1], found[2] or ""
        if not target or urlsplit(target).scheme:
            return found[0]
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if not (CHECKOUT / wanted).exists():
            sys.exit(f"{path} links to {wanted}, which does not exist")
        page = page_of(wanted) or guide_of(wanted)
        if page is None:
            return BLOB + wanted + anchor
        suffix = ".md" if wanted.endswith(".md") and page != "index" else ".rst"
        return posixpath.relpath(page, "pages") + suffix + anchor

    parts = _FENCE.split(text)
    return "".join(part if number % 2 else _LINK.sub(lead, part) for number, part in enumerate(parts))


def _title(path: str) -> str:
    """Return the beginning of an entry of the table of contents, if the page's own title would say too little there."""
    if path == "CHANGELOG.rst":
        return "Changes <"
    return f"Role {Path(path).parent.name} <" if path.startswith("roles/") else ""


def _write_index() -> None:
    contents = yaml.safe_load((CHECKOUT / "docs" / "docsite" / "extra-docs.yml").read_text(encoding="utf-8"))
    guides = []
    for section in contents["sections"]:
        title = section["title"]
        names = "\n".join(f"   guides/{name}" for name in section["toctree"])
        guides.append(
            f"{title}\n{'-' * len(title)}\n\n.. toctree::\n   :caption: {title}\n   :maxdepth: 1\n\n{names}\n"
        )
    pages = "\n".join(f"   {_title(path)}{page_of(path)}{'>' if _title(path) else ''}" for path in _pages())
    text = (SETTINGS / "index.rst").read_text(encoding="utf-8")
    text = text.replace(".. GUIDES\n", "\n".join(guides)).replace(".. PAGES\n", f"{pages}\n")
    (SOURCE / "index.rst").write_text(text, encoding="utf-8")


class _Page(HTMLParser):
    """What a page refers to, and the places in it that can be referred to."""

    def __init__(self) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.places.update(value for name in ("id", "name") if (value := values.get(name)))
        if tag == "a" and (target := values.get("href")):
            self.links.append(target)
        if tag == "link" and (target := values.get("href")) and values.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.append(target)
        if tag in ("script", "img", "source", "iframe", "object", "embed"):
            self.loads += [value for name in ("src", "data") if (value := values.get(name))]


def dead_ends(folder: Path) -> Iterator[str]:
    """Say which links within a site lead nowhere, and what its pages would load from elsewhere."""
    pages: dict[Path, _Page] = {}
    for path in sorted(folder.rglob("*.html")):
        pages[path] = _Page()
        pages[path].feed(path.read_text(encoding="utf-8"))
    for path, page in pages.items():
        here = path.relative_to(folder)
        for target in page.loads:
            parts = urlsplit(target)
            if parts.scheme not in ("", "data") or parts.netloc:
                yield f"{here} loads {target} from elsewhere"
        for target in {*page.links, *page.loads}:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            wanted = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            if not wanted.exists():
                yield f"{here} links to {target}, which does not exist"
            elif place and wanted in pages and place not in pages[wanted].places:
                yield f"{here} links to {target}, and there is no such place in that page"


if __name__ == "__main__":
    main()

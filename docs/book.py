#!/usr/bin/env python3
"""Builds the book of all pages: docs/book.py FOLDER, with mdbook on the PATH.

The pages are those of the repository, at their places in it, so that a link leads to the same page or file in both. Chapters are those of
SUMMARY.md and every decision. Fails where a link of the book, or a part of a page that it names, leads nowhere.
"""

import posixpath
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
# What pages lead to, besides pages.
FOLDERS = ("deploy/", "examples/", "docs/", "tests/clients/openapi/")


def tracked_files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in listed.stdout.split("\0") if name]


def summary():
    """SUMMARY.md as mdbook wants it: seen from the root, with the decisions."""
    text = (ROOT / "docs/SUMMARY.md").read_text()
    text = re.sub(r"\]\(([^)]+)\)", lambda link: f"]({posixpath.normpath('docs/' + link[1])})", text)
    lines = [text.rstrip()]
    for page in sorted(ROOT.glob("docs/adr/0*.md")):
        title = page.read_text().splitlines()[0].removeprefix("# ")
        lines.append(f"  - [{title}]({page.relative_to(ROOT)})")
    return "\n".join(lines) + "\n"


def collect(source):
    chapters, names = summary(), tracked_files()
    strays = [name for name in names if name.startswith("docs/") and name.endswith(".md") and f"]({name})" not in chapters]
    if strays != ["docs/SUMMARY.md"]:
        sys.exit(f"no chapters of docs/SUMMARY.md: {strays}")
    for name in names:
        if name.endswith(".md") and f"]({name})" in chapters or not name.endswith(".md") and name.startswith(FOLDERS):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    (source / "SUMMARY.md").write_text(chapters)
    shutil.copy(ROOT / "docs/book.toml", source / "book.toml")


class Page(HTMLParser):
    """The links of a page, and what of it can be linked to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.links.append(value)


def dead_links(book):
    pages = {path: Page(path) for path in sorted(book.rglob("*.html"))}
    for path, page in pages.items():
        # All chapters on one page, and one that is shown at any address.
        if path.name in ("print.html", "404.html"):
            continue
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{path.relative_to(book)}: {link} leads nowhere"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                yield f"{path.relative_to(book)}: {link} names no part of that page"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: docs/book.py FOLDER")
    folder = Path(sys.argv[1]).resolve()
    source, book = folder / "pages", folder / "book"
    for path in (source, book):
        shutil.rmtree(path, ignore_errors=True)
    source.mkdir(parents=True)
    collect(source)
    built = subprocess.run(["mdbook", "build", "--dest-dir", book, source], capture_output=True, text=True)
    sys.stderr.write(built.stderr if built.returncode or "WARN" in built.stderr else "")
    dead = list(dead_links(book)) if built.returncode == 0 else []
    print("\n".join(dead), end="\n" if dead else "")
    if built.returncode or "WARN" in built.stderr or dead:
        sys.exit(1)
    print(f"the book is {book}/index.html")


main()

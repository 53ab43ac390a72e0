"""Everything a page needs lies beside it: no content network, so the book works offline and from ``file://``."""

from __future__ import annotations

import shutil
from importlib.metadata import distribution
from pathlib import Path

MATHJAX = "vendor/mathjax-tex-svg.js"
"""One file without web fonts: browsers refuse fonts from ``file://``."""
UNWANTED = ("thebe", "require.js", "embed-amd")
"""Scripts that would start live kernels or widgets from a network."""


def choose_mathjax(app, config):
    config.mathjax_path = MATHJAX


def prune_scripts(app, page, template, context, doctree):
    """Drop scripts nobody needs and inline scripts that Sphinx 7 adds twice (a console error otherwise)."""
    kept, seen = [], set()
    for script in context.get("script_files", []):
        name, body = str(getattr(script, "filename", script) or ""), getattr(script, "attributes", {}).get("body", "")
        text = f"{name} {body}".lower()
        if (name, body) in seen or any(word in text for word in UNWANTED):
            continue
        seen.add((name, body))
        kept.append(script)
    context["script_files"] = kept


def copy_assets(app, error):
    if error is None and app.builder.format == "html":
        package = distribution("sphinx-mathjax-offline")
        target = Path(app.outdir) / "_static" / MATHJAX
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package.locate_file("sphinx-mathjax-offline/static/mathjax/tex-svg.js"), target)
        shutil.copyfile(Path(__file__).with_name("book.css"), Path(app.outdir) / "_static" / "book.css")


def setup(app):
    app.connect("config-inited", choose_mathjax, priority=900)
    app.connect("html-page-context", prune_scripts, priority=900)
    app.connect("build-finished", copy_assets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

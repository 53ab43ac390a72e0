"""The reference page lists the library by itself, and short names in docstrings find their targets."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module

from sphinx.util.nodes import make_refnode

LISTING = re.compile(r"^% every module of (\S+)$", re.MULTILINE)
OPTIONS = "   :members:"


def list_modules(app, page, source):
    """Replace a line ``% every module of PACKAGE`` by the documentation of its public modules."""
    source[0] = LISTING.sub(lambda match: _documented(match[1]), source[0])


def _documented(package: str) -> str:
    found = import_module(package)
    modules = [m.name for m in pkgutil.iter_modules(found.__path__) if m.name[0] != "_" and not m.ispkg]
    names = [package] * (package != "tsinterp_lib") + [f"{package}.{name}" for name in modules]
    blocks = [f"### `{n}`\n\n```{{eval-rst}}\n.. automodule:: {n}\n{OPTIONS}\n```" for n in names]
    return "\n\n".join(blocks)


def resolve_short_name(app, env, node, contnode):
    """``:class:`InvalidInput``` means the one object of the library with that name, wherever it is imported."""
    if node.get("refdomain") != "py":
        return None
    objects = env.get_domain("py").objects
    found = [name for name in objects if name.endswith("." + node["reftarget"])]
    if len(found) != 1:
        return None
    entry = objects[found[0]]
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, found[0])


def setup(app):
    app.connect("source-read", list_modules)
    app.connect("missing-reference", resolve_short_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

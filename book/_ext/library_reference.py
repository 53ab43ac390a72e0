"""The reference page lists the library by itself, and short names in docstrings find their targets."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module

from sphinx.util.nodes import make_refnode

LISTING = re.compile(r"^% every module of (\S+)$", re.MULTILINE)
OPTIONS = "   :members:\n   :no-value:\n   :ignore-module-all:"


def list_modules(app, page, source):
    """Replace a line ``% every module of PACKAGE`` by the documentation of its public modules."""
    source[0] = LISTING.sub(lambda match: _documented(match[1]), source[0])


def _documented(package: str) -> str:
    found = import_module(package)
    if package == "tsinterp_lib":  # its folders have sections of their own
        names = [f"{package}.{m.name}" for m in pkgutil.iter_modules(found.__path__) if not m.ispkg]
    else:
        names = [package, *(m.name for m in pkgutil.walk_packages(found.__path__, f"{package}."))]
    names = [name for name in names if "._" not in name]
    blocks = [f"### `{n}`\n\n```{{eval-rst}}\n.. automodule:: {n}\n{OPTIONS}\n```" for n in names]
    exported = [getattr(found, name) for name in getattr(found, "__all__", ())]
    private = [o for o in exported if str(getattr(o, "__module__", "")).startswith(f"{package}._")]
    own = [f"```{{eval-rst}}\n.. autoclass:: {package}.{o.__name__}\n   :members:\n```" for o in private]
    return "\n\n".join([_names(package), *blocks[:1], *own, *blocks[1:]])


def _names(package: str) -> str:
    """The names in the registries of a package, as the command line and ``Choice`` take them."""
    from tsinterp_lib.registry import KINDS, table

    kinds = [kind for kind, (module, _) in KINDS.items() if module == package]
    return "\n\n".join(f"**{kind}**: {', '.join(f'`{name}`' for name in table(kind))}" for kind in kinds)


def resolve_short_name(app, env, node, contnode):
    """A short name, or one by way of the package that exports it, means the one object of the library so called."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    target = target.rpartition(".")[2] if target.startswith("tsinterp_lib.") else target
    objects = env.get_domain("py").objects
    found = [name for name in objects if name.endswith("." + target)]
    if len(found) != 1:
        return None
    entry = objects[found[0]]
    return make_refnode(app.builder, node["refdoc"], entry.docname, entry.node_id, contnode, found[0])


def setup(app):
    app.connect("source-read", list_modules)
    app.connect("missing-reference", resolve_short_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

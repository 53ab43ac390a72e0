"""What a chapter can be called with: the literals of its cell tagged ``parameters``, their types, and their values."""

from __future__ import annotations

import ast
import io
import math
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from nbformat import NotebookNode

from tsinterp_lib.errors import NotebookError
from tsinterp_lib.registry import known

EXAMPLES = {"bool": "true", "int": "3", "float": "0.5", "str": "smoke", "list": "[a, b]", "dict": "{a: 1}"}
MOST = 1_000_000
"""The largest count a chapter can be called with: more would run for years."""
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Parameter:
    """Holds one parameter of a chapter: its name, declared type (``list[str]``, ``int | None``), default and help."""

    name: str
    type: str
    default: object
    help: str = ""


def declared(notebook: NotebookNode, chapter: str) -> dict[str, Parameter]:
    """Return the parameters of a chapter in their order; a type that is not written down is that of the default.

    Raises :class:`~tsinterp_lib.errors.NotebookError` where the cell holds anything but ``name: type = literal``.
    """
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if not cells:
        return {}
    if len(cells) > 1:
        raise NotebookError(f"chapter {chapter!r} has {len(cells)} cells tagged `parameters`: keep one.")
    source: str = cells[0].source
    comments = _comments(source)
    found = {}
    for node in ast.parse(source).body:
        try:
            target, value = _assignment(node)
            default = ast.literal_eval(value)
        except ValueError as error:
            raise NotebookError(
                f"chapter {chapter!r}: `{ast.unparse(node)}` in the cell tagged `parameters` is no literal: "
                "write `name: type = value`."
            ) from error
        wanted = ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else _type_of(default)
        found[target] = Parameter(target, wanted, default, comments.get(node.end_lineno or 0, ""))
    return found


def converted(given: Mapping[str, object], parameters: Mapping[str, Parameter], chapter: str) -> dict[str, object]:
    """Return the values given, each of the type its parameter declares; text is read as YAML would read it.

    Raises :class:`~tsinterp_lib.errors.UnknownName` for a parameter the chapter does not have, and
    :class:`~tsinterp_lib.errors.NotebookError` for a value that does not fit: of another type, a count that is not
    positive or above :data:`MOST`, a number that is not finite.
    """
    values: dict[str, object] = {}
    for name, value in given.items():
        wanted = parameters[known(name, parameters, f"parameter of chapter {chapter!r}")].type
        try:
            values[name] = _convert(value, ast.parse(wanted, mode="eval").body)
        except ValueError as error:
            base = wanted.split("[")[0].split(" ")[0].replace("tuple", "list")
            raise NotebookError(
                f"parameter `{name}` of chapter {chapter!r} is {value!r}; it wants {wanted}, "
                f"for example {name}={EXAMPLES.get(base, parameters[name].default)}."
            ) from error
        _refuse_out_of_bounds(parameters[name], values[name], chapter)
    return values


def _refuse_out_of_bounds(parameter: Parameter, value: object, chapter: str) -> None:
    name, rule = parameter.name, ""
    if isinstance(value, int) and not isinstance(value, bool):
        # What counts from 0 is a seed or an index; all other whole numbers say how many.
        from_zero = name == "seed" or parameter.default == 0
        least, most = (0, LARGEST_SEED) if from_zero else (1, MOST)
        rule = "" if least <= value <= most else f"a whole number from {least} to {most}"
    if isinstance(value, float) and not math.isfinite(value):
        rule = "a finite number"
    if rule:
        raise NotebookError(
            f"parameter `{name}` of chapter {chapter!r} is {value!r}; it must be {rule}, "
            f"for example {name}={parameter.default}."
        )


def _assignment(node: ast.stmt) -> tuple[str, ast.expr]:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            return name, value
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
    raise ValueError(ast.unparse(node))


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def _type_of(default: object) -> str:
    if isinstance(default, list) and default and len({type(v) for v in default}) == 1:
        return f"list[{type(default[0]).__name__}]"
    return "None" if default is None else type(default).__name__


def _convert(value: object, wanted: ast.expr) -> object:
    """Return ``value`` as the type an annotation names; ValueError where it cannot be."""
    if isinstance(wanted, ast.BinOp):  # int | None: the first that fits, None before text
        sides = sorted((wanted.left, wanted.right), key=lambda side: not _is_none(side))
        for side in sides:
            try:
                return _convert(value, side)
            except ValueError:
                continue
        raise ValueError(value)
    name = wanted.value if isinstance(wanted, ast.Subscript) else wanted
    base = "None" if _is_none(name) else ast.unparse(name)
    if base not in _READERS:
        raise NotebookError(f"a parameter cannot have the type {ast.unparse(wanted)}: use {', '.join(_READERS)}.")
    found = _READERS[base](value)
    if base in ("list", "tuple") and isinstance(wanted, ast.Subscript):
        inner = wanted.slice.elts[0] if isinstance(wanted.slice, ast.Tuple) else wanted.slice
        found = [_convert(v, inner) for v in found]
    return found


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _yaml(value: object) -> object:
    try:
        return yaml.safe_load(value) if isinstance(value, str) else value
    except yaml.YAMLError as error:
        raise ValueError(value) from error


def _exactly(value: object, *kinds: type) -> Any:
    if not isinstance(value, kinds) or (bool not in kinds and isinstance(value, bool)):
        raise ValueError(value)
    return value


def _number(value: object) -> float:
    # YAML 1.1 reads 1e-3 as text, Python does not.
    return float(value) if isinstance(value, str) else float(_exactly(value, int, float))


def _several(value: object) -> list[Any]:
    """Return a list as YAML writes it, or plain ``a,b``."""
    found = _yaml(value)
    if isinstance(value, str) and not isinstance(found, list):
        found = [part.strip() for part in value.split(",")]
    return list(_exactly(found, list, tuple))


_READERS: dict[str, Any] = {
    "bool": lambda v: _exactly(_yaml(v), bool),
    "int": lambda v: int(v) if isinstance(v, str) else _exactly(v, int),
    "float": _number,
    "str": lambda v: _exactly(v, str),
    "list": _several,
    "tuple": _several,
    "dict": lambda v: _exactly(_yaml(v), dict),
    "None": lambda v: _exactly(_yaml(v), type(None)),
}

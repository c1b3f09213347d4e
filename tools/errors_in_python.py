"""The errors of the Python package: what ``raise`` and functions that return an exception say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from errors_in_rust import Found


def errors(path: Path, root: Path) -> list[Found]:
    """Every error in one file."""
    return list(_visit(ast.parse(path.read_text()), {}, path.relative_to(root).as_posix()))


def _visit(node: ast.AST, known: dict[str, str], module: str) -> Iterator[Found]:
    """:param known: the texts that names stand for in the function around"""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        known = dict(known)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Assign) and isinstance(target := inner.targets[0], ast.Name):
                text = _text(inner.value, {})
                known |= {} if text is None or target.id in known else {target.id: text}
    raised = node.exc if isinstance(node, ast.Raise) else node.value if isinstance(node, ast.Return) else None
    if isinstance(raised, ast.Call):
        name = raised.func.attr if isinstance(raised.func, ast.Attribute) else getattr(raised.func, "id", "")
        if name.endswith("Error") and raised.args:
            text = _text(raised.args[0], known)
            if text is not None and text.strip("{}…"):
                yield Found(name, " ".join(text.split()), (), module)
    for child in ast.iter_child_nodes(node):
        yield from _visit(child, known, module)


def _text(node: ast.expr, known: dict[str, str]) -> str | None:
    """What the expression is as text, with names for what is put in; None if it is no text."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_part(part) for part in parts)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            texts = _text(left, known), _text(right, known)
            return None if texts == (None, None) else "".join("{…}" if text is None else text for text in texts)
        case ast.IfExp(body=body):
            return _text(body, known)
        case ast.Name(id=name):
            return known.get(name)
    return None


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    return f"{{{_name(part.value)}}}"


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Call(func=ast.Name(id="type")), attr="__name__"):
            return "class"
        case ast.Attribute(attr=name):
            return name.strip("_")
        case ast.Call(func=function, args=[argument, *_]) if isinstance(function, ast.Name):
            return _name(argument)
        case ast.Call(func=function):
            return _name(function)
        case ast.Subscript(value=value):
            return _name(value)
    return "…"

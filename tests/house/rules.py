"""The house rules that import contracts cannot hold, as small checks over one module's syntax tree.

Each rule is a function (path, tree) -> findings; RULES is the index. A line may step outside a rule only in writing:
a comment `# house: RULE: reason` on that line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

PACKAGES = (
    "agent", "api", "connectors", "domain", "evals", "guardrails", "insights", "knowledge", "storage", "tools",
)  # fmt: skip

# Who may do what others may not. Paths end in "/" for a whole folder.
PRINTERS = ("api/cli/", "evals/__main__.py", "evals/bench.py", "evals/bench/")
SETTINGS = ("agent/settings.py",)
CLOCK = ("agent/runtime/clock.py",)
# Where an unknown error is turned into something a person or a queue can act on.
DOORS = (
    "agent/runtime/",
    "agent/planners/llm.py",
    "api/",
    "guardrails/gate.py",
)
DOMAIN_IMPORTS = frozenset(
    "__future__ abc bisect collections dataclasses datetime decimal domain enum fractions functools hashlib heapq "
    "itertools json math operator pydantic re statistics types typing typing_extensions unicodedata zoneinfo".split()
)
NOWS = frozenset({("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")})
TIMES = frozenset({"time", "time_ns", "localtime", "gmtime", "ctime", "strftime"})
VAGUE = frozenset({"utils.py", "util.py", "helpers.py", "helper.py", "core.py", "manager.py", "managers.py", "misc.py"})
ESCAPE = re.compile(r"#\s*house:\s*(?P<rule>[a-z-]+):\s*\S+")


@dataclass(frozen=True, order=True)
class Finding:
    """One line that breaks one rule."""

    path: str
    line: int
    rule: str
    says: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.says}"


Found = Iterator[tuple[int, str]]
Rule = Callable[[str, ast.Module], Found]


def allowed(path: str, places: Collection[str]) -> bool:
    return any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)


def dotted(node: ast.AST) -> tuple[str, ...]:
    """`a.b.c` as ("a", "b", "c"); empty when it is not a plain name."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        front = dotted(node.value)
        return (*front, node.attr) if front else ()
    return ()


def imported_as(tree: ast.Module, module: str) -> dict[str, str]:
    """Local name -> original name, for everything taken out of `module` by `from module import ...`."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == module and not node.level
        for alias in node.names
    }


def module_aliases(tree: ast.Module, module: str) -> set[str]:
    """The local names `import module [as name]` binds."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == module
    }


def no_print(path: str, tree: ast.Module) -> Found:
    if allowed(path, PRINTERS):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted(node.func) == ("print",):
            yield node.lineno, "print belongs to the command line; return a value or log"


def no_environ(path: str, tree: ast.Module) -> Found:
    if allowed(path, SETTINGS):
        return
    taken = {local for local, name in imported_as(tree, "os").items() if name in {"environ", "getenv", "environb"}}
    modules = module_aliases(tree, "os")
    for node in ast.walk(tree):
        name = dotted(node)
        if (len(name) >= 2 and name[0] in modules and name[1] in {"environ", "getenv", "environb"}) or (
            isinstance(node, ast.Name) and node.id in taken
        ):
            yield getattr(node, "lineno", 1), "only agent/settings.py reads the environment"


def one_clock(path: str, tree: ast.Module) -> Found:
    if allowed(path, CLOCK):
        return
    classes = imported_as(tree, "datetime")
    from_time = {local for local, name in imported_as(tree, "time").items() if name in TIMES}
    times, datetimes = module_aliases(tree, "time"), module_aliases(tree, "datetime")
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name | ast.Attribute):
            continue
        # The name itself, called or handed on: `default_factory=datetime.now` reads the clock as well.
        name = dotted(node)
        reads = (
            (len(name) == 2 and (classes.get(name[0], ""), name[1]) in NOWS)
            or (len(name) == 3 and name[0] in datetimes and name[1:] in NOWS)
            or (len(name) == 2 and name[0] in times and name[1] in TIMES)
            or (isinstance(node, ast.Name) and node.id in from_time)
        )
        if reads:
            yield node.lineno, "the clock is passed in; only agent/runtime/clock.py reads it"


def doors_catch(path: str, tree: ast.Module) -> Found:
    if allowed(path, DOORS):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        if any(kind is None or dotted(kind)[-1:] in {("Exception",), ("BaseException",)} for kind in caught):
            yield node.lineno, "only a door may catch everything; name the error you can handle"


def says_purpose(path: str, tree: ast.Module) -> Found:
    stem = PurePosixPath(path).stem
    public = stem == "__init__" or not stem.startswith("_")
    if public and not (ast.get_docstring(tree) or "").strip():
        yield 1, "a room begins with a sentence saying its purpose"


def named_for_purpose(path: str, tree: ast.Module) -> Found:
    if PurePosixPath(path).name in VAGUE:
        yield 1, "the file name says nothing about its purpose"


def pure_domain(path: str, tree: ast.Module) -> Found:
    """The domain may import a short list and call nothing that reaches outside or differs between two runs."""
    if not path.startswith("domain/"):
        return
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        for name in names:
            if name.split(".")[0] not in DOMAIN_IMPORTS:
                yield getattr(node, "lineno", 1), f"the domain does not import {name}"
        if isinstance(node, ast.Call) and dotted(node.func) in {
            ("open",), ("input",), ("eval",), ("exec",), ("__import__",), ("hash",), ("id",),
        }:  # fmt: skip
            yield node.lineno, f"the domain does not call {dotted(node.func)[0]}()"


IDENTIFIERS = frozenset({"guest", "vouched", "with_email", "with_token", "acting_user"})


def one_current_user(path: str, tree: ast.Module) -> Found:
    """Doors bring a proof of who is there to api/identity.py; none looks a user up by itself."""
    if not path.startswith("api/") or path == "api/identity.py":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "guardrails.people":
            taken = {alias.name for alias in node.names} & {"load", "personas", "parse"}
            if taken:
                yield node.lineno, f"only api/identity.py knows who is there; not by {', '.join(sorted(taken))}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            looked_up = node.func.attr in {"get", "person", "known"} and dotted(node.func.value)[-1:] == ("people",)
            if node.func.attr in IDENTIFIERS or looked_up:
                yield node.lineno, "who is there is for api.identity.current_user to say"


RULES: dict[str, Rule] = {
    "print": no_print,
    "environ": no_environ,
    "clock": one_clock,
    "door": doors_catch,
    "purpose": says_purpose,
    "name": named_for_purpose,
    "pure": pure_domain,
    "identity": one_current_user,
}


def findings(path: str, source: str) -> list[Finding]:
    """What one module of product code breaks, escapes in writing left out."""
    tree = ast.parse(source, filename=path)
    escaped = {
        (number, match["rule"]) for number, line in enumerate(source.splitlines(), 1) for match in ESCAPE.finditer(line)
    }
    return sorted(
        Finding(path, line, rule, says)
        for rule, check in RULES.items()
        for line, says in set(check(path, tree))
        if (line, rule) not in escaped
    )


def strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every string constant with its line, docstrings left out: prose may tell an example."""
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def world_ids_named(path: str, source: str, ids: Collection[str]) -> list[Finding]:
    """Lines of product code that name a SKU, customer or site of the built-in world."""
    if path.startswith(("evals/", "connectors/embedded/")) or not ids:
        return []
    word = re.compile(r"(?<![\w-])(?:" + "|".join(re.escape(name) for name in sorted(ids)) + r")(?![\w-])")
    return sorted(
        Finding(path, line, "world", f"names {match.group()} of the built-in world")
        for line, text in strings(ast.parse(source, filename=path))
        for match in word.finditer(text)
    )


def foreign_folders(files: Mapping[str, Collection[str]]) -> list[str]:
    """Installed distributions (name -> their files) that bring a top-level folder or module of ours."""
    ours = {*PACKAGES, "tests"}
    return sorted(
        f"{name} brings {top}"
        for name, paths in files.items()
        if name != "quartermaster"
        for top in {PurePosixPath(path).parts[0].removesuffix(".py") for path in paths if path}
        if top in ours
    )


def hosts_named(texts: dict[str, str], hosts: Collection[str]) -> list[str]:
    """Files (path -> text) naming a package registry host or this checkout's path."""
    return sorted(f"{path} names {host}" for path, text in texts.items() for host in hosts if host in text)

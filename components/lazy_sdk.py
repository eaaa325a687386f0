"""Loads of a generated Pulumi SDK only the classes that a program names.

`import pulumi_datadog` executes 35 MB of generated source to offer 11,000 classes, of which a program uses a handful.
What makes that avoidable is how Pulumi generates a package (https://github.com/pulumi/pulumi, pkg/codegen/python):

- `__init__` star-imports submodules that list their names in `__all__`, so a submodule can wait for one of its names;
- `_inputs` and `outputs` are imports, `__all__`, and nothing but classes that name one another only in strings, so
  each class can be executed by itself, from the SDK's own source, when it is asked for.

A module that is written in any other way is imported as ever. Readers and type checkers see the ordinary SDK. What
differs: a submodule's namespace has those names of `_inputs` that its source mentions, where it would have them all.
"""

import importlib
import itertools
import mmap
import re
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, NamedTuple

_STAR_IMPORT = re.compile(r"^from \.(\w+) import \*$", re.MULTILINE)
_ALL = re.compile(rb"^__all__ = \[([^\]]*)\]\n", re.MULTILINE)
# Matches each class and, without a name, each other line that begins in the first column.
_CLASS = re.compile(
    rb"\n(?:(?:@pulumi\.(?:input|output)_type\n)?class ([A-Z]\w*)(?:\((?:TypedDict|dict)\))?:(?=\n)|(?=\S))"
)
# To evaluate `outputs.Name` is to ask the module for the name; a bare `Name` has to be in the namespace beforehand.
_BARE_NAME = re.compile(r"(?<![\w.])[A-Z]\w*")


def import_lazily(package: str) -> None:
    """Make the import of a generated SDK cheap; nothing happens if it has been imported already.

    It pays where `_inputs` and `outputs` are megabytes, as in `pulumi_datadog`.

    Args:
        package: the SDK's Python package, `pulumi_datadog`.
    """
    finder = _Finder(package)
    if package not in sys.modules and finder not in sys.meta_path:
        sys.meta_path.insert(0, finder)


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds what `sys.path` has, and gives the three modules that cost time a loader of their own."""

    package: str

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        loaders = {
            self.package: _PackageLoader,
            f"{self.package}._inputs": _ClassesLoader,
            f"{self.package}.outputs": _ClassesLoader,
        }
        spec = PathFinder.find_spec(fullname, path, target) if fullname in loaders else None
        # Anything but a plain source file, such as a zipped package, keeps its loader.
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = loaders[fullname](fullname, spec.loader.path)
        return spec


class _LazyPackage(ModuleType):
    """A package in which `get_monitor` is the function, although the import system calls the submodule so, too."""

    def __setattr__(self, name: str, value: Any) -> None:
        means_function = isinstance(value, ModuleType) and name in vars(value).get("__all__", ())
        super().__setattr__(name, getattr(value, name) if means_function else value)


class _PackageLoader(SourceFileLoader):
    """Executes `__init__` except for its star imports, each of which waits until a name of it is asked for."""

    def exec_module(self, module: ModuleType) -> None:
        source = self.get_data(self.path).decode()
        declared = {name: _declared_in(Path(self.path).parent, name) for name in _STAR_IMPORT.findall(source)}
        # As where all are imported in turn, the last to declare a name is the one that gives it.
        submodule_of = {name: submodule for submodule, names in declared.items() for name in names}
        # The lines stay, if empty, so that tracebacks are right.
        rest = compile(_STAR_IMPORT.sub("", source), self.path, "exec", dont_inherit=True)
        if not declared or not all(declared.values()) or not submodule_of.keys().isdisjoint(rest.co_names):
            super().exec_module(module)
            return

        def __getattr__(name: str) -> Any:  # noqa: N807 - PEP 562
            if name == "__all__":
                return [public for public in __dir__() if not public.startswith("_")]
            submodule = submodule_of.get(name, name)
            if submodule not in declared:
                raise _no_attribute(module, name)
            value = importlib.import_module(f"{module.__name__}.{submodule}")
            vars(module)[name] = getattr(value, name) if name in submodule_of else value
            return vars(module)[name]

        def __dir__() -> Iterable[str]:  # noqa: N807 - PEP 562
            return {*vars(module), *declared, *submodule_of}

        module.__class__ = _LazyPackage
        vars(module).update(__getattr__=__getattr__, __dir__=__dir__)
        exec(rest, vars(module))  # noqa: S102 - the SDK's own source


class _ClassesLoader(SourceFileLoader):
    """Executes the imports of `_inputs` or `outputs`, and each class when it is asked for."""

    def exec_module(self, module: ModuleType) -> None:
        source = self.get_data(self.path)
        classes = _classes(source)
        if not classes:
            super().exec_module(module)
            return
        lock = threading.RLock()

        def __getattr__(name: str) -> Any:  # noqa: N807 - PEP 562
            if name == "__all__":
                # `import *` asks for it, from the frame that the names go to.
                return _for_star_import(sys._getframe(1), module.__name__.rpartition(".")[0], classes)  # noqa: SLF001
            if name not in classes:
                raise _no_attribute(module, name)
            with lock:
                try:
                    _execute(name, classes, self.path, vars(module))
                except NameError:  # It does need another class while it is defined.
                    SourceFileLoader.exec_module(self, module)
            return vars(module)[name]

        def __dir__() -> Iterable[str]:  # noqa: N807 - PEP 562
            return {*vars(module), *classes}

        imports = source[: source.index(b"\n__all__ = ")]
        exec(compile(imports, self.path, "exec", dont_inherit=True), vars(module))  # noqa: S102 - the SDK's own source
        vars(module).update(__getattr__=__getattr__, __dir__=__dir__)


class _Class(NamedTuple):
    """Where a class is in its file: the first and the last byte, and the number of lines before it."""

    start: int
    end: int
    lines_before: int


def _classes(source: bytes) -> dict[str, _Class]:
    """Every class of `_inputs` or `outputs`; none if the module has anything else, or not just those of `__all__`."""
    declared = _ALL.search(source)
    found = list(_CLASS.finditer(source, declared.end() - 1)) if declared else []
    classes: dict[str, _Class] = {}
    lines, counted = 0, 0
    for match, following in itertools.zip_longest(found, found[1:]):
        start = match.start() + 1
        lines, counted = lines + source.count(b"\n", counted, start), start
        classes[(match[1] or b"").decode()] = _Class(start, following.start() if following else len(source), lines)
    return classes if classes.keys() == set(_names(declared)) else {}


def _names(declared: re.Match[bytes] | None) -> list[str]:
    return re.findall(r"'(\w+)'", declared[1].decode()) if declared else []


def _declared_in(package: Path, submodule: str) -> list[str]:
    """The submodule's `__all__`; none if there is no such file, or it has none."""
    try:
        # Mapped: the list is at the beginning, whatever size the file has.
        with (package / f"{submodule}.py").open("rb") as file:
            return _names(_ALL.search(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
    except (OSError, ValueError):
        return []


def _execute(name: str, classes: Mapping[str, _Class], path: str, namespace: dict[str, Any]) -> None:
    """Define a class and those that it names, and so on: Pulumi resolves annotations in the module's namespace."""
    wanted, sources = [name], dict[str, str]()
    with Path(path).open("rb") as file:
        while wanted:
            each = wanted.pop()
            if each in sources or each in namespace:
                continue
            file.seek(classes[each].start)
            sources[each] = file.read(classes[each].end - classes[each].start).decode()
            wanted += classes.keys() & set(_BARE_NAME.findall(sources[each]))
    defined: dict[str, Any] = {}
    for each, source in sources.items():
        lines = classes[each].lines_before
        exec(_moved(compile(source, path, "exec", dont_inherit=True), lines), namespace, defined)  # noqa: S102 - as above
        if first_line := vars(defined[each]).get("__firstlineno__"):  # From Python 3.13.
            defined[each].__firstlineno__ = first_line + lines
    # All at once: another thread never finds a class without those that it names.
    namespace.update(defined)


def _moved(code: CodeType, lines: int) -> CodeType:
    """The code as if it were further down: tracebacks and `inspect` count from the beginning of the file."""
    constants = tuple(_moved(each, lines) if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.replace(co_firstlineno=code.co_firstlineno + lines, co_consts=constants)


def _for_star_import(importer: FrameType, package: str, classes: Mapping[str, _Class]) -> list[str]:
    """What `import *` brings: to a submodule of the SDK the classes that its source mentions, to any other code all."""
    file = Path(importer.f_code.co_filename)
    if not importer.f_globals.get("__name__", "").startswith(f"{package}.") or not file.is_file():
        return list(classes)
    return sorted(classes.keys() & set(_BARE_NAME.findall(file.read_text(encoding="utf-8", errors="replace"))))


def _no_attribute(module: ModuleType, name: str) -> AttributeError:
    return AttributeError(f"module {module.__name__!r} has no attribute {name!r}", name=name, obj=module)

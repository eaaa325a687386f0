"""A lazily imported SDK is the ordinary one to a program, and what the program does not use is not loaded."""

import importlib
import importlib.metadata
import inspect
import json
import pickle
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from components.lazy_sdk import import_lazily
from tests.components.recording import PROJECT

SDK_FOLDER = Path(str(importlib.metadata.distribution("pulumi-datadog").locate_file("pulumi_datadog")))

HEADER = "import pulumi\nfrom typing import TypedDict\n"
CLASS = """
@pulumi.{kind}_type
class {name}{base}:
    def __init__(__self__, *, part: '{part}'):
        pulumi.set(__self__, "part", part)

    @property
    @pulumi.getter
    def part(self) -> '{part}':
        return pulumi.get(self, "part")

"""
SDK = {
    "__init__": (
        "import typing\nfrom .get_wheel import *\nfrom .wheel import *\nfrom ._inputs import *\n"
        "from . import outputs\n\nregistered = True\n"
    ),
    "get_wheel": "__all__ = ['get_wheel']\n\ndef get_wheel():\n    return 'a wheel'\n",
    "wheel": (
        "from ._inputs import *\nfrom . import outputs\n\n__all__ = ['Wheel']\n\n"
        "class Wheel:\n    rim: 'RimArgs'\n    found: 'outputs.Rim'\n"
    ),
    "_inputs": HEADER
    + "\n__all__ = [\n    'RimArgsDict',\n    'RimArgs',\n    'TyreArgs',\n    'BellArgs',\n]\n\n"
    + "class RimArgsDict(TypedDict):\n    part: 'TyreArgs'\n"
    + CLASS.format(kind="input", name="RimArgs", base="", part="TyreArgs")
    + CLASS.format(kind="input", name="TyreArgs", base="", part="RimArgs")
    + CLASS.format(kind="input", name="BellArgs", base="", part="str"),
    "outputs": HEADER
    + "from . import outputs\n\n__all__ = [\n    'Rim',\n    'Tyre',\n]\n"
    + CLASS.format(kind="output", name="Rim", base="(dict)", part="outputs.Tyre")
    + CLASS.format(kind="output", name="Tyre", base="(dict)", part="str"),
}
"""A package as Pulumi generates it, but small."""

NOT_UNDERSTOOD = {
    "a condition around a class": ("_inputs", "\nclass RimArgsDict", "\nif True:\n  class RimArgsDict"),
    "an assignment between classes": ("_inputs", "\nclass RimArgsDict", "\nSIZE = 28\n\nclass RimArgsDict"),
    "a class that __all__ does not have": ("_inputs", "    'BellArgs',\n", ""),
    "a name in __all__ that is no class": ("_inputs", "    'BellArgs',\n", "    'BellArgs',\n    'typing',\n"),
    "a base class that is not known": ("_inputs", "class BellArgs:", "class BellArgs(list):"),
    "a decorator that is not known": ("_inputs", "\nclass RimArgsDict", "\n@typing.final\nclass RimArgsDict"),
    "_inputs without __all__": ("_inputs", "__all__", "everything"),
    "outputs without __all__": ("outputs", "__all__", "everything"),
    "a submodule without __all__": ("get_wheel", "__all__", "everything"),
    "use of a submodule's name": ("__init__", "registered = True", "registered = bool(Wheel)"),
}

Package = Callable[..., ModuleType]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    """Imports a package of these files, lazily or not, under a name of its own."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    made: list[str] = []

    def package(files: dict[str, str], *, lazily: bool = True) -> ModuleType:
        name = f"sdk_{len(made)}_of_{tmp_path.name}"
        made.append(name)
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / f"{file}.py").write_text(text)
        if lazily:
            import_lazily(name)
        return importlib.import_module(name)

    yield package
    for name in [name for name in sys.modules if name.partition(".")[0] in made]:
        del sys.modules[name]


def described(sdk: ModuleType) -> dict[str, Any]:
    """What a program can find in the small package; module names are left out, for each package has its own."""
    found = {
        "hints": typing.get_type_hints(sdk.Wheel),
        "inputs": [typing.get_type_hints(each.__init__) for each in (sdk.RimArgs, sdk.TyreArgs, sdk._inputs.BellArgs)],
        "typed dictionary": typing.get_type_hints(sdk.RimArgsDict),
        "outputs": typing.get_type_hints(sdk.outputs.Rim.__init__),
        "lines": [
            each.__init__.__code__.co_firstlineno for each in (sdk.TyreArgs, sdk._inputs.BellArgs, sdk.outputs.Tyre)
        ],
        "names": [
            sorted(name for name in dir(module) if not name.startswith("__"))
            for module in (sdk, sdk._inputs, sdk.outputs)
        ],
        "call": sdk.get_wheel.get_wheel() if isinstance(sdk.get_wheel, ModuleType) else sdk.get_wheel(),
        "registered": sdk.registered,
    }
    return {key: str(value).replace(sdk.__name__, "sdk") for key, value in found.items()}


def loaded(sdk: ModuleType, submodule: str) -> set[str]:
    return {name for name, value in vars(getattr(sdk, submodule)).items() if inspect.isclass(value)} - {"TypedDict"}


def datadog(way: str) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.components.datadog_sdk", way],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def lazy_datadog() -> dict[str, Any]:
    return datadog("lazily")


def test_a_program_sees_the_same_datadog_sdk_either_way(lazy_datadog: dict[str, Any]) -> None:
    # One test, for the ordinary import takes seconds.
    ordinarily = datadog("ordinarily")
    assert "pulumi_datadog.powerpack" in ordinarily["modules"], "the other side of the comparison is lazy, too"
    lazy, ordinary = lazy_datadog["seen"], ordinarily["seen"]
    differences = {
        subject: (ordinary.get(subject), lazy.get(subject))
        for subject in ordinary.keys() | lazy.keys()
        if ordinary.get(subject) != lazy.get(subject)
    }
    assert not differences


def test_the_compared_program_gets_typed_values_from_the_lazy_datadog_sdk(lazy_datadog: dict[str, Any]) -> None:
    seen = lazy_datadog["seen"]
    assert seen["resource test"]["inputs"]["assertions"][0]["targetjsonpath"]["targetvalue"] == "ok"
    assert seen["output classes"] == ["<class 'pulumi_datadog.outputs.SyntheticsTestAssertion'>"]
    assert seen["output reference"] == "<class 'pulumi_datadog.monitor.Monitor'>"
    assert {
        "class pulumi_datadog.provider.Provider",
        "class pulumi_datadog._inputs.SyntheticsTestAssertionTargetjsonpathArgs",
        "class pulumi_datadog.outputs.SyntheticsTestAssertionTargetjsonpath",
        "class pulumi_datadog._inputs.MonitorMonitorThresholdsArgs",
        "class pulumi_datadog._inputs.DowntimeScheduleRecurringScheduleArgs",
    } <= seen.keys()


def test_a_program_loads_only_what_it_uses_of_the_datadog_sdk(lazy_datadog: dict[str, Any]) -> None:
    subpackages = {path.parent.name for path in SDK_FOLDER.glob("*/__init__.py")}  # The SDK itself makes these lazy.
    submodules = {name.removeprefix("pulumi_datadog.").partition(".")[0] for name in lazy_datadog["modules"]}
    assert submodules - subpackages == {"_inputs", "_utilities", "get_monitor", "monitor", "outputs", "synthetics_test"}
    assert lazy_datadog["inputs"] < 500, "there are more than 10,000"


def test_a_lazy_package_has_what_the_ordinary_one_has(package: Package) -> None:
    assert described(package(SDK)) == described(package(SDK, lazily=False))


@pytest.mark.parametrize(("file", "text", "replacement"), NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD)
def test_what_is_written_in_another_way_is_imported_as_ever(
    package: Package, file: str, text: str, replacement: str
) -> None:
    header = SDK[file].replace("import pulumi\n", "import pulumi, typing\n")
    files = {**SDK, file: header.replace(text, replacement)}
    assert files[file] != header, "the case is about something that the package does not have"
    assert described(package(files)) == described(package(files, lazily=False))


def test_classes_that_need_one_another_in_their_definition_are_all_defined(package: Package) -> None:
    files = {**SDK, "_inputs": SDK["_inputs"].replace("part: 'str'", "part: 'str' = RimArgs.__name__")}
    sdk = package(files)
    assert inspect.signature(sdk.BellArgs).parameters["part"].default == "RimArgs"
    assert described(sdk) == described(package(files, lazily=False))


def test_a_class_is_defined_with_those_that_it_names_and_no_others(package: Package) -> None:
    sdk = package(SDK)
    assert f"{sdk.__name__}.wheel" not in sys.modules
    assert sdk.Wheel.__name__ == "Wheel"
    assert loaded(sdk, "_inputs") == {"RimArgs", "TyreArgs"}
    assert f"{sdk.__name__}.get_wheel" not in sys.modules
    assert loaded(sdk, "outputs") == set()


def test_a_function_is_found_although_its_submodule_has_the_same_name(package: Package) -> None:
    sdk = package(SDK)
    importlib.import_module(f"{sdk.__name__}.get_wheel")
    assert sdk.get_wheel() == "a wheel"


def test_other_code_can_import_everything_with_a_star(package: Package) -> None:
    sdk, ordinary = package(SDK), package(SDK, lazily=False)
    for submodule in ("", "._inputs", ".outputs"):
        names: list[set[str]] = []
        for each in (sdk, ordinary):
            namespace: dict[str, Any] = {}
            exec(f"from {each.__name__}{submodule} import *", namespace)  # noqa: S102 - a star needs a namespace
            names.append(set(namespace))
        assert names[0] == names[1]


def test_every_name_is_listed(package: Package) -> None:
    sdk, ordinary = package(SDK), package(SDK, lazily=False)
    assert set(dir(ordinary)) <= set(dir(sdk))
    assert {"RimArgs", "BellArgs"} <= set(dir(sdk._inputs))


def test_a_class_shows_its_source_and_can_be_pickled(package: Package) -> None:
    sdk = package(SDK)
    assert "part: 'RimArgs'" in inspect.getsource(sdk.TyreArgs.__init__)
    assert inspect.getsource(sdk.BellArgs).startswith("@pulumi.input_type\nclass BellArgs:")
    assert pickle.loads(pickle.dumps(sdk.BellArgs(part="x"))) == sdk.BellArgs(part="x")  # noqa: S301 - its own


@pytest.mark.parametrize("submodule", ["", "._inputs", ".outputs", ".wheel"])
def test_a_name_that_is_nowhere_is_an_attribute_error(package: Package, submodule: str) -> None:
    module = importlib.import_module(f"{package(SDK).__name__}{submodule}")
    with pytest.raises(AttributeError, match=rf"module '{module.__name__}' has no attribute 'Saddle'"):
        module.Saddle  # noqa: B018 - asking is what fails


def test_a_package_that_is_imported_already_stays_as_it_is(package: Package) -> None:
    sdk = package(SDK, lazily=False)
    finders = list(sys.meta_path)
    import_lazily(sdk.__name__)
    assert sys.meta_path == finders
    assert loaded(sdk, "_inputs") == {"RimArgsDict", "RimArgs", "TyreArgs", "BellArgs"}

"""Prints what a program sees of `pulumi_datadog`: `python -m tests.components.datadog_sdk lazily` (or `ordinarily`)."""

import dataclasses
import inspect
import json
import sys
import typing
from collections.abc import Iterator
from typing import Any

import pulumi
from pulumi import _types as sdk_types
from pulumi.runtime import rpc

from tests.components.recording import record

RESOURCES = (
    *("Monitor", "SyntheticsTest", "ServiceLevelObjective", "DashboardJson", "LogsMetric", "DowntimeSchedule"),
    "Provider",
)


def _classes_in(hint: Any) -> Iterator[type]:
    """The SDK's classes in an annotation, `Sequence[Optional[outputs.SyntheticsTestAssertion]]`."""
    if isinstance(hint, type) and (sdk_types.is_input_type(hint) or sdk_types.is_output_type(hint)):
        yield hint
    for argument in typing.get_args(hint):
        yield from _classes_in(argument)


def _describe(described: type, descriptions: dict[str, Any]) -> None:
    """The properties of a class, and of each class that they are made from."""
    title = f"{described.__module__}.{described.__qualname__}"
    if title in descriptions:
        return
    if sdk_types.is_input_type(described):
        types = sdk_types.input_type_types(described)
    elif sdk_types.is_output_type(described):
        types = sdk_types.output_type_types(described)
    else:
        types = sdk_types.resource_types(described)
    constructor = getattr(described, "_internal_init", described.__init__)  # a resource's own is two overloads
    descriptions[title] = {
        "names": {python: name for python, name, _ in sdk_types._py_properties(described)},
        "types": {name: str(hint) for name, hint in types.items()},
        "required": [
            parameter.name
            for parameter in inspect.signature(constructor).parameters.values()
            if parameter.default is inspect.Parameter.empty
        ],
        "hints": str(typing.get_type_hints(constructor)),
        "defined at": [constructor.__code__.co_filename, constructor.__code__.co_firstlineno],
        "documentation": described.__doc__,
    }
    for hint in types.values():
        for each in _classes_in(hint):
            _describe(each, descriptions)


def _program() -> None:
    import pulumi_datadog as datadog  # noqa: PLC0415 - after the way to import it is chosen

    test = datadog.SyntheticsTest(
        "test",
        name="health",
        type="api",
        status="live",
        locations=["aws:eu-central-1"],
        request_definition=datadog.SyntheticsTestRequestDefinitionArgs(method="GET", url="https://example.com"),
        assertions=[
            datadog.SyntheticsTestAssertionArgs(
                type="body",
                operator="validatesJSONPath",
                targetjsonpath=datadog.SyntheticsTestAssertionTargetjsonpathArgs(
                    jsonpath="$.status", operator="is", targetvalue="ok"
                ),
            )
        ],
        options_list={"tick_every": 60, "retry": {"count": 2}},
    )
    monitor = datadog.Monitor(
        "monitor",
        name="errors",
        type="query alert",
        query="sum(last_5m):sum:errors{*} > 1",
        message="m",
        monitor_thresholds=datadog.MonitorMonitorThresholdsArgs(critical="1", critical_recovery="0.5"),
    )
    pulumi.export("classes", test.assertions.apply(lambda known: [str(type(each)) for each in known or []]))
    pulumi.export("class", test.options_list.apply(lambda known: str(type(known))))
    pulumi.export("site", datadog.config.api_url)  # pyrefly: ignore[missing-attribute] - not in the stub
    # How the engine hands over a resource that another component made.
    module = rpc.get_resource_module("datadog", "index/monitor", "")
    assert module is not None
    pulumi.export(
        "reference",
        monitor.urn.apply(lambda urn: str(type(module.construct("r", "datadog:index/monitor:Monitor", urn)))),
    )
    pulumi.export("looked up", datadog.get_monitor_output(name_filter="n").id)


def main() -> None:
    """Use the SDK as a program does, and print what came of it as JSON."""
    if sys.argv[1] == "lazily":
        from components.lazy_sdk import import_lazily  # noqa: PLC0415 - the other way must be without

        import_lazily("pulumi_datadog")
    import pulumi_datadog as datadog  # noqa: PLC0415 - as above

    recording = record(_program)
    used = sorted(name for name in sys.modules if name.startswith("pulumi_datadog."))
    made = sum(isinstance(value, type) for value in vars(datadog._inputs).values())
    descriptions: dict[str, Any] = {}
    for resource in RESOURCES:
        _describe(getattr(datadog, resource), descriptions)
        _describe(getattr(datadog, f"{resource}Args"), descriptions)
    seen = {
        **{f"class {title}": description for title, description in descriptions.items()},
        **{f"resource {each.name}": dataclasses.asdict(each) for each in recording.resources},
        **{f"output {name}": value for name, value in recording.outputs.items()},
        "modules for resource references": sorted(rpc._RESOURCE_MODULES),
        "packages for resource references": sorted(rpc._RESOURCE_PACKAGES),
        "names": sorted(set(dir(datadog)) - {"__getattr__", "__dir__"}),
    }
    print(json.dumps({"seen": seen, "modules": used, "inputs": made}, default=sorted))  # noqa: T201 - read by the test


if __name__ == "__main__":
    main()

"""A folder where the engine works on one stack of the sandbox, apart from the committed files.

`Pulumi.yaml` and the stack's configuration are copied there and completed with what the sandbox adds: the addresses of
its services, and the secrets, encrypted by the engine itself.
"""

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from operations.stack_files import read_config
from sandbox.processes import is_running

MADE_UP = "ddapp_made_up_in_the_sandbox"
"""What stands for a committed secret that the sandbox has no value for: nobody here can decrypt it.

The program checks the form of one of those, `datadogAppKey`, so it has that.
"""

_UNWRITTEN_LOCK_SECONDS = 10


class Workspace:
    """The engine's folder, its state, and the environment that its commands run in."""

    def __init__(self, project: Path, home: Path, engine: Path, configuration: Path | None = None) -> None:
        """Use the program of `project` with its stack files, or another folder's; keep everything below `home`."""
        self.project = project
        self.configuration = configuration or project
        self.home = home
        self.engine = engine
        self.folder = home / "workspace"
        self.state = home / "state"

    def project_name(self) -> str:
        """The name that Pulumi.yaml gives the project."""
        return yaml.safe_load((self.configuration / "Pulumi.yaml").read_text())["name"]

    def environment(self) -> dict[str, str]:
        """The engine's environment: its own backend and passphrase, whatever the machine is logged in to."""
        return {
            "PULUMI_BACKEND_URL": self.state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.home / "passphrase"),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_HOME": str(self.home / "pulumi"),
            # The programs that answer for the providers are ours; no plugin is looked for.
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def prepare(self, stack: str, addresses: Mapping[str, Any], stack_secrets: Mapping[str, str]) -> None:
        """Bring the stack's folder up to date with the committed files, the sandbox's addresses and its secrets."""
        for folder in (self.folder, self.state, self.home / "pulumi"):
            folder.mkdir(parents=True, exist_ok=True)
        # Two commands at once would take turns in one file.
        with (self.home / "workspace.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._prepare(stack, addresses, stack_secrets)

    def _prepare(self, stack: str, addresses: Mapping[str, Any], stack_secrets: Mapping[str, str]) -> None:
        passphrase = self.home / "passphrase"
        if not passphrase.exists():
            passphrase.touch(mode=0o600)
            passphrase.write_text(secrets.token_urlsafe(24))
        shutil.copy(self.configuration / "Pulumi.yaml", self.folder)
        committed = read_config(self.configuration / f"Pulumi.{stack}.yaml")
        encrypted = self._encrypted(stack, {**made_up(committed), **stack_secrets})
        settings = {"encryptionsalt": encrypted.salt, "config": {**committed, **addresses, **encrypted.config}}
        unfinished = self.folder / f"{stack}.new"
        unfinished.write_text(yaml.safe_dump(settings, sort_keys=False))
        unfinished.rename(self.folder / f"Pulumi.{stack}.yaml")

    def pulumi(self, *arguments: str, value: str | None = None, debug_providers: str = "") -> str:
        """Run the engine in the stack's folder and give what it prints.

        Args:
            arguments: the command line, without any secret: other processes can read it.
            value: what it reads from standard input.
            debug_providers: the stand-ins that answer for the providers, for a command that asks them.

        Raises:
            subprocess.CalledProcessError: with what it printed.
        """
        return subprocess.run(
            [self.engine, *arguments, "--non-interactive"],
            cwd=self.folder,
            env={**os.environ, **self.environment(), "PULUMI_DEBUG_PROVIDERS": debug_providers},
            input=value,
            stdin=subprocess.DEVNULL if value is None else None,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def outputs(self, stack: str) -> dict[str, Any]:
        """The stack's outputs by name, with `[secret]` for every secret."""
        return json.loads(self.pulumi("stack", "output", "--json", "--stack", stack))

    def break_stale_locks(self, stack: str) -> list[int]:
        """Remove the stack's locks whose process is gone, as after a kill; gives the numbers of those processes."""
        gone: list[int] = []
        for lock in self._locks(stack):
            process = _read(lock).get("pid")
            # One that a kill left before it was written names nobody, and no process that is alive takes so long.
            if process is None and time.time() - lock.stat().st_mtime > _UNWRITTEN_LOCK_SECONDS:
                lock.unlink()
            elif process is not None and not is_running(process):
                lock.unlink()
                gone.append(process)
        return gone

    def is_locked(self, stack: str) -> bool:
        """Whether a process works on the stack."""
        return bool(self._locks(stack))

    def cut_off(self, stack: str) -> list[str]:
        """The URNs of what a kill cut off; mends files that it left unreadable. Nobody may hold the stack's lock."""
        for state in self._states(stack):
            _mend(state)
        latest = self._latest(stack)
        pending = [operation["resource"] for operation in latest.get("pending_operations") or []]
        halves = [resource for resource in latest.get("resources") or [] if half_adopted(resource)]
        return [resource["urn"] for resource in [*pending, *halves]]

    def protected(self, stack: str) -> list[str]:
        """The URNs of the stack's resources that the engine refuses to delete."""
        return [resource["urn"] for resource in self._latest(stack).get("resources") or [] if resource.get("protect")]

    def _locks(self, stack: str) -> list[Path]:
        """What the engine takes for a lock: every file but the attributes, also one that has not got its name yet."""
        files = self.state.glob(f".pulumi/locks/organization/*/{stack}/*.json*")
        return [file for file in files if file.suffix != ".attrs"]

    def _states(self, stack: str) -> list[Path]:
        return [*self.state.glob(f".pulumi/stacks/*/{stack}.json")]

    def _latest(self, stack: str) -> Mapping[str, Any]:
        """The stack's deployment as the engine last saved it; empty where nothing ever came up."""
        for state in self._states(stack):
            return _read(state)["checkpoint"]["latest"] or {}
        return {}

    def _encrypted(self, stack: str, stack_secrets: Mapping[str, str]) -> "_Encrypted":
        """The secrets as the engine encrypts them. What it has encrypted once is kept: each value takes it a while.

        All stacks share one passphrase and one salt, so a value that two of them have is encrypted once.
        """
        kept_file = self.home / "encrypted.json"
        kept = json.loads(kept_file.read_text()) if kept_file.exists() else {"salt": None, "values": {}}
        wanted = {key: f"{key}={value}" for key, value in stack_secrets.items()}
        missing = [key for key, entry in wanted.items() if entry not in kept["values"]]
        if missing:
            file = self.folder / f"Pulumi.{stack}.yaml"
            file.write_text(yaml.safe_dump({"encryptionsalt": kept["salt"]} if kept["salt"] else {}))
            self.pulumi("stack", "select", "--create", stack)
            for key in missing:
                # Through standard input: an argument would show in the list of processes.
                self.pulumi("config", "set", "--secret", "--stack", stack, key, value=stack_secrets[key])
            written = yaml.safe_load(file.read_text())
            kept["salt"] = written["encryptionsalt"]
            kept["values"].update({wanted[key]: written["config"][key] for key in missing})
            kept_file.touch(mode=0o600)
            kept_file.write_text(json.dumps(kept))
        return _Encrypted(kept["salt"], {key: kept["values"][entry] for key, entry in wanted.items()})


def made_up(config: Mapping[str, Any]) -> dict[str, str]:
    """A value for each key of a stack's configuration that only its own secrets provider can decrypt."""

    def replaced(value: Any) -> Any:
        if isinstance(value, dict):
            return MADE_UP if value.keys() == {"secure"} else {name: replaced(inside) for name, inside in value.items()}
        return [replaced(inside) for inside in value] if isinstance(value, list) else value

    made = {key: replaced(value) for key, value in config.items()}
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in made.items()
        if value != config[key]
    }


def half_adopted(resource: Mapping[str, Any]) -> bool:
    """Whether a resource was put into the state by its ID, and a kill came before it was read."""
    return bool(resource.get("custom") and resource.get("id")) and not (
        resource.get("inputs") or resource.get("outputs") or resource["type"].startswith("pulumi:")
    )


def _mend(state: Path) -> None:
    """Make a state that a kill left unreadable readable: the engine's own copy of the time before takes its place."""
    # The backend writes the attributes in place, needs nothing of them, and fails where they are not whole.
    attributes = state.with_name(f"{state.name}.attrs")
    if attributes.exists() and not _read(attributes):
        attributes.unlink()
    if not _read(state):
        state.write_text(state.with_name(f"{state.name}.bak").read_text())


def _read(file: Path) -> Mapping[str, Any]:
    """A JSON document; empty where the file is not whole."""
    try:
        return json.loads(file.read_text())
    except ValueError:
        return {}


class _Encrypted(NamedTuple):
    salt: str
    config: dict[str, Any]
    """By key, `{"secure": …}` as it stands in a stack file."""

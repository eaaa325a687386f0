"""ActionsEnvironmentSecret: /repositories/{repository_id}/environments/{environment_name}/secrets."""

import base64
from collections.abc import Iterator
from typing import ClassVar
from urllib.parse import quote

from nacl import encoding, public

from sandbox.providers.github.client import GitHub, build_id, go_time, parse_id
from sandbox.providers.github.repository_change import replaced_by_repository
from sandbox.providers.github.secret_names import check_name
from sandbox.providers.http_client import NOT_FOUND, CallError
from sandbox.providers.resource import Failure, Made, Resource, Traits, merged
from sandbox.providers.rules import conflicts, exactly_one, matches, needs
from sandbox.providers.values import Properties

_VALUES = ("value", "valueEncrypted", "encryptedValue", "plaintextValue")
_BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"


class ActionsEnvironmentSecret(Resource[GitHub]):
    """A secret of an environment; its value leaves this process only sealed with the environment's public key."""

    pulumi_type: ClassVar[str] = "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret"
    traits: ClassVar[Traits] = Traits(
        replace_on=frozenset({"environment", "secretName"}),
        delete_before_replace=True,
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """One value, and a name that GitHub takes."""
        yield from check_name(inputs, "secretName")
        yield from exactly_one(inputs, _VALUES)
        yield from needs(inputs, "keyId", ["valueEncrypted"])
        yield from conflicts(inputs, "keyId", ["value", "plaintextValue"])
        for name in ("valueEncrypted", "encryptedValue"):
            yield from matches(inputs, name, _BASE64, "must be Base64")

    def plan(self, client: GitHub, resource_id: str | None, state: Properties, inputs: Properties) -> frozenset[str]:
        """Another repository needs another secret."""
        del resource_id
        return replaced_by_repository(client, state, inputs)

    def create(self, client: GitHub, inputs: Properties) -> Made:
        """GET the repository and the environment's public key, PUT the sealed value, GET the secret's times."""
        repository = client.repository(inputs["repository"])
        state = merged(inputs, repositoryId=repository["id"])
        state["keyId"] = _put(client, state)
        return Made(
            build_id(inputs["repository"], inputs["environment"], inputs["secretName"]), _with_times(client, state)
        )

    def identify(self, client: GitHub, resource_id: str) -> Made:
        """`<repository>:<environment>:<secret_name>`."""
        repository, environment, name = parse_id(resource_id, "repository", "environment", "secret_name")
        found = client.repository(repository)
        return Made(
            resource_id,
            {
                "repository": repository,
                "environment": environment,
                "secretName": name,
                "repositoryId": found["id"],
            },
        )

    def read(self, client: GitHub, resource_id: str, state: Properties) -> Made | None:
        """GET the secret, which tells when it was last written.

        A value that was written elsewhere stays: the provider keeps the time, and plans nothing because of it.
        """
        try:
            secret = client.http.get(f"{_path(state)}/{state['secretName']}")
        except CallError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        updated = go_time(secret["updated_at"])
        return Made(
            resource_id,
            merged(
                state,
                createdAt=state.get("createdAt") or go_time(secret["created_at"]),
                updatedAt=state.get("updatedAt") or updated,
                remoteUpdatedAt=updated,
            ),
        )

    def update(self, client: GitHub, _resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """GET the public key, PUT the sealed value, GET the secret's times."""
        new = merged(inputs, repositoryId=state["repositoryId"], createdAt=state.get("createdAt"))
        new["keyId"] = _put(client, new)
        return _with_times(client, new)

    def delete(self, client: GitHub, _resource_id: str, state: Properties) -> None:
        """DELETE the secret; one that is gone already is an error, as with the real provider."""
        client.http.delete(f"{_path(state)}/{state['secretName']}")


def _path(state: Properties) -> str:
    environment = quote(state["environment"], safe="")
    return f"/repositories/{state['repositoryId']}/environments/{environment}/secrets"


def _put(client: GitHub, properties: Properties) -> str:
    """Send the secret sealed, and return the ID of the key that it was sealed with."""
    sealed = properties.get("valueEncrypted") or properties.get("encryptedValue")
    key_id = properties.get("keyId")
    if not sealed or not key_id:
        key = client.http.get(f"{_path(properties)}/public-key")
        key_id = key["key_id"]
        if not sealed:
            plain = properties.get("value") or properties.get("plaintextValue") or ""
            sealed = seal(plain, key["key"])
    client.http.put(f"{_path(properties)}/{properties['secretName']}", {"encrypted_value": sealed, "key_id": key_id})
    return str(key_id)


def seal(plain: str, public_key: str) -> str:
    """Encrypt a value for the holder of a Base64 public key (libsodium's sealed box), as Base64.

    Source: https://docs.github.com/rest/guides/encrypting-secrets-for-the-rest-api.
    """
    box = public.SealedBox(public.PublicKey(public_key.encode(), encoding.Base64Encoder))
    return base64.b64encode(box.encrypt(plain.encode())).decode()


def _with_times(client: GitHub, state: Properties) -> Properties:
    """Add when the secret was made and written; a failed look-up leaves that to the next refresh."""
    try:
        secret = client.http.get(f"{_path(state)}/{state['secretName']}")
    except CallError:
        return state
    updated = go_time(secret["updated_at"])
    return merged(state, createdAt=go_time(secret["created_at"]), updatedAt=updated, remoteUpdatedAt=updated)

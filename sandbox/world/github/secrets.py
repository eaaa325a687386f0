"""An environment's secrets: https://docs.github.com/rest/actions/secrets.

Values come sealed for the environment's own public key (libsodium's sealed box) and are kept sealed: no call shows
them, and the world's file does not hold them in plain. Only `values` opens them, for whatever runs workflows.
"""

import base64
import binascii

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

from sandbox.world.github.environments import below, find_environment, open_environment
from sandbox.world.github.errors import error, json_body, not_found, required
from sandbox.world.github.identifiers import next_number, timestamp
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.setting_names import check_name
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()

PAGE = "actions/secrets"
LARGEST = 48 * 1024
"""Bytes of the largest value."""
MOST = 100
"""Secrets that an environment holds."""


def values(state: State, owner: str, repository: str, environment: str) -> dict[str, str]:
    """The secrets that a job of the environment is given, by name, in plain; none for an unknown environment."""
    known = find_environment(state, owner, repository, environment)
    if known is None:
        return {}
    key, _ = known
    secrets = below(state, "github.secrets", key)
    if not secrets:
        return {}
    private, _ = _key_pair(state, key)
    return {name: _unseal(private, secret["sealed"]).decode() for name, secret in secrets.items()}


@routes.add("GET", "/repos/{owner}/{repo}/environments/{environment}/secrets")
@routes.add("GET", "/repositories/{repository_id}/environments/{environment}/secrets")
def list_secrets(request: Request) -> Response:
    """The secrets' names and times."""
    key = _environment(request, f"{PAGE}#list-environment-secrets", write=False)
    secrets = below(request.state, "github.secrets", key)
    page, headers = select_page(request, list(secrets))
    shown = [_secret(name, secrets[name]) for name in page]
    return found(request, {"total_count": len(secrets), "secrets": shown}, headers)


@routes.add("GET", "/repos/{owner}/{repo}/environments/{environment}/secrets/public-key")
@routes.add("GET", "/repositories/{repository_id}/environments/{environment}/secrets/public-key")
def get_public_key(request: Request) -> Response:
    """The key to seal values with."""
    key = _environment(request, f"{PAGE}#get-an-environment-public-key", write=False)
    private, number = _key_pair(request.state, key)
    return found(request, {"key_id": number, "key": base64.b64encode(bytes(private.public_key)).decode()})


@routes.add("GET", "/repos/{owner}/{repo}/environments/{environment}/secrets/{secret_name}")
@routes.add("GET", "/repositories/{repository_id}/environments/{environment}/secrets/{secret_name}")
def get_secret(request: Request) -> Response:
    """A secret's name and times."""
    documentation = f"{PAGE}#get-an-environment-secret"
    key = _environment(request, documentation, write=False)
    name = request.parameters["secret_name"].upper()
    return found(request, _secret(name, _named(request, key, name, documentation)))


@routes.add("PUT", "/repos/{owner}/{repo}/environments/{environment}/secrets/{secret_name}")
@routes.add("PUT", "/repositories/{repository_id}/environments/{environment}/secrets/{secret_name}")
def put_secret(request: Request) -> Response:
    """Keep a sealed value: 201 for a new secret, 204 for a changed one; 422 for a value that this key cannot open."""
    documentation = f"{PAGE}#create-or-update-an-environment-secret"
    key = _environment(request, documentation, write=True)
    name = check_name("Secret", request.parameters["secret_name"], documentation)
    body = json_body(request, documentation)
    sealed = required(body, "encrypted_value", str, documentation)
    private, number = _key_pair(request.state, key)
    if required(body, "key_id", str, documentation) != number:
        raise _improper(documentation)
    try:
        plain = _unseal(private, sealed)
        plain.decode()
    except (binascii.Error, CryptoError, UnicodeDecodeError) as problem:
        raise _improper(documentation) from problem
    if len(plain) > LARGEST:
        raise error(422, f"Secret value exceeds the limit of {LARGEST // 1024} KB", documentation)
    secrets = request.state.collection("github.secrets")
    known = secrets.get(f"{key}/{name}")
    if known is None and len(below(request.state, "github.secrets", key)) >= MOST:
        raise error(422, f"An environment holds at most {MOST} secrets", documentation)
    now = timestamp()
    secrets[f"{key}/{name}"] = {
        "sealed": sealed,
        "created_at": known["created_at"] if known else now,
        "updated_at": now,
    }
    return Response(204) if known else Response(201, {})


@routes.add("DELETE", "/repos/{owner}/{repo}/environments/{environment}/secrets/{secret_name}")
@routes.add("DELETE", "/repositories/{repository_id}/environments/{environment}/secrets/{secret_name}")
def delete_secret(request: Request) -> Response:
    """Remove a secret: 204."""
    documentation = f"{PAGE}#delete-an-environment-secret"
    key = _environment(request, documentation, write=True)
    name = request.parameters["secret_name"].upper()
    _named(request, key, name, documentation)
    del request.state.collection("github.secrets")[f"{key}/{name}"]
    return Response(204)


def _environment(request: Request, documentation: str, *, write: bool) -> str:
    permission = "environments:write" if write else "environments:read"
    _, key, _ = open_environment(request, documentation, needs="write", permission=permission)
    return key


def _key_pair(state: State, key: str) -> tuple[PrivateKey, str]:
    """The environment's private key and the number its public key goes by, made on first use."""
    keys = state.collection("github.secret_keys")
    kept = f"{key}/current"
    if kept not in keys:
        private = base64.b64encode(bytes(PrivateKey.generate())).decode()
        keys[kept] = {"key_id": str(3_380_204_578_043_520_000 + next_number(state)), "private": private}
    document = keys[kept]
    return PrivateKey(base64.b64decode(document["private"])), document["key_id"]


def _unseal(private: PrivateKey, sealed: str) -> bytes:
    return SealedBox(private).decrypt(base64.b64decode(sealed, validate=True))


def _improper(documentation: str) -> Exception:
    return error(422, "Bad request - validation failed due to an improperly encrypted secret", documentation)


def _named(request: Request, key: str, name: str, documentation: str) -> Document:
    secret = request.state.collection("github.secrets").get(f"{key}/{name}")
    if secret is None:
        raise not_found(documentation)
    return secret


def _secret(name: str, secret: Document) -> Document:
    return {"name": name, "created_at": secret["created_at"], "updated_at": secret["updated_at"]}

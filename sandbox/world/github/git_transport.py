"""`git clone`, `git fetch` and `git push` over HTTP: https://git-scm.com/docs/gitprotocol-http.

What is fetched is answered by Git itself, from the world's objects written out. A push is taken apart here: whoever
pushes meets the branch's rules, and what is pushed starts its workflows, as with GitHub's API.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.world.github import history
from sandbox.world.github.access import open_repository
from sandbox.world.github.authentication import authenticate_git
from sandbox.world.github.git_process import run_git
from sandbox.world.github.git_store import GitStore, incoming, take_in
from sandbox.world.github.pushed_objects import UnknownObjectError, read_pushed, unpack
from sandbox.world.github.ref_moves import Move, Refusal, move_refs
from sandbox.world.service import Request, Response, Routes, ServiceError
from sandbox.world.state import Document

routes = Routes()

FLUSH = b"0000"
READ, WRITE = "git-upload-pack", "git-receive-pack"
_WANTED = re.compile(rb"[0-9a-f]{4}want ([0-9a-f]{40})")
_SMALLEST_PACK = 100
"""Source: https://git-scm.com/docs/git-config#Documentation/git-config.txt-transferunpackLimit."""
_SIDE_BAND_BYTES = 65_000
_REPORT, _MESSAGE = b"\x01", b"\x02"


@routes.add("GET", "/{owner}/{repo}/info/refs", authenticated=False)
async def advertise(request: Request) -> Response:
    """Where the refs point, for the `service` that the client wants."""
    service = request.query.get("service", "")
    if service not in (READ, WRITE):
        return Response(403, "Please upgrade your git client.\n")
    _, repository = _opened(request, service)
    refs = await _ask_git(request, repository, service, "--http-backend-info-refs")
    # The second version of the protocol, which is for fetching only, begins without.
    head = b"" if _protocol(request) == "version=2" and service == READ else packet(f"# service={service}\n") + FLUSH
    return _answer(f"{service}-advertisement", head + refs)


@routes.add("POST", "/{owner}/{repo}/git-upload-pack", authenticated=False)
async def fetch(request: Request) -> Response:
    """The objects that a client lacks."""
    _, repository = _opened(request, READ)
    return _answer(f"{READ}-result", await _ask_git(request, repository, READ, given=request.body))


@routes.add("POST", "/{owner}/{repo}/git-receive-pack", authenticated=False)
async def push(request: Request) -> Response:
    """Take what is pushed, and say of each ref whether it moved."""
    identity, repository = _opened(request, WRITE)
    moves, capabilities, pack = read_request(request.body)
    if not moves:
        # A client asks with nothing, before it sends much, whether it may.
        return _answer(f"{WRITE}-result", b"")
    unpacked = "ok"
    refused = dict.fromkeys((move.ref for move in moves), Refusal("unpacker error"))
    try:
        await asyncio.to_thread(_keep, request, repository, moves, pack)
    except UnknownObjectError as problem:
        unpacked = str(problem).replace("\n", " ")
    else:
        refused = move_refs(request.state, repository, moves, identity, atomic="atomic" in capabilities)
    lines = [f"unpack {unpacked}"]
    lines += [
        f"ng {move.ref} {refused[move.ref].reason}" if move.ref in refused else f"ok {move.ref}" for move in moves
    ]
    report = b"".join(packet(f"{line}\n") for line in lines) + FLUSH
    if "side-band-64k" not in capabilities:
        return _answer(f"{WRITE}-result", report)
    bands = [packet(_MESSAGE + f"{line}\n".encode()) for refusal in refused.values() for line in refusal.said]
    bands += [packet(_REPORT + part) for part in _parts(report)]
    return _answer(f"{WRITE}-result", b"".join(bands) + FLUSH)


def packet(line: str | bytes) -> bytes:
    """A pkt-line: https://git-scm.com/docs/gitprotocol-common#_pkt_line_format."""
    data = line.encode() if isinstance(line, str) else line
    return f"{len(data) + 4:04x}".encode() + data


def read_request(body: bytes) -> tuple[list[Move], frozenset[str], bytes]:
    """What a push sends: the moves, the capabilities that the client chose, and the pack.

    Raises ServiceError (400) for what is no such request.
    """
    moves: list[Move] = []
    capabilities: frozenset[str] = frozenset()
    start = 0
    try:
        while (size := _length(body[start : start + 4])) != 0:
            line, _, chosen = body[start + 4 : start + size].decode().rstrip("\n").partition("\0")
            start += size
            if chosen:
                capabilities = frozenset(chosen.split())
            # Where a shallow clone ends: the world knows what is below.
            if not line.startswith("shallow "):
                before, after, ref = line.split(" ", 2)
                moves.append(Move(ref, _known(before), _known(after)))
    except ValueError as problem:
        raise ServiceError(400, "That is no push.\n") from problem
    return moves, capabilities, body[start + 4 :]


def _length(digits: bytes) -> int:
    """A pkt-line's, its own four digits among it; 0 ends them. Raises ValueError for what is no length."""
    if digits != FLUSH and (len(digits) != len(FLUSH) or int(digits, 16) <= len(FLUSH)):
        raise ValueError(digits)
    return int(digits, 16)


def _known(sha: str) -> str | None:
    return None if sha == history.NO_COMMIT else sha


def _opened(request: Request, service: str) -> tuple[Mapping[str, Any], Document]:
    """Who asks, and the repository, once they may read or write it."""
    identity = authenticate_git(request)
    parameters = {**request.parameters, "repo": request.parameters["repo"].removesuffix(".git")}
    needs, permission = ("read", "contents:read") if service == READ else ("write", "contents:write")
    asked = replace(request, parameters=parameters, identity=identity)
    return identity, open_repository(asked, "", needs=needs, permission=permission)


def _protocol(request: Request) -> str:
    return request.headers.get("git-protocol", "")


def _answer(kind: str, body: bytes) -> Response:
    return Response(200, body, {"Content-Type": f"application/x-{kind}", "Cache-Control": "no-cache"})


async def _ask_git(request: Request, repository: Document, service: str, *options: str, given: bytes = b"") -> bytes:
    def ask() -> bytes:
        # GitHub gives a commit that no ref reaches any more to whoever knows its ID.
        wanted = {found.decode() for found in _WANTED.findall(given)}
        known = [history.find_commit(request.state, repository, sha) for sha in wanted]
        bare = GitStore(request.state).update(repository, *(commit for commit in known if commit is not None))
        command = (service.removeprefix("git-"), "--stateless-rpc", *options, str(bare))
        done = run_git(bare, *command, given=given, protocol=_protocol(request))
        # What Git says to a client that asks for the impossible is an answer; a failure without one is told likewise.
        said = done.stderr.decode(errors="replace").strip()
        return packet(f"ERR {said}") if done.returncode and not done.stdout else done.stdout

    return await asyncio.to_thread(ask)


def _keep(request: Request, repository: Document, moves: Sequence[Move], pack: bytes) -> None:
    """Take what the push brings into the world: what no ref reaches does no harm there, whatever becomes of the moves.

    Raises UnknownObjectError, and keeps nothing, for what the world cannot keep.
    """
    bare = GitStore(request.state).update(repository)
    with incoming(bare) as folder:
        if pack:
            unpack(bare, pack, folder)
        pushed = read_pushed(bare, folder, [move.after for move in moves if move.after])
        pushed.keep(request.state, repository)
        # As Git does it: a small pack is not worth a file, and is written out with what else the world has new.
        if len(pushed) >= _SMALLEST_PACK:
            take_in(bare, folder)


def _parts(report: bytes) -> Iterator[bytes]:
    for start in range(0, len(report), _SIDE_BAND_BYTES):
        yield report[start : start + _SIDE_BAND_BYTES]

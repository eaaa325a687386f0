"""Serves the stand-ins to the engine, one gRPC server each, on loopback ports of this process."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.providers.datadog.provider import DATADOG
from sandbox.providers.github.provider import GITHUB
from sandbox.providers.provider import Pace, Provider, Settings
from sandbox.providers.servicer import Servicer
from sandbox.providers.vercel.provider import VERCEL

PROVIDERS: tuple[Provider, ...] = (GITHUB, VERCEL, DATADOG)

_THREADS = 32
"""As many calls as the engine makes at a time by default on a large machine."""
_LARGEST_MESSAGE = 64 * 1024 * 1024
_STOP_SECONDS = 1


@contextmanager
def serve(urls: Mapping[str, str], pace: Pace | None = None) -> Iterator[str]:
    """Serve the stand-ins while the block runs.

    Serve anew for each run of the engine: a server remembers how it was configured.

    Args:
        urls: the base URL of each service by provider's name, `{"github": "http://127.0.0.1:PORT", …}`; a URL in the
            provider's own configuration wins.
        pace: how patient they are.

    Yields:
        What the engine's environment needs as `PULUMI_DEBUG_PROVIDERS`: `github:PORT,vercel:PORT,datadog:PORT`.
    """
    servers: list[grpc.Server] = []
    servicers: list[Servicer] = []
    ports: list[str] = []
    try:
        for provider in PROVIDERS:
            server = grpc.server(
                ThreadPoolExecutor(_THREADS, thread_name_prefix=f"sandbox-{provider.name}"),
                options=[
                    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
                    ("grpc.max_send_message_length", _LARGEST_MESSAGE),
                ],
            )
            settings = Settings(base_url=urls[provider.name], pace=pace or Pace())
            servicers.append(Servicer(provider, settings))
            provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicers[-1], server)
            ports.append(f"{provider.name}:{server.add_insecure_port('127.0.0.1:0')}")
            server.start()
            servers.append(server)
        yield ",".join(ports)
    finally:
        for stopping in [server.stop(_STOP_SECONDS) for server in servers]:
            stopping.wait()
        for servicer in servicers:
            servicer.close()

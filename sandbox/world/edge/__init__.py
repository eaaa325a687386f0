"""The world under its real names: an HTTPS proxy on loopback behind which `https://api.vercel.com` is the sandbox's.

Clients keep the addresses that they have in production. They are told of the proxy and of the authority that its
certificates come from by environment variables only.
"""

from collections.abc import Mapping
from pathlib import Path

_LOCAL = "127.0.0.1,localhost"


def environment(urls: Mapping[str, str], ca_file: Path) -> dict[str, str]:
    """The variables with which a client reaches the world under the real names.

    Args:
        urls: the served world's URLs by name, `edge` among them.
        ca_file: the PEM file that the world was told to write its certificate authority to.

    Returns:
        Variables to add to a client's environment: for Python's, curl's and Git's own HTTPS, and for Node.js, whose
        `fetch` looks at the proxy from 24.0 on (https://nodejs.org/api/cli.html#node_use_env_proxy1). Vercel's CLI
        looks at it under any version; it is also told to ask neither a registry for updates nor anybody to count its
        calls.
    """
    ca = str(ca_file)
    return {
        "HTTPS_PROXY": urls["edge"],
        "https_proxy": urls["edge"],
        "NO_PROXY": _LOCAL,
        "no_proxy": _LOCAL,
        "SSL_CERT_FILE": ca,
        "CURL_CA_BUNDLE": ca,
        "GIT_SSL_CAINFO": ca,
        "NODE_EXTRA_CA_CERTS": ca,
        "NODE_USE_ENV_PROXY": "1",
        "NO_UPDATE_NOTIFIER": "1",
        "VERCEL_TELEMETRY_DISABLED": "1",
    }

"""Certificates for the names that the world answers under, from an authority that is made anew at each start."""

import ssl

import trustme


class Certificates:
    """An authority, and a certificate of its for each name that is asked for."""

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="sandbox")
        self._contexts: dict[str, ssl.SSLContext] = {}

    @property
    def authority(self) -> bytes:
        """The authority's certificate as PEM, for clients to trust."""
        return self._authority.cert_pem.bytes()

    def listening(self) -> ssl.SSLContext:
        """A context for a listener: each connection gets the certificate of the name it asks for."""
        context = _server_context()
        context.sni_callback = self._choose
        return context

    def _choose(
        self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext
    ) -> ssl.AlertDescription | None:
        if name is None:
            return ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        if name not in self._contexts:
            context = _server_context()
            self._authority.issue_cert(name).configure_cert(context)
            self._contexts[name] = context
        connection.context = self._contexts[name]
        return None


def _server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    return context

"""Stand-ins for the Pulumi providers github, vercel and datadog, served to the real engine over gRPC."""

from components.lazy_sdk import import_lazily

# A schema is read from the SDK's own types, of which the stand-ins need a handful.
import_lazily("pulumi_datadog")

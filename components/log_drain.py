"""The app's logs on their way from Vercel to Datadog, where monitors, metrics and dashboards read them."""

from dataclasses import dataclass
from urllib.parse import urlencode

import pulumi
import pulumiverse_vercel as vercel

from components.config import StackConfig

SOURCES = ("lambda", "static", "edge", "external", "firewall")
"""What asks the app something: functions, files, middleware, rewrites to other hosts, and what the firewall refused.

Not `build`: the pipeline builds, and Vercel gets the result. Not `redirect`: no monitor counts redirects.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class LogDrainArgs:
    """What a LogDrain is made from."""

    project_id: pulumi.Input[str]
    """The Vercel project whose logs are sent, and no other's."""
    environment: str
    """The stack's name, which every log carries as the tag `env`."""
    service: str
    """What a log is tagged with until Datadog's pipeline for `source:vercel` puts the Vercel project's name there."""
    site: str
    """The Datadog site that takes the logs, `datadoghq.com`."""
    api_key: pulumi.Output[str]
    """A Datadog API key. Secret."""

    @classmethod
    def from_config(cls, config: StackConfig, project_id: pulumi.Input[str]) -> "LogDrainArgs":
        """What the stack's configuration says of it, and the project that the stack made."""
        return cls(
            project_id=project_id,
            environment=config.environment,
            service=config.service,
            site=config.monitoring.site,
            api_key=config.secrets["DATADOG_API_KEY"],
        )

    @property
    def endpoint(self) -> str:
        """Datadog's intake of the site, with what each log is tagged with. Plain text, so the key is not in it."""
        tags = {"ddsource": "vercel", "service": self.service, "ddtags": f"env:{self.environment}"}
        return f"https://http-intake.logs.{self.site}/api/v2/logs?{urlencode(tags, safe=':')}"


class LogDrain(pulumi.ComponentResource):
    """A drain of one Vercel project into Datadog's HTTP log intake. Vercel offers drains on Pro and Enterprise.

    Documented: the intake takes an array of logs as JSON, the key as the header `DD-API-KEY`, and `ddsource`, `ddtags`
    and `service` in the query (https://docs.datadoghq.com/api/latest/logs/#send-logs); a drain posts such arrays with
    headers of one's own (https://vercel.com/docs/drains/using-drains). Datadog's own guide sets a drain up through the
    Vercel Marketplace instead, by hand
    (https://github.com/DataDog/integrations-extras/blob/master/vercel/README.md).

    The provider's text still says that an endpoint must answer 200 with a header `x-vercel-verify`, which the intake
    cannot. That was a condition of `/v1/log-drains`; since 4.0.1 the provider calls `/v1/drains`, whose reference has
    no such condition (https://github.com/vercel/terraform-provider-vercel/issues/412). That `/v1/drains` takes
    Datadog's intake, which answers 202, only a real account proves.
    """

    def __init__(self, name: str, args: LogDrainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ai-tools:index:LogDrain", name, None, opts)
        vercel.LogDrain(
            f"{name}-drain",
            name=f"datadog-{args.service}-{args.environment}",
            delivery_format="json",
            endpoint=args.endpoint,
            # Whatever the SDK marks, the key stays out of plain state and previews.
            headers=pulumi.Output.secret({"DD-API-KEY": args.api_key}),
            project_ids=[args.project_id],
            # Releases of every stack are production deployments. Previews would carry the stack's `env`, and what
            # breaks in a pull request is not the environment's error rate.
            environments=["production"],
            sources=list(SOURCES),
            opts=pulumi.ResourceOptions(
                parent=self,
                # Any change replaces the drain. For a moment logs are lost, which no count notices, where two drains
                # would send each log twice.
                delete_before_replace=True,
                # The secret signs what Vercel sends. Nothing here checks it, and nobody else should know it.
                additional_secret_outputs=["headers", "secret"],
            ),
        )
        self.register_outputs({})

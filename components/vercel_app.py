"""The app on Vercel: project, domain, environment variables, and the way to test what is not live yet."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumiverse_vercel as vercel

from components.config import StackConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class VercelAppArgs:
    """What a VercelApp is made from."""

    project: str
    """The Vercel project's name: lower case, at most 52 characters."""
    domain: str
    node_version: str
    """`24.x`, as Vercel spells it."""
    public_variables: Mapping[str, str]
    secret_variables: Mapping[str, pulumi.Output[str]]
    previews: bool
    """Whether previews see the variables too."""
    protect: bool
    """Whether `pulumi destroy` refuses to delete the project and its domain."""

    @classmethod
    def from_config(cls, config: StackConfig) -> "VercelAppArgs":
        """What the stack's configuration says of it."""
        return cls(
            project=config.vercel_project,
            domain=config.domain,
            node_version=config.node_version,
            public_variables=config.public_variables,
            secret_variables=config.secret_variables,
            previews=config.previews,
            protect=config.is_production,
        )


class VercelApp(pulumi.ComponentResource):
    """One environment of the app as one Vercel project.

    The project has no Git link: `create_deployments=False` would not stop Vercel from building pushes
    (https://github.com/vercel/terraform-provider-vercel/issues/414), so only the pipeline deploys. A deployment gets no
    domain by itself; the pipeline promotes one it has verified.
    """

    project_id: pulumi.Output[str]
    url: pulumi.Output[str]
    """What users open, `https://DOMAIN`."""
    bypass_secret: pulumi.Output[str]
    """Opens protected deployments to the tests, as the header `x-vercel-protection-bypass`. Secret."""

    def __init__(self, name: str, args: VercelAppArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ai-tools:index:VercelApp", name, None, opts)
        project = vercel.Project(
            f"{name}-project",
            name=args.project,
            framework="nextjs",
            node_version=args.node_version,
            auto_assign_custom_domains=False,
            # Every address but the domain asks for a login or the bypass: a staged release is not public.
            vercel_authentication=vercel.ProjectVercelAuthenticationArgs(deployment_type="standard_protection"),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        domain = vercel.ProjectDomain(
            f"{name}-domain",
            project_id=project.id,
            domain=args.domain,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        bypass = vercel.ProjectProtectionBypass(
            f"{name}-bypass",
            project_id=project.id,
            note="Tests of staged deployments",
            opts=pulumi.ResourceOptions(parent=self),
        )
        vercel.ProjectDeploymentRetention(
            f"{name}-retention",
            project_id=project.id,
            # A deleted deployment is no longer a roll-back target.
            expiration_production="1y",
            expiration_preview="1m",
            expiration_canceled="1m",
            expiration_errored="1m",
            opts=pulumi.ResourceOptions(parent=self),
        )
        for key, value in [*args.public_variables.items(), *args.secret_variables.items()]:
            vercel.ProjectEnvironmentVariable(
                f"{name}-variable-{key}",
                project_id=project.id,
                key=key,
                value=value,
                # A sensitive value is never shown again. What reaches every visitor's browser is none.
                sensitive=key in args.secret_variables,
                targets=["production", "preview"] if args.previews else ["production"],
                # Vercel refuses a second variable of the same key, so a replacement cannot come first
                # (https://github.com/pulumiverse/pulumi-vercel/issues/118).
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
        self.project_id = project.id
        self.url = pulumi.Output.concat("https://", domain.domain)
        self.bypass_secret = pulumi.Output.secret(bypass.secret)
        self.register_outputs({"projectId": self.project_id, "url": self.url, "bypassSecret": self.bypass_secret})

"""The stand-in for Pulumi's datadog provider."""

"""The stand-in for Pulumi's github provider."""

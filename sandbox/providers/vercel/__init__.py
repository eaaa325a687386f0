"""The stand-in for Pulumi's vercel provider."""

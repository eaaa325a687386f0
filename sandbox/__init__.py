"""GitHub, Vercel, Datadog and Slack on this machine, so that the real engine and the real clients need no account."""

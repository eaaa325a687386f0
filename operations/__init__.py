"""How this repository's own stacks are previewed in pull requests, applied on merge, and watched for drift."""

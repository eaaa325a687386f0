"""What the sandbox's providers, workflows and people act on: four services over HTTP, one persistent state."""

"""What the story's places and people are called: as the stack files say, so that it plays with your configuration."""

import yaml

from operations.stack_files import stack_files
from sandbox.accounts import reviewer_of
from sandbox.page.stacks import read_stacks
from sandbox.paths import configuration

FILES = stack_files(configuration())
_DOMAINS = {stack.name: stack.domain for stack in read_stacks([FILES["staging"], FILES["production"]])}
STAGING, PRODUCTION = _DOMAINS["staging"], _DOMAINS["production"]
REVIEWER = reviewer_of(yaml.safe_load(FILES["production"].read_text())["config"])

"""Runs a command and ends with its exit code."""

import sys

from deploy.cli import main

sys.exit(main())

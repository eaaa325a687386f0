"""The policy pack: what the engine starts for `--policy-pack policies`. It prints its port and answers until killed."""

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
# The engine runs this file by its path, so its package has to be found.
sys.path.insert(0, str(PROJECT))

from policies.analyzer import serve  # noqa: E402

serve(PROJECT)

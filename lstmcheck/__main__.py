"""`python -m lstmcheck`."""

from __future__ import annotations

import os
import sys

if not getattr(sys.flags, "safe_path", False):
    # Python puts the working directory first; what is checked must not be imported in the place of what checks it
    sys.path[0] = os.path.dirname(sys.executable)

from lstmcheck.cli import entry

entry()

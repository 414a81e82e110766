"""`python -m lstmcheck`."""

from __future__ import annotations

import sys

from lstmcheck.cli import main

sys.exit(main())

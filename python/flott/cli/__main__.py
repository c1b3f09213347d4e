"""``python -m flott.cli`` is ``flott``, for where the command itself is not on the path."""

import sys

from flott.cli import main

sys.exit(main())

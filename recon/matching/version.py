"""Which rules of matching these are: it stands in every run's record of the log, so that it can be said years later by
which rules a line was booked."""

from typing import Final

# Raised by one whenever a change makes matching decide otherwise; ``tests/unit/matching/test_version.py`` sees to it.
RULES: Final = 1

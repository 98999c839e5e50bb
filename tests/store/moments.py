"""A fixed moment for tests that need one."""

import datetime as dt

NOW = dt.datetime(2026, 12, 9, 1, 0, tzinfo=dt.UTC)

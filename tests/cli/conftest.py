"""Fixtures of other rooms that commands are tried on."""

from tests.imported.conftest import fill, filling, layout, small_home, small_plan, template
from tests.stages.conftest import small

__all__ = ["fill", "filling", "layout", "small", "small_home", "small_plan", "template"]

"""What holds for every test: no example of a property is timed, because machines differ.

On a continuous run the examples are the same each time, so that a red run says something about the change
that it judges; everybody else's runs look at new examples, and what they find is kept as an `@example`.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.register_profile("same examples", deadline=None, derandomize=True)
settings.load_profile("same examples" if os.environ.get("CI") else "untimed")

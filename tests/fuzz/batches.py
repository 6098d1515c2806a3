"""How hypothesis makes the requests of one batch."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


def batch_of(count: int) -> settings:
    """Return the settings of a test that sends so many requests."""
    return settings(
        max_examples=count,
        database=None,
        deadline=None,
        # Requests change the rows that later ones find, so that none can be tried again to be made shorter.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

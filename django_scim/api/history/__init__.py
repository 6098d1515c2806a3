"""/history: the events as JSON."""

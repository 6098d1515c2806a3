"""Indexes on the host's tables, for the look-ups that identity providers make all day."""

"""The history: what was asked, what it changed, how it was answered."""

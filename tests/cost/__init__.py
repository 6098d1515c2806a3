"""The dearest requests that can be sent within the limits, and what they cost."""

"""Why a person is locked, or is not there: found by any part of what is known of them, and explained.

Private: it may change without notice.
"""

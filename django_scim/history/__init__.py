"""The history: what was asked, what it changed, how it was answered.

Private: it may change without notice.
"""

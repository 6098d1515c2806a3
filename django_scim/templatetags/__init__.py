"""What templates of the app ask for.

Private: it may change without notice.
"""

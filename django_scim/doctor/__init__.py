"""Doctor: what stands between identity providers and the project, looked at through its public address.

Private: it may change without notice.
"""

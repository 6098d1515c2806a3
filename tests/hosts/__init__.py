"""Projects that the app is tested in, beside the stock one of the other tests.

``small`` is a few models for those. Each other folder is a host project with models, settings and tests of
its own: a process has one user model, so each has a run of its own, with ``DATABASE_URL`` as all tests have::

    python -m tests.hosts
    python -m tests.hosts moving
    python -m pytest tests/hosts/moving --ds=tests.hosts.moving.settings

A run with other settings leaves the tests of a host project out: see ``conftest.py``.
"""

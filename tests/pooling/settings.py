"""Settings of a project behind PgBouncer, which ``DATABASE_URL`` leads to."""

from __future__ import annotations

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

# The pool takes no options of the server.
del DATABASES["default"]["OPTIONS"]
# A cursor of the server ends with its transaction, when the pool takes the connection back.
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
# The pool keeps the connections to the server; those to the pool are kept too.
DATABASES["default"]["CONN_MAX_AGE"] = None

"""Tests of the documentation: each code block of a page is run or checked, in the order of the page.

They need the dependency group ``docs``, and run in the tox environment of that name alone:
``python -m pytest tests/docs``. A page has a temporary project of its own, which the blocks build up: a stock
project with the app in it, and what ``given/`` has for the page, such as models that the reader is supposed
to have. What becomes of a block is told by its language and its title:

``python title="staff/scim.py"``
    It is written to that file. ``settings.py`` and ``urls.py`` are those of the project, and settings are
    added to those that are there. All is imported, checked and migrated before the next block that needs it,
    and at the end of the page at the latest.
``python``
    It is run in the project.
``shell`` or ``bash``
    Bash runs it in the folder of the project: one shell for the page, with a token in ``TOKEN``. With
    ``title="In a checkout"`` it is run in a copy of the repository.
``http``
    A request is sent to the project's server, with a token. An answer, which begins with ``HTTP/1.1``, is
    compared with the last one. In a request, ``…`` is the ``id`` in the last answer that had one.
``json title="Answer"``
    It is compared with what the last shell block has printed.
``json``
    scim2-models validates it, as what its ``schemas`` say. With ``title="Template"``, places such as
    ``{$user.email}`` are filled before.
``text title="Output"``
    It is compared with what the last block of Python or shell has printed.

In what is compared, ``…`` stands for anything, and JSON may leave members out. ``https://your-site.example``
is the project's server. Any other block fails the test of its page.
"""

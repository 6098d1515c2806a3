"""A preflight finds what is broken in a project, names it, and says what to change."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from django_scim.preflight.running import preflight
from tests.preflight.broken import BROKEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken(request, settings):
    """A project that is broken."""
    case = BROKEN[request.param]
    settings.DJANGO_SCIM = case.settings
    if case.receiver is not None:
        signal, receiver = case.receiver
        signal.connect(receiver, sender=User)
    yield case
    if case.receiver is not None:
        signal.disconnect(receiver, sender=User)


every_broken = pytest.mark.parametrize("broken", BROKEN, indirect=True)


@every_broken
def test_what_is_broken_is_found_with_its_remedy(broken):
    report = preflight(broken.provider)

    found = [
        finding
        for finding in report.findings
        if broken.problem in str(finding.problem) and broken.remedy in str(finding.remedy)
    ]
    assert found, str(report)
    assert found[0].is_failure
    assert (found[0].phase, found[0].attribute) == (broken.phase, broken.attribute), str(report)


@every_broken
def test_a_broken_project_ends_the_command_with_an_error(broken):
    with pytest.raises(CommandError, match="1 identity provider would fail") as raised:
        call_command("scim_preflight", "--as", broken.provider, stdout=StringIO())

    assert raised.value.returncode == 1

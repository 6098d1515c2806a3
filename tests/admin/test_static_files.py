"""The style sheets and scripts that pages name are there: a storage with a manifest answers 500 else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib import admin

import django_scim
from django_scim.models import Connection, ProvisioningEvent, Record

STATIC = Path(django_scim.__file__).parent / "static"


@pytest.mark.parametrize("model", [Connection, ProvisioningEvent, Record])
def test_each_file_that_a_page_of_the_app_names_is_there(model):
    html = admin.site.get_model_admin(model).media.render()

    names = re.findall(r'/static/(django_scim/[^"?]+)', html)
    assert names
    assert [name for name in names if not (STATIC / name).is_file()] == []

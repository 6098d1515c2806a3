"""What SCIM keeps beside the rows of the host, and what the database itself sees to."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from django_scim.models import Link, Record, UniqueValue
from tests.factories import ConnectionFactory

KEYS = {"integer_key": 1, "uuid_key": uuid4(), "text_key": "a"}


class TestRecord:
    @pytest.mark.parametrize("column", KEYS)
    def test_a_record_names_the_row_of_the_host_by_the_key_that_it_has(self, db, column):
        record = Record.objects.create(resource_type="User", **{column: KEYS[column]})

        record.refresh_from_db()
        assert record.key == KEYS[column]
        assert str(record) == f"User {KEYS[column]}"

    def test_a_record_has_a_key_that_is_nought(self, db):
        assert Record(resource_type="User", integer_key=0).key == 0

    def test_a_record_without_a_row_has_no_key(self):
        assert Record(resource_type="User").key is None

    @pytest.mark.parametrize("column", KEYS)
    def test_a_record_is_the_only_one_of_its_row(self, db, column):
        Record.objects.create(resource_type="User", **{column: KEYS[column]})

        with pytest.raises(IntegrityError), transaction.atomic():
            Record.objects.create(resource_type="User", **{column: KEYS[column]})

    def test_a_record_may_have_the_key_of_a_record_of_another_resource_type(self, db):
        for name in ("User", "Group"):
            Record.objects.create(resource_type=name, integer_key=1)

        assert Record.objects.count() == 2

    def test_a_record_may_be_one_of_many_that_have_keys_of_another_kind(self, db):
        for number in (1, 2):
            Record.objects.create(resource_type="User", integer_key=number)

        assert Record.objects.filter(uuid_key=None, text_key=None).count() == 2

    @pytest.mark.parametrize("key", [-(2**63), 2**63 - 1])
    def test_a_record_holds_the_keys_of_the_largest_columns(self, db, key):
        record = Record.objects.create(resource_type="User", integer_key=key)

        record.refresh_from_db()
        assert record.key == key

    def test_a_record_is_blank_at_first_and_not_deleted(self, db):
        before = timezone.now()

        record = Record.objects.create(resource_type="User", integer_key=1)

        assert (record.attributes, record.comparable, record.revision) == ({}, {}, 0)
        assert record.deleted_at is None
        assert before <= record.created <= record.last_modified <= timezone.now()

    def test_a_record_shares_its_documents_with_no_other(self, db):
        one, other = Record(), Record()

        one.attributes["title"] = "Guide"

        assert other.attributes == {}

    def test_a_record_keeps_a_document_as_it_is(self, db):
        document = {"title": "Größe 😀", "emails": [{"value": "a", "primary": True}], "n": 2**53, "x": 1.5}

        Record.objects.create(resource_type="User", integer_key=1, attributes=document)

        assert Record.objects.get().attributes == document


class TestLink:
    @pytest.fixture
    def record(self, db):
        return Record.objects.create(resource_type="User", integer_key=1)

    def link(self, record, connection, external_id="1"):
        return Link.objects.create(
            record=record, connection=connection, external_id=external_id, digest=external_id
        )

    def test_a_link_is_one_for_each_connection(self, record):
        for _ in range(2):
            self.link(record, ConnectionFactory.create(), "b1")

        assert [str(link) for link in record.links.all()] == ["b1", "b1"]

    def test_a_link_is_one_for_a_connection_at_most(self, record, connection):
        self.link(record, connection, "1")

        with pytest.raises(IntegrityError), transaction.atomic():
            self.link(record, connection, "2")

    def test_a_link_goes_with_its_record_and_with_its_connection(self, record):
        one, other = ConnectionFactory.create_batch(2)
        self.link(record, one)
        self.link(record, other)

        one.delete()
        assert Link.objects.get().connection == other
        record.delete()
        assert not Link.objects.exists()


class TestUniqueValue:
    def claim(self, record, attribute="userName", digest="x"):
        return UniqueValue.objects.create(
            record=record, resource_type=record.resource_type, attribute=attribute, digest=digest
        )

    @pytest.fixture
    def records(self, db):
        return [Record.objects.create(resource_type="User", integer_key=key) for key in (1, 2)]

    def test_a_unique_value_cannot_be_that_of_two_resources(self, records):
        self.claim(records[0])

        with pytest.raises(IntegrityError), transaction.atomic():
            self.claim(records[1])

    def test_a_unique_value_may_be_that_of_two_attributes(self, records):
        self.claim(records[0], "userName")
        self.claim(records[0], "nickName")

        assert records[0].unique_values.count() == 2

    def test_a_unique_value_is_one_for_an_attribute_of_a_resource(self, records):
        self.claim(records[0], digest="x")

        with pytest.raises(IntegrityError), transaction.atomic():
            self.claim(records[0], digest="y")

    def test_a_unique_value_is_free_again_when_the_resource_is_gone(self, records):
        self.claim(records[0])

        records[0].delete()

        self.claim(records[1])
        assert str(UniqueValue.objects.get()) == "User userName"

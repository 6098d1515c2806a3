"""What a write costs the database: the statements of each, authentication included."""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.factories import GroupFactory, UserFactory, managed
from tests.operations.bulk_operations import post, run
from tests.operations.examples import ENTERPRISE_USER, PASSWORD
from tests.operations.patch_operations import add, remove, replace
from tests.representations import ENTERPRISE, group, id_of, member, path_of, user

TRANSACTION = re.compile(r"(BEGIN|COMMIT|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK)\b")
"""The statements that are about transactions: they are sent with others, or cost next to nothing."""

HAS_STORED_VALUES = database.vendor != "postgresql"
"""Whether the values that are looked up have an index of their own: PostgreSQL has one on documents."""

EMPLOYEE = {
    **ENTERPRISE_USER,
    ENTERPRISE: {name: value for name, value in ENTERPRISE_USER[ENTERPRISE].items() if name != "manager"},
}
"""Without a manager, whose name is one question more for an answer."""


@pytest.fixture(autouse=True)
def stock_project(settings):
    """A project as Django makes it, with no tokens of other packages to end."""
    settings.DJANGO_SCIM = {"DEPROVISIONING": ["django_scim.deprovisioning.end_sessions"]}


@contextmanager
def statements(expected=None):
    """Collect the statements of a request, less those about transactions; there have to be so many."""
    collected: list[str] = []
    with CaptureQueriesContext(database) as queries:
        yield collected
    collected += [query["sql"] for query in queries if not TRANSACTION.match(query["sql"])]
    if expected is not None:
        assert len(collected) == expected, "\n".join(sql[:200] for sql in collected)


@pytest.fixture
def warm(scim):
    """A client whose token has noted its use this minute."""
    scim.get("/Users")
    return scim


@pytest.fixture
def provisioned(warm):
    """The path of a user with all that RFC 7643 knows."""
    return f"/Users/{warm.post('/Users', {**EMPLOYEE, 'password': PASSWORD}).json()['id']}"


@pytest.mark.parametrize("active", [False, True])
def test_switching_an_account_takes_thirteen_statements_at_most_even_the_first_time(scim, active):
    row = UserFactory.create(is_active=not active)

    with statements() as collected:  # one of them asks whether who was made by hand has power
        scim.patch(path_of(row), replace("active", active))

    assert len(collected) <= 13, "\n".join(collected)


def test_a_deactivation_reads_the_token_the_row_the_record_and_writes_what_changes(warm, provisioned):
    # token, row, record | row, record, made within the hour, sessions, event | groups of the answer
    with statements(9):
        warm.patch(provisioned, replace("active", False))


def test_a_modification_of_an_attribute_that_no_column_holds_leaves_the_row_alone(warm, provisioned):
    with statements(6):  # token, row, record | record, event | groups of the answer
        warm.patch(provisioned, replace("title", "Manager"))


def test_a_modification_that_changes_nothing_writes_the_event_alone(warm, provisioned):
    with statements(5):  # token, row, record | event | groups of the answer
        warm.patch(provisioned, replace("title", "Tour Guide"))


def test_a_new_user_name_is_looked_for_once_and_claimed(warm, provisioned):
    # token, row, record | other holders, row, claim, record, whether it is counted, event | groups
    with statements(10):
        warm.patch(provisioned, replace("userName", "barbara"))


def test_the_number_of_operations_makes_no_difference_to_the_statements_of_a_modification(warm, provisioned):
    with statements() as one:
        warm.patch(provisioned, replace("title", "Manager"))
    with statements() as many:
        warm.patch(provisioned, *[replace("title", f"Manager {number}") for number in range(50)])

    assert len(many) == len(one)


def test_a_creation_looks_for_holders_of_the_name_and_writes_four_rows(warm):
    with statements(7):  # token, holders of the name | row, record, claim, event | groups of the answer
        warm.post("/Users", user(title="Guide", password=PASSWORD))


def test_the_external_id_of_a_new_user_is_one_more_row_and_one_more_question(warm):
    # whether the connection has deleted who is called so; and the link | what is looked up in no column
    with statements(9 + HAS_STORED_VALUES):
        warm.post("/Users", EMPLOYEE)


def test_creations_of_a_job_are_looked_for_and_leave_their_rows_together(warm):
    def job(size, first):
        names = [f"user{first + number}" for number in range(size)]
        return [post("/Users", name, user(name, externalId=name)) for name in names]

    run(warm, *job(16, 0))
    # token | limits, holders of the names, deleted ones | limits, records, claims, links, events, token
    with statements() as collected:
        run(warm, *job(16, 100))

    rows = [sql for sql in collected if re.match(r"INSERT INTO .auth_user.", sql)]
    assert len(rows) == 16
    assert len(collected) - len(rows) <= 10, "\n".join(collected)


def test_a_replacement_costs_what_a_modification_does(warm, provisioned):
    with statements(6):
        warm.put(provisioned, {**EMPLOYEE, "title": "Manager"})
    with statements(5):
        warm.put(provisioned, {**EMPLOYEE, "title": "Manager"})
    with statements(9):  # and the row, the limit, and the sessions of an account that is active no more
        warm.put(provisioned, {**EMPLOYEE, "title": "Boss", "active": False})


def test_a_deletion_takes_thirteen_statements(warm, provisioned):
    # token, row, record | links, groups for the history, groups, memberships, row, record, claims, whether it
    # is counted, sessions, event
    with statements(13):
        warm.delete(provisioned)


def test_a_refused_write_costs_no_more_than_it_has_read(warm, provisioned):
    with statements(4):  # token, row, record | event
        warm.patch(provisioned, replace("title", "X"), **{"If-Match": 'W/"stale"'})
    with statements(2):  # token | event
        warm.post("/Users", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]})


# Groups


def group_of(size):
    """Return a group with so many members, made by the host."""
    row = GroupFactory.create()
    first = User.objects.count()
    rows = User.objects.bulk_create(User(username=f"member{first + number}") for number in range(size))
    through = Group.user_set.through
    through.objects.bulk_create(through(group=row, user=member) for member in rows)
    return row


@pytest.mark.parametrize(
    "change",
    [
        "add one",
        "add one again",
        "remove by filter",
        "remove by value",
        "remove nobody",
        "replace one",
        "rename",
    ],
)
def test_a_change_of_a_large_group_costs_what_one_of_a_small_group_does(warm, change):
    counts = []
    for size in (10, 2_000):
        row, other = group_of(size), UserFactory.create()
        present = row.user_set.order_by("pk")[size // 2]
        operation = {
            "add one": add("members", [member(other)]),
            "add one again": add("members", [member(present)]),
            "remove by filter": remove(f'members[value eq "{id_of(present)}"]'),
            "remove by value": remove("members", [member(present)]),
            "remove nobody": remove(f'members[value eq "{id_of(other)}"]'),
            "replace one": replace(f'members[value eq "{id_of(present)}"]', member(other)),
            "rename": replace("displayName", f"Renamed {row.pk}"),
        }[change]
        with statements() as collected:
            assert warm.patch(path_of(row), operation).status_code == 204
        counts.append([sql.split(maxsplit=1)[0] for sql in collected])

    assert counts[0] == counts[1]


def test_adding_a_member_takes_ten_statements(warm):
    row, other = managed(warm.connection, group_of(10)), managed(warm.connection, UserFactory.create())

    # token, row, record | the user, the membership, its row, whose user it is, record | event, who joined
    with statements(10):
        warm.patch(path_of(row), add("members", [member(other)]))


def test_removing_a_member(warm):
    row = managed(warm.connection, group_of(10))
    present = managed(warm.connection, row.user_set.order_by("pk")[5])

    # token, row, record | the user, the membership, whose user it is, its row, record, what is left
    # event, who left
    with statements(11):
        warm.patch(path_of(row), remove(f'members[value eq "{id_of(present)}"]'))


def test_adding_a_hundred_members_costs_what_adding_one_does(warm):
    counts = []
    for number in (1, 100):
        row = group_of(10)
        others = UserFactory.create_batch(number)
        with statements() as collected:
            warm.patch(path_of(row), add("members", [member(other) for other in others]))
        counts.append(len(collected))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("form", ["add", "remove", "remove by filter", "add without a path"])
def test_an_operation_for_each_member_costs_what_one_for_all_does(warm, form):
    counts = []
    for number in (1, 100):
        row = group_of(200)
        rows = list(row.user_set.all()[:number]) if "remove" in form else UserFactory.create_batch(number)
        operations = [
            {
                "add": add("members", [member(one)]),
                "add without a path": add(None, {"members": [member(one)]}),
                "remove": remove("members", [member(one)]),
                "remove by filter": remove(f'members[value eq "{id_of(one)}"]'),
            }[form]
            for one in rows
        ]
        with statements() as collected:
            assert warm.patch(path_of(row), *operations).status_code == 204
        counts.append(len(collected))
        assert row.user_set.count() == (200 - number if "remove" in form else 200 + number)

    assert counts[0] == counts[1]


def test_a_group_is_made_in_as_many_statements_whatever_its_members(warm):
    counts = []
    for number in (1, 100):
        others = UserFactory.create_batch(number)
        with statements() as collected:
            warm.post("/Groups", group(f"Group of {number}", members=[member(other) for other in others]))
        counts.append(len(collected))

    assert counts[0] == counts[1]

"""The models, each the smallest that shows what it is there for.

None has a key to a table of another app: the tables of an app without migrations are made first.
"""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import CASCADE, PROTECT, RESTRICT, SET_NULL


class Account(AbstractBaseUser):
    """An account that signs in by its address, has one name, and no ``is_active`` and no groups."""

    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=100, blank=True)

    objects = BaseUserManager["Account"]()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"


class Team(models.Model):
    """A group that has the relation to its accounts itself."""

    name = models.CharField(max_length=100)
    members = models.ManyToManyField(Account, related_name="teams", blank=True)
    owners = models.ManyToManyField(Account, related_name="owned", blank=True)

    def __str__(self) -> str:
        return self.name


class Company(models.Model):
    """What a department belongs to."""

    name = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """A shared row; nothing keeps two of them from having one name."""

    name = models.CharField(max_length=50)
    company = models.ForeignKey(Company, on_delete=SET_NULL, null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Desk(models.Model):
    """A row of its own for each person, to which the person's row has the key."""

    place = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.place


class Person(models.Model):
    """A user of a project with an authentication of its own: not even an ``AbstractBaseUser``."""

    login = models.CharField(max_length=50, unique=True)
    surname = models.CharField(max_length=50, blank=True)
    is_active = models.BooleanField(default=True)
    desk = models.OneToOneField(Desk, on_delete=SET_NULL, null=True, blank=True)
    home = models.ForeignKey(Department, on_delete=CASCADE, null=True, blank=True, related_name="+")

    USERNAME_FIELD = "login"

    def __str__(self) -> str:
        return self.login


class Profile(models.Model):
    """What a project keeps of a person in a table of its own."""

    person = models.OneToOneField(Person, on_delete=CASCADE, related_name="profile")
    title = models.CharField(max_length=20, blank=True)
    number = models.IntegerField(null=True, blank=True)
    joined = models.DateTimeField(null=True, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    department = models.ForeignKey(Department, on_delete=SET_NULL, null=True, blank=True)
    manager = models.ForeignKey(Person, on_delete=SET_NULL, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.title


class Device(models.Model):
    """A row with a UUID for its key."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    name = models.CharField(max_length=50, unique=True)

    def __str__(self) -> str:
        return self.name


class ActiveManager(models.Manager["Guest"]):
    """Hides who is not active."""

    def get_queryset(self) -> models.QuerySet[Guest]:
        """Return the active guests."""
        return super().get_queryset().filter(is_active=True)


class Guest(models.Model):
    """A user whom the project's own code no longer sees once inactive."""

    username = models.CharField(max_length=50, unique=True)
    is_active = models.BooleanField(default=True)

    objects = ActiveManager()
    everybody = models.Manager["Guest"]()

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.username


class Party(models.Model):
    """A group of guests."""

    name = models.CharField(max_length=50, unique=True)
    guests = models.ManyToManyField(Guest, related_name="parties", blank=True)

    def __str__(self) -> str:
        return self.name


class KeptManager(models.Manager["Tool"]):
    """Hides what was thrown away."""

    def get_queryset(self) -> models.QuerySet[Tool]:
        """Return the tools that are kept."""
        return super().get_queryset().filter(thrown_away=False)


class Tool(models.Model):
    """A row that the project deletes softly."""

    name = models.CharField(max_length=50)
    thrown_away = models.BooleanField(default=False)

    objects = KeptManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(thrown_away=False), name="name_of_kept_tool"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Steward(models.Model):
    """A user whose power is in a column of the project's own."""

    username = models.CharField(max_length=50, unique=True)
    is_active = models.BooleanField(default=True)
    house_role = models.CharField(max_length=10, default="member")

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.username


class Enrolment(models.Model):
    """A row with the key of another model's row."""

    device = models.OneToOneField(Device, on_delete=CASCADE, primary_key=True)
    name = models.CharField(max_length=50, unique=True)

    def __str__(self) -> str:
        return self.name


class License(models.Model):
    """A row with text for its key."""

    code = models.CharField(primary_key=True, max_length=50)
    name = models.CharField(max_length=50, blank=True)

    def __str__(self) -> str:
        return self.code


class Legacy(models.Model):
    """A row that identity providers know by other values than its key."""

    name = models.CharField(max_length=50, unique=True)
    scim_id = models.CharField(max_length=64, unique=True, null=True, blank=True)
    number = models.IntegerField(unique=True, null=True, blank=True)
    token = models.UUIDField(unique=True, null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Measurement(models.Model):
    """A row whose key no record can hold."""

    amount = models.DecimalField(primary_key=True, max_digits=10, decimal_places=2)

    def __str__(self) -> str:
        return str(self.amount)


class Citizen(models.Model):
    """A user whom a POST cannot make whole."""

    username = models.CharField(max_length=50, unique=True)
    birthday = models.DateField()
    is_superuser = models.BooleanField(default=False)

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.username


class Contract(models.Model):
    """A row that keeps the people it names from being deleted."""

    signatory = models.ForeignKey(Person, on_delete=PROTECT, null=True, related_name="+")
    witness = models.ForeignKey(Person, on_delete=RESTRICT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"Contract {self.pk}"


class Contractor(Person):
    """A person with a second table, whose rows may be saved as either."""

    agency = models.CharField(max_length=50, blank=True)

    class Meta:
        verbose_name = "contractor"


class Employee(Person):
    """The people, as another part of the project calls them."""

    class Meta:
        proxy = True


class Worker(models.Model):
    """A user whose columns hold values in a form of their own."""

    username = models.CharField(max_length=50, unique=True)
    status = models.CharField(max_length=10, default="active")
    kind = models.CharField(max_length=1, blank=True)
    grade = models.IntegerField(null=True, blank=True)
    badge = models.CharField(max_length=20, blank=True)
    language = models.CharField(max_length=10, blank=True)
    site_language = models.CharField(
        max_length=10,
        blank=True,
        choices=[("en", "English"), ("en_us", "American"), ("zh-hans", "Chinese"), ("pt_BR", "Portuguese")],
    )

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.username


class Telephone(models.Model):
    """A number of a worker."""

    worker = models.ForeignKey(Worker, on_delete=CASCADE, related_name="telephones")
    number = models.CharField(max_length=20)
    kind = models.CharField(max_length=1, blank=True)

    def __str__(self) -> str:
        return self.number


class Visitor(models.Model):
    """A user of whom the project knows what to call them."""

    username = models.CharField(max_length=50, unique=True)
    display_name = models.CharField(max_length=100, blank=True)

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.username


class Pilot(models.Model):
    """A user whose columns the database itself watches."""

    username = models.CharField(max_length=50, unique=True)
    is_active = models.BooleanField(default=True)
    licence = models.CharField(max_length=20, blank=True)
    callsign = models.CharField(max_length=20, unique=True, null=True, blank=True)
    base = models.CharField(max_length=20, blank=True)
    number = models.IntegerField(null=True, blank=True)
    slug = models.CharField(max_length=20, unique=True, null=True, blank=True)

    USERNAME_FIELD = "username"

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(licence="forged"),
                name="pilot_licence_is_genuine",
                violation_error_message="This licence is not genuine.",
            ),
            models.CheckConstraint(condition=~models.Q(base="Moon"), name="pilot_base_is_on_earth"),
            models.UniqueConstraint(
                fields=["base", "number"],
                name="pilot_number_at_base",
                violation_error_message="Somebody else has this number at the base.",
            ),
        )

    def __str__(self) -> str:
        return self.username


class Flight(models.Model):
    """A row that keeps its pilots from being deleted."""

    pilot = models.ForeignKey(Pilot, on_delete=PROTECT, related_name="+")
    copilot = models.ForeignKey(Pilot, on_delete=RESTRICT, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "logged flights"

    def __str__(self) -> str:
        return f"Flight of {self.pilot}"


class Subscriber(models.Model):
    """A user who has to have an address of their own, and whom the project may give one."""

    username = models.CharField(max_length=50, unique=True)
    email = models.EmailField(unique=True)
    nick = models.CharField(max_length=20)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.username

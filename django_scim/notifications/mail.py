"""Mail, the way of telling people that ships."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage, mail_admins

from django_scim.notifications.notification import Notification


def send_mail(notification: Notification) -> None:
    """Mail a notification to the addresses of the connection, or to ``ADMINS`` if it names none.

    The subject begins with ``EMAIL_SUBJECT_PREFIX``. Mail to addresses comes from ``DEFAULT_FROM_EMAIL``, and
    that to ``ADMINS`` from ``SERVER_EMAIL``.

    :raises OSError: If the mail server does not take it.
    """
    if notification.recipients:
        subject = f"{settings.EMAIL_SUBJECT_PREFIX}{notification.subject}"
        EmailMessage(subject, notification.text, None, list(notification.recipients)).send()
    elif settings.ADMINS:
        mail_admins(notification.subject, notification.text)


def has_readers(notification: Notification) -> bool:
    """Whether :func:`send_mail` has somebody to send to."""
    return bool(notification.recipients or settings.ADMINS)

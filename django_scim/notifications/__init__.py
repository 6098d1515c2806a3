"""What people are told of connections: a pause, a token about to expire, refusals, silence, the week.

What this package exports is public. Its modules are private.
"""

from django_scim.notifications.mail import send_mail
from django_scim.notifications.notification import Kind, Notification, WeekOfConnection

__all__ = ["Kind", "Notification", "WeekOfConnection", "send_mail"]

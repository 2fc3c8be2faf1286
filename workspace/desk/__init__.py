"""A stand-in for the regulator's own portal and mailbox: it takes notices in, and its log is the witness."""

from workspace.desk.arrivals import is_loopback
from workspace.desk.routes import application, build, letter_parts
from workspace.desk.state import LOG_NAME, Desk

__all__ = ["LOG_NAME", "Desk", "application", "build", "is_loopback", "letter_parts"]

"""People: who writes, and who did what."""

from .author import Author, ProfileLink
from .logged_act import LoggedAct

__all__ = ["Author", "LoggedAct", "ProfileLink"]

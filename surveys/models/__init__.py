from surveys.models.answers import (
    Comment,
    CommentRow,
    IntakeComment,
    IntakeResponse,
    Response,
    ResponseRow,
)
from surveys.models.banks import BankVersion, Question
from surveys.models.invitations import Invitation, Message
from surveys.models.releases import Release, ReleasedCell, ReleasedComment
from surveys.models.waves import Wave, WaveItem, WaveSecret

__all__ = [
    "BankVersion",
    "Comment",
    "CommentRow",
    "IntakeComment",
    "IntakeResponse",
    "Invitation",
    "Message",
    "Question",
    "Release",
    "ReleasedCell",
    "ReleasedComment",
    "Response",
    "ResponseRow",
    "Wave",
    "WaveItem",
    "WaveSecret",
]

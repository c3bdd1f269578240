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
from surveys.models.links import ResultsLink, RetiredLink
from surveys.models.releases import Release, ReleasedCell, ReleasedComment
from surveys.models.translations import (
    BankTranslation,
    TranslationReview,
    WaveLanguage,
)
from surveys.models.waves import Wave, WaveItem, WaveSecret

__all__ = [
    "BankTranslation",
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
    "ResultsLink",
    "RetiredLink",
    "TranslationReview",
    "Wave",
    "WaveItem",
    "WaveLanguage",
    "WaveSecret",
]

from surveys.models.answers import (
    Comment,
    CommentRow,
    IntakeComment,
    IntakeResponse,
    Response,
    ResponseRow,
)
from surveys.models.banks import BankVersion, Question
from surveys.models.changes import ReleasedChange
from surveys.models.follow_ups import FollowUp
from surveys.models.groups import WaveGroup
from surveys.models.invitations import Invitation, Message
from surveys.models.ledger import LedgerEntry, LedgerSecret
from surveys.models.links import ResultsLink, RetiredLink
from surveys.models.opt_outs import OptOut, RefusedAddress
from surveys.models.outside import OutsideGroup, OutsideItem, OutsideResponse, OutsideWave
from surveys.models.privacy_settings import PrivacySetting
from surveys.models.releases import PublishedCell, Release, ReleasedCell, ReleasedComment
from surveys.models.series import Series
from surveys.models.series_secrets import SeriesSecret
from surveys.models.translations import (
    BankTranslation,
    TranslationReview,
    WaveLanguage,
)
from surveys.models.wave_items import WaveItem
from surveys.models.waves import Wave, WaveSecret

__all__ = [
    "BankTranslation",
    "BankVersion",
    "Comment",
    "CommentRow",
    "FollowUp",
    "IntakeComment",
    "IntakeResponse",
    "Invitation",
    "LedgerEntry",
    "LedgerSecret",
    "Message",
    "OptOut",
    "OutsideGroup",
    "OutsideItem",
    "OutsideResponse",
    "OutsideWave",
    "PrivacySetting",
    "PublishedCell",
    "Question",
    "RefusedAddress",
    "Release",
    "ReleasedCell",
    "ReleasedChange",
    "ReleasedComment",
    "Response",
    "ResponseRow",
    "ResultsLink",
    "RetiredLink",
    "Series",
    "SeriesSecret",
    "TranslationReview",
    "Wave",
    "WaveGroup",
    "WaveItem",
    "WaveLanguage",
    "WaveSecret",
]

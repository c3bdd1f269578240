"""What can be asked: question banks as YAML files, validated before they are published. Pure."""

from surveys.banks.audiences import PM, PM_NEW, asked_as, merged_audiences, with_parts
from surveys.banks.files import SHIPPED, Bank, BankItem, BankRules, Instrument, load_bank
from surveys.banks.selection import Askable, select_items
from surveys.banks.translations import (
    SHIPPED_TRANSLATIONS,
    TranslatedTexts,
    Translation,
    Wording,
    check_translates,
    load_translation,
    own_wording,
    translated_wording,
)

__all__ = [
    "PM",
    "PM_NEW",
    "SHIPPED",
    "SHIPPED_TRANSLATIONS",
    "Askable",
    "Bank",
    "BankItem",
    "BankRules",
    "Instrument",
    "TranslatedTexts",
    "Translation",
    "Wording",
    "asked_as",
    "check_translates",
    "load_bank",
    "load_translation",
    "merged_audiences",
    "own_wording",
    "select_items",
    "translated_wording",
    "with_parts",
]

"""What can be asked: question banks as YAML files, validated before they are published. Pure."""

from surveys.banks.files import PM, SHIPPED, Bank, BankItem, BankRules, Instrument, load_bank
from surveys.banks.selection import Askable, select_items

__all__ = [
    "PM",
    "SHIPPED",
    "Askable",
    "Bank",
    "BankItem",
    "BankRules",
    "Instrument",
    "load_bank",
    "select_items",
]

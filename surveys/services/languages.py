"""The languages of a wave: chosen while it is a draft, frozen with their revisions at opening."""

from collections.abc import Mapping

from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from surveys.banks import Wording, own_wording, translated_wording
from surveys.errors import WaveRefused
from surveys.models import Question, Wave, WaveLanguage
from surveys.services.translations import Standing, standings


def plan_languages(wave: Wave) -> list[Standing]:
    """The translations that a draft would be asked in, as they stand today; two queries.

    Raises WaveRefused where one does not exist, or is a draft that nobody chose to offer.
    """
    if not wave.languages:
        return []
    known = {row.translation.language: row for row in standings(wave.organization, wave.bank)}
    wanted = [code for code in dict.fromkeys(wave.languages) if code != wave.bank.language]
    for code in wanted:
        if code not in known:
            raise WaveRefused(
                _("The questions are not translated into %(language)s.")
                % {"language": language_name(code)}
            )
        if known[code].is_draft and not wave.allow_draft_translations:
            raise WaveRefused(
                _(
                    "The translation into %(language)s is a draft: two people have to approve it "
                    "first. Or choose to offer drafts, or leave the language out."
                )
                % {"language": language_name(code)}
            )
    return [known[code] for code in wanted]


def freeze_languages(wave: Wave) -> list[str]:
    """Write down what the wave is asked in, inside the opening's transaction; return the codes."""
    chosen = plan_languages(wave)
    rows = [WaveLanguage(language=wave.bank.language)] + [
        WaveLanguage(
            language=standing.translation.language,
            translation=standing.translation,
            draft=standing.is_draft,
        )
        for standing in chosen
    ]
    for row in rows:
        row.organization, row.wave = wave.organization, wave
    WaveLanguage.objects.bulk_create(rows)
    return [row.language for row in rows]


def frozen_languages(wave: Wave) -> dict[str, WaveLanguage | None]:
    """What an opened wave is asked in, by code, the bank's own first; one query."""
    rows = wave.frozen_languages.select_related("translation")
    # A wave from before there were translations froze none.
    return {row.language: row for row in rows} or {wave.bank.language: None}


def shown_in(wanted: str, offered: list[str]) -> str:
    """The offered language that suits a person: theirs, its main form, or the first one."""
    wanted = wanted.lower()
    main = wanted.split("-")[0]
    return next((code for code in (wanted, main) if code in offered), offered[0])


def wording_in(wave: Wave, chosen: WaveLanguage | None, questions: list[Question]) -> Wording:
    """The words of these questions in a language of the wave; None: in the bank's own."""
    if chosen is not None and chosen.translation is not None:
        return translated_wording(chosen.translation.texts())
    own: Mapping[str, str] = {question.key: question.text for question in questions}
    return own_wording(wave.bank.definition().scales, own)


def language_name(code: str) -> str:
    """A language by its own name, as its speakers look for it."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code

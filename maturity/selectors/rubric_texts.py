"""A rubric's words in the reader's language."""

from django.utils.translation import get_language, pgettext

from maturity.rubrics import CONTEXT


def rubric_text(text: str) -> str:
    """A shipped rubric's text in the active language; any other text as it was published.

    For where it is shown: rubrics are remembered from one reader to the next.
    """
    return pgettext(CONTEXT, text)


def rubric_language(text: str, published_in: str) -> str:
    """The language in which rubric_text() says it; `published_in` is the rubric's own."""
    return published_in if rubric_text(text) == text else get_language() or published_in

"""A rubric's words on pages: `{{ area.name|rubric_text }}`."""

from django import template

from maturity.selectors.rubric_texts import rubric_language, rubric_text

register = template.Library()
register.filter("rubric_text", rubric_text)
register.filter("rubric_language", rubric_language)

"""The answer sheet: what may be posted for a wave's questions, and what the page shows of it."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from surveys.models import Question
from surveys.services.answers import Submission
from surveys.services.sheets import Sheet


@dataclass(frozen=True)
class Option:
    """One answer to choose; `shortcut` is the key that chooses it."""

    value: str
    label: str
    chosen: bool
    shortcut: str = ""


@dataclass(frozen=True)
class Asked:
    """One question as the page shows it, with what was posted for it."""

    number: int
    key: str
    text: str
    scale: str
    options: tuple[Option, ...]
    value: str
    errors: tuple[str, ...]
    minimum: int | None = None
    maximum: int | None = None
    unit: str = ""
    notice: str = ""
    ends: tuple[str, str] = ("", "")


class LinesField(forms.CharField):
    """A text whose line ends count as one character, as they do while it is typed."""

    def to_python(self, value: Any) -> str | None:
        text = value.replace("\r\n", "\n") if isinstance(value, str) else value
        return super().to_python(text)


class AnswerForm(forms.Form):
    """One field per question. All may stay empty, but not all of them at once."""

    def __init__(self, data: Any, *, sheet: Sheet) -> None:
        super().__init__(data)
        self.questions = sheet.questions
        self.words = sheet.wording
        self.scales = sheet.rules.scales
        self.k_comment = sheet.invitation.wave.k_comment
        self.na = self.scales.agree5.extra_option.key
        for question in self.questions:
            self.fields[question.key] = self._field(question)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and all(value in {None, ""} for value in cleaned.values()):
            raise forms.ValidationError(_("Nothing is answered yet. Answer at least one question."))
        return cleaned

    def submission(self) -> Submission:
        """What was answered and is in order; nothing on a form that was not sent."""
        answers: dict[str, int] = {}
        skipped: list[str] = []
        comments: dict[str, str] = {}
        for question in self.questions:
            value = getattr(self, "cleaned_data", {}).get(question.key)
            if value in {None, ""}:
                continue
            if question.scale == Question.Scale.TEXT:
                comments[question.key] = value
            elif value == self.na:
                skipped.append(question.key)
            else:
                answers[question.key] = int(value)
        return Submission(answers, tuple(skipped), comments)

    def asked(self) -> list[Asked]:
        """The questions for the page, with posted values and what is wrong with them."""
        return [self._asked(number, q) for number, q in enumerate(self.questions, start=1)]

    def _field(self, question: Question) -> forms.Field:
        if question.scale == Question.Scale.TEXT:
            limit = self.scales.text.max_chars
            too_long = _("Keep it to %(limit_value)d characters; these are %(show_value)d.")
            return LinesField(
                required=False, max_length=limit, error_messages={"max_length": too_long}
            )
        if question.scale == Question.Scale.HOURS:
            hours = self.scales.hours
            span = {"low": hours.min, "high": hours.max}
            wrong = _("Write a whole number from %(low)d to %(high)d.") % span
            faults = dict.fromkeys(("invalid", "min_value", "max_value"), wrong)
            return forms.IntegerField(
                required=False, min_value=hours.min, max_value=hours.max, error_messages=faults
            )
        wrong = _("Choose one of the answers shown.")
        return forms.ChoiceField(
            required=False,
            choices=[(value, label) for value, label, _key in self._choices(question)],
            error_messages={"invalid_choice": wrong},
        )

    def _choices(self, question: Question) -> list[tuple[str, str, str]]:
        """Value, label and keyboard shortcut of each answer to choose from."""
        if question.scale == Question.Scale.AGREE:
            labels = sorted(self.words.agree.items())
            rated = [(str(number), label, str(number)) for number, label in labels]
            return [*rated, (self.na, self.words.does_not_apply, "0")]
        if question.scale == Question.Scale.RECOMMEND:
            scale = self.scales.recommend11
            return [(str(n), str(n), "") for n in range(scale.min, scale.max + 1)]
        return []

    def _notice(self) -> str:
        """What becomes of written words. A bank's own notice cannot know a wave's threshold."""
        shown = _(
            "Your words are shown as written, without your name, and only when at least %(people)d"
            " people wrote something. Leave out names and details that identify you."
        )
        return shown % {"people": self.k_comment}

    def _asked(self, number: int, question: Question) -> Asked:
        posted = str(self[question.key].value() or "")
        extra: dict[str, Any] = {}
        if question.scale == Question.Scale.TEXT:
            extra = {"maximum": self.scales.text.max_chars, "notice": self._notice()}
        elif question.scale == Question.Scale.HOURS:
            hours = self.scales.hours
            extra = {"minimum": hours.min, "maximum": hours.max, "unit": self.words.hours_unit}
        elif question.scale == Question.Scale.RECOMMEND:
            labels = self.words.recommend
            extra = {"ends": (labels[min(labels)], labels[max(labels)])}
        return Asked(
            number=number,
            key=question.key,
            text=self.words.items[question.key],
            scale=question.scale,
            options=tuple(
                Option(value, label, chosen=value == posted, shortcut=shortcut)
                for value, label, shortcut in self._choices(question)
            ),
            value=posted,
            errors=tuple(map(str, self.errors.get(question.key, ()))),
            **extra,
        )

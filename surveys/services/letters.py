"""The words of each mail, in the person's language, with times on the organisation's clocks."""

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import timezone, translation

from surveys.models import Message, Wave
from surveys.services.opt_outs import opt_out_link


@dataclass(frozen=True)
class Letter:
    """One mail as it leaves; `stop` is the address that ends these mails."""

    subject: str
    body: str
    stop: str

    @property
    def headers(self) -> dict[str, str]:
        """RFC 8058: the mail program offers one click, which posts to that address."""
        return {
            "List-Unsubscribe": f"<{self.stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }


def write_letter(
    message: Message, wave: Wave, *, link: str, minutes: int, language: str = ""
) -> Letter:
    """Render a message of a wave; `link` is what the person is to open."""
    stop = opt_out_link(message.person_id, wave.series_id)
    context = {
        "wave": wave,
        "organization": wave.organization,
        "minutes": minutes,
        "link": link,
        "stop": stop,
        "number": message.number,
    }
    name = f"emails/survey_{message.kind}"
    with (
        translation.override(language or wave.bank.language),
        timezone.override(wave.organization.zone),
    ):
        subject = render_to_string(f"{name}_subject.txt", context)
        body = render_to_string(f"{name}.txt", context)
    return Letter(" ".join(subject.split()), body, stop)

"""Post one message to a chat or a pager, by apprise. Its addresses are secrets."""

import warnings
from functools import cache

import apprise
from apprise.manager_plugins import NotificationManager

from maturity.channels.egress import guarded

# Services that apprise reaches with requests alone, so that the guard holds. Left out on purpose:
# what runs programs, writes files, sends mail past our sender, or speaks another protocol.
SCHEMES = frozenset(
    {
        "discord", "gchat", "gotify", "gotifys", "mmost", "mmosts", "msteams", "ntfy", "ntfys",
        "opsgenie", "pagerduty", "pover", "rocket", "rockets", "slack", "splunk", "tgram",
        "webexteams", "wxteams", "workflow", "workflows", "zulip",
    }
)  # fmt: skip


class BadAddress(ValueError):
    """Not an address of a service that is supported here."""


def masked(address: str) -> str:
    """The address to show: which service, without its secrets. Raises BadAddress."""
    target = _target(address)
    shown = target.url(privacy=True)  # type: ignore[no-untyped-call]
    return str(shown).partition("?")[0][:200]


def send(address: str, *, title: str, body: str) -> bool:
    """Post it once; return whether the service took it. Raises BadAddress."""
    sender = apprise.Apprise(asset=_asset())
    sender.add(_target(address))
    with guarded():
        return bool(sender.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT))


@cache
def _plugins() -> NotificationManager:
    """Apprise's services, loaded once; those that are never used here may warn of themselves."""
    manager = NotificationManager()  # type: ignore[no-untyped-call]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        manager.load_modules()  # type: ignore[no-untyped-call]
    return manager


def _target(address: str) -> apprise.NotifyBase:
    _plugins()
    target = apprise.Apprise.instantiate(address, asset=_asset(), suppress_exceptions=True)
    scheme = address.partition("://")[0].lower()
    if not isinstance(target, apprise.NotifyBase):
        raise BadAddress(scheme)
    protocols = {*_names(target.protocol), *_names(target.secure_protocol)}
    if not protocols & SCHEMES:
        raise BadAddress(scheme)
    return target


def _names(names: object) -> tuple[str, ...]:
    if isinstance(names, str):
        return (names,)
    return tuple(names) if isinstance(names, tuple | list | set | frozenset) else ()


def _asset() -> apprise.AppriseAsset:
    """Nothing on disk, no secrets in logs, no calls home."""
    return apprise.AppriseAsset(
        app_id="Plumbline",
        app_desc="Plumbline",
        app_url="",
        image_url_mask=None,
        image_url_logo=None,
        secure_logging=True,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        plugin_paths=None,
    )

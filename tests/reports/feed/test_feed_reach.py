"""A key that opens other organisations than before: its readers start afresh, once."""

from maturity.models import ApiKey
from maturity.services.changes import stamp_changes
from maturity.services.erasures import delete_organization
from tests.clients import client_with_key
from tests.factories import OrganizationFactory, ScoreFactory
from tests.feed import URL, ids, positions


def _newest(client):
    return positions(client)[-1]


def _went_on(client, position):
    """How it is answered to go on from a position, by its number and by its time."""
    answers = [
        client.get(URL, {"since_seq": position[0]}),
        client.get(URL, {"updated_since": position[1]}),
    ]
    return {answer.status_code for answer in answers}


def _afresh(client):
    """Whoever starts again from nothing has what there is, and may go on from there."""
    found = set(ids(client.get(URL)))
    assert _went_on(client, _newest(client)) == {200}
    return found


def _key_of(reader):
    """The key of a reader, which is in use from now on."""
    reader.get(URL)
    return ApiKey.objects.get(last_used_at__isnull=False)


def test_what_a_key_lost_or_gained_is_never_missed(organization):
    other, third = OrganizationFactory(), OrganizationFactory()
    mine = ScoreFactory(organization=organization)
    theirs = [ScoreFactory(organization=place) for place in (other, third)]
    reader = client_with_key(organization, other, third, scopes=["feed:read"])
    key = _key_of(reader)
    before = _newest(reader)
    assert _went_on(reader, before) == {200}
    cursor = reader.get(URL, {"page_size": 1}).json()["next_cursor"]

    key.organizations.remove(other)
    assert _went_on(reader, before) == {410}
    assert reader.get(URL, {"cursor": cursor}).status_code in {400, 410}
    assert _afresh(reader) == {mine.pk, theirs[1].pk}
    assert _went_on(reader, before) == {410}
    assert reader.get(URL, {"since_seq": 0}).status_code == 200

    lost = _newest(reader)
    key.organizations.add(other)
    assert reader.get(URL, {"since_seq": lost[0]}).json()["code"] == "resync"
    assert _afresh(reader) == {mine.pk, *(score.pk for score in theirs)}

    whole = _newest(reader)
    delete_organization(third, reason="Over")
    assert _went_on(reader, whole) == {410}
    assert _afresh(reader) == {mine.pk, theirs[0].pk}


def test_nobody_else_is_sent_back_and_what_is_settled_costs_nothing(
    organization, django_assert_num_queries
):
    other = OrganizationFactory()
    for place in (organization, other):
        ScoreFactory(organization=place)
    reader = client_with_key(organization, other, scopes=["feed:read"])
    key = _key_of(reader)
    beside = client_with_key(organization, scopes=["feed:read"])
    beside.get(URL)
    position = _newest(beside)

    key.organizations.remove(other)
    assert _went_on(reader, _newest(beside)) == {410}
    _afresh(reader)
    stamp_changes()

    assert _went_on(beside, position) == {200}
    # The key, the stamp, the page.
    with django_assert_num_queries(3):
        reader.get(URL)

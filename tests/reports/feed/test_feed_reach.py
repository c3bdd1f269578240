"""A key that opens other organisations than before: its readers start afresh, once."""

from maturity.models import ApiKey
from maturity.services.changes import stamp_changes
from maturity.services.erasures import delete_organization
from tests.clients import client_with_key
from tests.factories import OrganizationFactory, ScoreFactory
from tests.feed import URL, ids, positions


def test_what_a_key_lost_or_gained_is_never_missed(organization, django_assert_num_queries):
    other, third = OrganizationFactory(), OrganizationFactory()
    mine = ScoreFactory(organization=organization)
    theirs = [ScoreFactory(organization=place) for place in (other, third)]
    reader = client_with_key(organization, other, third, scopes=["feed:read"])
    beside = client_with_key(organization, scopes=["feed:read"])
    reader.get(URL)
    key = ApiKey.objects.get(last_used_at__isnull=False)
    beside.get(URL)

    def newest(client=reader):
        return positions(client)[-1]

    def went_on(position):
        answers = [
            reader.get(URL, {"since_seq": position[0]}),
            reader.get(URL, {"updated_since": position[1]}),
        ]
        return {answer.status_code for answer in answers}

    def afresh():
        """Whoever starts again from nothing has what there is, and may go on from there."""
        found = set(ids(reader.get(URL)))
        assert went_on(newest()) == {200}
        return found

    before = newest()
    assert went_on(before) == {200}
    cursor = reader.get(URL, {"page_size": 1}).json()["next_cursor"]

    key.organizations.remove(other)
    assert went_on(before) == {410}
    assert reader.get(URL, {"cursor": cursor}).status_code in {400, 410}
    assert afresh() == {mine.pk, theirs[1].pk}
    assert went_on(before) == {410}
    assert reader.get(URL, {"since_seq": 0}).status_code == 200

    lost = newest()
    key.organizations.add(other)
    assert reader.get(URL, {"since_seq": lost[0]}).json()["code"] == "resync"
    assert afresh() == {mine.pk, *(score.pk for score in theirs)}

    whole = newest()
    delete_organization(third, reason="Over")
    assert went_on(whole) == {410}
    assert afresh() == {mine.pk, theirs[0].pk}

    # Nobody else is sent back, and what is settled costs nothing: the key, the stamp, the page.
    stamp_changes()
    position = newest(beside)
    assert beside.get(URL, {"since_seq": position[0]}).status_code == 200
    with django_assert_num_queries(3):
        reader.get(URL)

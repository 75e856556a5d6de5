"""Lives a round, from the first employer to HR's schedule, by the client that openapi-python-client has made of the OpenAPI
document (the package `library_swap`); tests/clients.rs runs it.

usage: story.py URL ORGANISER_TOKEN
What is no affair of the API it asks on standard output, a line of JSON each, and reads the answer from standard input:
"mails" brings the mails that are due, "solve" solves the run. The last line is what it found.
"""

import json
import sys
from datetime import date

from library_swap import AuthenticatedClient, Client, models
from library_swap.api.applications import post_v1_rounds_id_applications as sign_up
from library_swap.api.employers import post_v1_employers as make_employer
from library_swap.api.libraries import get_v1_libraries_id as show_library
from library_swap.api.libraries import post_v1_libraries as enter_library
from library_swap.api.libraries import put_v1_libraries_id_welcome as replace_welcome
from library_swap.api.links import get_v1_links_secret as show_link
from library_swap.api.links import post_v1_links_secret as act
from library_swap.api.offers import put_v1_rounds_id_libraries_library as offer
from library_swap.api.placements import get_v1_rounds_id_placements as list_placements
from library_swap.api.publication import post_v1_runs_id_publish as publish
from library_swap.api.publication import post_v1_runs_id_release_mails as release_mails
from library_swap.api.rounds import post_v1_rounds as make_round
from library_swap.api.rounds import post_v1_rounds_id_close as close_round
from library_swap.api.rounds import post_v1_rounds_id_open as open_round
from library_swap.api.runs import get_v1_runs_id as show_run
from library_swap.api.runs import post_v1_rounds_id_runs as start_run
from library_swap.api.schedule import get_v1_rounds_id_schedule as show_schedule
from library_swap.api.schedule import get_v1_rounds_id_schedule_csv as take_schedule
from library_swap.api.tokens import post_v1_tokens as make_token

URL, TOKEN = sys.argv[1:]
DAY = "2027-03-01"
CONFIRMED = models.GetV1RoundsIdPlacementsState.CONFIRMED
anyone = Client(base_url=URL)
organiser = AuthenticatedClient(base_url=URL, token=TOKEN)


def ask(what):
    print(json.dumps(what), flush=True)
    return json.loads(sys.stdin.readline())


def given(answer):
    """What a request gave; a problem ends the story."""
    if not 200 <= answer.status_code < 300 or isinstance(answer.parsed, models.Problem):
        sys.exit(f"{answer.status_code}: {answer.content.decode()}")
    return answer.parsed


def equal(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found} instead of {wanted}")


# Two employers, each with a library.
libraries = []
for name, sector in [("town", "public"), ("campus", "academic")]:
    body = models.NewEmployer(name=f"{name} trust", domains=[f"{name}.example"])
    employer = given(make_employer.sync_detailed(client=organiser, body=body))
    body = models.NewLibrary.from_dict({
        "reference": name, "name": f"The {name} library", "sectors": [sector], "employers": [str(employer.id)],
        "point": {"latitude": 52.19, "longitude": -2.22}, "time_zone": "Europe/London",
    })
    libraries.append(given(enter_library.sync_detailed(client=organiser, body=body)))

# Who replaces what others may change says what they looked at.
for library in libraries:
    contact = f"desk@{library.reference}.example"
    body = models.Welcome.from_dict({"contact": {"email": contact}})

    def replace(**headers):
        return replace_welcome.sync_detailed(library.id, client=organiser, body=body, **headers)

    equal("without If-Match", replace().parsed.code, models.ProblemCode.IF_MATCH_REQUIRED)
    tag = show_library.sync_detailed(str(library.id), client=organiser).headers["etag"]
    equal("the contact", given(replace(if_match=tag)).welcome.contact.email, contact)
    equal("with an old tag", replace(if_match=tag).status_code, 412)

# A round in which each takes and releases one.
body = models.NewRound.from_dict({
    "name": "Spring 2027", "time_zone": "Europe/London", "sign_up_until": "2027-01-31", "answer_until": "2027-02-14",
    "dates": [DAY], "rules": {"balance": 0},
})
round = given(make_round.sync_detailed(client=organiser, body=body))
equal("a new round", round.state, "draft")
given(open_round.sync_detailed(round.id, client=organiser))
for library in libraries:
    body = models.Offer.from_dict({"hosting": {DAY: 1}, "release": {DAY: 1}, "hours": {DAY: ["10:00", "16:00"]}})
    given(offer.sync_detailed(round.id, library.id, client=organiser, body=body))

# Two people sign up, prove their address, and are released.
for library in libraries:
    name = library.reference
    body = models.SignUp.from_dict({
        "name": f"Ann of {name}", "email": f"ann@{name}.example", "home_library": name, "dates": [DAY], "max_km": 30,
        "manager_email": f"boss@{name}.example",
    })
    equal("a sign-up", sign_up.sync_detailed(round.id, client=anyone, body=body).status_code, 202)


def press(kind, deed):
    mails = [mail for mail in ask("mails") if mail["kind"] == kind]
    for mail in mails:
        link = given(show_link.sync_detailed(mail["secret"], client=anyone))
        version = {"version": link.placement.version} if deed == "accept" else {}
        body = models.Deed.from_dict({"deed": deed, **version})
        given(act.sync_detailed(mail["secret"], client=anyone, body=body))
    return len(mails)


equal("proven", press("verify_address", "verify"), 2)
equal("released", press("release_request", "release"), 2)

# Matched, published, accepted by all.
body = models.Close(early_reason="all are here")
given(close_round.sync_detailed(round.id, client=organiser, body=body))
run = given(start_run.sync_detailed(round.id, client=organiser, body=models.NewRun.from_dict({"seed": 1})))
ask("solve")
equal("the run", given(show_run.sync_detailed(run.id, client=organiser)).state, "finished")
given(publish.sync_detailed(run.id, client=organiser))
given(release_mails.sync_detailed(run.id, client=organiser))
equal("accepted", press("proposal", "accept"), 4)
confirmed = given(list_placements.sync_detailed(round.id, client=organiser, state=CONFIRMED, limit=200)).data
equal("confirmed", [placement.date for placement in confirmed], [date.fromisoformat(DAY)] * 2)

# HR takes the schedule of its own staff.
body = models.NewToken.from_dict({"name": "HR", "role": "hr", "employers": [str(libraries[0].employers[0])]})
staff = AuthenticatedClient(base_url=URL, token=given(make_token.sync_detailed(client=organiser, body=body)).secret)
schedule = given(show_schedule.sync_detailed(round.id, client=staff))
csv = take_schedule.sync_detailed(round.id, client=staff)
equal("the file", csv.status_code, 200)
print(json.dumps({"schedule": schedule.to_dict(), "csv": csv.content.decode()}))

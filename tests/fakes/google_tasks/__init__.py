"""A stateful, strict Google Tasks and OAuth server on loopback. Not a mock: it keeps tasks.

    with GoogleTasksServer() as google:
        access, refresh = google.issue_token()           # account "me"; others by name
        ...                                              # the client talks to google.endpoint
        google.phone.add("Milk")                         # the person acts in Google's own app
        google.faults.add(CommitThenDrop("RST"), method="POST", path=r"/tasks$", nth=1)
        assert not google.violations

GoogleTasksServer(seed=0, now=..., port=0): `start()`, `stop()`, or a context manager.
  .endpoint .token_uri .auth_uri .revoke_uri   addresses (`client_options={"api_endpoint": ...}`)
  .issue_token(account, expires_in, scopes)    -> (access, refresh)
  .oauth      clients {"test-client": "test-secret"}; consent = Automatic(account, ticked)
              skips the page; decide(url, account, ticked=) -> redirect address; revoke(account);
              expire_access_tokens(); refresh_token_days; accounts_offered
  .phone, .phone_of(account)    add edit complete reopen delete undelete move reparent move_to_list
              clear new_list rename_list delete_list add_recurring receive (an assigned task)
  .clock      set(moment) advance(days=1) follow(callable, skew); shown in the Date header
  .faults     add(*effects, method=, path=regex, nth=, probability=, times=); clear(); rng. Effects:
              Refuse CommitThenDrop CommitThenTruncate CommitThenDelay LateCommit Answer EmptyItems
              PageTokenQuirk.EMPTY/.LOOP. The token endpoint is a path like any other: "^/token$"
  .rules .limits .quota         what varies (Rules), the limits, throttle and daily_limit
  .requests   log of Recorded(method, path, query, body, at, account, status, committed, fault);
              .matching("POST", r"/tasks$") filters it
  .violations what the discovery document forbids, from either side; assert that it is empty
  .tree(list) open tasks as (title, [children]); .all_tasks(account, deleted=) API bodies; .lists()
  .account(name)                the raw store; `deleted_originals` names what must never be deleted
  .distort(task_id, parent="", updated=None)   malformed rows
  .settle()                     lets late commits land whose time has come
"""

from tests.fakes.google_tasks.clock import VirtualClock
from tests.fakes.google_tasks.faults import (
    Answer,
    CommitThenDelay,
    CommitThenDrop,
    CommitThenTruncate,
    Effect,
    EmptyItems,
    FaultPlan,
    LateCommit,
    PageTokenQuirk,
    Refuse,
)
from tests.fakes.google_tasks.messages import Recorded, Violation
from tests.fakes.google_tasks.oauth import TASKS, Automatic
from tests.fakes.google_tasks.phone import Phone
from tests.fakes.google_tasks.quota import Throttle
from tests.fakes.google_tasks.rows import Limits, Rules
from tests.fakes.google_tasks.server import GoogleTasksServer

__all__ = [
    "TASKS",
    "Answer",
    "Automatic",
    "CommitThenDelay",
    "CommitThenDrop",
    "CommitThenTruncate",
    "Effect",
    "EmptyItems",
    "FaultPlan",
    "GoogleTasksServer",
    "LateCommit",
    "Limits",
    "PageTokenQuirk",
    "Phone",
    "Recorded",
    "Refuse",
    "Rules",
    "Throttle",
    "Violation",
    "VirtualClock",
]

"""Tokens, consent and revocation answer as Google's do."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httplib2
import pytest
from google.auth.exceptions import RefreshError
from google_auth_oauthlib.flow import Flow

from tests.fake_google_tasks.conftest import refusal
from tests.fakes.google_tasks import (
    TASKS,
    Answer,
    Automatic,
    GoogleTasksServer,
)

READONLY = f"{TASKS}.readonly"


def test_an_expired_token_is_refreshed_and_the_insert_happens_once(google, client):
    google.oauth.expire_access_tokens()
    client.add("A")
    assert [line.path for line in google.requests][-2] == "/token"
    assert len(google.all_tasks()) == 1


def test_a_revoked_grant_is_invalid_grant(google, client):
    google.oauth.revoke("me")
    with pytest.raises(RefreshError) as caught:
        client.page()
    assert caught.value.args[1]["error"] == "invalid_grant"
    assert not caught.value.retryable


def test_a_wrong_client_secret_is_invalid_client(google, client):
    google.oauth.expire_access_tokens()
    google.oauth.clients["test-client"] = "changed"
    with pytest.raises(RefreshError) as caught:
        client.page()
    assert caught.value.args[1]["error"] == "invalid_client"


def test_a_testing_applications_grant_dies_after_seven_days(google, client):
    google.oauth.refresh_token_days = 7
    google.clock.advance(days=6)
    client.page()
    google.clock.advance(days=1)
    with pytest.raises(RefreshError):
        client.page()


def test_the_token_endpoint_fails_on_demand(google):
    google.faults.add(Answer(503), path="^/token$", nth=1)
    wire = httplib2.Http(timeout=5, proxy_info=None)
    response, _ = wire.request(google.token_uri, "POST", body="grant_type=refresh_token")
    wire.close()
    assert response.status == 503


def test_two_people_see_their_own_tasks(google, client):
    google.phone_of("sam").add("Sam's")
    google.phone.add("Mine")
    assert client.titles() == ["Mine"]
    assert google.account("sam").default_list != google.account().default_list
    assert refusal(client.page, google.account("sam").default_list) == (404, "notFound")


def test_a_reading_token_cannot_write(google, client):
    client.credentials.token, _ = google.issue_token(scopes=(READONLY,))
    assert client.titles() == []
    assert refusal(client.add, "A") == (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


def _flow(google: GoogleTasksServer, **options: Any) -> Flow:
    config = {
        "client_id": "test-client",
        "client_secret": "test-secret",
        "auth_uri": google.auth_uri,
        "token_uri": google.token_uri,
    }
    back = {"redirect_uri": "http://localhost:1/", "scopes": [TASKS]}
    return Flow.from_client_config({"installed": config}, **(back | options))


@pytest.fixture
def over_http(monkeypatch):
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("over_http")
def test_paste_back_sign_in_survives_a_restart_between_its_steps(google):
    flow = _flow(google)
    address, state = flow.authorization_url(access_type="offline", prompt="consent")
    pasted = google.oauth.decide(address)
    later = _flow(
        google, state=state, code_verifier=flow.code_verifier, autogenerate_code_verifier=False
    )
    with later.oauth2session, flow.oauth2session:
        later.fetch_token(authorization_response=pasted)
        credentials = later.credentials
        assert credentials.refresh_token
        with pytest.raises(Exception, match="invalid_grant"):
            later.fetch_token(authorization_response=pasted)


@pytest.mark.usefixtures("over_http")
def test_a_wrong_verifier_is_refused(google):
    flow = _flow(google)
    address, state = flow.authorization_url(access_type="offline")
    pasted = google.oauth.decide(address)
    thief = _flow(google, state=state, code_verifier="x" * 64, autogenerate_code_verifier=False)
    with flow.oauth2session, thief.oauth2session, pytest.raises(Exception, match="verifier"):
        thief.fetch_token(authorization_response=pasted)


@pytest.mark.usefixtures("over_http")
def test_an_unticked_box_signs_in_but_without_the_tasks(google, monkeypatch):
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    flow = _flow(google)
    address, _ = flow.authorization_url(access_type="offline")
    pasted = google.oauth.decide(address, ticked=False)
    with flow.oauth2session:
        flow.fetch_token(authorization_response=pasted)
        assert TASKS not in flow.credentials.granted_scopes
        wire = httplib2.Http(timeout=5, proxy_info=None)
        headers = {"Authorization": f"Bearer {flow.credentials.token}"}
        address = f"{google.endpoint}/tasks/v1/users/@me/lists"
        assert wire.request(address, headers=headers)[0].status == 403
        wire.close()


@pytest.mark.usefixtures("over_http")
def test_the_consent_page_asks_unticked_and_automatic_consent_skips_it(google):
    flow = _flow(google)
    address, state = flow.authorization_url(access_type="offline")
    flow.oauth2session.close()
    wire = httplib2.Http(timeout=5, proxy_info=None)
    wire.follow_redirects = False
    _, page = wire.request(address)
    assert b'type="checkbox"' in page
    assert b"checked" not in page
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    denied, _ = wire.request(address, "POST", body="decision=deny&account=me", headers=form)
    assert "error=access_denied" in denied["location"]
    google.oauth.consent = Automatic()
    found, _ = wire.request(address)
    answer = dict(parse_qsl(urlsplit(found["location"]).query))
    assert (found.status, answer["state"], answer["scope"]) == (302, state, TASKS)
    blocked, page = wire.request(address.replace("localhost", "example.org"))
    assert (blocked.status, b"redirect_uri_mismatch" in page) == (400, True)
    wire.close()


@pytest.mark.usefixtures("over_http")
def test_the_button_on_the_consent_page_sends_back_a_working_code(google):
    flow = _flow(google)
    address, _ = flow.authorization_url(access_type="offline")
    wire = httplib2.Http(timeout=5, proxy_info=None)
    wire.follow_redirects = False
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = "account=me&tasks=on&decision=allow"
    found, _ = wire.request(address, "POST", body=body, headers=form)
    wire.close()
    with flow.oauth2session:
        flow.fetch_token(authorization_response=found["location"])
        assert flow.credentials.granted_scopes == [TASKS]

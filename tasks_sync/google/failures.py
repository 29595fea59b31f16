"""What a failed call means: exceptions of the client libraries in, errors of ours out.

The line that matters runs between "certainly not done" and "may have been done": an insert may be
repeated only after the first kind.
"""

from __future__ import annotations

import errno
import http.client
import json
import socket
import ssl

import httplib2
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from googleapiclient.errors import Error as GoogleClientError
from googleapiclient.errors import HttpError

from tasks_sync.errors import (
    ClientRejected,
    DailyQuotaSpent,
    Offline,
    OutcomeUnknown,
    RateLimited,
    RemoteChanged,
    RemoteNotFound,
    RequestInvalid,
    RequestRefused,
    ScopeMissing,
    ServerTrouble,
    SignInNeeded,
    Unavailable,
)

_PACE = {
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "RATE_LIMIT_EXCEEDED",
    "quotaExceeded",
}
_SCOPE = {"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientScopes"}
_UNREACHED = {errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN}

FAILURES = (
    HttpError,
    GoogleAuthError,
    GoogleClientError,
    httplib2.HttpLib2Error,
    http.client.HTTPException,
    OSError,
    json.JSONDecodeError,
)
"""What a call may raise; anything else is a bug and rises."""


def meaning(failure: BaseException) -> Unavailable | RequestRefused:
    """Say what a failed call means for us."""
    match failure:
        case HttpError():
            return _declined(failure)
        case RefreshError():
            return _not_signed_in(failure)
        case TransportError() | httplib2.ServerNotFoundError() | socket.gaierror():
            return Offline(str(failure))
        case httplib2.RelativeURIError() | httplib2.ProxiesUnavailableError():
            return Offline(str(failure))
        case TimeoutError():
            return OutcomeUnknown("Google Tasks did not answer in time", timed_out=True)
        case OSError() if failure.errno in _UNREACHED and not isinstance(failure, ssl.SSLError):
            return Offline(failure.strerror or str(failure))
        case _:
            return OutcomeUnknown(f"the line broke: {failure or type(failure).__name__}")


def _declined(failure: HttpError) -> Unavailable | RequestRefused:
    status, reason = int(failure.resp.status), _reason(failure)
    message = str(getattr(failure, "reason", "") or reason)
    if status >= 500:
        return ServerTrouble(status, _retry_after(failure))
    match status:
        case 401:
            return SignInNeeded("Google no longer accepts the sign-in")
        case 429:
            return RateLimited("Google asks for a slower pace", _retry_after(failure))
        case 403 if reason in _PACE:
            return RateLimited("Google asks for a slower pace", _retry_after(failure))
        case 403 if reason == "dailyLimitExceeded":
            return DailyQuotaSpent("Google takes no more requests today")
        case 403 if reason in _SCOPE:
            return ScopeMissing("the sign-in does not include Google Tasks")
        case 403 if reason == "accessNotConfigured":
            return ClientRejected("the Google project has not switched on the Tasks API")
        case 404 | 410:
            return RemoteNotFound(status, reason, message)
        case 412:
            return RemoteChanged(status, reason, message)
        case _:
            return RequestInvalid(status, reason, message)


def _not_signed_in(failure: RefreshError) -> Unavailable:
    if failure.retryable:
        return Offline("Google's sign-in service is out of order")
    answer = failure.args[1] if len(failure.args) > 1 else None
    error = answer.get("error") if isinstance(answer, dict) else None
    if error in ("invalid_client", "unauthorized_client"):
        return ClientRejected("Google does not accept the client id or secret")
    if error == "invalid_grant" or "necessary fields" in str(failure):
        return SignInNeeded("Google no longer accepts the stored sign-in")
    # A refusal that does not name the sign-in may pass: calling it lost would stop for good.
    return Offline("Google's sign-in service refused for the moment")


def _reason(failure: HttpError) -> str:
    try:
        error = json.loads(failure.content)["error"]
        details = [item.get("reason", "") for item in error.get("details", [])]
        listed = [item.get("reason", "") for item in error.get("errors", [])]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    for reason in (*details, *listed):
        if reason in _SCOPE:
            return str(reason)
    return str(next(iter([*listed, *details]), ""))


def _retry_after(failure: HttpError) -> float | None:
    try:
        return max(0.0, float(failure.resp.get("retry-after", "")))
    except ValueError:
        return None

"""What schemathesis loads: signs what it made, checks what came back, counts both.

Every answer of the protocol is HTTP 200, so the checks that look at the status alone cannot
tell a refusal from a success; those here look at the code.
"""

import contextlib
import json
import os
import time
import zlib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response

from contracts.openapi_interfaces import INTERFACES
from contracts.signatures import sign_channel, sign_zzy
from worker.simulators.channel_driver import sample_order

APP_KEY, SECRET = "k", "s3cret"
PARTNER, SIGN_KEY = "9258", "demo-sign-key"
SIGNATURE = {"PartnerId", "Timestamp", "Authorization"}
UNSIGNED_ONE_IN = 10
REFUSED_UNSIGNED = {"9001", "9002", "9003", 9001, 9003}
ENVELOPE: dict[str, Any] = {"app_key": str, "sign": str, "time_stamp": (str, int)}
REQUIRED = {
    f"/public/{one.name}": set(one.request.model_json_schema().get("required", ()))
    for one in INTERFACES
}

counts: Counter[str] = Counter()
wronged: set[str] = set()
"""The paths that saw a wrong signature: the first whole request of each brings one."""
known: list[str] = []
"""Numbers of orders that were taken: later requests are about them."""


@schemathesis.hook
def before_call(_context: HookContext, case: Case, _kwargs: dict[str, Any]) -> None:
    """Sign most requests, and let some speak of what exists."""
    lot = zlib.crc32(json.dumps(case.body, default=str).encode())
    if case.path == "/zzy/notify":
        _notice(case, lot)
    elif case.path in REQUIRED and isinstance(case.body, dict):
        _signed(case, lot)


def _signed(case: Case, lot: int) -> None:
    body = cast(dict[str, Any], case.body)
    if "params" not in body:
        return
    good = case.meta is not None and case.meta.generation.mode.is_positive
    params = _meant(body["params"], lot) if lot % (4 if good else 2) else body["params"]
    text = params if isinstance(params, str) else json.dumps(params, ensure_ascii=lot % 3 == 0)
    whole = all(isinstance(body.get(name), kind) for name, kind in ENVELOPE.items())
    body["params"] = text
    first = whole and case.path not in wronged
    if first or (whole and lot % UNSIGNED_ONE_IN):
        stamp = time.time_ns() // 1_000_000
        sign = body["sign"]
        if lot % UNSIGNED_ONE_IN > 1 and not first:
            sign = sign_channel(SECRET, text, stamp)
        body |= {"app_key": APP_KEY, "sign": sign, "time_stamp": stamp}
        wronged.add(case.path)


def _meant(params: object, lot: int) -> object:
    """Let well-formed parameters speak of a product that is sold and orders that exist."""
    if not isinstance(params, dict):
        return params
    params = dict(params)
    day = datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=1 + lot % 20)
    if params.keys() >= {"count", "price", "amount"}:
        params |= {"price": 6.0, "amount": 30.0, "count": 5, "date": day.isoformat()}
        params["tourist_info"] = sample_order("", day)["tourist_info"]
        params["begin_play_time"] = params["end_play_time"] = None
        if lot % 3:
            params["channel_order_num"] = f"fuzz{lot}"
    if isinstance(params.get("product_code"), str):
        params["product_code"] = "P11063"
    if isinstance(params.get("begin_date"), str) and isinstance(params.get("end_date"), str):
        params |= {"begin_date": day.isoformat(), "end_date": day.isoformat()}
    if known and isinstance(params.get("order_num"), str):
        params["order_num"] = known[lot % len(known)]
    return params


def _notice(case: Case, lot: int) -> None:
    body: Any = case.body
    if isinstance(body, dict) and isinstance(body.get("OrderNotifyBody"), dict) and lot % 3:
        body["OrderNotifyBody"] = json.dumps(body["OrderNotifyBody"], ensure_ascii=False)
    if not lot % UNSIGNED_ONE_IN or not set(case.headers or {}) >= SIGNATURE:
        return
    stamp = str(time.time_ns() // 1_000_000)
    if isinstance(body, dict) and isinstance(body.get("OrderNotifyHeader"), dict) and lot % 2:
        body["OrderNotifyHeader"]["PartnerId"] = PARTNER
    case.headers.update(PartnerId=PARTNER, Timestamp=stamp, Authorization=_bearer(case, stamp))


def _bearer(case: Case, stamp: str) -> str:
    return f"Bearer ZZY-OPENAPI:{PARTNER}:{sign_zzy(SIGN_KEY, PARTNER, stamp, case.path)}"


@schemathesis.hook
def after_call(_context: HookContext, case: Case, response: Response) -> None:
    """Count, and remember the orders that were taken."""
    answer = _answer(response)
    code = answer.get("code", answer.get("Code", "")) if isinstance(answer, dict) else ""
    counts[f"{case.method} {case.path} {response.status_code} {code}"] += 1
    if code == "1000" and case.path == "/public/createOrder":
        known.append(answer["data"]["order_num"])
    Path(os.environ["FUZZ_COUNTS"]).write_text(json.dumps(counts))


def _answer(response: Response) -> Any:  # noqa: ANN401  (whatever came)
    with contextlib.suppress(ValueError):
        return json.loads(response.content)
    return None


@schemathesis.check
def answers_have_the_protocol_s_shape(
    _ctx: CheckContext, response: Response, case: Case
) -> bool | None:
    """One shape for every answer, whatever the status; ZZY's own for its notices."""
    if case.path == "/metrics" or response.request.method == "HEAD":
        return None
    answer = _answer(response)
    assert isinstance(answer, dict), "not a JSON object"
    if case.path == "/zzy/notify":
        assert answer.keys() == {"Code", "IsSuccess", "LogId", "Message"}
        assert answer["IsSuccess"] is (answer["Code"] == 1000)
    elif case.path in REQUIRED or response.status_code >= 400:
        assert answer.keys() == {"code", "message", "data"}
        assert isinstance(answer["code"], str)
        assert isinstance(answer["message"], str)
        assert answer["message"]
        assert answer["data"] == "" or answer["code"] == "1000"
    return None


@schemathesis.check
def what_is_unsigned_is_refused(_ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """Takes the place of ignored_auth, which wants HTTP 401."""
    answer = _answer(response)
    if response.request.method != "POST" or response.status_code != 200:
        return None
    if case.path in REQUIRED:
        body: dict[str, Any] = case.body if isinstance(case.body, dict) else {}
        params = body.get("params")
        good = isinstance(params, str) and body.get("app_key") == APP_KEY
        stamp = body.get("time_stamp")
        good = good and isinstance(stamp, int) and not isinstance(stamp, bool)
        good = good and body.get("sign") == sign_channel(
            SECRET, cast(str, params), cast(int, stamp)
        )
        assert good or answer["code"] in REFUSED_UNSIGNED
    elif case.path == "/zzy/notify":
        headers: Mapping[str, str] = case.headers or {}
        stamp = headers.get("Timestamp", "")
        good = headers.get("Authorization") == _bearer(case, stamp)
        good = good and headers.get("PartnerId") == PARTNER
        assert good or answer["Code"] in REFUSED_UNSIGNED
    return None


@schemathesis.check
def what_is_missing_is_refused(_ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """Takes the place of negative_data_rejection, which wants HTTP 4xx."""
    if case.path not in REQUIRED or response.request.method != "POST":
        return None
    body: dict[str, Any] = case.body if isinstance(case.body, dict) else {}
    try:
        params = json.loads(body.get("params", ""))
    except (TypeError, ValueError):
        params = None
    if not isinstance(params, dict) or not REQUIRED[case.path] <= params.keys():
        assert _answer(response)["code"] != "1000"
    return None

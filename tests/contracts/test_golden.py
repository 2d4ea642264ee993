import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.channel import (
    Answer,
    ChannelReceipt,
    CheckNotification,
    parse_cancel_order,
    parse_create_order,
    parse_receipt,
)
from contracts.zzy import (
    CancelAnswer,
    CreateAnswer,
    CreateRequest,
    NoticeAnswer,
    PayAnswer,
    PersonQrCodesAnswer,
    ProductNotice,
    RefundAnswer,
    RefundNotice,
    TicketNotice,
    VerifyAnswer,
    VerifyNotice,
    VerifyRequest,
    ZzyModel,
)

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "tests/golden").glob("*/*.json"))


def golden(name: str) -> str:
    return (ROOT / f"tests/golden/{name}.json").read_text(encoding="utf-8")


def squeezed(text: str) -> str:
    """Without comments, addresses, blanks, quotation marks, commas and brackets."""
    text = re.sub(r"^http://\S*$|//.*$", "", text, flags=re.MULTILINE)
    return re.sub(r"[\s\"“”,，{}\[\]]", "", text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_each_golden_file_stands_in_its_document(path: Path) -> None:
    document = (ROOT / f"docs/protocols/{path.parent.name}.txt").read_text(encoding="utf-8")
    text = squeezed(path.read_text(encoding="utf-8")).replace("\\", "")
    assert text in squeezed(document).replace("\\", "")


def test_the_document_s_create_order_is_read() -> None:
    order = parse_create_order(golden("channel/create_order"))
    assert [(t.id_card, t.name) for t in order.tourist_info] == [
        ("410102195431547812", "张三"),
        ("410102196743654712", "李四"),
    ]
    assert json.loads(order.to_params()) == json.loads(golden("channel/create_order"))


def test_the_document_s_cancel_order_is_read() -> None:
    params = golden("channel/cancel_order")
    assert json.loads(parse_cancel_order(params).to_params()) == json.loads(params)


@pytest.mark.parametrize("name", ["create_order", "cancel_order"])
@pytest.mark.parametrize("end", ["done", "failed"])
def test_answers_are_written_as_the_document_does(name: str, end: str) -> None:
    expected = json.loads(golden(f"channel/{name}_{end}"))
    assert json.loads(Answer.model_validate(expected).to_bytes()) == expected


def test_the_check_notification_has_exactly_the_document_s_fields() -> None:
    expected = json.loads(golden("channel/check_notification"))
    written = CheckNotification.model_validate(expected).to_params()
    assert json.loads(written) == expected
    assert list(json.loads(written)) == list(expected)


def test_only_status_200_is_delivered() -> None:
    done = parse_receipt(golden("channel/receipt_done").encode())
    failed = parse_receipt(golden("channel/receipt_failed").encode())
    assert done is not None
    assert failed is not None
    assert (done.delivered, failed.delivered) == (True, False)
    assert ChannelReceipt(status="200").delivered


ZZY: dict[str, type[ZzyModel]] = {
    "verify_request": VerifyRequest,
    "verify_answer": VerifyAnswer,
    "create_answer": CreateAnswer,
    "pay_answer": PayAnswer,
    "person_qr_codes_answer": PersonQrCodesAnswer,
    "refund_answer": RefundAnswer,
    "cancel_answer": CancelAnswer,
    "refund_notice": RefundNotice,
    "verify_notice": VerifyNotice,
    "ticket_notice": TicketNotice,
    "product_notice": ProductNotice,
    "notice_answer": NoticeAnswer,
}


@pytest.mark.parametrize("name", ZZY)
def test_what_zzy_documents_is_read_and_written_alike(name: str) -> None:
    text = golden(f"zzy/{name}")
    written = json.loads(ZZY[name].parse(text).to_json())
    assert {key: written[key] for key in json.loads(text)} == json.loads(text)


@pytest.mark.parametrize("name", ZZY)
@pytest.mark.parametrize("casing", [str.lower, str.upper])
def test_any_key_casing_is_read(name: str, casing: Callable[[str], str]) -> None:
    def recased(value: object) -> object:
        if isinstance(value, dict):
            return {casing(key): recased(part) for key, part in value.items()}
        return [recased(part) for part in value] if isinstance(value, list) else value

    text = golden(f"zzy/{name}")
    assert ZZY[name].parse(json.dumps(recased(json.loads(text)))) == ZZY[name].parse(text)


@pytest.mark.parametrize("name", ZZY)
def test_numbers_may_be_text(name: str) -> None:
    def as_text(value: object) -> object:
        if isinstance(value, dict):
            return {key: as_text(part) for key, part in value.items()}
        if isinstance(value, list):
            return [as_text(part) for part in value]
        return str(value)

    text = golden(f"zzy/{name}")
    assert ZZY[name].parse(json.dumps(as_text(json.loads(text)))) == ZZY[name].parse(text)


def test_the_document_s_create_request_is_read_but_for_its_date() -> None:
    fields = json.loads(golden("zzy/create_request"))
    request = CreateRequest.model_validate({**fields, "VisitDate": "2021-06-21"})
    assert json.loads(request.to_json()) == {**fields, "VisitDate": "2021-06-21"}

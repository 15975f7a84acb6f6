"""Drives a sandbox with the official stripe library, unchanged.

SANDBOX_URL and SANDBOX_WEBHOOK_SECRET name the sandbox; each function named test_… is one test.
"""

import http.server
import json
import os
import sys
import threading
import time
import traceback
import urllib.request

import stripe

stripe.api_key = "sk_test_python"
stripe.api_base = os.environ["SANDBOX_URL"]
stripe.max_network_retries = 0

AUTOMATIC = {"enabled": True, "allow_redirects": "never"}
BACK = "https://example.com/back"


def saved_card(token="pm_card_visa"):
    customer = stripe.Customer.create(email="a@example.com")
    method = stripe.PaymentMethod.attach(token, customer=customer.id)
    return customer, method


def charge(customer, method, **more):
    parameters = dict(
        amount=1099,
        currency="usd",
        customer=customer.id,
        payment_method=method.id,
        automatic_payment_methods=AUTOMATIC,
        off_session=True,
        confirm=True,
    )
    return stripe.PaymentIntent.create(**(parameters | more))


def error_of(kind, act):
    try:
        act()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}")


def test_create_and_confirm():
    customer, method = saved_card()
    intent = stripe.PaymentIntent.create(
        amount=2000, currency="usd", customer=customer.id, payment_method=method.id, automatic_payment_methods=AUTOMATIC
    )
    assert intent.status == "requires_confirmation"
    intent = intent.confirm(off_session=True)
    assert intent.status == "succeeded" and intent.amount_received == 2000
    charge_of = stripe.Charge.retrieve(intent.latest_charge, expand=["balance_transaction", "payment_intent.customer"])
    assert charge_of.paid and charge_of.balance_transaction.net == 2000 - (2000 * 29 // 1000 + 30)
    assert charge_of.payment_intent.customer.email == "a@example.com"


def test_every_kind_of_decline():
    cases = [
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline", "try_again_later"),
        ("pm_card_sandbox_insufficient_funds", "card_declined", "insufficient_funds", "try_again_later"),
        ("pm_card_sandbox_lost_card", "card_declined", "lost_card", "do_not_try_again"),
        ("pm_card_sandbox_stolen_card", "card_declined", "stolen_card", "do_not_try_again"),
        ("pm_card_sandbox_expired_card", "expired_card", "expired_card", "confirm_card_data"),
        ("pm_card_sandbox_incorrect_cvc", "incorrect_cvc", "incorrect_cvc", "confirm_card_data"),
        ("pm_card_sandbox_processing_error", "processing_error", "processing_error", "try_again_later"),
        ("pm_card_sandbox_card_velocity_exceeded", "card_declined", "card_velocity_exceeded", "try_again_later"),
    ]
    for token, code, decline_code, advice in cases:
        customer, method = saved_card(token)
        error = error_of(stripe.CardError, lambda: charge(customer, method))
        assert error.http_status == 402 and error.code == code, (token, error.code)
        assert error.error.decline_code == decline_code and error.error.advice_code == advice, token
        assert error.error.payment_intent.status == "requires_payment_method"
        intent = stripe.PaymentIntent.retrieve(error.error.payment_intent.id)
        assert intent.last_payment_error.decline_code == decline_code
        assert intent.last_payment_error.payment_method.id == method.id
        assert intent.latest_charge == error.error.charge


def test_cards_that_decline_at_attach():
    for token, decline_code in [
        ("pm_card_visa_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error"),
        ("pm_card_chargeDeclinedFraudulent", "fraudulent"),
        ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded"),
    ]:
        error = error_of(stripe.CardError, lambda: saved_card(token))
        assert error.http_status == 402 and error.error.decline_code == decline_code, token


def test_a_blocked_charge_never_reached_the_network():
    customer, method = saved_card("pm_card_radarBlock")
    error = error_of(stripe.CardError, lambda: charge(customer, method))
    outcome = stripe.Charge.retrieve(error.error.charge).outcome
    assert outcome.type == "blocked" and outcome.network_status == "not_sent_to_network"
    assert outcome.advice_code == "do_not_try_again" and outcome.risk_level == "highest"


def test_authentication_required():
    customer, method = saved_card("pm_card_authenticationRequired")
    error = error_of(stripe.CardError, lambda: charge(customer, method))
    assert error.http_status == 402 and error.code == "authentication_required"
    intent = error.error.payment_intent
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.payment_method.id == method.id
    unhandled = error_of(
        stripe.CardError,
        lambda: stripe.PaymentIntent.confirm(intent.id, payment_method=method.id, error_on_requires_action=True),
    )
    assert unhandled.error.decline_code == "authentication_not_handled" and unhandled.error.charge is None
    again = stripe.PaymentIntent.confirm(intent.id, payment_method=method.id, return_url=BACK)
    assert again.status == "requires_action" and again.next_action.type == "redirect_to_url"


def test_a_page_with_a_publishable_key():
    intent = charge(*saved_card())
    seen = stripe.PaymentIntent.retrieve(intent.id, client_secret=intent.client_secret, api_key="pk_test_page")
    assert seen.status == "succeeded" and "customer" not in seen and "latest_charge" not in seen
    error = error_of(stripe.PermissionError, lambda: stripe.Customer.list(api_key="pk_test_page"))
    assert error.http_status == 403 and error.error.code == "secret_key_required"


def test_illegal_transitions():
    customer, method = saved_card()
    intent = charge(customer, method)
    for act in [intent.confirm, intent.cancel, intent.capture]:
        error = error_of(stripe.InvalidRequestError, act)
        assert error.code == "payment_intent_unexpected_state", error.code
    setup = stripe.SetupIntent.create(customer=customer.id, automatic_payment_methods=AUTOMATIC)
    setup.cancel()
    for act in [setup.cancel, setup.confirm, lambda: stripe.SetupIntent.modify(setup.id, description="x")]:
        error = error_of(stripe.InvalidRequestError, act)
        assert error.code == "setup_intent_unexpected_state" and error.error.setup_intent.id == setup.id


def test_idempotent_replay_and_mismatch():
    first = stripe.Customer.create(email="b@example.com", idempotency_key="python-1")
    second = stripe.Customer.create(email="b@example.com", idempotency_key="python-1")
    assert first.id == second.id
    headers = second.last_response.headers
    assert headers["Idempotent-Replayed"] == "true"
    assert headers["Original-Request"] == first.last_response.headers["Request-Id"]
    assert headers["Request-Id"] != first.last_response.headers["Request-Id"]
    error_of(
        stripe.IdempotencyError, lambda: stripe.Customer.create(email="c@example.com", idempotency_key="python-1")
    )
    customer, method = saved_card("pm_card_sandbox_do_not_honor_1")
    declined = error_of(stripe.CardError, lambda: charge(customer, method, idempotency_key="python-2"))
    replayed = error_of(stripe.CardError, lambda: charge(customer, method, idempotency_key="python-2"))
    assert declined.error.payment_intent.id == replayed.error.payment_intent.id
    assert charge(customer, method, idempotency_key="python-3").status == "succeeded"


def test_pagination_in_both_directions():
    customer = stripe.Customer.create()
    made = [
        stripe.PaymentIntent.create(
            amount=100 + number, currency="usd", customer=customer.id, automatic_payment_methods=AUTOMATIC
        ).id
        for number in range(25)
    ]
    forward = [i.id for i in stripe.PaymentIntent.list(customer=customer.id, limit=10).auto_paging_iter()]
    assert forward == made[::-1]
    oldest = stripe.PaymentIntent.list(customer=customer.id, limit=10, ending_before=made[0])
    assert [i.id for i in oldest.auto_paging_iter()] == made[1:]
    page = stripe.PaymentIntent.list(customer=customer.id, limit=25)
    assert len(page.data) == 25 and page.has_more is False
    assert stripe.PaymentIntent.list(customer=customer.id, starting_after=made[0]).data == []


def test_metadata_unset():
    customer = stripe.Customer.create(metadata={"a": "1", "b": "2", "c": "3"})
    customer = stripe.Customer.modify(customer.id, metadata={"a": "", "b": "9"})
    assert customer.metadata.to_dict() == {"b": "9", "c": "3"}
    customer = stripe.Customer.modify(customer.id, metadata="")
    assert customer.metadata.to_dict() == {}


def test_unknown_and_missing_parameters():
    error = error_of(stripe.InvalidRequestError, lambda: stripe.PaymentIntent.create(amount=100, currency="usd", size=1))
    assert error.code == "parameter_unknown" and error.param == "size"
    error = error_of(stripe.InvalidRequestError, lambda: stripe.PaymentIntent.create(amount=100))
    assert error.code == "parameter_missing" and error.param == "currency"
    error = error_of(stripe.InvalidRequestError, lambda: stripe.PaymentIntent.create(amount="ten", currency="usd"))
    assert error.code == "parameter_invalid_integer" and error.param == "amount"
    error = error_of(
        stripe.InvalidRequestError,
        lambda: stripe.PaymentIntent.create(amount=100, currency="usd", payment_method_types=["card"]),
    )
    assert error.code == "payment_method_types_no_longer_supported"
    error = error_of(stripe.InvalidRequestError, lambda: stripe.PaymentIntent.retrieve("pi_none"))
    assert error.http_status == 404 and error.code == "resource_missing" and error.param == "intent"
    error_of(stripe.AuthenticationError, lambda: stripe.Customer.list(api_key="sk_live_wrong"))


def test_refunds():
    customer, method = saved_card()
    intent = charge(customer, method)
    part = stripe.Refund.create(payment_intent=intent.id, amount=99)
    assert part.status == "succeeded" and part.charge == intent.latest_charge
    error = error_of(stripe.InvalidRequestError, lambda: stripe.Refund.create(payment_intent=intent.id, amount=1001))
    assert error.param == "amount" and error.code is None
    stripe.Refund.create(charge=intent.latest_charge)
    error = error_of(stripe.InvalidRequestError, lambda: stripe.Refund.create(payment_intent=intent.id))
    assert error.code == "charge_already_refunded"
    assert stripe.Charge.retrieve(intent.latest_charge).refunded
    assert len(stripe.Refund.list(payment_intent=intent.id).data) == 2


def test_setup_intents():
    customer = stripe.Customer.create()
    setup = stripe.SetupIntent.create(customer=customer.id, automatic_payment_methods=AUTOMATIC)
    assert setup.status == "requires_payment_method" and setup.usage == "off_session"
    setup = stripe.SetupIntent.modify(setup.id, payment_method="pm_card_visa", metadata={"order_id": "6735"})
    assert setup.status == "requires_confirmation" and setup.metadata["order_id"] == "6735"
    setup = setup.confirm()
    assert setup.status == "succeeded" and setup.latest_attempt.startswith("setatt_")
    cards = stripe.Customer.list_payment_methods(customer.id, type="card").data
    assert [card.id for card in cards] == [setup.payment_method]
    declined = error_of(
        stripe.CardError,
        lambda: stripe.SetupIntent.create(
            customer=customer.id,
            payment_method="pm_card_visa_chargeDeclinedLostCard",
            confirm=True,
            automatic_payment_methods=AUTOMATIC,
        ),
    )
    orphan = stripe.SetupIntent.retrieve(declined.error.setup_intent.id)
    assert orphan.status == "requires_payment_method" and orphan.last_setup_error.decline_code == "lost_card"
    attempts = stripe.SetupAttempt.list(setup_intent=orphan.id).data
    assert [attempt.status for attempt in attempts] == ["failed"]


def test_search_finds_by_metadata():
    customer, method = saved_card()
    intent = charge(customer, method, metadata={"dunlin_reference": "python-search"})
    query = 'metadata["dunlin_reference"]:"python-search" AND status:"succeeded"'
    assert stripe.PaymentIntent.search(query=query).data == []
    advance(60)
    assert [found.id for found in stripe.PaymentIntent.search(query=query).data] == [intent.id]
    assert stripe.PaymentIntent.search(query='metadata["dunlin_reference"]:"other"').data == []


def test_disputes():
    customer, method = saved_card("pm_card_createDispute")
    intent = charge(customer, method)
    advance(60)
    dispute = stripe.Dispute.list(payment_intent=intent.id).data[0]
    assert dispute.status == "needs_response" and dispute.reason == "fraudulent"
    error = error_of(stripe.InvalidRequestError, lambda: stripe.Refund.create(payment_intent=intent.id))
    assert error.code == "charge_disputed"
    won = stripe.Dispute.modify(dispute.id, evidence={"uncategorized_text": "winning_evidence"}, submit=True)
    assert won.status == "won"


def test_events_and_webhooks():
    received = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.headers["Stripe-Signature"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = stripe.WebhookEndpoint.create(
        url=f"http://127.0.0.1:{server.server_port}/", enabled_events=["payment_intent.succeeded"]
    )
    assert endpoint.secret == os.environ["SANDBOX_WEBHOOK_SECRET"]
    # The library looks at the age of a signature, so the sandbox's clock has to show what this machine's does.
    move_clock(now=int(time.time()))
    customer, method = saved_card()
    intent = charge(customer, method, idempotency_key="python-event")
    deadline = time.monotonic() + 10
    while not received and time.monotonic() < deadline:
        time.sleep(0.02)
    header, body = received[0]
    event = stripe.Webhook.construct_event(body, header, endpoint.secret)
    assert event.type == "payment_intent.succeeded" and event.data.object.id == intent.id
    assert event.request.idempotency_key == "python-event"
    try:
        stripe.Webhook.construct_event(body + b" ", header, endpoint.secret)
        raise AssertionError("a changed body passed")
    except stripe.SignatureVerificationError:
        pass
    types = [e.type for e in stripe.Event.list(types=["payment_intent.created", "payment_intent.succeeded"], limit=2)]
    assert types == ["payment_intent.succeeded", "payment_intent.created"]
    server.shutdown()


def advance(seconds):
    move_clock(advance_seconds=seconds)


def move_clock(**how):
    request = urllib.request.Request(os.environ["SANDBOX_URL"] + "/_sandbox/clock", data=json.dumps(how).encode())
    urllib.request.urlopen(request).read()


def main():
    failures = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_"):
            continue
        try:
            test()
            print(f"ok   {name}")
        except Exception:
            failures += 1
            print(f"FAIL {name}")
            traceback.print_exc(file=sys.stdout)
    sys.exit(1 if failures else 0)


main()

"""Takes a card holder through the sandbox's pages in a real browser.

SANDBOX_URL names the sandbox, CHROMIUM the browser. Each function named test_… is one test.
"""

import http.server
import json
import os
import sys
import tempfile
import threading
import traceback
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Browser"))
from chromium import Browser  # noqa: E402

SANDBOX = os.environ["SANDBOX_URL"]


class Shop(http.server.BaseHTTPRequestHandler):
    """The merchant's site; its page asks for the intent with a publishable key, as Stripe.js would."""

    def do_GET(self):
        page = """<!doctype html><meta charset="utf-8"><title>Shop</title><p id="answer">asking</p><script>
            const query = new URLSearchParams(location.search);
            const kind = query.has("payment_intent") ? "payment_intent" : "setup_intent";
            window.intent = fetch("%s/v1/" + kind + "s/" + query.get(kind)
                + "?client_secret=" + query.get(kind + "_client_secret"),
                {headers: {Authorization: "Bearer pk_test_shop"}}).then(answer => answer.json());
            </script>""" % SANDBOX
        body = page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def call(method, path, body=None, json_body=None):
    data = urllib.parse.urlencode(body).encode() if body else None
    request = urllib.request.Request(SANDBOX + path, data=data, method=method)
    request.add_header("Authorization", "Bearer sk_test_browser")
    if json_body is not None:
        request.data = json.dumps(json_body).encode()
        request.add_header("Content-Type", "application/json")
        request.remove_header("Authorization")
        request.add_header("Authorization", "Basic c2tfdGVzdF9FWEFNUExFS0VZMDAwMTo=")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def payment(card="pm_card_authenticationRequired"):
    intent = call("POST", "/v1/payment_intents", {
        "amount": 1099, "currency": "eur", "payment_method": card, "payment_method_types[0]": "card",
        "confirm": "true", "return_url": SHOP + "/back?order=7"})
    assert intent["status"] == "requires_action", intent
    return intent, intent["next_action"]["redirect_to_url"]["url"]


def query(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlparse(url).query))


def seen_by_the_shop():
    return BROWSER.value("window.intent")


def test_a_payment_is_approved():
    intent, page = payment()
    BROWSER.open(page)
    assert "1099" in BROWSER.text and "EUR" in BROWSER.text and "3184" in BROWSER.text, BROWSER.text
    BROWSER.click("button[value=approve]")
    back = query(BROWSER.url)
    assert BROWSER.url.startswith(SHOP + "/back?order=7&"), BROWSER.url
    assert back["payment_intent"] == intent["id"] and back["redirect_status"] == "succeeded", back
    assert back["payment_intent_client_secret"] == intent["client_secret"]
    seen = seen_by_the_shop()
    assert seen["status"] == "succeeded" and "customer" not in seen, seen
    assert call("GET", "/v1/payment_intents/" + intent["id"])["amount_received"] == 1099
    BROWSER.open(page)
    assert "This authentication is over" in BROWSER.text


def test_a_payment_fails():
    intent, page = payment()
    BROWSER.open(page)
    BROWSER.click("button[value=fail]")
    assert query(BROWSER.url)["redirect_status"] == "failed", BROWSER.url
    seen = seen_by_the_shop()
    assert seen["status"] == "requires_payment_method", seen
    assert seen["last_payment_error"]["code"] == "payment_intent_authentication_failure", seen


def test_a_payment_is_left_alone_and_approved_later():
    intent, page = payment()
    BROWSER.open(page)
    BROWSER.click("button[value=abandon]")
    assert query(BROWSER.url)["redirect_status"] == "pending", BROWSER.url
    assert seen_by_the_shop()["status"] == "requires_action"
    BROWSER.open(page)
    BROWSER.click("button[value=approve]")
    assert seen_by_the_shop()["status"] == "succeeded"


def test_an_approved_payment_may_still_be_declined():
    _, page = payment("pm_card_threeDSecureRequiredChargeDeclined")
    BROWSER.open(page)
    BROWSER.click("button[value=approve]")
    assert query(BROWSER.url)["redirect_status"] == "failed", BROWSER.url
    assert seen_by_the_shop()["last_payment_error"]["decline_code"] == "generic_decline"


def test_a_card_is_saved_as_wooshpays_guide_says():
    intent = call("POST", "/v1/setup_intents", json_body={
        "confirm": True, "payment_method_types": ["card"], "usage": "on_session", "return_url": SHOP + "/saved",
        "payment_method_data": {"type": "card", "card": {
            "exp_month": "04", "exp_year": "2037", "number": "4462030000000000", "cvc": "022", "name": "XX XXX"}}})
    action = intent["next_action"]
    assert action["type"] == "challenge_redirect", intent
    BROWSER.open(action["challenge_redirect"]["url"])
    BROWSER.click("button[value=approve]")
    back = query(BROWSER.url)
    assert BROWSER.url.startswith(SHOP + "/saved?") and back["setup_intent"] == intent["id"], BROWSER.url
    assert seen_by_the_shop()["status"] == "succeeded"


def test_a_card_is_typed_into_the_hosted_page():
    customer = call("POST", "/v1/customers", {"email": "a@example.com"})["id"]
    session = call("POST", "/v1/checkout/sessions", {
        "mode": "setup", "currency": "eur", "customer": customer, "success_url": SHOP + "/done"})
    BROWSER.open(session["url"])
    BROWSER.type("input[name=number]", "4000000000000002")
    BROWSER.click("button")
    assert "declined" in BROWSER.value("document.querySelector('[role=alert]').innerText"), BROWSER.text
    BROWSER.type("input[name=number]", "4000 0025 0000 3155")
    BROWSER.click("button")
    BROWSER.click("button[value=approve]")
    assert BROWSER.url.startswith(SHOP + "/done"), BROWSER.url
    cards = call("GET", f"/v1/customers/{customer}/payment_methods")["data"]
    assert [card["card"]["last4"] for card in cards] == ["3155"], cards


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
    return 1 if failures else 0


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
threading.Thread(target=server.serve_forever, daemon=True).start()
SHOP = f"http://127.0.0.1:{server.server_port}"
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    BROWSER = Browser(folder)
    try:
        status = main()
    finally:
        BROWSER.close()
sys.exit(status)

"""A customer in a real browser, at the page of a recovery link.

Arguments: what the customer does, the link, and a file whose coming they may wait for. CHROMIUM names the browser. Each line on standard output says how far
the customer got; the last one is `done`.
"""

import os
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Browser"))
from chromium import Browser  # noqa: E402

PAY = "button[value=pay]"
CARD = "button[value=card]"
APPROVE = "button[value=approve]"


def say(text):
    print(text, flush=True)


def shows(browser, title):
    assert browser.value("document.querySelector('h1').innerText") == title, browser.text


def is_paid(browser, link):
    shows(browser, "Paid")
    assert browser.url == link, browser.url
    assert "payment_intent" not in browser.url


def wait_until_paid(browser):
    """The page looks again by itself; nothing is pressed."""
    while browser.value("document.querySelector('h1').innerText") != "Paid":
        browser.wait_for_load(browser.loads)


def pay(link, one, two):
    one.open(link)
    shows(one, "A payment is due")
    assert one.value("document.scripts.length") == 0
    # Works on a phone: nothing sticks out to the side.
    assert one.value("document.documentElement.scrollWidth <= innerWidth"), "the page is too wide"
    say("open")
    one.click(PAY)
    say("at the bank")
    one.click(APPROVE)
    is_paid(one, link)
    # To go back and press again pays nothing.
    one.open(link)
    assert one.value("document.querySelectorAll('button').length") == 0
    is_paid(one, link)


def fail_then_pay(link, one, two):
    one.open(link)
    one.click(PAY)
    one.click("button[value=fail]")
    shows(one, "A payment is due")
    assert "not confirmed" in one.text, one.text
    one.click(PAY)
    one.click(APPROVE)
    is_paid(one, link)


def twice(link, one, two):
    one.open(link)
    two.open(link)
    say("open")
    one.click(PAY)
    bank = one.url
    two.click(PAY)
    assert two.url == bank, (two.url, bank)
    one.click(APPROVE)
    is_paid(one, link)
    two.click(APPROVE)
    two.open(link)
    is_paid(two, link)


def wait(link, one, two):
    """Presses the button at a moment at which somebody else is at work on the debt."""
    one.open(link)
    shows(one, "A payment is due")
    say("open")
    while not os.path.exists(sys.argv[3]):
        time.sleep(0.01)
    one.click(PAY)
    shows(one, "We are checking your last payment")
    say("waiting")
    wait_until_paid(one)
    is_paid(one, link)


def another_card(link, one, two):
    one.open(link)
    one.click(CARD)
    say("at the gateway")
    one.type("input[name=number]", "4242424242424242")
    one.click("button")
    shows(one, "Your new card is being charged")
    say("saved")
    wait_until_paid(one)
    is_paid(one, link)


def closed(link, one, two):
    """Leaves the bank's page for good after the challenge: the browser never comes back."""
    one.open(link)
    one.click(PAY)
    one.call("Fetch.enable", patterns=[{"urlPattern": "*/pay/*"}])
    one.value("document.querySelector('button[value=approve]').click()")
    say("closed")


def main():
    act, link = sys.argv[1], sys.argv[2]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        one = Browser(folder + "/one")
        two = Browser(folder + "/two") if act == "twice" else None
        try:
            globals()[act](link, one, two)
            say("done")
            return 0
        except Exception:
            traceback.print_exc(file=sys.stdout)
            return 1
        finally:
            one.close()
            if two:
                two.close()


sys.exit(main())

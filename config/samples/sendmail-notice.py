#!/usr/bin/env python3
"""Mails one notice of Dunlin through sendmail: notices.command in dunlin.yaml names this file.

    notices:
      sink: command
      command: /etc/dunlin/sendmail-notice.py --from billing@example.com

The notice comes as JSON on standard input (docs/notices.md). Status 0: taken. Anything else: Dunlin sends it again, with
the same id, so the mail server gets the id as Message-ID and a mail that comes twice can be told from two mails.
A copy of yours is meant to be changed: the texts below are a beginning, in one language.
"""
import argparse
import json
import os
import subprocess
import sys
from email.message import EmailMessage
from email.utils import formataddr

# What is mailed for each kind: subject and text. What the application alone needs to know is not mailed.
# No text may say or hint that a card was reported, blocked or is doubted: the networks forbid it.
TEXTS = {
    "payment_failed": (
        "Your payment of {amount} did not go through",
        "we could not collect {amount} for {plan} ({period}).\n{reason}\n"
        "You need not do anything: we try again on {next_attempt}.\n{pay}{others}",
    ),
    "action_needed": (
        "Please help us to collect {amount}",
        "we could not collect {amount} for {plan} ({period}), and only you can go on from here.\n{reason}\n{wish}\n"
        "{pay}{others}",
    ),
    "method_expiring": (
        "Your card ending in {last4} expires soon",
        "the card ending in {last4}, with which {plan} is paid, is valid until {expiry}.\n"
        "Please give us another card before then, so that nothing stops.\n",
    ),
    "last_notice": (
        "Last notice: {amount} for {plan}",
        "we still could not collect {amount} for {plan} ({period}).\n{reason}\n"
        "We try once more on {next_attempt}. If that fails too, or nobody pays before, {plan} ends.\n{pay}{others}",
    ),
    "recovered": (
        "Thank you: {amount} is paid",
        "your payment of {amount} for {plan} ({period}) went through. Everything goes on as before.\n",
    ),
    "canceled": (
        "{plan}: we have stopped trying",
        "we could not collect {amount} for {plan} ({period}) and do not try any more.\n"
        "If this is a mistake, just answer this mail.\n",
    ),
}

WISHES = {
    "confirm_payment": "Your bank wants you to confirm the payment.",
    "give_method": "Please give us another card.",
    "none": "",
}


def one_line(text):
    """Header fields hold one line: nothing that a customer is called may add another."""
    return " ".join(str(text or "").split())


def day(instant):
    return str(instant)[:10] if instant else "one of the next days"


def money(invoice):
    return f"{invoice['amount']} {invoice['currency']}" if invoice else ""


def others(notice):
    own = (notice.get("invoice") or {}).get("id")
    rows = [row for row in notice.get("open_invoices", []) if row["id"] != own]
    if not rows:
        return ""
    lines = [f"  {money(row)} for {row['plan']} ({row['period_start']})" for row in rows]
    return "Also open:\n" + "\n".join(lines) + "\n"


def fields(notice):
    invoice = notice.get("invoice") or {}
    method = notice.get("method") or {}
    link = notice.get("recovery_url")
    return {
        "amount": money(invoice),
        "plan": invoice.get("plan") or notice["subscription"]["plan"],
        "period": f"{invoice.get('period_start', '')} to {invoice.get('period_end', '')}",
        "reason": notice.get("reason") or "",
        "next_attempt": day(notice.get("next_attempt_at")),
        "pay": f"Pay it here: {link}\n" if link else "",
        "wish": WISHES.get(notice.get("wish"), ""),
        "last4": method.get("last4") or "????",
        "expiry": f"{method.get('exp_month', '?')}/{method.get('exp_year', '?')}",
        "others": others(notice),
    }


def mail(notice, sender):
    subject, text = TEXTS[notice["kind"]]
    values = fields(notice)
    name = notice["customer"].get("name")
    message = EmailMessage()
    message["From"] = sender
    message["To"] = formataddr((one_line(name), one_line(notice["customer"]["email"])))
    message["Subject"] = one_line(subject.format(**values))
    message["Message-ID"] = f"<{notice['id']}@{sender.split('@')[-1].strip('> ')}>"
    message["Auto-Submitted"] = "auto-generated"
    body = text.format(**values)
    lines = [line for line in body.splitlines() if line.strip()]
    message.set_content(f"Dear {one_line(name) or 'customer'},\n\n" + "\n".join(lines) + "\n")
    return message


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="sender", required=True, help="who the mail is from")
    parser.add_argument("--sendmail", default="/usr/sbin/sendmail", help="the program that takes the mail")
    options = parser.parse_args()
    notice = json.load(sys.stdin)
    if notice["kind"] not in TEXTS:
        return 0
    if not notice["customer"].get("email"):
        # Sending it again would not help: it is taken, and said.
        print(f"{notice['id']}: customer {notice['customer']['id']} has no e-mail address", file=sys.stderr)
        return 0
    message = mail(notice, options.sender)
    done = subprocess.run(
        [options.sendmail, "-t", "-oi"], input=message.as_bytes(), stdout=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", "")}, check=False)
    if done.returncode != 0:
        print(f"{options.sendmail} ended with status {done.returncode}", file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())

import DunlinCalendar
import DunlinLedger
import DunlinQueue

/// What happens to an invoice next, and when, in one sentence for a person.
struct NextStepWords {
    let text: String
    /// Nil where nobody knows: a person or the gateway is waited for.
    let at: Instant?

    init(_ facts: InvoiceFacts, jobs: [JobRecord]) {
        let charge = jobs.first { $0.uniqueKey == "charge-invoice/\(facts.id)" && $0.state != .dead }
        let dead = jobs.first { $0.state == .dead }
        let settle = jobs.first { $0.kind == "settle-attempt" && $0.state != .dead }
        if let number = facts.attemptInFlight {
            text = "The gateway is asked what became of attempt \(number); nothing is sent until it is known."
            at = settle?.runAt
        } else if let dead, facts.state == "open" {
            text = "Job \(dead.id) is dead (\(dead.lastError ?? "no error")): dunlin jobs retry \(dead.id) --reason …"
            at = nil
        } else {
            text = Self.text(facts)
            at = charge?.runAt ?? (facts.waitsFor == "retrying" ? facts.nextAttemptAt : nil)
        }
    }

    private static func text(_ facts: InvoiceFacts) -> String {
        switch (facts.state, facts.waitsFor) {
        case ("open", "scheduled") where facts.mustAskFirst:
            "The gateway is asked whether this late debt was paid already, then it is charged."
        case ("open", "scheduled"): "The first attempt."
        case ("open", "retrying"): "The next attempt."
        case ("open", "needs_customer"): "Waits for the customer, who must confirm the payment."
        case ("open", "needs_method"): "Waits for another payment method of the customer."
        case ("open", "on_hold") where facts.holdReason == Invoice.pausedHold:
            "Rests until the subscription is resumed."
        case ("open", "on_hold"): "Waits for a person to decide."
        case ("closing", _): "Becomes \(facts.closingTo ?? "closed") when the gateway has canceled what is open there."
        default: "Nothing."
        }
    }
}

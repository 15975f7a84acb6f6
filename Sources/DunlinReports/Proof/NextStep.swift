/// Whether an invoice that is not settled has exactly one next step: a job, an attempt in flight with a job that asks
/// about it, or a named wait for a person.
struct NextStep: Hashable, Sendable {
    enum State: String, Hashable, Sendable {
        case scheduled, retrying, processing, unknown
        case needsCustomer = "needs_customer"
        case needsMethod = "needs_method"
        case onHold = "on_hold"
        case closing
    }

    var state: State
    var mustAskFirst: Bool
    /// `charge-invoice` jobs that are ready or running.
    var chargeJobs: Int64
    /// The part of them that is for a later time. One that is due soon finds out by itself that it has nothing to do:
    /// it may have been running when the debt ended or was held.
    var laterChargeJobs: Int64
    var deadChargeJobs: Int64
    /// Jobs that ask about the late debts of the invoice's gateway.
    var askJobs: Int64
    var attemptsInFlight: Int64
    /// Intents that the gateway could still be paid on.
    var openIntents: Int64
    /// How many of them a job cancels.
    var cancelJobs: Int64
    var hasNextAttemptTime: Bool

    struct Problem: Hashable, Sendable {
        let rule: String
        let sentence: String
    }

    /// What is wrong; nil when there is exactly one next step.
    var problem: Problem? {
        // Rule P4 judges whether the attempt has its job; a charge job beside it is the worker that is sending.
        if attemptsInFlight > 0 { return nil }
        switch state {
        case .scheduled, .retrying: return problemOfPlanned
        case .processing, .unknown:
            return Problem(rule: "no_next_step", sentence: "an invoice waits for an attempt, and none is in flight")
        case .needsCustomer, .needsMethod, .onHold:
            guard laterChargeJobs > 0 else { return nil }
            return Problem(rule: "two_next_steps", sentence: "an invoice waits for a person and has a job to charge it")
        case .closing: return problemOfClosing
        }
    }

    private var problemOfPlanned: Problem? {
        let steps = chargeJobs + deadChargeJobs.signum() + (mustAskFirst ? askJobs.signum() : 0)
        if steps == 0 { return Problem(rule: "no_next_step", sentence: "an open invoice has no next step") }
        if steps > 1 { return Problem(rule: "two_next_steps", sentence: "an open invoice has more than one next step") }
        guard state == .retrying, !hasNextAttemptTime else { return nil }
        return Problem(
            rule: "no_time_of_next_attempt", sentence: "a declined invoice does not say when it is tried again")
    }

    private var problemOfClosing: Problem? {
        if laterChargeJobs > 0 {
            return Problem(rule: "two_next_steps", sentence: "a debt that is being ended has a job to charge it")
        }
        guard openIntents == 0 || cancelJobs < openIntents else { return nil }
        return Problem(rule: "no_next_step", sentence: "a debt is being ended and nothing cancels what is open")
    }
}

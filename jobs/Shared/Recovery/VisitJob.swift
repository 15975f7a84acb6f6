import DunlinCalendar
import DunlinDatabase
import DunlinLedger
import DunlinQueue

/// The job of a visit: taken with its permit and its place among the customer's jobs, in one transaction.
struct VisitJob {
    struct Begun: Sendable {
        let invoice: Invoice
        let gateway: BillingGateway
        let claimed: ClaimedJob
    }

    enum Beginning: Sendable {
        case begun(Begun)
        /// Another job of the customer runs, or the gateway takes no more requests now.
        case busy
        case tooMany(until: Instant)
        case notNow(String)
    }

    /// How often, and how long apart, a visit waits for its turn before it says so.
    static let triesMax = 10
    static let waitMilliseconds: Int64 = 300

    let billing: Billing
    let holder: ProcessIdentity

    func begin(_ invoiceID: Int64, _ kind: RecoveryVisits.Kind) async throws -> Beginning {
        let invoice = try await billing.database.read { tx in try Invoices.get(invoiceID, tx) }
        guard let gateway = billing.gateways[invoice.gateway], gateway.session != nil else {
            return .notNow("this process has no key for \(invoice.gateway)")
        }
        if kind == .act {
            // No attempt is written unless the clocks agree and the key is the right one (money.md 12, 13).
            let verdict = try await FirstContact(billing: billing, gateway: gateway).make()
            guard verdict == .ready else { return .notNow("\(verdict)") }
            let state = try await billing.database.read { tx in try GatewayStates.find(gateway.name, tx) }
            guard state?.isStopped == false else { return .notNow("charging is stopped at \(gateway.name)") }
        }
        for number in 1...Self.triesMax {
            let turn = try await take(invoice, gateway, kind)
            switch turn {
            case .busy where number < Self.triesMax: try await billing.clock.sleep(Self.waitMilliseconds)
            case .busy, .begun, .tooMany, .notNow: return turn
            }
        }
        return .busy
    }

    private func take(
        _ invoice: Invoice, _ gateway: BillingGateway, _ kind: RecoveryVisits.Kind
    ) async throws -> Beginning {
        let now = billing.clock.now()
        let monotonic = billing.clock.monotonicMilliseconds()
        let holder = holder
        let limit = kind == .act ? RecoveryVisit.actsPerHourMax : RecoveryVisit.returnsPerHourMax
        let taken: (job: Job?, until: Instant?) = try await billing.database.write(step: "begin-visit") { tx in
            // A visit that was cut off must not keep its customer out for longer than its lease.
            try JobQueue.rescue(now: now, holderIsDead: { _ in false }, tx)
            let permits = try gateway.limits?.takeForJobs(1, gateway: gateway.name, now: now, tx)
            if let permits, permits.taken == 0 { return (nil, nil) }
            guard
                let job = try JobQueue.begin(
                    FollowUps.visit(invoice, now: now), holder: holder, leaseSeconds: gateway.leaseSeconds, now: now, tx
                )
            else {
                try gateway.limits?.giveBack(1, gateway: gateway.name, now: now, tx)
                return (nil, nil)
            }
            guard
                let until = try RecoveryVisits.admit(
                    kind, invoiceID: invoice.id, hourlyMax: limit, now: now, tx)
            else { return (job, nil) }
            try JobQueue.finish(job.lease, now: now, tx)
            return (nil, until)
        }
        if let until = taken.until { return .tooMany(until: until) }
        guard let job = taken.job else { return .busy }
        return .begun(
            Begun(
                invoice: invoice, gateway: gateway,
                claimed: ClaimedJob(
                    job: job, monotonicEnd: monotonic + gateway.leaseSeconds * 1000, clock: billing.clock)))
    }

    /// True while what was done has not ended the job.
    static func holds(_ begun: Begun, _ billing: Billing) async throws -> Bool {
        try await billing.database.read { tx in try JobQueue.holds(begun.claimed.lease, tx) }
    }

    /// Ends the job, unless what was done has ended it.
    func end(_ begun: Begun) async throws {
        let now = billing.clock.now()
        try await billing.writeOutcome("end-visit") { tx in
            guard try JobQueue.holds(begun.claimed.lease, tx) else { return }
            try JobQueue.finish(begun.claimed.lease, now: now, tx)
        }
    }
}

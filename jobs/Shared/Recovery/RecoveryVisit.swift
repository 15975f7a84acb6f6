import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
public import DunlinQueue
import Logging

/// A customer at the page of a debt's recovery link (money.md 23). Looking reads the ledger and nothing else; only what
/// is pressed acts. Free of HTTP: the pages, a test or the simulator call it.
///
/// Whatever acts holds a job with the customer's concurrency key, claimed where it is written: so an off-session try of
/// the same customer cannot run at the same time, in this process or in another one, and whoever comes second finds what
/// the first one wrote.
public struct RecoveryVisit: Sendable {
    /// What is pressed on the page.
    public enum Choice: String, Hashable, Sendable, CaseIterable {
        /// Pay now, with the card that is there; or go on at the bank.
        case pay
        /// Save another card on the gateway's own page, and pay with that.
        case card
    }

    /// Where the gateway and the bank send the browser back to.
    public struct Addresses: Hashable, Sendable {
        /// After the bank's challenge.
        public var back: String
        /// After another card was saved.
        public var cardSaved: String
        /// When the customer leaves the gateway's page.
        public var cardLeft: String

        public init(back: String, cardSaved: String, cardLeft: String) {
            self.back = back
            self.cardSaved = cardSaved
            self.cardLeft = cardLeft
        }
    }

    public enum Answer: Hashable, Sendable {
        /// The customer goes on there: at the bank, or on the gateway's page. `comesBack` is false where the way back was
        /// named by an earlier confirm, without the customer, and tells of no debt.
        case redirect(String, comesBack: Bool)
        case page(RecoveryPage)
    }

    /// So often within an hour may something be pressed on the page of a debt.
    public static let actsPerHourMax = 6
    /// So often within an hour is the gateway asked because a browser came back.
    public static let returnsPerHourMax = 60

    let billing: Billing
    let holder: ProcessIdentity

    public init(billing: Billing, holder: ProcessIdentity) {
        self.billing = billing
        self.holder = holder
    }

    // MARK: - Looking

    /// What the page shows now.
    ///
    /// - Throws: `LedgerError` when there is no such invoice, `DatabaseError`.
    public func look(_ invoiceID: Int64) async throws -> RecoveryPage {
        let now = billing.clock.now()
        return try await billing.database.read { tx in try RecoveryPage.read(invoiceID, now: now, tx) }
    }

    // MARK: - Acting

    /// Does what was pressed.
    ///
    /// - Throws: `LedgerError` when there is no such invoice; `DatabaseError`; `RunCutOff`.
    public func act(_ invoiceID: Int64, _ choice: Choice, _ addresses: Addresses) async throws -> Answer {
        let page = try await look(invoiceID)
        switch page.state {
        case .paid, .canceled, .notNow, .charging, .tooMany: return .page(page)
        case .due, .atBank, .checking: break
        }
        switch try await VisitJob(billing: billing, holder: holder).begin(invoiceID, .act) {
        case .tooMany(let until): return .page(page.with(.tooMany(until: until)))
        case .busy: return .page(page.with(.checking))
        case .notNow(let why): return try await notNow(invoiceID, why)
        case .begun(let begun): return try await act(begun, choice, addresses)
        }
    }

    private func act(_ begun: VisitJob.Begun, _ choice: Choice, _ addresses: Addresses) async throws -> Answer {
        do {
            let target: VisitTarget?
            switch choice {
            case .pay: target = try await VisitPayment(billing: billing, begun: begun, addresses: addresses).run()
            case .card: target = try await VisitCard(billing: billing, begun: begun, addresses: addresses).run()
            }
            try await VisitJob(billing: billing, holder: holder).end(begun)
            if let target { return .redirect(target.url, comesBack: target.comesBack) }
        } catch let stop as VisitStop {
            try await VisitJob(billing: billing, holder: holder).end(begun)
            var page = try await look(begun.invoice.id)
            page.note = stop.note
            return .page(page)
        } catch let error as GatewayUnavailable {
            try await VisitJob(billing: billing, holder: holder).end(begun)
            return try await notNow(begun.invoice.id, "\(error)")
        } catch let error as QueueError where error.code == .leaseLost {
            // Somebody took over what took too long here.
            billing.logger.debug("a visit lost its lease", metadata: ["invoice": "\(begun.invoice.id)"])
        }
        return .page(try await look(begun.invoice.id))
    }

    private func notNow(_ invoiceID: Int64, _ why: String) async throws -> Answer {
        billing.logger.warning(
            "a customer could not pay now",
            metadata: ["invoice": "\(invoiceID)", "reason": "\(Redaction.clean(why))"])
        var page = try await look(invoiceID)
        if page.state == .due || page.state == .atBank { page.state = .notNow }
        page.note = .noAnswer
        return .page(page)
    }

    // MARK: - Coming back

    /// The browser is back from the bank, which proves nothing: the gateway is asked.
    ///
    /// - Throws: as `act`.
    public func comeBack(_ invoiceID: Int64) async throws {
        let page = try await look(invoiceID)
        switch page.state {
        case .paid, .canceled, .notNow, .charging, .tooMany: return
        case .due, .atBank, .checking: break
        }
        let job = VisitJob(billing: billing, holder: holder)
        guard case .begun(let begun) = try await job.begin(invoiceID, .return) else { return }
        do {
            try await VisitReturn(billing: billing, begun: begun).run()
        } catch let error as GatewayUnavailable {
            billing.logger.info(
                "what became of a payment was not told yet",
                metadata: ["invoice": "\(invoiceID)", "reason": "\(Redaction.clean("\(error)"))"])
        } catch let error as QueueError where error.code == .leaseLost {
            billing.logger.debug("a visit lost its lease", metadata: ["invoice": "\(invoiceID)"])
        }
        try await job.end(begun)
    }

    /// The browser is back from the gateway's page for another card: the gateway is asked whether one was saved. If so
    /// the debt is tried on it.
    ///
    /// - Throws: as `act`.
    public func comeBackWithCard(_ invoiceID: Int64) async throws {
        let job = VisitJob(billing: billing, holder: holder)
        guard case .begun(let begun) = try await job.begin(invoiceID, .return) else { return }
        do {
            try await VisitReturn(billing: billing, begun: begun).runForCard()
        } catch let error as GatewayUnavailable {
            billing.logger.info(
                "whether a card was saved was not told yet",
                metadata: ["invoice": "\(invoiceID)", "reason": "\(Redaction.clean("\(error)"))"])
        }
        try await job.end(begun)
    }
}

/// Where the browser goes on.
struct VisitTarget: Sendable {
    let url: String
    /// The way back was named with this debt.
    var comesBack = true

    init(_ url: String, comesBack: Bool = true) {
        self.url = url
        self.comesBack = comesBack
    }
}

/// Nothing more can be done in this visit.
struct VisitStop: Error {
    let note: RecoveryPage.Note?
}

extension RecoveryPage {
    func with(_ state: State) -> RecoveryPage {
        var page = self
        page.state = state
        return page
    }
}

import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinGateways
import DunlinQueue
import DunlinSandbox
import DunlinTesting
import Testing

@testable import DunlinJobs
@testable import DunlinLedger

/// A customer at the page of a debt.
extension Stage {
    static let addresses = RecoveryVisit.Addresses(
        back: "https://pay.example.com/pay/T/return", cardSaved: "https://pay.example.com/pay/T/card",
        cardLeft: "https://pay.example.com/pay/T")

    func visit(as holder: ProcessIdentity? = nil) throws -> RecoveryVisit {
        RecoveryVisit(billing: try billing(), holder: holder ?? newProcess())
    }

    /// Presses a button on the page of the only invoice.
    @discardableResult
    func press(_ choice: RecoveryVisit.Choice = .pay) async throws -> RecoveryVisit.Answer {
        try await visit().act(try await invoice().id, choice, Self.addresses)
    }

    /// Presses a button, in a process that may be cut off.
    func pressAndMaybeDie(_ choice: RecoveryVisit.Choice = .pay) async throws {
        do {
            try await press(choice)
        } catch is RunCutOff {
            fuse.revive()
        }
    }

    func look() async throws -> RecoveryPage { try await visit().look(try await invoice().id) }

    func comeBack() async throws { try await visit().comeBack(try await invoice().id) }

    /// Passes the challenge at this address, or does not.
    @discardableResult
    func answer(_ url: String, _ answer: ChallengeAnswer = .approve) throws -> Bool {
        let token = try #require(url.split(separator: "/").last)
        let response = sandbox.handle(
            SandboxRequest(
                method: "POST", path: "/_sandbox/authenticate/\(token)",
                headers: ["content-type": "application/x-www-form-urlencoded"],
                body: Array("answer=\(answer.rawValue)".utf8), receivedAt: clock.now.milliseconds))
        return response.status == 303 || response.status == 302
    }

    /// A customer whose bank wants to see them: the invoice waits for that.
    func debtThatNeedsTheCustomer() async throws {
        try await customer(card: "pm_card_authenticationRequired")
        try await subscribe()
        try await pass()
        #expect(try await invoice().waitsFor == .needsCustomer)
    }

    /// The card has not enough money, and the schedule tries it again later.
    ///
    /// - Parameter next: what the card answers after that, as `script` takes it.
    func debtThatIsRetried(then next: [String?] = []) async throws {
        script(try await customer(), ["insufficient_funds"] + next)
        try await subscribe()
        try await pass()
    }

    func job(_ kind: String) async throws -> [String] {
        try await text("SELECT state FROM jobs WHERE kind = '\(kind)' ORDER BY id")
    }
}

extension RecoveryVisit.Answer {
    var url: String? {
        if case .redirect(let url, _) = self { return url }
        return nil
    }

    var page: RecoveryPage? {
        if case .page(let page) = self { return page }
        return nil
    }
}

extension Stage {
    /// Types a card into the gateway's page.
    func saveCard(onPage url: String, number: String = "4242424242424242") throws {
        let id = try #require(url.split(separator: "/").last)
        let response = sandbox.handle(
            SandboxRequest(
                method: "POST", path: "/_sandbox/checkout/\(id)",
                headers: ["content-type": "application/x-www-form-urlencoded"],
                body: Array("number=\(number)&exp_month=12&exp_year=2034&cvc=123".utf8),
                receivedAt: clock.now.milliseconds))
        #expect(response.status == 303, "\(String(decoding: response.body, as: UTF8.self))")
    }
}

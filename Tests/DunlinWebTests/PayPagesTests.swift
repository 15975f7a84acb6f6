import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinDefaults
import DunlinLedger
import DunlinQueue
import DunlinTesting
import Foundation
import Testing

@testable import DunlinJobs
@testable import DunlinWeb

/// The recovery pages as a browser, a mail scanner and a stranger see them.
@Suite struct PayPagesTests {
    /// 2026-11-21T12:00:00Z
    private static let now = SickLedger.now
    private static let secret = "canary-key-0123456789abcdef0123456789"

    /// A data file with one debt, and its pages. No gateway can be spoken to.
    private struct Desk: Sendable {
        let database: Database
        let clock = VirtualClock(start: PayPagesTests.now)
        let key: RecoveryKey

        init(plan: String = "Gold", waitsFor: String = "needs_customer") async throws {
            let database = try TemporaryDatabase.inMemory(Ledger.migrations + QueueSchema.migrations)
            self.database = database
            key = try #require(RecoveryKey(Secret(PayPagesTests.secret), databaseID: "test-database"))
            let now = PayPagesTests.now
            try await database.write { tx in
                try Customers.upsert(Customer(id: "c1", gateway: "stripe", gatewayCustomerID: "cus_1"), tx)
                try PaymentMethods.upsert(
                    PaymentMethod(
                        id: "p1", customerID: "c1", gatewayPaymentMethodID: "pm_1", brand: "visa", last4: "4242",
                        isDefault: true), tx)
                try Subscriptions.upsert(
                    Subscription(
                        id: "s1", customerID: "c1", plan: plan, amountMinor: 1999, currency: "EUR", interval: "month",
                        anchor: "2026-11-01", timeZone: "UTC"), tx)
                try tx.execute(
                    """
                    INSERT INTO invoices (subscription_id, customer_id, period_start, period_end, due_at, invoiced_at,
                        plan, gateway, unit_amount_minor, quantity, adjustments_minor, amount_minor, currency, state,
                        waits_for)
                    VALUES ('s1', 'c1', '2026-11-01', '2026-12-01', ?1, ?1, ?2, 'stripe', 1999, 1, 0, 1999, 'EUR',
                        'open', ?3)
                    """, now, plan, waitsFor)
            }
        }

        func pages() throws -> PayPages {
            let clock = clock
            let billing = Billing(
                database: database, databaseID: "test-database", gateways: [:],
                clock: BillingClock(
                    now: { clock.now }, monotonicMilliseconds: { clock.now.milliseconds }, randomBits: { 0 },
                    sleep: { _ in }), rules: BillingRules(declines: try DeclineTable(parsing: Defaults.declines)),
                logger: SickLedger.silentLog)
            let holder = ProcessIdentity(host: "h", bootID: "b", pid: 1, startTicks: 1)
            return PayPages(
                database: database, visit: RecoveryVisit(billing: billing, holder: holder), key: key,
                options: PayPages.Options(
                    merchant: "<b>Bird & Sons</b>", contact: "\"help\"", publicURL: "https://pay.example.com/billing",
                    linkDays: 30), logger: SickLedger.silentLog, now: { clock.now })
        }

        func debt() async throws -> RecoveryDebt {
            try await database.read { tx in try Invoices.get(1, tx).recoveryDebt }
        }

        func link(generation: Int = 1) async throws -> String {
            "/pay/" + key.token(of: try await debt(), generation: generation)
        }

        func get(_ path: String, _ method: String = "GET", headers: [String: String] = [:]) async throws -> Answer {
            try await pages().answer(PayPages.Request(method: method, path: path, headers: headers))
        }

        func post(_ path: String, _ body: String, headers: [String: String] = [:]) async throws -> Answer {
            try await pages().answer(
                PayPages.Request(method: "POST", path: path, body: Array(body.utf8), headers: headers))
        }

        func form(in answer: Answer) throws -> String {
            let text = String(decoding: answer.body, as: UTF8.self)
            let begin = try #require(text.range(of: "name=\"form\" value=\""))
            return String(text[begin.upperBound...].prefix { $0 != "\"" })
        }

        func visits() async throws -> Int {
            try await database.read { tx in try tx.value("SELECT COUNT(*) FROM jobs") ?? 0 }
        }
    }

    private static func text(_ answer: Answer) -> String { String(decoding: answer.body, as: UTF8.self) }

    @Test func thePageShowsTheDebtAndEscapesEveryText() async throws {
        let desk = try await Desk(plan: "<script>alert('x')</script>")
        let answer = try await desk.get(try await desk.link())
        let page = Self.text(answer)
        #expect(answer.status == 200)
        for shown in [
            "A payment is due", "19.99 EUR", "1 November 2026 to 30 November 2026", "Visa ending in 4242",
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;", "&lt;b&gt;Bird &amp; Sons&lt;/b&gt;", "&quot;help&quot;",
            "Pay 19.99 EUR", "lang=\"en\"", "width=device-width",
        ] {
            #expect(page.contains(shown), "\(shown)")
        }
        for never in ["<script", "<img", "<iframe", "<link", "http-equiv", "cus_1", "pm_1", "c1", Self.secret] {
            #expect(!page.contains(never), "\(never)")
        }
    }

    @Test func everyAnswerForbidsWhatAPageOfItsKindMustNotDo() async throws {
        let desk = try await Desk()
        let link = try await desk.link()
        for answer in [
            try await desk.get(link), try await desk.get("/pay/1.1.x"), try await desk.get(link, "PUT"),
            try await desk.get("/pay/return"), try await desk.get("\(link)/return"), try await desk.post(link, ""),
        ] {
            #expect(answer.headers["referrer-policy"] == "no-referrer")
            #expect(answer.headers["cache-control"] == "no-store")
            #expect(answer.headers["x-frame-options"] == "DENY")
            let policy = answer.headers["content-security-policy"] ?? ""
            #expect(policy.hasPrefix("default-src 'none';") && policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("script") && !policy.contains("unsafe"))
            #expect(answer.headers["x-content-type-options"] == "nosniff")
            #expect(answer.headers["set-cookie"] == nil)
        }
    }

    @Test func theStyleSheetIsTheOneThatThePolicyNames() async throws {
        let desk = try await Desk()
        let answer = try await desk.get(try await desk.link())
        let page = Self.text(answer)
        let begin = try #require(page.range(of: "<style>"))
        let end = try #require(page.range(of: "</style>"))
        let sheet = String(page[begin.upperBound..<end.lowerBound])
        let hash = "style-src 'sha256-\(HexDigest.base64SHA256(sheet))'"
        #expect(answer.headers["content-security-policy"]?.contains(hash) == true)
    }

    @Test func aLinkThatWasNotMadeHereIsNoPage() async throws {
        let desk = try await Desk()
        let link = try await desk.link()
        for path in [
            "/pay/", "/pay/x", "/pay/1", "\(link)/", "\(link)/x", "\(link)/return/x", String(link.dropLast()),
            link.replacing("/pay/1.1.", with: "/pay/2.1."), link.replacing("/pay/1.1.", with: "/pay/1.2."),
        ] {
            #expect(try await desk.get(path).status == 404, "\(path)")
        }
        #expect(try await desk.get(link, "DELETE").status == 405)
        #expect(try await desk.get("\(link)/return", "POST").status == 405)
    }

    @Test func aLinkEndsAfterItsDaysAndWhenItIsRevoked() async throws {
        let desk = try await Desk()
        let first = try await desk.link()
        desk.clock.set(Self.now.adding(days: 30).adding(milliseconds: -1))
        #expect(try await desk.get(first).status == 200)
        desk.clock.set(Self.now.adding(days: 30))
        #expect(try await desk.get(first).status == 410)
        let now = desk.clock.now
        let issued = try await desk.database.write { tx in
            try RecoveryLinks.issue(try Invoices.get(1, tx), days: 30, now: now, tx)
        }
        #expect(issued.generation == 2)
        let second = try await desk.link(generation: 2)
        #expect(try await desk.get(second).status == 200)
        #expect(try await desk.get(first).status == 410)
        // Printed again it is the same.
        let again = try await desk.database.write { tx in
            try RecoveryLinks.issue(try Invoices.get(1, tx), days: 30, now: now.adding(days: 3), tx)
        }
        #expect(again == issued)
        try await desk.database.write { tx in _ = try RecoveryLinks.revoke(try Invoices.get(1, tx), now: now, tx) }
        #expect(try await desk.get(second).status == 410)
        #expect(try await desk.get(try await desk.link(generation: 3)).status == 200)
    }

    /// Mail scanners open links, and some press what they find: without the page's form nothing is done.
    @Test func onlyAPressOnAPageThatWasShownActs() async throws {
        let desk = try await Desk()
        let link = try await desk.link()
        let form = try desk.form(in: try await desk.get(link))
        let jobs = try await desk.visits()
        for body in [
            "", "choice=pay", "choice=pay&form=", "choice=pay&form=\(form)x", "form=\(form)", "choice=all&form=\(form)",
            "choice=pay;form=\(form)", "%", "choice=%ZZ&form=\(form)", String(repeating: "a=b&", count: 900),
        ] {
            let answer = try await desk.post(link, body)
            #expect(answer.status == 200 && Self.text(answer).contains("A payment is due"), "\(body)")
        }
        let foreign = try await desk.post(link, "choice=pay&form=\(form)", headers: ["sec-fetch-site": "cross-site"])
        #expect(Self.text(foreign).contains("A payment is due"))
        desk.clock.advance(seconds: 3601)
        #expect(Self.text(try await desk.post(link, "choice=pay&form=\(form)")).contains("A payment is due"))
        #expect(try await desk.visits() == jobs)
    }

    @Test func withoutAGatewayThePageSaysThatItCannotBePaidNow() async throws {
        let desk = try await Desk()
        let link = try await desk.link()
        let form = try desk.form(in: try await desk.get(link))
        let answer = try await desk.post(link, "choice=pay&form=\(form)")
        #expect(answer.status == 200)
        #expect(Self.text(answer).contains("This payment cannot be made now"))
    }

    @Test func theAddressThatBanksReturnToTellsOfNoDebt() async throws {
        let desk = try await Desk()
        let plain = try await desk.get("/pay/return")
        #expect(plain.status == 200 && !Self.text(plain).contains("19.99"))
        let token = try await desk.link().dropFirst("/pay/".count)
        let known = try await desk.get("/pay/return", headers: ["cookie": "a=b; dunlin_pay=\(token)"])
        #expect(known.status == 303 && known.headers["location"] == "\(token)/return")
        let forged = try await desk.get("/pay/return", headers: ["cookie": "dunlin_pay=https://evil.example"])
        #expect(forged.status == 200)
    }

    @Test func aBrowserThatComesBackIsSentToACleanAddress() async throws {
        let desk = try await Desk()
        let link = try await desk.link()
        for end in ["return", "card"] {
            let answer = try await desk.get("\(link)/\(end)")
            #expect(answer.status == 303)
            #expect(answer.headers["location"] == "../" + link.dropFirst("/pay/".count))
        }
    }

    @Test(arguments: [
        ("on_hold", "This payment cannot be made now"), ("unknown", "We are checking your last payment"),
        ("needs_method", "A payment is due"), ("retrying", "A payment is due"),
    ])
    func thePageSaysHowTheDebtStands(wait: String, title: String) async throws {
        let desk = try await Desk()
        try await desk.database.write { tx in
            try tx.execute(
                "UPDATE invoices SET waits_for = ?1, hold_reason = CASE WHEN ?1 = 'on_hold' THEN 'secret reason' END",
                wait)
        }
        let page = Self.text(try await desk.get(try await desk.link()))
        #expect(page.contains("<h1>\(title)</h1>"))
        #expect(!page.contains("secret reason"))
    }

    @Test(arguments: [("void", "Nothing to pay"), ("uncollectible", "Nothing to pay"), ("paid", "<h1>Paid</h1>")])
    func aDebtThatHasEndedTakesNoPayment(state: String, text: String) async throws {
        let desk = try await Desk()
        let link = try await desk.link()
        let form = try desk.form(in: try await desk.get(link))
        try await desk.database.write { tx in
            try tx.execute(
                """
                UPDATE invoices SET state = ?1, waits_for = NULL, closed_at = 1,
                    paid_at = CASE WHEN ?1 = 'paid' THEN 1 END
                """, state)
        }
        let page = Self.text(try await desk.get(link))
        #expect(page.contains(text) && !page.contains("<button"))
        let jobs = try await desk.visits()
        #expect(try await desk.post(link, "choice=pay&form=\(form)").status == 303)
        #expect(try await desk.visits() == jobs)
    }
}

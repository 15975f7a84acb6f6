import DunlinTesting
import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A card's way from its number to a renewal, call by call from the command line, against a sandbox in another process.
struct SavingCardsTests {
    private static let threeDSecureCard = "4462030000000000"
    private static let plainCard = "4111111111111111"

    @Test(arguments: GatewayName.allCases)
    func aCardIsSavedAndChargedAsTheGuideTellsIt(_ gateway: GatewayName) async throws {
        let desk = try await Desk(gateway)
        try await desk.run("customers", "create", "--id", "c-1", "--email", "a@example.com")

        // Create and confirm with card data: the bank wants a challenge.
        let asked = try await desk.run(
            "setup-intents", "create", "--customer", "c-1", "--usage", "off_session", "--confirm", "--card-stdin",
            "--return-url", "https://yourwebsite.com", input: Desk.card(Self.threeDSecureCard))
        #expect(asked["status"] as? String == "requires_action" && asked["saved_as"] == nil)
        let action = try #require(asked["next_action"] as? [String: Any])
        #expect(action["kind"] as? String == "redirect" && (action["url"] as? String)?.hasPrefix("http") == true)
        #expect(action["type"] as? String == (gateway == .stripe ? "redirect_to_url" : "challenge_redirect"))
        let id = try #require(asked["id"] as? String)

        // Nothing is saved until the gateway says so.
        let before = try await desk.run("setup-intents", "retrieve", id)
        #expect(before["saved_as"] == nil)
        #expect(try await desk.list("payment-methods").isEmpty)
        try await desk.sandbox.order("POST", "/_sandbox/intents/\(id)/authenticate", #"{"answer":"approve"}"#)
        let saved = try await desk.run("setup-intents", "retrieve", id)
        #expect(saved["status"] as? String == "succeeded")
        let method = try #require(saved["saved_as"] as? String)
        let rows = try await desk.list("payment-methods")
        #expect(rows.map { $0["id"] as? String } == [method] && rows.first?["is_default"] as? String == "yes")

        // A second card, without a challenge, becomes the backup.
        let second = try await desk.run(
            "setup-intents", "create", "--customer", "c-1", "--confirm", "--card-stdin",
            input: Desk.card(Self.plainCard))
        #expect(second["status"] as? String == "succeeded")
        let backup = try #require(second["saved_as"] as? String)
        try await desk.run("payment-methods", "sync", "--customer", "c-1", "--backup", backup)

        // Charge the card later, with the customer there and without.
        for isOffSession in ["false", "true"] {
            let paid = try await desk.run(
                "payment-intents", "create", "--amount", "25.00", "--currency", "USD", "--customer", "c-1",
                "--payment-method", backup, "--confirm", "--off-session", isOffSession, "--return-url",
                "https://example.com/pay/complete")
            #expect(paid["status"] as? String == "succeeded" && paid["amount"] as? String == "25.00")
        }

        // A renewal finds the saved card by itself.
        try await desk.subscribe()
        let pass = try await desk.program.run(
            "run", "--once", "--wait", "0", "--json", "--now", BillingWorld.start)
        #expect(try pass.object()["succeeded"] as? Int == 1, "\(pass.output) \(pass.error)")
        let audit = try await desk.sandbox.audit()
        #expect(audit.successes == 3 && audit.doubles == 0)
        try await desk.expectNoTrace(of: [Self.threeDSecureCard, Self.plainCard, "_secret_"])
    }

    /// Nobody reads the intent: the gateway's signed webhook tells of it, and the pass that reads it again stores the card.
    @Test(.timeLimit(.minutes(5)), arguments: GatewayName.allCases)
    func theWebhookOfASavedCardStoresItAndARenewalIsCharged(_ gateway: GatewayName) async throws {
        let desk = try await Desk(gateway)
        try await desk.run("customers", "create", "--id", "c-1", "--email", "a@example.com")
        let receiver = try await Receiver(desk.program, desk.sandbox, gateway)
        let asked = try await desk.run(
            "setup-intents", "create", "--customer", "c-1", "--usage", "off_session", "--confirm", "--card-stdin",
            "--return-url", "https://yourwebsite.com", input: Desk.card(Self.threeDSecureCard))
        let id = try #require(asked["id"] as? String)
        try await desk.sandbox.order("POST", "/_sandbox/intents/\(id)/authenticate", #"{"answer":"approve"}"#)
        _ = try await receiver.events { rows in rows.contains { $0["type"] as? String == "setup_intent.succeeded" } }
        #expect(try await desk.list("payment-methods").isEmpty)
        try await desk.subscribe()
        // The first pass stores the card, and charges it too when the event comes before the charge; the next finds it.
        var succeeded = 0
        for _ in 0..<2 {
            let pass = try await desk.program.run("run", "--once", "--wait", "5", "--json", "--now", BillingWorld.start)
            succeeded += try #require(try pass.object()["succeeded"] as? Int, "\(pass.output) \(pass.error)")
            #expect(try await desk.list("payment-methods").count == 1)
        }
        #expect(succeeded == 1)
        let audit = try await desk.sandbox.audit()
        #expect(audit.successes == 1 && audit.doubles == 0)
        receiver.running.terminate()
        #expect(try await receiver.running.end().status == 0)
    }

    @Test(arguments: GatewayName.allCases)
    func aSetupIntentIsUpdatedReadListedConfirmedAndCanceled(_ gateway: GatewayName) async throws {
        let desk = try await Desk(gateway)
        try await desk.run("customers", "create", "--id", "c-1", "--email", "a@example.com")
        var ids: [String] = []
        for _ in 0..<3 {
            let made = try await desk.run("setup-intents", "create", "--customer", "c-1", "--metadata", "kept=1")
            #expect(made["status"] as? String == "requires_payment_method" && made["client_secret"] == nil)
            ids.insert(try #require(made["id"] as? String), at: 0)
        }
        let updated = try await desk.run("setup-intents", "update", ids[0], "--metadata", "order_id=6735")
        #expect(updated["metadata"] as? [String: String] == ["kept": "1", "order_id": "6735"])
        let unset = try await desk.run("setup-intents", "update", ids[0], "--metadata", "kept=")
        #expect(unset["metadata"] as? [String: String] == ["order_id": "6735"])
        let emptied = try await desk.run("setup-intents", "update", ids[0], "--remove-metadata")
        #expect(emptied["metadata"] as? [String: String] == [:])

        let page = try await desk.run("setup-intents", "list", "--customer", "c-1", "--limit", "2")
        #expect(Desk.ids(page) == Array(ids[0..<2]) && page["has_more"] as? Bool == true)
        let next = try await desk.run("setup-intents", "list", "--customer", "c-1", "--starting-after", ids[1])
        #expect(Desk.ids(next) == [ids[2]])
        let back = try await desk.run("setup-intents", "list", "--customer", "c-1", "--ending-before", ids[1])
        #expect(Desk.ids(back) == [ids[0]])
        let all = try await desk.run("setup-intents", "list", "--all")
        #expect(Desk.ids(all) == ids)

        let declined = try await desk.run(
            "setup-intents", "confirm", ids[0], "--payment-method", "pm_card_visa_chargeDeclined", "--return-url",
            "https://example.com/back")
        let error = try #require(declined["last_setup_error"] as? [String: Any])
        #expect(error["decline_code"] as? String == "generic_decline" && declined["saved_as"] == nil)
        let confirmed = try await desk.run(
            "setup-intents", "confirm", ids[0], "--payment-method", "pm_card_visa", "--return-url",
            "https://example.com/back")
        #expect(confirmed["status"] as? String == "succeeded" && confirmed["saved_as"] != nil)
        let canceled = try await desk.run("setup-intents", "cancel", ids[1], "--reason", "requested_by_customer")
        #expect(canceled["status"] as? String == "canceled")
        #expect(canceled["cancellation_reason"] as? String == "requested_by_customer")
        let again = try await desk.fails("setup-intents", "cancel", ids[1])
        #expect(again.status == 2 && again.kind == "wrong_state")
        let missing = try await desk.fails("setup-intents", "retrieve", "seti_1nope")
        #expect(missing.status == 2 && missing.kind == "not_found")

        let session = try await desk.run(
            "setup-sessions", "create", "--customer", "c-1", "--success-url", "https://example.com/saved",
            "--cancel-url", "https://example.com/left")
        #expect((session["url"] as? String)?.hasPrefix(desk.sandbox.baseURL) == true)
        let failed = try await desk.list("exchanges", "--state", "failed")
        #expect(failed.count >= 2 && failed.allSatisfy { $0["request_id"] is String })
    }

    @Test func cardDataIsTakenOnlyWhereItIsSwitchedOnAndNeverFromTheCommandLine() async throws {
        let desk = try await Desk(.stripe, takesRawCards: false)
        let refused = try await desk.program.run(
            "setup-intents", "create", "--card-stdin", input: Desk.card(Self.plainCard))
        #expect(refused.status == 2 && refused.error.contains("SAQ D"))
        #expect(!refused.error.contains(Self.plainCard))
        let typed = try await desk.program.run("setup-intents", "create", "--metadata", "card=\(Self.plainCard)")
        #expect(typed.status == 2 && !typed.output.contains(Self.plainCard))
        let help = try await desk.program.run("setup-intents", "create", "--help")
        #expect(help.output.contains("PCI DSS"))
        try await desk.expectNoTrace(of: [Self.plainCard])
    }

    /// What can be judged without the gateway is judged before a request, and a card number is not repeated.
    @Test func whatContradictsItselfIsRefusedBeforeAnyRequest() async throws {
        let desk = try await Desk(.stripe)
        try await desk.run("customers", "create", "--id", "c-1", "--email", "a@example.com")
        let method = ["--payment-method", "pm_card_visa", "--card-stdin"]
        let urls = ["setup-sessions", "create", "--customer", "c-1", "--cancel-url", "https://example.com/left"]
        let cases: [([String], String)] = [
            (["setup-intents", "create", "--metadata", "\(Self.plainCard)=1"], "card number"),
            (["setup-intents", "create", "--metadata", Self.plainCard], "card number"),
            (["setup-intents", "create", "--description", "card \(Self.plainCard)"], "card number"),
            (["setup-intents", "update", "seti_1", "--description", Self.plainCard], "card number"),
            (["customers", "create", "--name", Self.plainCard], "card number"),
            (["setup-intents", "create"] + method, "contradicts"),
            (["setup-intents", "confirm", "seti_1"] + method, "contradicts"),
            (["setup-intents", "create", "--confirm", "--return-url", "back"], "--return-url"),
            (urls + ["--success-url", "saved"], "--success-url"),
            (["customers", "create", "--id", "c-2", "--time-zone", "Mars/Base"], "Mars/Base"),
            (["customers", "create", "--id", "c-2", "--country", "Germany"], "--country"),
        ]
        let before = try await desk.list("exchanges").count
        for (arguments, words) in cases {
            let ended = try await desk.program.run(arguments, input: Desk.card(Self.plainCard))
            #expect(ended.status == 2 && ended.error.contains(words), "\(arguments): \(ended.error)")
            #expect(!ended.error.contains(Self.plainCard) && !ended.output.contains(Self.plainCard), "\(arguments)")
        }
        #expect(try await desk.list("exchanges").count == before, "nothing is sent")
    }

    @Test func noMethodIsItsOwnBackup() async throws {
        let desk = try await Desk(.stripe)
        try await desk.run("customers", "create", "--id", "c-1", "--email", "a@example.com")
        var ids: [String] = []
        for card in ["pm_card_visa", "pm_card_mastercard"] {
            let made = try await desk.run(
                "setup-intents", "create", "--customer", "c-1", "--payment-method", card, "--confirm")
            ids.append(try #require(made["saved_as"] as? String))
        }
        let shown = try await desk.run("payment-methods", "show", ids[0])
        #expect(shown["country"] is String && shown["funding"] is String && shown["fingerprint"] is String)
        let choose = ["payment-methods", "set", "--customer", "c-1"]
        for wish in [["--default", ids[1], "--backup", ids[1]], ["--backup", ids[0]]] {
            let ended = try await desk.program.run(choose + wish)
            #expect(ended.status == 2, "\(wish): \(ended.output)")
        }
        let kept = try await desk.list("payment-methods").filter { $0["is_backup"] as? String == "yes" }
        #expect(kept.isEmpty, "what is refused changes nothing")
        try await desk.run("payment-methods", "set", "--customer", "c-1", "--default", ids[1], "--backup", ids[0])
        let nobody = try await desk.program.run("payment-methods", "set", "--customer", "c-2", "--default", ids[0])
        #expect(nobody.status == 2 && nobody.error.contains("there is no customer c-2"))
    }

    @Test func nothingByHandBypassesTheLedger() async throws {
        let world = try await BillingWorld(cards: ["pm_card_visa"])
        _ = try await world.pass()
        let listed = try await world.program.run(
            "payment-intents", "list", "--customer", "c0", "--created-from",
            "2026-01-01T00:00:00Z", "--json")
        let intents = try listed.object()["payment_intents"] as? [[String: Any]]
        let intent = try #require(intents?.first)
        #expect(intent["status"] as? String == "succeeded" && intent["invoice"] as? Int == 1)
        let id = try #require(intent["id"] as? String)
        for verb in ["confirm", "cancel"] {
            let ended = try await world.program.run("payment-intents", verb, id)
            #expect(ended.status == 2 && ended.error.contains("collects invoice 1"), "\(ended.error)")
        }
        let again = try await world.program.run("payment-intents", "create", "--invoice", "1")
        #expect(again.status == 2 && again.error.contains("it is paid"))
        #expect(try await world.sandbox.audit().successes == 1)
    }
}

/// The program at a sandbox, with one gateway and raw card data switched on.
private struct Desk: Sendable {
    let program: Program
    let sandbox: SandboxProcess
    let gateway: GatewayName

    init(_ gateway: GatewayName, takesRawCards: Bool = true) async throws {
        var program = try Program()
        sandbox = try await SandboxProcess(program, now: BillingWorld.start, arguments: [])
        program.environment = [
            "\(gateway.prefix)_SECRET_KEY": SandboxProcess.key, "\(gateway.prefix)_BASE_URL": sandbox.baseURL,
            "\(gateway.prefix)_LIMITS_PER_SECOND": "1000",
            "\(gateway.prefix)_LIMITS_PER_ENDPOINT_PER_SECOND": "1000",
            "DUNLIN_ALLOW_RAW_CARD_DATA": takesRawCards ? "true" : "false",
            "DUNLIN_RETURN_URL": "https://example.com/back",
        ]
        self.program = program
        self.gateway = gateway
        #expect(try await program.run("init").status == 0)
    }

    /// The result of a command that must succeed.
    @discardableResult
    func run(_ arguments: String..., input: String = "") async throws -> [String: Any] {
        let ended = try await program.run(arguments + ["--json"], input: input)
        #expect(ended.status == 0, "\(arguments): \(ended.output) \(ended.error)")
        return try ended.object()
    }

    /// The customer takes a subscription that is due, without naming a card.
    func subscribe() async throws {
        try program.write(
            "id,customer_id,plan,amount_minor,currency,quantity,interval,interval_count,anchor,time_zone,"
                + "cancel_at_period_end,status\n"
                + "s-1,c-1,pro,1200,EUR,1,month,1,2026-03-01T09:00:00,UTC,false,active\n", to: "subscriptions.csv")
        let imported = try await program.run("import", "subscriptions.csv", "--now", BillingWorld.start)
        #expect(imported.status == 0, "\(imported.error)")
    }

    /// The status of a command that must fail, and the kind of the error on its standard output.
    func fails(_ arguments: String...) async throws -> (status: Int32, kind: String?) {
        let ended = try await program.run(arguments + ["--json"])
        return (ended.status, (try ended.object()["error"] as? [String: Any])?["kind"] as? String)
    }

    func list(_ name: String, _ arguments: String...) async throws -> [[String: Any]] {
        let ended = try await program.run([name, "list", "--json"] + arguments)
        #expect(ended.status == 0, "\(ended.error)")
        return try #require(try ended.json() as? [[String: Any]])
    }

    static func ids(_ page: [String: Any]) -> [String] {
        (page["setup_intents"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
    }

    static func card(_ number: String) -> String {
        #"{"number":"\#(number)","exp_month":"04","exp_year":"2027","cvc":"022","name":"XX XXX"}"#
    }

    /// Neither the data file nor any of its companions holds these texts, plain or in Base64.
    func expectNoTrace(of secrets: [String]) async throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: program.folder.file(""))
            .filter { $0.hasPrefix("dunlin.db") }
        #expect(!names.isEmpty)
        for name in names {
            let data = try Data(contentsOf: URL(filePath: program.folder.file(name)))
            for secret in secrets {
                #expect(data.range(of: Data(secret.utf8)) == nil, "\(name)")
                #expect(data.range(of: Data(Data(secret.utf8).base64EncodedString().utf8)) == nil, "\(name)")
            }
        }
    }
}

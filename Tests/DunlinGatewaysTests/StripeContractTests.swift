import DunlinCalendar
import DunlinCore
import DunlinSandbox
import Foundation
import Synchronization
import Testing

@testable import DunlinGateways

/// Every request that the driver sends, and every answer that the sandbox gives to it, against the schemas of Stripe's
/// interface. Where they are not beside the project, this is skipped.
@Suite(.enabled(if: JSONSchema.isThere, "the schemas of Stripe's interface are not at \(JSONSchema.path)"))
struct StripeContractTests {
    @Test func whatIsSentAndWhatTheSandboxAnswersIsAsDocumented() async throws {
        let recorder = Recorder()
        let shop = try Conforming(.stripe, listening: recorder)
        try await Self.speakOfEverything(shop)
        let requests = try JSONSchema(isForm: true)
        let answers = try JSONSchema(isForm: false)
        var seen: Set<String> = []
        for message in recorder.messages {
            let operation = message.operation
            seen.insert(operation)
            // The account, the hosted pages and the lists of money that is on its way out are not in the schemas.
            guard requests.knows(operation) else {
                let others = ["GET /v1/account", "GET /v1/disputes", "GET /v1/payouts", "GET /v1/balance_transactions"]
                #expect(others.contains(operation) || operation.contains("/checkout/"), "\(operation)")
                continue
            }
            #expect(requests.problems(ofRequest: operation, message.fields) == [], "\(operation) \(message.fields)")
            let body = try #require(JSON(parsing: message.response.body), "\(operation)")
            let problems = answers.problems(ofAnswer: operation, status: message.response.status, body)
            #expect(problems == [], "\(operation) \(message.response.status)")
        }
        let missing = Set(GatewayEndpoint.allCases.map(\.rawValue)).subtracting(seen)
        // WooshPay's hosted page, and what only events make the driver read.
        let others: [GatewayEndpoint] = [
            .createSetupSession, .retrieveDispute, .retrieveEvent, .retrieveMandate, .retrieveCustomer,
        ]
        #expect(missing == Set(others.map(\.rawValue)), "endpoints that this test does not reach")
    }

    @Test func theSchemaCatchesWhatIsNotDocumented() throws {
        let schema = try JSONSchema(isForm: true)
        let operation = "POST /v1/setup_intents"
        #expect(schema.problems(ofRequest: operation, [("usage", "off_session"), ("confirm", "true")]) == [])
        for wrong in [("usage", "later"), ("confirm", "yes"), ("unheard_of", "1"), ("payment_method_types", "card")] {
            #expect(schema.problems(ofRequest: operation, [wrong]) != [], "\(wrong)")
        }
        let answers = try JSONSchema(isForm: false)
        #expect(answers.problems(ofAnswer: operation, status: 200, .object([:])) != [])
    }

    /// Every call that there is, with every field.
    private static func speakOfEverything(_ shop: Conforming) async throws {
        let gateway = shop.gateway
        let metadata = MetadataChange(["k": "v"])
        _ = await gateway.createCustomer(
            CustomerRequest(email: "a@example.com", name: "A", metadata: metadata), idempotencyKey: "customer")
        let setup = try await shop.setup(
            SetupIntentRequest(
                customerID: shop.customerID, threeDSecure: .automatic, description: "d", metadata: metadata))
        _ = await gateway.updateSetupIntent(
            setup.id, SetupIntentChange(description: "", metadata: MetadataChange(["a": "b"], removed: ["k"])),
            idempotencyKey: "update")
        _ = await gateway.updateSetupIntent(
            setup.id, SetupIntentChange(metadata: MetadataChange(removesAll: true)), idempotencyKey: "update2")
        for (number, token) in ["pm_card_visa_chargeDeclined", "pm_card_visa"].enumerated() {
            _ = await gateway.confirmSetupIntent(
                setup.id, SetupIntentConfirmation(paymentMethodID: token, returnURL: Conforming.back),
                idempotencyKey: "confirm\(number)")
        }
        _ = await gateway.cancelSetupIntent(setup.id, reason: .abandoned, idempotencyKey: "late")
        let spare = try await shop.setup(SetupIntentRequest(), key: "spare")
        _ = await gateway.cancelSetupIntent(spare.id, reason: .duplicate, idempotencyKey: "cancel")
        _ = await gateway.createSetupIntent(try shop.rawSetup("4242424242424242"), idempotencyKey: "raw")
        _ = await gateway.createSetupIntent(try shop.rawSetup("4000002760003184"), idempotencyKey: "raw3ds")
        _ = await gateway.setupIntent(spare.id)
        _ = await gateway.setupIntents(
            SetupIntentQuery(
                customerID: shop.customerID, createdFrom: Harness.start, createdThrough: Harness.start.adding(days: 1),
                cursor: .endingBefore(spare.id), limit: 3))
        _ = await gateway.createSetupSession(
            SetupSessionRequest(
                customerID: shop.customerID, successURL: Conforming.back, cancelURL: Conforming.back,
                metadata: metadata), idempotencyKey: "session")
        for card in try await shop.value(gateway.paymentMethods(ofCustomer: shop.customerID)) {
            _ = await gateway.paymentMethod(card.id, customerID: shop.customerID)
        }
        try await speakOfPayments(shop)
        try await speakOfLists(shop)
    }

    /// What is listed to be compared.
    private static func speakOfLists(_ shop: Conforming) async throws {
        let query = MoneyQuery(createdFrom: Harness.start, createdThrough: Harness.start.adding(days: 1))
        let gateway = shop.gateway
        _ = await gateway.chargesPage(query)
        _ = await gateway.disputesPage(query)
        _ = await gateway.payoutsPage(query)
        _ = await gateway.balanceTransactionsPage(query, payoutID: nil)
        _ = await gateway.events(EventQuery(createdFrom: Harness.start))
    }

    private static func speakOfPayments(_ shop: Conforming) async throws {
        let gateway = shop.gateway
        let paid = try await shop.paid()
        _ = try await shop.refund(paid, minorUnits: 10)
        let refund = try await shop.refund(paid, minorUnits: 20, key: "second")
        _ = await gateway.refund(refund.id)
        _ = await gateway.refunds(ofIntent: paid.id)
        var request = try shop.request(card: try shop.card("pm_card_sandbox_insufficient_funds"), reference: "dl-2")
        request.description = "Plan A"
        request.statementSuffix = "NOV"
        let declined = try await shop.create(request)
        _ = await shop.confirm(declined, request)
        _ = await gateway.createAndConfirm(
            try shop.request(card: try shop.card(), reference: "dl-3"), idempotencyKey: "one", deadline: .none)
        _ = await gateway.update(
            declined.id,
            IntentChange(paymentMethodID: try shop.card(), description: "x", metadata: MetadataChange(["k": "v"])),
            idempotencyKey: "u")
        _ = await gateway.confirm(
            declined.id, IntentConfirmation(isOffSession: false, returnURL: Conforming.back), idempotencyKey: "c",
            deadline: .none)
        var byHand = HandIntentRequest(
            amount: request.amount, customerID: shop.customerID, paymentMethodID: try shop.card(),
            reference: "by-hand", metadata: MetadataChange(["k": "v"]))
        let open = try await shop.value(gateway.create(byHand, idempotencyKey: "h1", deadline: .none))
        _ = await gateway.cancel(open.id, reason: .requestedByCustomer, idempotencyKey: "h2")
        (byHand.confirms, byHand.isOffSession, byHand.returnURL) = (true, false, Conforming.back)
        _ = await gateway.create(byHand, idempotencyKey: "h3", deadline: .none)
        _ = await gateway.cancel(paid.id, idempotencyKey: "late")
        _ = await gateway.retrieve(paid.id)
        _ = await gateway.retrieve("pi_missing")
        _ = await gateway.intents(IntentQuery(customerID: shop.customerID, createdFrom: Harness.start))
        _ = await gateway.intents(reference: "dl-1")
        _ = await gateway.probe()
        _ = await gateway.identify()
    }
}

/// Keeps what passes by.
final class Recorder: Sendable {
    struct Message: Sendable {
        let request: HTTPRequest
        let response: HTTPResponse

        private var target: Substring {
            request.url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).last ?? ""
        }

        /// The endpoint's name: the ids in the path left out.
        var operation: String {
            let path = "/" + (target.split(separator: "?").first ?? "")
            let parts = path.split(separator: "/").map { part in
                part.contains("_") && part.contains(where: \.isNumber) || part == "pi_missing" ? "{id}" : String(part)
            }
            return "\(request.method) /\(parts.joined(separator: "/"))"
        }

        /// Of the query and of the body, their escapes resolved.
        var fields: [(String, String)] {
            let query = target.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
            return [query, String(decoding: request.body, as: UTF8.self)].flatMap { form in
                form.split(separator: "&").map { pair in
                    let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    return (Self.plain(parts[0]), parts.count > 1 ? Self.plain(parts[1]) : "")
                }
            }
        }

        private static func plain(_ text: Substring) -> String { String(text).removingPercentEncoding ?? String(text) }
    }

    private let kept = Mutex<[Message]>([])
    var messages: [Message] { kept.withLock { $0 } }
    func keep(_ message: Message) { kept.withLock { $0.append(message) } }
}

import DunlinCalendar
import DunlinLedger
public import DunlinSandbox

/// Creates the sample's customers and cards in a sandbox and takes over the ids that it gives them.
public struct SampleRegistration: Sendable {
    /// Of the sandbox's test mode.
    public static let key = "sk_test_sample0123456789"

    private let send: @Sendable (SandboxRequest) async throws -> SandboxResponse

    /// - Parameter send: carries a request to the sandbox.
    public init(send: @escaping @Sendable (SandboxRequest) async throws -> SandboxResponse) { self.send = send }

    public init(_ sandbox: Sandbox) { self.init { sandbox.handle($0) } }

    /// - Throws: `SimulationError` when the sandbox refuses a row.
    public func register(_ sample: inout SampleData) async throws {
        var gatewayIDs: [String: String] = [:]
        for index in sample.customers.indices {
            let customer = sample.customers[index]
            let created = try await post(
                "/v1/customers",
                [
                    ("email", customer.email ?? ""), ("name", customer.name ?? ""),
                    ("metadata[customer]", customer.id),
                    ("metadata[sandbox_utc_offset_minutes]", String(Self.offsetMinutes(customer.timeZone))),
                ])
            let id = created["id"]?.string ?? ""
            sample.customers[index].gatewayCustomerID = id
            gatewayIDs[customer.id] = id
        }
        for index in sample.cards.indices {
            let method = sample.cards[index].method
            sample.cards[index] = try await attach(sample.cards[index], to: gatewayIDs[method.customerID] ?? "")
        }
    }

    /// Saves a card for a customer of the sandbox; what it shows of the card is taken over.
    public func attach(_ card: SampleData.Card, to gatewayCustomerID: String) async throws -> SampleData.Card {
        let attached = try await post("/v1/payment_methods/\(card.token)/attach", [("customer", gatewayCustomerID)])
        var card = card
        card.method.gatewayPaymentMethodID = attached["id"]?.string ?? ""
        let shown = attached["card"]
        card.method.brand = shown?["brand"]?.string
        card.method.last4 = shown?["last4"]?.string
        card.method.expMonth = shown?["exp_month"]?.integer.map { Int($0) }
        card.method.expYear = shown?["exp_year"]?.integer.map { Int($0) }
        return card
    }

    /// What the customer's clocks are ahead of UTC in summer: an hour too much in winter never makes it another day at
    /// one minute past midnight.
    private static func offsetMinutes(_ zone: String?) -> Int {
        guard let zone = zone.flatMap({ Zone($0) }) else { return 0 }
        let seasons = [Instant(seconds: 1_767_225_600), Instant(seconds: 1_782_864_000)]
        return (seasons.map { zone.offsetSeconds(at: $0) }.max() ?? 0) / 60
    }

    private func post(_ path: String, _ fields: [(name: String, value: String)]) async throws -> JSONValue {
        let form = fields.map { "\($0.name)=\(Self.escaped($0.value))" }.joined(separator: "&")
        let response = try await send(
            SandboxRequest(
                method: "POST", path: path,
                headers: [
                    "authorization": "Bearer \(Self.key)", "content-type": "application/x-www-form-urlencoded",
                ], body: Array(form.utf8), dialect: .stripe))
        guard response.status == 200, let answer = try? JSONValue(parsing: response.body) else {
            throw SimulationError(
                .sampleRefused, "the sandbox answered \(path) with \(response.status)")
        }
        return answer
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }.joined()
    }
}

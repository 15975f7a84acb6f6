import DunlinCore

/// One request of a driver, before it has headers.
struct Call: Sendable {
    enum Effect: Sendable {
        /// Changes nothing: is repeated on faults.
        case read
        /// Is sent once.
        case write
    }

    let endpoint: GatewayEndpoint
    /// Without its query.
    let path: String
    var query: String = ""
    var body: [UInt8] = []
    var idempotencyKey: String?
    /// The object that the path names.
    var objectID: String?

    /// True where the path names one object and the answer is about another kind, such as a customer's cards.
    var answersWithAnother: Bool { endpoint == .listPaymentMethods || endpoint == .retrieveEvent }

    var method: String { String(endpoint.rawValue.prefix { $0 != " " }) }
    var effect: Effect { method == "GET" ? .read : .write }
    var target: String { query.isEmpty ? path : path + "?" + query }

    init(
        _ endpoint: GatewayEndpoint, objectID: String? = nil, query: String = "", body: [UInt8] = [],
        idempotencyKey: String? = nil
    ) {
        self.endpoint = endpoint
        self.objectID = objectID
        let template = String(endpoint.rawValue.drop { $0 != "/" })
        path = objectID.map { template.replacing("{id}", with: $0) } ?? template
        self.query = query
        self.body = body
        self.idempotencyKey = idempotencyKey
    }

    /// True for what may stand in a path: the gateways' ids do, and nothing else gets to change the path.
    static func isID(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

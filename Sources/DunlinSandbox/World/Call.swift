/// One request after its envelope was read: who asks, for which object, with which parameters.
struct Call {
    let dialect: SandboxDialect
    let livemode: Bool
    let parameters: Parameters
    /// The ids in the path, in order.
    let ids: [String]
    let requestID: String
    let idempotencyKey: String?
    let quirks: WooshPayQuirks
    /// The path without ids, as a list names itself.
    let path: String
    let version: StripeVersion

    var id: String { ids.first ?? "" }

    func view() throws(SandboxFailure) -> View {
        View(dialect: dialect, quirks: quirks, expansion: Expansion(try parameters.strings("expand") ?? []))
    }
}

/// How an object is written: in which dialect, and with which of its references written out.
struct View {
    var dialect: SandboxDialect
    var quirks: WooshPayQuirks
    var expansion = Expansion([])

    /// The view of the object behind a reference.
    func inside(_ name: String) -> View? {
        expansion.children[name].map { View(dialect: dialect, quirks: quirks, expansion: $0) }
    }
}

/// The paths of `expand[]` as a tree.
struct Expansion {
    /// Stripe's limit on the depth of an expansion.
    private static let depthMax = 4

    private(set) var children: [String: Expansion] = [:]

    init(_ paths: [String]) {
        for path in paths { insert(path.split(separator: ".").prefix(Self.depthMax).map(String.init)[...]) }
    }

    private mutating func insert(_ path: ArraySlice<String>) {
        guard let first = path.first else { return }
        children[first, default: Expansion([])].insert(path.dropFirst())
    }
}

/// What a handler answers; failures are thrown.
struct Reply {
    var status = 200
    var body: [UInt8]
    var contentType = "application/json"
    var headers: [SandboxHeader] = []
}

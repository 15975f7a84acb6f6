import Foundation

/// What each code of a decline means for later attempts, as reviewed in `config/declines.json`.
///
/// Evidence is weighed so: the stricter class wins, whoever says it, as a card that one party rules out is not saved by
/// another's silence. Among equally strict ones the network's advice beats the gateway's, which beats the decline
/// code. Among codes that all allow another try, the decline code tells most about when (pay days help against an empty
/// account, not against a network fault), and the longest wait that any of them asks for is kept.
public struct DeclineTable: Sendable {
    /// What is done about a code that has no row.
    public struct Unknown: Hashable, Sendable {
        public let declineClass: DeclineClass
        /// At most this many attempts in all.
        public let triesMax: Int
    }

    public let version: Int
    public let unknown: Unknown
    let rows: [DeclineRow]
    private let index: [DeclineRow.Key: DeclineRow]

    /// Reads the text of `declines.json`, whole or not at all.
    public init(parsing text: String) throws(DeclineTableError) {
        let file: DeclineFile
        do {
            file = try JSONDecoder().decode(DeclineFile.self, from: Data(text.utf8))
        } catch {
            throw DeclineTableError(decoding: error)
        }
        var index: [DeclineRow.Key: DeclineRow] = [:]
        for (position, row) in file.rows.enumerated() {
            if let problem = row.problem { throw DeclineTableError(.badRow, row: position + 1, problem) }
            guard index.updateValue(row, forKey: row.key) == nil else {
                throw DeclineTableError(.badRow, row: position + 1, "\(row.code) has a row already")
            }
        }
        guard file.version == 1 else {
            throw DeclineTableError(.badVersion, row: nil, "version is \(file.version); this program reads version 1")
        }
        guard file.unknown.class.mayRetry, file.unknown.triesMax >= 1 else {
            throw DeclineTableError(.badRow, row: nil, "unknown must be a class that may be tried again, at least once")
        }
        version = file.version
        unknown = Unknown(declineClass: file.unknown.class, triesMax: file.unknown.triesMax)
        rows = file.rows
        self.index = index
    }

    /// What the decline means.
    ///
    /// - Parameter brand: the card's, in any spelling of the gateways; nil where it is not known. A network's rule for
    ///   another brand is not applied; with an unknown brand it is, since breaking a network's rule costs a fee.
    public func classify(_ decline: Decline, gateway: GatewayKind, brand: String?) -> ClassifiedDecline {
        let evidence = evidence(of: decline, gateway: gateway, brand: Self.normalized(brand))
        let wait = evidence.compactMap(\.waitSeconds).max()
        guard let strictest = evidence.map(\.class.strictness).max() else {
            return ClassifiedDecline(
                declineClass: unknown.declineClass, waitSeconds: nil, triesMax: unknown.triesMax,
                reason: unknown.declineClass.plainWords, isKnown: false)
        }
        let weighed = evidence.filter { $0.class.strictness == strictest }
        let deciding = strictest == DeclineClass.issuerSoft.strictness ? weighed.last : weighed.first
        let declineClass = deciding?.class ?? unknown.declineClass
        let isKnown = !hasUnknownCode(decline, gateway: gateway) || !declineClass.mayRetry
        return ClassifiedDecline(
            declineClass: declineClass, waitSeconds: declineClass.mayRetry ? wait : nil,
            triesMax: isKnown ? nil : unknown.triesMax, reason: deciding?.text ?? declineClass.plainWords,
            isKnown: isKnown)
    }

    /// The rows that speak about the decline, in order of precedence.
    private func evidence(of decline: Decline, gateway: GatewayKind, brand: String?) -> [DeclineRow] {
        [
            networkRow(.networkAdviceCode, decline.networkAdviceCode, brand),
            networkRow(.networkDeclineCode, decline.networkDeclineCode, brand),
            row(.adviceCode, decline.adviceCode, gateway),
            // An error code such as `card_declined` only says that there is a decline code.
            codeRow(decline, gateway),
        ].compactMap { $0 }
    }

    private func codeRow(_ decline: Decline, _ gateway: GatewayKind) -> DeclineRow? {
        row(.declineCode, decline.declineCode, gateway) ?? row(.errorCode, decline.declineCode, gateway)
            ?? row(.errorCode, decline.code, gateway) ?? row(.declineCode, decline.code, gateway)
    }

    private func hasUnknownCode(_ decline: Decline, gateway: GatewayKind) -> Bool {
        guard let code = decline.declineCode ?? decline.code else { return false }
        return row(.declineCode, code, gateway) == nil && row(.errorCode, code, gateway) == nil
    }

    private func row(_ kind: DeclineRow.Kind, _ code: String?, _ gateway: GatewayKind) -> DeclineRow? {
        code.flatMap { index[DeclineRow.Key(gateway: gateway.rawValue, kind: kind, code: $0, brand: nil)] }
    }

    private func networkRow(_ kind: DeclineRow.Kind, _ code: String?, _ brand: String?) -> DeclineRow? {
        guard let code else { return nil }
        let brands = brand.map { [$0] } ?? ["visa", "mastercard"]
        return brands.lazy.compactMap { brand in
            index[DeclineRow.Key(gateway: DeclineRow.anyGateway, kind: kind, code: code, brand: brand)]
        }.first
    }

    /// `MasterCard` and `mastercard` are one brand.
    private static func normalized(_ brand: String?) -> String? {
        let letters = brand?.lowercased().filter(\.isLetter) ?? ""
        return letters.isEmpty || letters == "unknown" ? nil : letters
    }
}

/// A decline, read for what comes next.
public struct ClassifiedDecline: Hashable, Sendable {
    public var declineClass: DeclineClass
    /// Not before this long after the attempt, where a network or the gateway says so.
    public var waitSeconds: Int64?
    /// At most this many attempts in all; nil where the policy alone decides.
    public var triesMax: Int?
    /// In plain words, for the merchant and fit for the customer: never that a card was reported lost or stolen or is
    /// suspected, which the networks forbid to tell.
    public var reason: String
    /// False when the most telling code has no row.
    public var isKnown: Bool

    public init(
        declineClass: DeclineClass, waitSeconds: Int64? = nil, triesMax: Int? = nil, reason: String, isKnown: Bool
    ) {
        self.declineClass = declineClass
        self.waitSeconds = waitSeconds
        self.triesMax = triesMax
        self.reason = reason
        self.isKnown = isKnown
    }
}

extension DeclineClass {
    /// How much a class rules out: another try, then every try without the customer, then the card.
    fileprivate var strictness: Int {
        switch self {
        case .funds, .transient, .issuerSoft: 0
        case .needsMethod, .needsAuth: 1
        case .never: 2
        }
    }

    /// What is said where a row has no words of its own. `never` sounds like any decline on purpose.
    fileprivate var plainWords: String {
        switch self {
        case .funds: "The card had not enough money for the charge."
        case .transient: "The bank or its network could not answer at the moment."
        case .issuerSoft, .never: "The bank declined the charge."
        case .needsMethod: "This card cannot be charged; another one is needed."
        case .needsAuth: "The bank wants the customer to confirm the payment."
        }
    }
}

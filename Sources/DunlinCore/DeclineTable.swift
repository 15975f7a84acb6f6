import Foundation

/// What each code of a decline means for later attempts, as reviewed in `config/declines.json`.
///
/// Several voices may speak about one decline, and they contradict each other. They are weighed so: the network's advice
/// beats the gateway's, which beats the decline codes; but whoever says that the card is never to be charged again is
/// believed, as what is final is never retried (P6), and a bank that wants the customer is not asked without one. Advice
/// that allows another try leaves it to the decline code when, if that allows one too: pay days help against an empty
/// account, not against a fault of the network. A wait that the network's advice names is obeyed to the minute.
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
        let voices = Voices(decline, gateway: gateway, brand: Self.normalized(brand), table: self)
        guard let deciding = voices.deciding else {
            return ClassifiedDecline(
                declineClass: unknown.declineClass, waitSeconds: nil, triesMax: unknown.triesMax,
                reason: unknown.declineClass.plainWords, isKnown: false)
        }
        let declineClass = deciding.class
        let isKnown = !hasUnknownCode(decline, gateway: gateway) || !declineClass.mayRetry
        let networks = voices.networkAdvice?.waitSeconds
        let wait = networks ?? voices.all.compactMap(\.waitSeconds).max()
        return ClassifiedDecline(
            declineClass: declineClass, waitSeconds: declineClass.mayRetry ? wait : nil,
            isNetworksWait: declineClass.mayRetry && networks != nil, triesMax: isKnown ? nil : unknown.triesMax,
            reason: deciding.text ?? declineClass.plainWords, isKnown: isKnown,
            source: "\(deciding.source), \(deciding.edition)")
    }

    /// The rows that speak about one decline.
    private struct Voices {
        let networkAdvice: DeclineRow?
        let gatewayAdvice: DeclineRow?
        let networkCode: DeclineRow?
        /// An error code such as `card_declined` only says that there is a decline code.
        let code: DeclineRow?

        init(_ decline: Decline, gateway: GatewayKind, brand: String?, table: DeclineTable) {
            networkAdvice = table.networkRow(.networkAdviceCode, decline.networkAdviceCode, brand)
            gatewayAdvice = table.row(.adviceCode, decline.adviceCode, gateway)
            networkCode = table.networkRow(.networkDeclineCode, decline.networkDeclineCode, brand)
            code = table.codeRow(decline, gateway)
        }

        var all: [DeclineRow] { [networkAdvice, gatewayAdvice, networkCode, code].compactMap { $0 } }

        /// The one whose class holds; nil when nobody says anything.
        var deciding: DeclineRow? {
            if let final = all.first(where: { $0.class == .never }) { return final }
            let codes = [networkCode, code].compactMap { $0 }
            if let absent = codes.first(where: { $0.class == .needsAuth }) { return absent }
            // The code of the issuer tells more about when than the network's own.
            let said = codes.first { !$0.class.mayRetry } ?? codes.last
            guard let advice = [networkAdvice, gatewayAdvice].compactMap({ $0 }).first(where: \.isAdvice) else {
                return said ?? all.first
            }
            guard advice.class.mayRetry, let said, said.class.mayRetry else { return advice }
            return said
        }
    }

    fileprivate func codeRow(_ decline: Decline, _ gateway: GatewayKind) -> DeclineRow? {
        row(.declineCode, decline.declineCode, gateway) ?? row(.errorCode, decline.declineCode, gateway)
            ?? row(.errorCode, decline.code, gateway) ?? row(.declineCode, decline.code, gateway)
    }

    private func hasUnknownCode(_ decline: Decline, gateway: GatewayKind) -> Bool {
        guard let code = decline.declineCode ?? decline.code else { return false }
        return row(.declineCode, code, gateway) == nil && row(.errorCode, code, gateway) == nil
    }

    fileprivate func row(_ kind: DeclineRow.Kind, _ code: String?, _ gateway: GatewayKind) -> DeclineRow? {
        code.flatMap { index[DeclineRow.Key(gateway: gateway.rawValue, kind: kind, code: $0, brand: nil)] }
    }

    fileprivate func networkRow(_ kind: DeclineRow.Kind, _ code: String?, _ brand: String?) -> DeclineRow? {
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
    /// How long to wait after the attempt, where the network or the gateway says so.
    public var waitSeconds: Int64?
    /// The network named the wait: it takes the place of the schedule's. One of the gateway only ever makes it longer.
    public var isNetworksWait: Bool
    /// At most this many attempts in all; nil where the policy alone decides.
    public var triesMax: Int?
    /// In plain words, for the merchant and fit for the customer: never that a card was reported lost or stolen or is
    /// suspected, which the networks forbid to tell.
    public var reason: String
    /// False when the most telling code has no row.
    public var isKnown: Bool
    /// Where the row that decided comes from, and of which day; nil where none did.
    public var source: String?

    public init(
        declineClass: DeclineClass, waitSeconds: Int64? = nil, isNetworksWait: Bool = false, triesMax: Int? = nil,
        reason: String, isKnown: Bool, source: String? = nil
    ) {
        self.declineClass = declineClass
        self.waitSeconds = waitSeconds
        self.isNetworksWait = isNetworksWait
        self.triesMax = triesMax
        self.reason = reason
        self.isKnown = isKnown
        self.source = source
    }
}

extension DeclineClass {
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

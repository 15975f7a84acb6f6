/// One payment as one side tells it. What a side does not tell is nil, and is not compared.
public struct MoneySide: Hashable, Sendable {
    /// Words that differ within one of these move no money by themselves, and no two processors use the same.
    public enum Standing: String, Hashable, Sendable {
        case open, succeeded, canceled

        public init(_ status: IntentStatus) {
            switch status {
            case .succeeded: self = .succeeded
            case .canceled: self = .canceled
            default: self = .open
            }
        }
    }

    public var amount: Money?
    public var standing: Standing?
    /// In minor units of the amount.
    public var refundedMinor: Int64?
    /// The card holder contests it, or has contested it.
    public var isDisputed: Bool?

    public init(
        amount: Money? = nil, standing: Standing? = nil, refundedMinor: Int64? = nil, isDisputed: Bool? = nil
    ) {
        self.amount = amount
        self.standing = standing
        self.refundedMinor = refundedMinor
        self.isDisputed = isDisputed
    }
}

/// One thing that the two sides tell differently, as both tell it.
public struct MoneyDifference: Hashable, Sendable {
    public enum Field: String, Hashable, Sendable, CaseIterable {
        case amount, currency, status, refunded, dispute
    }

    public var field: Field
    public var ledger: String
    public var gateway: String

    public init(_ field: Field, ledger: String, gateway: String) {
        self.field = field
        self.ledger = ledger
        self.gateway = gateway
    }
}

/// Compares the two sides of one payment, to the minor unit (money.md 33).
public enum MoneyComparison {
    public static func differences(ledger: MoneySide, gateway: MoneySide) -> [MoneyDifference] {
        var found: [MoneyDifference] = []
        func compare<T: Equatable>(
            _ field: MoneyDifference.Field, _ left: T?, _ right: T?, _ text: (T) -> String
        ) {
            guard let left, let right, left != right else { return }
            found.append(MoneyDifference(field, ledger: text(left), gateway: text(right)))
        }
        compare(.currency, ledger.amount?.currency, gateway.amount?.currency) { $0.code }
        // Amounts of two currencies say nothing about each other.
        if found.isEmpty { compare(.amount, ledger.amount, gateway.amount) { $0.description } }
        compare(.status, ledger.standing, gateway.standing) { $0.rawValue }
        compare(.refunded, ledger.refundedMinor, gateway.refundedMinor) { minor in
            let currency = ledger.amount?.currency ?? gateway.amount?.currency
            return currency.map { Money(minorUnits: minor, currency: $0).description } ?? String(minor)
        }
        compare(.dispute, ledger.isDisputed, gateway.isDisputed) { $0 ? "disputed" : "not disputed" }
        return found
    }
}

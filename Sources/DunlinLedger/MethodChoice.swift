public import DunlinCalendar
public import DunlinDatabase

/// Which payment method a try uses: the subscription's own, else the customer's default, else the backup that the
/// customer agreed to. One that cannot or may not be charged is passed over, with the reason (P6).
public enum MethodChoice {
    /// Why a method is not taken.
    public enum Why: Hashable, Sendable {
        case notCard, expired, otherBrand, noConsent
        case closed(RetryBudget.Cause)
        /// It may be charged, and was declined for this invoice already.
        case declinedBefore
    }

    public struct PassedOver: Hashable, Sendable {
        public var methodID: String
        public var why: Why
        /// For a person.
        public var text: String
    }

    public struct Choice: Hashable, Sendable {
        public var method: PaymentMethod?
        public var passedOver: [PassedOver] = []

        /// Why each candidate was passed over, in plain words.
        public var reason: String {
            if passedOver.isEmpty { return "the customer has no payment method" }
            return passedOver.map(\.text).joined(separator: "; ")
        }
    }

    /// A method with what is known against it.
    public struct Candidate: Hashable, Sendable {
        public var method: PaymentMethod
        /// The brand under which the customer agreed to be charged.
        public var agreedBrand: String?
        public var closings: [RetryBudget.Closing]

        public init(method: PaymentMethod, agreedBrand: String?, closings: [RetryBudget.Closing]) {
            self.method = method
            self.agreedBrand = agreedBrand
            self.closings = closings
        }
    }

    /// - Parameters:
    ///   - day: of the try, in the subscription's zone: a card is good to the end of its month.
    ///   - attempts: on the same invoice so far. A backup is tried once, after a decline of the method before it.
    public static func choose(
        for subscription: Subscription, gateway: String, on day: LocalDate, after attempts: [Attempt] = [],
        _ tx: Transaction
    ) throws -> Choice {
        let candidates = try PaymentMethods.candidates(ofCustomer: subscription.customerID, gateway: gateway, tx)
        return choose(candidates, ownID: subscription.paymentMethodID, on: day, after: attempts)
    }

    /// The rule itself.
    ///
    /// - Parameter ownID: the method that the subscription names.
    public static func choose(
        _ candidates: [Candidate], ownID: String?, on day: LocalDate, after attempts: [Attempt]
    ) -> Choice {
        let own = candidates.filter { $0.method.id == ownID }
        let defaults = candidates.filter { $0.method.isDefault && $0.method.id != ownID }
        let backups = candidates.filter { $0.method.isBackup && !$0.method.isDefault && $0.method.id != ownID }
        var choice = Choice()
        let first = take(own + defaults, on: day, &choice)
        var passedOver = Choice()
        let backup = take(backups, on: day, isBackup: true, &passedOver)
        guard let first else {
            choice.passedOver += passedOver.passedOver
            choice.method = backup
            return choice
        }
        let declined = attempts.filter { $0.state == .declined }
        if let backup, let last = declined.last(where: { $0.isOf(first) }),
            !declined.contains(where: { $0.isOf(backup) })
        {
            choice.passedOver.append(
                PassedOver(
                    methodID: first.id, why: .declinedBefore,
                    text: "\(first.id) was declined by attempt \(last.number), so the backup is tried once"))
            choice.method = backup
        } else {
            choice.method = first
        }
        return choice
    }

    private static func take(
        _ candidates: [Candidate], on day: LocalDate, isBackup: Bool = false, _ choice: inout Choice
    ) -> PaymentMethod? {
        for candidate in candidates {
            guard let (why, text) = obstacle(candidate, on: day, isBackup: isBackup) else { return candidate.method }
            choice.passedOver.append(PassedOver(methodID: candidate.method.id, why: why, text: text))
        }
        return nil
    }

    private static func obstacle(_ candidate: Candidate, on day: LocalDate, isBackup: Bool) -> (Why, String)? {
        let method = candidate.method
        if method.type != "card" { return (.notCard, "\(method.id) is of type \(method.type)") }
        if isBackup, method.consentAt?.isEmpty ?? true {
            return (.noConsent, "\(method.id) is a backup, and no consent to charge it is on record")
        }
        if let closing = candidate.closings.first(where: { $0.blocks(method) }) {
            return (.closed(closing.cause), "\(method.id) is charged no more: \(closing.reason)")
        }
        if let agreed = candidate.agreedBrand, let brand = method.brand, CardBrand.differ(agreed, brand) {
            return (
                .otherBrand,
                "\(method.id) is \(brand) now, and the customer agreed to \(agreed): it needs a new agreement"
            )
        }
        guard let year = method.expYear, let month = method.expMonth, (year, month) < (day.year, day.month) else {
            return nil
        }
        return (.expired, "\(method.id) expires \(month < 10 ? "0" : "")\(month)/\(year), before it is charged")
    }
}

/// Names of card brands, which each gateway and each owner writes in their own way.
enum CardBrand {
    private static let known: [(part: String, brand: String)] = [
        ("visa", "visa"), ("mastercard", "mastercard"), ("amex", "amex"), ("americanexpress", "amex"),
        ("discover", "discover"), ("diners", "diners"), ("jcb", "jcb"), ("unionpay", "unionpay"),
        ("cartebancaire", "cb"), ("cartesbancaires", "cb"), ("maestro", "maestro"), ("interac", "interac"),
    ]

    /// True where both are brands that are known, and other ones.
    static func differ(_ one: String, _ other: String) -> Bool {
        guard let one = plain(one), let other = plain(other) else { return false }
        return one != other
    }

    private static func plain(_ brand: String) -> String? {
        let letters = String(brand.lowercased().filter { $0.isASCII && $0.isLetter })
        return known.first { letters.contains($0.part) }?.brand
    }
}

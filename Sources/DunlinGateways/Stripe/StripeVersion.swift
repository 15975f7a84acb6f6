/// The version of Stripe's interface that requests are written for, and what differs between versions (stripe.md 0.2).
enum StripeVersion: String, Sendable, CaseIterable {
    case dahlia = "2026-07-29.dahlia"
    case endive = "2026-09-30.endive"

    /// The one place to change when moving on.
    static let current = StripeVersion.dahlia

    /// Restricts an intent to cards, so that no method of the dashboard asks for a `return_url`. From endive on
    /// `payment_method_types` can only be read.
    var cardsOnly: (String, String) {
        switch self {
        case .dahlia: ("payment_method_types[0]", "card")
        case .endive: ("allowed_payment_method_types[0]", "card")
        }
    }
}

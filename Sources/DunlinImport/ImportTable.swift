/// The tables that can be imported, in the order in which they need each other.
public enum ImportTable: String, CaseIterable, Hashable, Sendable {
    case customers
    case paymentMethods = "payment_methods"
    case subscriptions
    case adjustments

    /// The columns a file must have.
    public var requiredColumns: [String] { layout.required }
    /// The columns a file may leave out.
    public var optionalColumns: [String] { layout.optional }

    var columns: [String] { layout.required + layout.optional }

    private var layout: (required: [String], optional: [String]) {
        switch self {
        case .customers:
            (["id", "gateway", "gateway_customer_id", "email", "name", "country", "time_zone"], ["locale"])
        case .paymentMethods:
            (
                [
                    "id", "customer_id", "gateway_payment_method_id", "type", "brand", "last4", "exp_month", "exp_year",
                    "is_default", "is_backup",
                ], ["consent_at", "fingerprint", "country", "funding"]
            )
        case .subscriptions:
            (
                [
                    "id", "customer_id", "plan", "amount_minor", "currency", "quantity", "interval", "interval_count",
                    "anchor", "time_zone", "cancel_at_period_end", "status",
                ],
                [
                    "payment_method_id", "trial_end", "bill_on", "ends_at", "bill_from", "replaces", "parallel",
                    "entity", "invoice_number", "on_resume",
                ]
            )
        case .adjustments:
            (["id", "subscription_id", "amount_minor", "currency", "reason"], ["apply_to_period"])
        }
    }
}

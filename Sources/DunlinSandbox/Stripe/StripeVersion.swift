/// The API version that a request asks for by its `Stripe-Version` header (docs.stripe.com/api/versioning).
struct StripeVersion: Hashable {
    /// What answers look like, whichever version was asked for.
    static let pinned = StripeVersion(name: "2026-07-29.dahlia")

    /// `2026-07-29.dahlia`; the date alone before 2024.
    let name: String

    private init(name: String) { self.name = name }

    /// - Throws: 400 for what is no version.
    init(header: String?) throws(SandboxFailure) {
        guard let header else {
            self = .pinned
            return
        }
        let date = header.prefix(10).split(separator: "-", omittingEmptySubsequences: false)
        guard date.map(\.count) == [4, 2, 2], date.allSatisfy({ $0.allSatisfy(\.isWholeNumber) }) else {
            throw SandboxFailure(400, .invalidRequest, "Invalid Stripe API version: \(header)")
        }
        name = header
    }

    /// From 2026-09-30.endive on `payment_method_types` cannot be written any more.
    var refusesMethodTypes: Bool { name.prefix(10) >= "2026-09-30" }

    func checkMethodTypes(_ parameters: Parameters) throws(SandboxFailure) {
        guard refusesMethodTypes, parameters.has("payment_method_types") else { return }
        throw .parameter(
            "payment_method_types_no_longer_supported", "payment_method_types",
            "payment_method_types is no longer supported. Use allowed_payment_method_types.")
    }
}

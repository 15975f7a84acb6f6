/// How a saved payment method is shown to people; never more of its number than the last four digits.
enum MethodWords {
    /// Such as `visa •4242`; nil where nothing is known.
    static func text(name: String?, last4: String?) -> String? {
        let parts = [name, last4.map { "•\($0)" }].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }

    /// `yyyy-MM`.
    static func expiry(year: Int64?, month: Int64?) -> String? {
        guard let year, let month else { return nil }
        return "\(year)-\(month < 10 ? "0" : "")\(month)"
    }
}

/// Why a report or a look at the ledger could not be given.
public struct ReportError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// There is no row with that id.
        case notFound = "not_found"
        /// A cell that the ledger's own rules do not allow; `prove` says more.
        case unreadable
        /// A sum that does not fit.
        case overflow
        /// A filter that means nothing here.
        case badFilter = "bad_filter"
    }

    public let code: Code
    public let text: String

    public init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }

    public var description: String { text }
}

/// Why a sandbox server cannot start.
public struct SandboxServerError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        case stateFileUnreadable
        case stateFileForeign
    }

    public let code: Code
    public let path: String
    /// What the reader can do.
    public let advice: String

    public var description: String { "\(path): \(advice)" }
}

/// Why an import could not even be read. What is wrong inside the files is in `ImportResult.problems`.
///
/// Never holds a value of a file, nor card data.
public struct ImportError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The file is not there, may not be read, or reading failed in the middle.
        case unreadable
        /// Neither the file's name nor the caller says which table it is for.
        case unknownTable = "unknown_table"
        case noFiles = "no_files"
        /// No room, or no permission, for the temporary copy of what can be read only once.
        case notSpooled = "not_spooled"
    }

    public let code: Code
    /// The file as the caller named it.
    public let file: String?
    public let text: String

    public init(_ code: Code, file: String? = nil, _ text: String) {
        self.code = code
        self.file = file
        self.text = text
    }

    public var description: String { file.map { "\($0): \(text)" } ?? text }
}

/// One file, or one stream, to import.
public struct ImportSource: Sendable {
    /// Reads at most so many bytes; none at the end.
    public typealias Read = @Sendable (_ countMax: Int) throws -> [UInt8]

    enum Content: Sendable {
        case file(path: String)
        case stream(Read)
    }

    /// As the caller named it; problems are reported under it.
    public let name: String
    let content: Content
    let givenTable: ImportTable?

    /// A file; its table is `table`, or else the one its name begins with (`customers.csv`).
    public static func file(_ path: String, table: ImportTable? = nil) -> ImportSource {
        ImportSource(name: path, content: .file(path: path), givenTable: table)
    }

    /// What can be read only once, such as standard input (`-`).
    public static func stream(name: String = "-", table: ImportTable?, read: @escaping Read) -> ImportSource {
        ImportSource(name: name, content: .stream(read), givenTable: table)
    }

    /// - Throws: `ImportError.unknownTable`.
    func table() throws(ImportError) -> ImportTable {
        if let givenTable { return givenTable }
        let fileName = name.split(separator: "/").last ?? ""
        let stem = fileName.prefix { $0 != "." }
        guard stem.count < fileName.count, let table = ImportTable(rawValue: String(stem)) else {
            let names = ImportTable.allCases.map(\.rawValue).joined(separator: ", ")
            throw ImportError(
                .unknownTable, file: name,
                "which table is it for? Name the file after it (\(ImportTable.customers.rawValue).csv) or pass --table:"
                    + " \(names)")
        }
        return table
    }
}

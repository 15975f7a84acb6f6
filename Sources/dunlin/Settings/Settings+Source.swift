import DunlinImport

extension Settings {
    /// The owner's own tables; nil where no file is named.
    static func source(_ reader: SettingsReader) -> Source? {
        let path = reader.text("source.path")
        let vanished: OwnerSource.Vanished? = reader.choice("source.vanished")
        let every = reader.integer("source.every_seconds", in: 1...86_400)
        var queries: [ImportTable: String] = [:]
        for table in ImportTable.allCases { queries[table] = reader.text("source.\(table.rawValue)") }
        guard let path else {
            if let table = ImportTable.allCases.first(where: { queries[$0] != nil }) {
                let name = "source.\(table.rawValue)"
                reader.report("\(name): needs source.path, the file to read", at: reader.origin(of: name))
            }
            return nil
        }
        for table in ImportTable.allCases where table != .adjustments && queries[table] == nil {
            reader.report(
                "source.path: needs source.\(table.rawValue), a SELECT", at: reader.written("source.path")?.origin)
        }
        guard let vanished, let every else { return nil }
        return Source(
            tables: OwnerSource(path: path, queries: queries, vanished: vanished), everySeconds: every)
    }
}

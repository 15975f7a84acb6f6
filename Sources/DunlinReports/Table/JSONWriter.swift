/// Writes an array of objects, one row a line, keys in the order of the columns.
public struct JSONWriter: RowSink {
    private var keys: [String] = []
    private var rowCount = 0
    private let output: TextOutput

    public init(output: @escaping TextOutput) { self.output = output }

    public mutating func begin(_ columns: [ReportColumn]) throws {
        keys = columns.map { JSONText.quoted($0.name) + ": " }
        try output("[")
    }

    public mutating func write(_ cells: [Cell]) throws {
        let members = zip(keys, cells).map { $0 + JSONText.value($1) }
        try output((rowCount == 0 ? "\n" : ",\n") + "  {" + members.joined(separator: ", ") + "}")
        rowCount += 1
    }

    public func end() throws { try output(rowCount == 0 ? "]\n" : "\n]\n") }
}

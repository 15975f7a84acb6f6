/// All there is to tell about one row: its own fields, then the rows that belong to it.
public struct Story: Hashable, Sendable {
    public struct Field: Hashable, Sendable {
        public let name: String
        public let cell: Cell

        init(_ name: String, _ cell: Cell) {
            self.name = name
            self.cell = cell
        }
    }

    /// Rows that belong to the one that is shown, such as the attempts on an invoice.
    public struct Part: Hashable, Sendable {
        public let name: String
        public let columns: [ReportColumn]
        public let rows: [[Cell]]
    }

    /// Such as `invoice 12`.
    public let title: String
    public let fields: [Field]
    public let parts: [Part]
    /// More rows of a part than this are not shown.
    static let rowsMax = 200
}

extension Story: Encodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    private struct Record: Encodable {
        let columns: [ReportColumn]
        let cells: [Cell]

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            for (column, cell) in zip(columns, cells) { try container.encode(cell, forKey: Key(column.name)) }
        }
    }

    /// One object: the fields by name, the parts as arrays of objects.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for field in fields { try container.encode(field.cell, forKey: Key(field.name)) }
        for part in parts {
            let records = part.rows.map { Record(columns: part.columns, cells: $0) }
            try container.encode(records, forKey: Key(part.name))
        }
    }
}

extension Cell: Encodable {
    /// Numbers as numbers; money as text in major units.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .empty: try container.encodeNil()
        case .integer(let number): try container.encode(number)
        case .text, .money, .date, .time: try container.encode(plainText)
        }
    }
}

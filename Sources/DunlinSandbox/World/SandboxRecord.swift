/// An object of the gateway. Records are classes, so that an index and its object never disagree.
protocol SandboxRecord: AnyObject {
    var header: RecordHeader { get }
}

/// What every record has from the start.
struct RecordHeader {
    let id: String
    /// Counts all records in the order in which they were made.
    let serial: Int
    /// Milliseconds since 1970.
    let created: Int64
    let dialect: SandboxDialect
    let livemode: Bool
}

/// The records of one kind: by id, and in the order of their making per dialect, since each dialect lists only its
/// own.
struct Store<Record: SandboxRecord> {
    private var byID: [String: Record] = [:]
    private var stripe: [Record] = []
    private var wooshpay: [Record] = []

    var count: Int { byID.count }

    subscript(id: String) -> Record? { byID[id] }

    /// Oldest first.
    func records(_ dialect: SandboxDialect) -> [Record] { dialect == .stripe ? stripe : wooshpay }

    mutating func insert(_ record: Record) {
        byID[record.id] = record
        switch record.dialect {
        case .stripe: stripe.append(record)
        case .wooshpay: wooshpay.append(record)
        }
    }

    mutating func remove(_ record: Record) {
        byID[record.id] = nil
        stripe.removeAll { $0 === record }
        wooshpay.removeAll { $0 === record }
    }

    /// Forgets the records made before an instant that may be forgotten.
    ///
    /// - Returns: the forgotten ones.
    @discardableResult
    mutating func prune(before instant: Int64, where mayGo: (Record) -> Bool = { _ in true }) -> [Record] {
        let old = [stripe, wooshpay].flatMap { list in list.prefix { $0.created < instant }.filter(mayGo) }
        guard !old.isEmpty else { return [] }
        for record in old { byID[record.id] = nil }
        stripe.removeAll { byID[$0.id] == nil }
        wooshpay.removeAll { byID[$0.id] == nil }
        return old
    }
}

extension SandboxRecord {
    var id: String { header.id }
    var serial: Int { header.serial }
    var created: Int64 { header.created }
    var dialect: SandboxDialect { header.dialect }
    var livemode: Bool { header.livemode }
}

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
///
/// Ids are indexed when one is asked for: of most kinds nobody asks.
final class Store<Record: SandboxRecord> {
    private var byID: [String: Record] = [:]
    private var unindexed: [Record] = []
    private var stripe: [Record] = []
    private var wooshpay: [Record] = []

    var count: Int { stripe.count + wooshpay.count }

    subscript(id: String) -> Record? {
        if !unindexed.isEmpty {
            for record in unindexed { byID[record.id] = record }
            unindexed.removeAll(keepingCapacity: true)
        }
        return byID[id]
    }

    /// Oldest first.
    func records(_ dialect: SandboxDialect) -> [Record] { dialect == .stripe ? stripe : wooshpay }

    func insert(_ record: Record) {
        unindexed.append(record)
        switch record.dialect {
        case .stripe: stripe.append(record)
        case .wooshpay: wooshpay.append(record)
        }
    }

    func remove(_ record: Record) { remove([record]) }

    /// Forgets the records made before an instant that may be forgotten.
    ///
    /// - Returns: the forgotten ones.
    @discardableResult
    func prune(before instant: Int64, where mayGo: (Record) -> Bool = { _ in true }) -> [Record] {
        let old = [stripe, wooshpay].flatMap { list in list.prefix { $0.created < instant }.filter(mayGo) }
        remove(old)
        return old
    }

    /// Many at once: each list is gone through once.
    private func remove(_ records: [Record]) {
        guard !records.isEmpty else { return }
        let gone = Set(records.map(ObjectIdentifier.init))
        for record in records { byID[record.id] = nil }
        unindexed.removeAll { gone.contains(ObjectIdentifier($0)) }
        stripe.removeAll { gone.contains(ObjectIdentifier($0)) }
        wooshpay.removeAll { gone.contains(ObjectIdentifier($0)) }
    }
}

extension SandboxRecord {
    var id: String { header.id }
    var serial: Int { header.serial }
    var created: Int64 { header.created }
    var dialect: SandboxDialect { header.dialect }
    var livemode: Bool { header.livemode }
}

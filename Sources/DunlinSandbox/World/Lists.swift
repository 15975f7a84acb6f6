/// What a list request asks for besides the kind of its objects.
struct ListQuery {
    static let names: Set<String> = ["limit", "starting_after", "ending_before", "created", "expand"]

    var limit = 10
    var startingAfter: String?
    var endingBefore: String?
    /// Bounds on `created`, in milliseconds, both included.
    var createdFrom = Int64.min
    var createdTo = Int64.max

    init(_ call: Call, also names: Set<String> = []) throws(SandboxFailure) {
        let parameters = call.parameters
        if call.dialect == .stripe { try parameters.requireKnown(Self.names.union(names)) }
        if let asked = try parameters.integer("limit") {
            guard (1...100).contains(asked) else {
                throw .parameter(
                    "parameter_invalid_integer", "limit", "Invalid integer: limit must be between 1 and 100.")
            }
            limit = Int(asked)
        }
        startingAfter = try parameters.string("starting_after")
        endingBefore = try parameters.string("ending_before")
        guard startingAfter == nil || endingBefore == nil else {
            throw .parameter(
                "parameters_exclusive", "ending_before", "Only one of starting_after and ending_before may be given.")
        }
        try readCreated(parameters)
    }

    private mutating func readCreated(_ parameters: Parameters) throws(SandboxFailure) {
        guard parameters.has("created") else { return }
        guard case .object? = parameters["created"], let range = try parameters.object("created") else {
            guard let exact = try parameters.integer("created") else { return }
            (createdFrom, createdTo) = (Self.start(of: exact), Self.end(of: exact))
            return
        }
        try range.requireKnown(["gt", "gte", "lt", "lte"])
        if let bound = try range.integer("gt") { createdFrom = max(createdFrom, Self.end(of: bound) &+ 1) }
        if let bound = try range.integer("gte") { createdFrom = max(createdFrom, Self.start(of: bound)) }
        if let bound = try range.integer("lt") { createdTo = min(createdTo, Self.start(of: bound) &- 1) }
        if let bound = try range.integer("lte") { createdTo = min(createdTo, Self.end(of: bound)) }
    }

    /// From this size on a bound is in milliseconds: WooshPay documents seconds and shows milliseconds.
    private static let millisecondsFrom: Int64 = 100_000_000_000

    private static func start(of bound: Int64) -> Int64 {
        bound >= millisecondsFrom ? bound : max(bound, -millisecondsFrom) * 1000
    }

    private static func end(of bound: Int64) -> Int64 {
        bound >= millisecondsFrom ? bound : start(of: bound) + 999
    }
}

/// One page of a list, newest first.
struct Page<Record> {
    var records: [Record]
    var hasMore: Bool
}

extension World {
    /// The page that a query asks for out of records in the order of their making.
    ///
    /// - Parameter store: finds the record of a cursor.
    func page<Record: SandboxRecord>(
        _ records: [Record], _ query: ListQuery, kind: String, cursor store: Store<Record>,
        where isWanted: (Record) -> Bool = { _ in true }
    ) throws(SandboxFailure) -> Page<Record> {
        var from = records.partition(whereFirst: { $0.created >= query.createdFrom })
        var to = records.partition(whereFirst: { $0.created > query.createdTo })
        if let id = query.endingBefore {
            guard let record = store[id] else { throw .noSuch(kind, id, parameter: "ending_before", status: 400) }
            from = max(from, records.partition(whereFirst: { $0.serial > record.serial }))
            let newer = records[min(from, to)..<to].lazy.filter(isWanted).prefix(query.limit + 1)
            let found = Array(newer)
            return Page(records: found.prefix(query.limit).reversed(), hasMore: found.count > query.limit)
        }
        if let id = query.startingAfter {
            guard let record = store[id] else { throw .noSuch(kind, id, parameter: "starting_after", status: 400) }
            to = min(to, records.partition(whereFirst: { $0.serial >= record.serial }))
        }
        let older = records[min(from, to)..<to].reversed().lazy.filter(isWanted).prefix(query.limit + 1)
        let found = Array(older)
        return Page(records: Array(found.prefix(query.limit)), hasMore: found.count > query.limit)
    }

    /// The list object around a page.
    func listReply<Record>(
        _ page: Page<Record>, _ call: Call, write: (Record, inout JSONWriter, View) -> Void
    ) throws(SandboxFailure) -> Reply {
        var view = try call.view()
        view.expansion = view.expansion.children["data"] ?? Expansion([])
        return Reply(
            body: written {
                $0.object { writer in
                    writer.field("object", "list")
                    writer.field("url", call.path)
                    writer.field("has_more", page.hasMore)
                    writer.array("data") { writer in for record in page.records { write(record, &writer, view) } }
                }
            })
    }
}

extension Array {
    /// The index of the first element for which a claim holds, if it holds for all after it too.
    func partition(whereFirst holds: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

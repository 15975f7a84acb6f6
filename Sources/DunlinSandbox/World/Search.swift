extension World {
    /// One page of what a search finds, newest first. New objects are not found until the lag has passed.
    ///
    /// - Parameter narrowed: the candidates that an index has for a clause, nil where it has none.
    func search<Record: SandboxRecord>(
        _ call: Call, in records: [Record], narrowed: (SearchQuery.Clause) -> [Record]? = { _ in nil },
        field: @escaping (Record, SearchQuery.Field) -> SearchQuery.Value?,
        write: (Record, inout JSONWriter, View) -> Void
    ) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        if call.dialect == .stripe { try parameters.requireKnown(["query", "limit", "page", "expand"]) }
        let query = try SearchQuery(try parameters.requiredString("query"))
        let limit = try parameters.integer("limit") ?? 10
        guard (1...100).contains(limit) else {
            throw .parameter("parameter_invalid_integer", "limit", "Invalid integer: limit must be between 1 and 100.")
        }
        let skipped =
            try parameters.string("page").map { page throws(SandboxFailure) in
                guard let skipped = Int(page), skipped >= 0 else { throw .invalid("page", "Invalid page: \(page)") }
                return skipped
            } ?? 0
        let lag = call.dialect == .stripe ? options.searchLagMilliseconds : options.quirks.searchLagMilliseconds
        let candidates = query.joinsByOr ? nil : query.clauses.lazy.compactMap(narrowed).first
        let found = (candidates ?? records).reversed().filter { record in
            record.livemode == call.livemode && record.dialect == call.dialect && record.created <= now - lag + 500
                && query.matches { field(record, $0) }
        }
        let page = Array(found.dropFirst(skipped).prefix(Int(limit)))
        return try searchReply(
            page, hasMore: found.count > skipped + page.count, next: skipped + page.count, call, write: write)
    }

    private func searchReply<Record>(
        _ records: [Record], hasMore: Bool, next: Int, _ call: Call, write: (Record, inout JSONWriter, View) -> Void
    ) throws(SandboxFailure) -> Reply {
        var view = try call.view()
        view.expansion = view.expansion.children["data"] ?? Expansion([])
        return Reply(
            body: written {
                $0.object { writer in
                    writer.field("object", call.dialect == .stripe ? "search_result" : "list")
                    writer.field("url", call.path)
                    writer.field("has_more", hasMore)
                    if call.dialect == .stripe { writer.field("next_page", hasMore ? String(next) : nil) }
                    writer.array("data") { writer in for record in records { write(record, &writer, view) } }
                }
            })
    }
}

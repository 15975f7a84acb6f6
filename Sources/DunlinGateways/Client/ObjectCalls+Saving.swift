import DunlinCore

extension ObjectCalls {
    /// The same calls with another key, as a browser would make them.
    func client(key: Secret, dialect: any Dialect) -> ObjectCalls {
        let decoder = ObjectDecoder(
            kind: decoder.kind, currencies: decoder.currencies, scrubber: Scrubber(key: key))
        return ObjectCalls(
            client: GatewayClient(
                baseURL: client.baseURL, settings: client.settings, environment: client.environment,
                classifier: Classifier(dialect: dialect, decoder: decoder, now: client.environment.now)))
    }

    /// Every SetupIntent from the query's cursor on, in its direction, page by page.
    func allSetupIntents(
        _ query: SetupIntentQuery, _ call: (SetupIntentQuery) -> Call
    ) async -> GatewayReply<[SetupIntentSnapshot]> {
        var goesBack = false
        if case .endingBefore? = query.cursor { goesBack = true }
        func next(_ page: ListPage<SetupIntentSnapshot>) -> String? {
            goesBack ? page.items.first?.id : page.items.last?.id
        }
        return await ListPages.all(id: \.id, nextCursor: next) { cursor in
            var query = query
            query.limit = ListPages.pageSize
            if let cursor { query.cursor = goesBack ? .endingBefore(cursor) : .startingAfter(cursor) }
            return await page(call(query), of: decoder.setupIntents)
        }
    }
}

extension ClientAccess {
    var query: String { PercentEncoding.pairs([("client_secret", clientSecret.exposed)]) }
}

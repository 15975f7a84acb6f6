import DunlinCore

/// Walks a list to its end. What comes out is complete, or it is not a value.
enum ListPages {
    static let pageSize = 100
    /// Two million objects: more means that the listing does not end.
    static let pagesMax = 20_000

    /// - Parameter page: fetches the page after the cursor; nil for the first.
    static func all<Item: Sendable>(
        id: (Item) -> String, nextCursor: (ListPage<Item>) -> String?,
        page: (String?) async -> GatewayReply<ListPage<Item>>
    ) async -> GatewayReply<[Item]> {
        var items: [Item] = []
        var seen: Set<String> = []
        var exchanges: [Exchange] = []
        var cursor: String?
        for _ in 0..<pagesMax {
            let reply = await page(cursor)
            exchanges += reply.exchanges
            guard case .value(let page) = reply.result else {
                return GatewayReply(reply.result.flatMap { .value($0.items) }, exchanges: exchanges)
            }
            let fresh = page.items.filter { seen.insert(id($0)).inserted }
            items += fresh
            // A page that ends the list still holds items; one that adds nothing and is not full ends it too.
            let isLast = !page.hasMore || page.items.isEmpty
            if isLast || (fresh.isEmpty && page.items.count < pageSize) {
                return GatewayReply(.value(items), exchanges: exchanges)
            }
            guard !fresh.isEmpty, let next = nextCursor(page), next != cursor else {
                return GatewayReply(.unknown("the list says that it goes on, but does not"), exchanges: exchanges)
            }
            cursor = next
        }
        return GatewayReply(.unknown("the list has more than \(pagesMax) pages"), exchanges: exchanges)
    }
}

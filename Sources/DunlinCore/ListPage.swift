/// One page of a gateway's list, newest first.
public struct ListPage<Item: Sendable>: Sendable {
    public var items: [Item]
    /// A page that ends the list still holds items.
    public var hasMore: Bool
    /// The cursor that a search gives instead of an id.
    public var nextPage: String?

    public init(items: [Item], hasMore: Bool, nextPage: String? = nil) {
        self.items = items
        self.hasMore = hasMore
        self.nextPage = nextPage
    }
}

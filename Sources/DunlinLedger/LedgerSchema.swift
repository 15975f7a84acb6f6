/// The whole schema of the ledger, in the order in which its parts need each other.
enum LedgerSchema {
    static let first = [
        OwnerSchema.tables, OwnerSchema.changeTriggers, BillingSchema.tables, CollectionSchema.tables,
        CollectionSchema.state, PlansSchema.tables, SourceSchema.tables, PollingSchema.tables,
        ReconcileSchema.tables, ReconcileSchema.indexes, OwnerSchema.guardTriggers,
        BillingSchema.triggers,
        CollectionSchema.triggers,
        CollectionSchema.views,
        MethodsSchema.tables,
    ].joined(separator: "\n")
}

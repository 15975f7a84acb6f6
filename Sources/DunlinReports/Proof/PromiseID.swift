/// The promises of docs/proof.md, by number.
public enum PromiseID: String, Hashable, Sendable, CaseIterable, Codable {
    case p1 = "P1"
    case p2 = "P2"
    case p3 = "P3"
    case p4 = "P4"
    case p5 = "P5"
    case p6 = "P6"
    case p7 = "P7"
    case p8 = "P8"
    case p9 = "P9"
    case p10 = "P10"

    public var text: String {
        switch self {
        case .p1:
            "A billing period of a subscription is collected at most once, and no two billed periods overlap."
        case .p2:
            "Every boundary that has come has exactly one record, and every open invoice exactly one next step."
        case .p3: "No request that creates or moves money leaves before the row that names it is durable."
        case .p4: "An unknown outcome blocks every further attempt until the gateway's answer settles it."
        case .p5: "Events never change a settled state; a re-read may, towards money that moved."
        case .p6: "A final decline is never retried on that card; network budgets are counted and obeyed."
        case .p7: "After the transaction that ends a debt, no attempt is written and none is sent again."
        case .p8: "Every difference between ledger and gateway of the named classes is found and named."
        case .p9: "No card number, security code, key or client secret is in any sink."
        case .p10:
            "A bad row parks that subscription with a reason; a bad store stops everything, nothing half-written."
        }
    }

    /// True where a look at the data file alone can find a violation; P8 takes a look at the gateways too.
    public var isShownByData: Bool {
        switch self {
        case .p3, .p8, .p9: false
        case .p1, .p2, .p4, .p5, .p6, .p7, .p10: true
        }
    }

    /// The tests that prove what a data file cannot show by itself, as `target/suite/test`.
    public var provenBy: [String] {
        switch self {
        case .p3:
            [
                "DunlinJobsTests/SendingTests/theAttemptIsOnDiskBeforeItsRequestLeaves",
                "DunlinJobsTests/StoreTests/noRequestThatMovesMoneyLeavesOnceACommitHasFailed",
                "EndToEndTests/DurabilityTests",
            ]
        case .p9:
            ["EndToEndTests/CanaryTests", "DunlinGatewaysTests/SecretsTests", "DunlinImportTests/CardNumberTests"]
        case .p8: ["DunlinJobsTests/ReconcileTests", "EndToEndTests/ReconcileTests"]
        case .p1, .p2, .p4, .p5, .p6, .p7, .p10: []
        }
    }
}

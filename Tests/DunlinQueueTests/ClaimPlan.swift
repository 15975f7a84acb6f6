@testable import DunlinQueue

/// The claim's statement as the queue sends it, for a look at how it is run.
enum ClaimPlan {
    static let sql = ClaimStatement.sql(kindCount: 0)
}

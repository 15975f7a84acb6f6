public import DunlinDatabase

/// The table `reconcile_seen`: what a run has met at the gateway so far.
public enum ReconcileSeen {
    /// An object of the gateway, with the ledger's payment that it belongs to.
    public struct Object: Hashable, Sendable {
        public var id: String
        /// The gateway's id of the intent.
        public var intentID: String?
        public var invoiceID: Int64?
        public var isCharge: Bool

        public init(_ id: String, intentID: String? = nil, invoiceID: Int64? = nil, isCharge: Bool = false) {
            self.isCharge = isCharge
            self.id = id
            self.intentID = intentID
            self.invoiceID = invoiceID
        }
    }

    public static func add(_ objects: [Object], runID: Int64, _ tx: Transaction) throws {
        for object in objects {
            try tx.execute(
                """
                INSERT INTO reconcile_seen (run_id, object_id, intent_id, invoice_id, is_charge)
                VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT (run_id, object_id) DO NOTHING
                """, runID, object.id, object.intentID, object.invoiceID, object.isCharge)
        }
    }

    public static func find(_ objectID: String, runID: Int64, _ tx: Transaction) throws -> Object? {
        try tx.row(
            "SELECT * FROM reconcile_seen WHERE run_id = ?1 AND object_id = ?2", runID, objectID
        ) { row in
            Object(
                try row.get("object_id"), intentID: try row.get("intent_id"), invoiceID: try row.get("invoice_id"),
                isCharge: try row.get("is_charge"))
        }
    }

    public static func contains(_ objectID: String, runID: Int64, _ tx: Transaction) throws -> Bool {
        try find(objectID, runID: runID, tx) != nil
    }
}

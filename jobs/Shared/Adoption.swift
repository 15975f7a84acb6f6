import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// Binds a data file anew: a copied or restored file, or a key of another account (money.md 13). Somebody has made sure
/// that no other copy of the file charges.
public struct Adoption: Sendable {
    static let stampKey = "file_stamp"
    /// For a file that was restored: whatever place it has, in live mode it charges only after it was adopted.
    public static let restoredMarks = [stampKey: "restored"]

    let billing: Billing

    public init(billing: Billing) { self.billing = billing }

    /// One gateway as it is bound and as its key says.
    public struct Change: Hashable, Sendable {
        public var gateway: String
        public var boundTo: String?
        public var account: String
    }

    /// Asks each gateway whose key it is. Nothing is stored.
    ///
    /// - Throws: `AdoptionError` when a gateway does not answer, or its key is of the other mode.
    public func look() async throws -> [Change] {
        var changes: [Change] = []
        for (name, gateway) in billing.gateways.sorted(by: { $0.key < $1.key }) {
            let known = try await billing.database.read { tx in try GatewayStates.find(name, tx) }
            if let known, known.mode != gateway.driver.mode {
                throw AdoptionError("gateway \(name) is bound to \(known.mode.rawValue) mode: that never changes")
            }
            let reply = await gateway.driver.identify()
            guard case .value(let identity) = reply.result else {
                throw AdoptionError(
                    "gateway \(name): \(GatewayUnavailable(reply.result, about: "its account").description)")
            }
            changes.append(
                Change(
                    gateway: name, boundTo: known?.account,
                    account: Self.account(identity, keyHash: gateway.driver.keyHash)))
        }
        return changes
    }

    /// Binds the file to these accounts and to its place on this machine.
    public func adopt(_ changes: [Change], reason: String, actor: String) async throws {
        let now = billing.clock.now()
        let stamp = billing.fileStamp
        let gateways = billing.gateways
        try await billing.database.write(step: "adopt") { tx in
            if let stamp { try tx.setMeta(Self.stampKey, stamp) }
            for change in changes {
                guard let driver = gateways[change.gateway]?.driver else { continue }
                try GatewayStates.bind(
                    change.gateway, kind: driver.kind, mode: driver.mode, account: change.account,
                    keyHash: driver.keyHash, now: now, tx)
            }
            try Activity.add("adopted", reason: reason, actor: actor, now: now, tx)
        }
    }

    /// The account's own id where the gateway tells it, else a name for the key.
    static func account(_ identity: GatewayIdentity, keyHash: String) -> String {
        identity.account ?? "key:" + keyHash.prefix(16)
    }
}

public struct AdoptionError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}

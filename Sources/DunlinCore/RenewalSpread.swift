import Crypto
public import DunlinCalendar

/// When a renewal that falls at midnight is charged: everybody's do, and the gateway need not have them in one second.
///
/// The delay follows from the subscription's id, so that it is the same each time and on every machine. The boundary
/// stays where it is: only the charge begins later.
public struct RenewalSpread: Hashable, Sendable {
    /// The window, in seconds; 0 for none.
    public var seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }

    /// When the charge of the period that starts at `boundary` begins.
    public func runAt(of boundary: Boundary, subscriptionID: String) -> Instant {
        guard seconds > 0, boundary.local.time == .midnight else { return boundary.instant }
        let digest = SHA256.hash(data: Array("renewal-spread|\(subscriptionID)".utf8))
        let number = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return boundary.instant.adding(seconds: Int64(number % UInt64(seconds)))
    }
}

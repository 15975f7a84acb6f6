import DunlinCore

/// A driver whose processor takes the calls of `ObjectCalls`. What two processors do with the same call and another body
/// is in the extensions, once; what is said otherwise is with the driver.
protocol ProcessorCalls: Sendable {
    associatedtype Requests: ProcessorRequests

    var calls: ObjectCalls { get }
    var requests: Requests { get }
    var currencies: GatewayCurrencies { get }
}

/// The bodies and queries of one processor's dialect, for the calls that all of them have.
protocol ProcessorRequests: Sendable {
    func create(_ request: HandIntentRequest, units: Int64) -> [UInt8]
    func update(_ change: IntentChange) -> [UInt8]
    func confirm(_ confirmation: IntentConfirmation) -> [UInt8]
    func cancel(_ reason: CancelReason) -> [UInt8]
    func refund(_ request: RefundRequest, units: Int64) -> [UInt8]
    func customer(_ request: CustomerRequest) -> [UInt8]
    func updateSetupIntent(_ change: SetupIntentChange) -> [UInt8]
    func cancelSetupIntent(_ reason: SetupCancelReason?) -> [UInt8]
    /// The page of a list after the cursor; nil for the first.
    func page(after cursor: String?) -> String
}

/// One confirmation of a SetupIntent.
final class SetupAttempt: SandboxRecord {
    let header: RecordHeader
    let setupIntent: SetupIntent
    let paymentMethod: PaymentMethod
    var status = "succeeded"
    var error: IntentError?

    init(_ header: RecordHeader, setupIntent: SetupIntent, paymentMethod: PaymentMethod) {
        self.header = header
        self.setupIntent = setupIntent
        self.paymentMethod = paymentMethod
    }
}

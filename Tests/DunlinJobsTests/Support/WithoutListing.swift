import DunlinCalendar
import DunlinCore

/// A gateway that can find nothing again.
struct WithoutListing: PaymentGateway {
    let base: any PaymentGateway

    var name: String { base.name }
    var kind: GatewayKind { base.kind }
    var mode: GatewayMode { base.mode }
    var keyHash: String { base.keyHash }
    var currencies: GatewayCurrencies { base.currencies }
    var totalTimeoutSeconds: Int64 { base.totalTimeoutSeconds }

    var capabilities: GatewayCapabilities {
        var capabilities = base.capabilities
        capabilities.listing = .none
        return capabilities
    }

    func create(
        _ request: IntentRequest, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<IntentSnapshot> {
        await base.create(request, idempotencyKey: idempotencyKey, deadline: deadline)
    }

    func confirm(
        _ intentID: String, request: IntentRequest, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<IntentSnapshot> {
        await base.confirm(intentID, request: request, idempotencyKey: idempotencyKey, deadline: deadline)
    }

    func createAndConfirm(
        _ request: IntentRequest, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<IntentSnapshot> {
        await base.createAndConfirm(request, idempotencyKey: idempotencyKey, deadline: deadline)
    }

    func retrieve(_ intentID: String) async -> GatewayReply<IntentSnapshot> { await base.retrieve(intentID) }

    func cancel(_ intentID: String, idempotencyKey: String) async -> GatewayReply<IntentSnapshot> {
        await base.cancel(intentID, idempotencyKey: idempotencyKey)
    }

    func bodyHash(of request: IntentRequest, sending: SendingMode) -> String {
        base.bodyHash(of: request, sending: sending)
    }

    func probe() async -> GatewayReply<GatewayIdentity> { await base.probe() }
    func identify() async -> GatewayReply<GatewayIdentity> { await base.identify() }

    func intents(_ query: IntentQuery) async -> GatewayReply<[IntentSnapshot]> {
        GatewayReply(.unknown("this gateway cannot list"), exchanges: [])
    }

    func intents(reference: String) async -> GatewayReply<[IntentSnapshot]> {
        GatewayReply(.unknown("this gateway cannot list"), exchanges: [])
    }

    func setupIntent(_ setupIntentID: String) async -> GatewayReply<SetupIntentSnapshot> {
        await base.setupIntent(setupIntentID)
    }

    func paymentMethod(
        _ paymentMethodID: String, customerID: String
    ) async -> GatewayReply<PaymentMethodSnapshot> {
        await base.paymentMethod(paymentMethodID, customerID: customerID)
    }

    func paymentMethods(ofCustomer customerID: String) async -> GatewayReply<[PaymentMethodSnapshot]> {
        await base.paymentMethods(ofCustomer: customerID)
    }

    func refund(
        _ request: RefundRequest, idempotencyKey: String, deadline: SendDeadline
    ) async -> GatewayReply<RefundSnapshot> {
        await base.refund(request, idempotencyKey: idempotencyKey, deadline: deadline)
    }

    func refund(_ refundID: String) async -> GatewayReply<RefundSnapshot> { await base.refund(refundID) }

    func refunds(ofIntent intentID: String) async -> GatewayReply<[RefundSnapshot]> {
        await base.refunds(ofIntent: intentID)
    }

    func dispute(_ disputeID: String, eventID: String) async -> GatewayReply<DisputeSnapshot> {
        await base.dispute(disputeID, eventID: eventID)
    }

    func standing(ofCustomer customerID: String) async -> GatewayReply<CustomerStanding> {
        await base.standing(ofCustomer: customerID)
    }

    func mandate(_ mandateID: String) async -> GatewayReply<MandateSnapshot> { await base.mandate(mandateID) }

    func intentsPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<IntentSnapshot>> { Self.noList() }
    func chargesPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<ChargeSnapshot>> { Self.noList() }
    func charges(ofIntent intentID: String) async -> GatewayReply<[ChargeSnapshot]> { Self.noList() }
    func refundsPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<RefundSnapshot>> { Self.noList() }
    func disputesPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<DisputeSnapshot>> { Self.noList() }
    func payoutsPage(_ query: MoneyQuery) async -> GatewayReply<ListPage<PayoutSnapshot>> { Self.noList() }
    func balanceTransactionsPage(
        _ query: MoneyQuery, payoutID: String?
    ) async -> GatewayReply<ListPage<BalanceTransactionSnapshot>> { Self.noList() }

    private static func noList<Value>() -> GatewayReply<Value> {
        GatewayReply(.unknown("this gateway cannot list"), exchanges: [])
    }
}

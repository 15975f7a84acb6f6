public import DunlinCore

extension WooshPayGateway {
    /// No call for disputes is documented; an event can be read by its id (wooshpay.md 3.2), and shows the dispute.
    public func dispute(_ disputeID: String, eventID: String) async -> GatewayReply<DisputeSnapshot> {
        let reply = await calls.read(
            Call(.retrieveEvent, objectID: eventID), as: calls.decoder.disputesInEvents)
        guard case .value(let dispute) = reply.result, dispute.id != disputeID else { return reply }
        return GatewayReply(.unknown("the event is about another dispute"), exchanges: reply.exchanges)
    }

    public func standing(ofCustomer customerID: String) async -> GatewayReply<CustomerStanding> {
        await calls.read(Call(.retrieveCustomer, objectID: customerID), as: calls.decoder.standings)
    }

    /// Not possible: WooshPay has no mandates.
    public func mandate(_ mandateID: String) async -> GatewayReply<MandateSnapshot> {
        .notSupported("WooshPay has no mandates")
    }
}

public import DunlinCore

extension StripeGateway {
    public func dispute(_ disputeID: String, eventID: String) async -> GatewayReply<DisputeSnapshot> {
        await calls.read(Call(.retrieveDispute, objectID: disputeID), as: calls.decoder.disputes)
    }

    /// A deleted customer is still shown, and says so.
    public func standing(ofCustomer customerID: String) async -> GatewayReply<CustomerStanding> {
        await calls.read(Call(.retrieveCustomer, objectID: customerID), as: calls.decoder.standings)
    }

    public func mandate(_ mandateID: String) async -> GatewayReply<MandateSnapshot> {
        await calls.read(Call(.retrieveMandate, objectID: mandateID), as: calls.decoder.mandates)
    }
}

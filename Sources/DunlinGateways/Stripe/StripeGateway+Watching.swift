import DunlinCalendar
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

    /// Stripe lists the events of the last 30 days, whether or not an endpoint wanted them (stripe.md 5.6).
    public func events(_ query: EventQuery) async -> GatewayReply<ListPage<GatewayEvent>> {
        let created = ("created[gte]", String(query.createdFrom.seconds))
        return await calls.page(
            Call(.listEvents, query: requests.page([created], after: query.afterEventID)), of: calls.decoder.events)
    }
}

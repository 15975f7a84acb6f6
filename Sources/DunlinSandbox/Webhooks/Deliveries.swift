import DunlinCore

extension World {
    /// The deliveries to make now, signed.
    func dueDeliveries() -> [WebhookDelivery] {
        outbox.take(dueBy: now).map { entry, due in
            let event = entry.event
            let body = written {
                write(event, to: &$0, View(dialect: event.dialect, quirks: options.quirks))
            }
            return WebhookDelivery(
                id: entry.id, eventID: event.id, eventType: event.type, endpointID: entry.endpoint.id,
                dialect: event.dialect, url: entry.endpoint.url, attempt: entry.attempt,
                headers: [
                    SandboxHeader("Content-Type", "application/json; charset=utf-8"),
                    SandboxHeader("User-Agent", "dunlin-sandbox"),
                    SandboxHeader(Self.signatureName(event.dialect), signature(entry, body)),
                ], body: body, due: due)
        }
    }

    private static func signatureName(_ dialect: SandboxDialect) -> String {
        dialect == .stripe ? "Stripe-Signature" : "Wooshpay-Signature"
    }

    /// Stripe signs every try anew; WooshPay may not.
    private func signature(_ entry: Outbox.Entry, _ body: [UInt8]) -> String {
        if entry.event.dialect == .wooshpay, options.quirks.keepsSignature, let first = entry.firstSignature {
            return first
        }
        let signature = WebhookSignature.header(
            secret: entry.endpoint.secret, timestamp: CivilDate.seconds(now), body: body)
        entry.firstSignature = entry.firstSignature ?? signature
        return signature
    }

    /// Queues an event once more; nil where there is no such event.
    func redeliver(eventID: String) -> Int? {
        guard let event = events[eventID] else { return nil }
        let endpoints = webhookEndpoints.records(event.dialect).filter { $0.wants(event.type) }
        event.pendingWebhooks += Int64(endpoints.count)
        outbox.redeliver(event, to: endpoints, now: now)
        return endpoints.count
    }
}

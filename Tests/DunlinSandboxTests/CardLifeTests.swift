import Testing

@testable import DunlinSandbox

/// Statistical cards grow old: the network renews them in time, or charges fail.
@Suite struct CardLifeTests {
    private static let day: Int64 = 86_400_000

    /// A saved statistical card, and a client whose updater renews this share of the cards.
    private func card(updater: UInt64) -> (client: TestClient, saved: (customer: String, method: String)) {
        var options = SandboxOptions()
        options.stripeWebhookURLs = ["http://127.0.0.1:1/hooks"]
        options.profile.updater = updater
        options.profile.creditDecline = 0
        let client = TestClient(options)
        return (client, client.savedCard("pm_card_statistical"))
    }

    private func expiry(_ client: TestClient, _ method: String) -> (month: Int64, year: Int64) {
        let card = client.stripe("GET", "/v1/payment_methods/\(method)")["card"]
        return (card?["exp_month"]?.integer ?? 0, card?["exp_year"]?.integer ?? 0)
    }

    /// The first instant of the month after a card's last.
    private func end(_ expiry: (month: Int64, year: Int64)) -> Int64 {
        CivilDate.startOfMonth(year: expiry.year, month: expiry.month + 1)
    }

    private func updates(_ client: TestClient) -> [JSONValue] {
        client.sandbox.dueDeliveries(at: client.sandbox.now).compactMap { delivery in
            guard delivery.eventType == "payment_method.automatically_updated" else { return nil }
            return try? JSONValue(parsing: delivery.body)
        }
    }

    @Test func aNewOneLastsTwoToFourYears() {
        let (client, _) = card(updater: 0)
        let ends = (0..<50).map { _ in end(expiry(client, client.savedCard("pm_card_statistical").method)) }
        #expect(ends.allSatisfy { (2...4).contains(($0 - SandboxOptions.defaultStart) / (365 * Self.day)) })
        #expect(Set(ends).count > 10)
    }

    @Test func theNetworkRenewsItAndTellsWhatItWas() throws {
        let (client, saved) = card(updater: 1_000_000)
        let old = expiry(client, saved.method)
        client.sandbox.advance(to: end(old) - 1)
        #expect(updates(client).isEmpty)
        client.sandbox.advance(to: end(old))
        let update = try #require(updates(client).first)
        #expect(update["data"]?["object"]?["id"]?.string == saved.method)
        #expect(update["data"]?["object"]?["card"]?["exp_year"]?.integer == old.year + 3)
        #expect(update["data"]?["previous_attributes"]?["card"]?["exp_year"]?.integer == old.year)
        #expect(update["data"]?["previous_attributes"]?["card"]?["exp_month"]?.integer == old.month)
        #expect(update["request"]?["id"]?.isNull == true)
        #expect(expiry(client, saved.method).year == old.year + 3)
        #expect(client.charge(saved)["status"]?.string == "succeeded")
        client.sandbox.advance(to: end((old.month, old.year + 3)))
        #expect(updates(client).count == 1)
    }

    @Test func whatTheNetworkDoesNotRenewIsDeclinedFromItsEndOn() {
        let (client, saved) = card(updater: 0)
        let old = expiry(client, saved.method)
        client.sandbox.advance(to: end(old) - 1)
        #expect(client.charge(saved)["status"]?.string == "succeeded")
        client.sandbox.advance(to: end(old))
        #expect(client.charge(saved).error["code"]?.string == "expired_card")
        #expect(updates(client).isEmpty)
        #expect(expiry(client, saved.method).year == old.year)
    }

    @Test func theUpdaterRenewsAboutAsManyAsItsShare() {
        var options = SandboxOptions()
        options.stripeWebhookURLs = ["http://127.0.0.1:1/hooks"]
        let client = TestClient(options)
        for _ in 0..<300 { _ = client.savedCard("pm_card_statistical") }
        client.sandbox.advance(to: SandboxOptions.defaultStart + 4 * 366 * Self.day)
        let renewed = Set(updates(client).compactMap { $0["data"]?["object"]?["id"]?.string })
        #expect((120...180).contains(renewed.count))
    }

    @Test func aCardOfNobodyIsNotRenewed() {
        let (client, saved) = card(updater: 1_000_000)
        let old = expiry(client, saved.method)
        client.stripe("POST", "/v1/payment_methods/\(saved.method)/detach")
        client.sandbox.advance(to: end(old) + Self.day)
        #expect(updates(client).isEmpty)
    }
}

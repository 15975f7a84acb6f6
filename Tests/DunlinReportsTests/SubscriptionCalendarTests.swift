import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinReports
import DunlinTesting
import Testing

/// `dunlin calendar SUB`: the boundaries that billing will go by.
@Suite struct SubscriptionCalendarTests {
    private func calendar(
        count: Int = 3, state: BillingState? = nil, now: String = "2026-06-20T00:00:00Z",
        _ change: (inout Subscription) -> Void = { _ in }
    ) async throws -> SubscriptionCalendar {
        let database = try TemporaryDatabase.inMemory(Ledger.migrations)
        var row = Subscription(
            id: "s", customerID: "c", plan: "p", amountMinor: 100, currency: "EUR", interval: "month",
            anchor: "2026-01-31T09:00:00", timeZone: "Europe/Berlin")
        change(&row)
        let (subscription, now) = (row, try #require(Instant(rfc3339: now)))
        try await database.write { tx in
            try Customers.upsert(Customer(id: "c", gateway: "stripe", gatewayCustomerID: "cus_1"), tx)
            try Subscriptions.upsert(subscription, tx)
            if let state { try BillingStates.save(state, timeZoneData: Zone.dataVersion, tx) }
        }
        return try await database.read { tx in try SubscriptionCalendar(of: "s", count: count, now: now, tx) }
    }

    private func words(_ calendar: SubscriptionCalendar) -> [String] {
        calendar.entries.map { entry in
            let rules = entry.boundary.rules.map(\.rawValue).joined(separator: " ")
            return "\(entry.boundary.local.date) \(rules) \(entry.record)\(entry.isPaused ? " paused" : "")"
        }
    }

    @Test func ofASubscriptionThatWasNeverPlannedItBeginsWithTheFirstPeriodToBill() async throws {
        #expect(
            words(try await calendar()) == [
                "2026-06-30 anchor clamp to come", "2026-07-31 anchor to come", "2026-08-31 anchor to come",
            ])
        #expect(words(try await calendar(count: 1) { $0.billFrom = "current" }) == ["2026-05-31 anchor due"])
    }

    @Test func itGoesByTheScheduleThatAPauseMoved() async throws {
        let memory = try await plannedState(shiftedAnchor: "2026-07-10T09:00:00", next: "2026-07-10")
        #expect(
            words(try await calendar(state: memory)) == [
                "2026-07-10 pause to come", "2026-08-10 pause to come", "2026-09-10 pause to come",
            ])
    }

    @Test func periodsInAPauseAreSaidToBePausedAndTheListEndsWithTheSubscription() async throws {
        let paused = try await calendar(count: 2) { $0.status = .paused }
        #expect(paused.entries.allSatisfy(\.isPaused) && paused.entries.count == 2)
        let ending = try await calendar { $0.endsAt = "2026-07-31T09:00:00" }
        #expect(ending.entries.count == 1 && ending.ending?.contains("2026-07-31") == true)
        let canceled = try await calendar { $0.status = .canceled }
        #expect(canceled.entries.isEmpty && canceled.ending == "it is canceled")
    }

    @Test func whatIsNotThereOrCannotBeReadIsSaid() async throws {
        let database = try TemporaryDatabase.inMemory(Ledger.migrations)
        await #expect(throws: ReportError.self) {
            try await database.read { tx in
                _ = try SubscriptionCalendar(of: "nobody", count: 3, now: Instant(seconds: 0), tx)
            }
        }
        await #expect(throws: ReportError.self) { try await calendar { $0.timeZone = "Mars/Olympus" } }
    }

    private func plannedState(shiftedAnchor: String, next: String) async throws -> BillingState {
        let terms = try SubscriptionTerms(
            SubscriptionTerms.Columns(
                amountMinor: 100, currency: "EUR", quantity: 1, interval: "month", intervalCount: 1,
                anchor: "2026-01-31T09:00:00", timeZone: "Europe/Berlin", trialEnd: nil, billOn: nil, endsAt: nil,
                cancelAtPeriodEnd: false, status: "active", billFrom: nil))
        let at = try #require(Instant(rfc3339: "2026-07-10T07:00:00Z"))
        return BillingState(
            subscriptionID: "s", state: .active, parkedReason: nil, hold: nil, holdReason: nil,
            firstSeenOn: "2026-01-01", firstSeenAt: Instant(seconds: 0), nextPeriodStart: next, billedThrough: next,
            nextBoundaryAt: at, scheduleHash: terms.scheduleHash, plannedAt: at, shiftedAnchor: shiftedAnchor)
    }
}

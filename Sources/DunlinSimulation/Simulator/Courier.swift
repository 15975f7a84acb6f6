import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinGateways
import DunlinLedger
import DunlinSandbox
import DunlinWeb
import Logging

/// Brings the gateway's events to the inbox, some of them late, twice, in the wrong order or forged. The inbox is a
/// process of its own.
struct Courier: Sendable {
    private static let place = "inbox"

    let world: World

    /// Delivers until the run is over.
    func run() async {
        guard world.plan.hasEvents else { return }
        while !world.isOver {
            let process = world.newProcess(Self.place)
            do {
                try await serve(process)
            } catch {
                world.note("inbox.\(process.number) ended: \(error)")
            }
            process.end()
            if world.isOver { return }
            await world.wait(world.chance.number(1_000...90_000, "restart"), nil)
        }
    }

    private func serve(_ process: SimulatedProcess) async throws {
        var options = world.databaseOptions(opening: .mustExist)
        let world = world
        options.steps = Steps { step in try await world.reach(step, process) }
        let database = try Database.open(options)
        defer { database.close() }
        let inbox = WebhookInbox(
            database: database, mode: .test,
            routes: [
                WebhookRoute(gateway: "stripe", kind: .stripe, secrets: [Secret(world.sandbox.stripeWebhookSecret)]),
                WebhookRoute(
                    gateway: "wooshpay", kind: .wooshpay, secrets: [Secret(world.sandbox.wooshpayWebhookSecret)]),
            ], logger: Logger(label: "simulated") { _ in SwiftLogNoOpLogHandler() }, now: { process.wallNow })
        while !world.isOver, !process.isDead {
            for delivery in world.sandbox.dueDeliveries(at: world.now.milliseconds) {
                await deliver(delivery, to: inbox, process)
            }
            let next = world.sandbox.nextDeliveryDue.map { $0 - world.now.milliseconds } ?? .max
            await world.wait(max(1_000, min(next, 600_000)), process)
        }
    }

    private func deliver(_ delivery: WebhookDelivery, to inbox: WebhookInbox, _ process: SimulatedProcess) async {
        if world.strikes(.eventsForged) { await forge(delivery, to: inbox) }
        let verdict = await inbox.receive(
            WebhookInbox.Delivery(
                gateway: delivery.dialect.rawValue, body: delivery.body, signature: signature(of: delivery)))
        world.note("inbox: \(delivery.eventType) \(delivery.eventID) try \(delivery.attempt): \(verdict)")
        world.coverage.events += 1
        world.sandbox.recordDelivery(
            delivery.id, status: process.isDead ? nil : verdict.status, at: world.now.milliseconds)
    }

    /// Somebody else says that it happened, with the signature of another event.
    private func forge(_ delivery: WebhookDelivery, to inbox: WebhookInbox) async {
        world.forgedCount += 1
        let text = String(decoding: delivery.body, as: UTF8.self)
        let forged = text.replacing(delivery.eventID, with: "evt_forged\(world.forgedCount)")
            .replacing("payment_failed", with: "succeeded")
        let verdict = await inbox.receive(
            WebhookInbox.Delivery(
                gateway: delivery.dialect.rawValue, body: Array(forged.utf8), signature: signature(of: delivery)))
        world.note("inbox: forged \(world.forgedCount): \(verdict)")
    }

    private func signature(of delivery: WebhookDelivery) -> String? {
        delivery.headers.first { $0.name.lowercased().hasSuffix("-signature") }?.value
    }
}

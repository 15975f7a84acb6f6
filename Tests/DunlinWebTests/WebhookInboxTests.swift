import AsyncHTTPClient
import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger
import DunlinQueue
import DunlinTesting
import DunlinWeb
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// The inbox, without and with its socket: what is believed, and what the gateway is told.
@Suite(.timeLimit(.minutes(10))) struct WebhookInboxTests {
    private static let secret = "whsec_inbox_0001"
    private static let now = SickLedger.now
    private static var seconds: Int64 { now.milliseconds / 1000 }

    private static func body(_ id: String = "evt_1", live: Bool = false, type: String = "payment_intent.succeeded")
        -> [UInt8]
    {
        Array(
            """
            {"id":"\(id)","object":"event","type":"\(type)","created":1700000000,"livemode":\(live),\
            "data":{"object":{"id":"pi_1","object":"payment_intent","status":"succeeded"}}}
            """.utf8)
    }

    private static func inbox(_ database: Database, secrets: [String] = [secret]) -> WebhookInbox {
        WebhookInbox(
            database: database, mode: .test,
            routes: [
                WebhookRoute(gateway: "stripe", kind: .stripe, secrets: secrets.map(Secret.init)),
                WebhookRoute(gateway: "wooshpay", kind: .wooshpay, secrets: secrets.map(Secret.init)),
                WebhookRoute(gateway: "bare", kind: .stripe, secrets: []),
            ], logger: SickLedger.silentLog, now: { now })
    }

    private static func delivery(
        _ gateway: String = "stripe", _ body: [UInt8] = body(), secret: String = secret, age: Int64 = 0
    ) -> WebhookInbox.Delivery {
        WebhookInbox.Delivery(
            gateway: gateway, body: body,
            signature: WebhookSignature.header(secret: secret, timestamp: seconds - age, body: body),
            contentType: "application/json", userAgent: "Stripe/1.0")
    }

    private static func texts(_ database: Database, _ sql: String) async throws -> [String] {
        try await database.read { tx in try tx.rows(sql) { try $0.get(0) } }
    }

    @Test func aSignedEventIsDurableWithItsJobBeforeTheAnswer() async throws {
        let database = try await SickLedger.database()
        let inbox = Self.inbox(database)
        #expect(await inbox.receive(Self.delivery()) == .stored)
        #expect(
            try await Self.texts(
                database,
                "SELECT gateway || ' ' || event_id || ' ' || type || ' ' || object_id || ' ' || state FROM events")
                == ["stripe evt_1 payment_intent.succeeded pi_1 received"])
        #expect(try await Self.texts(database, "SELECT body_hash FROM events") == [HexDigest.sha256(Self.body())])
        #expect(
            try await Self.texts(database, "SELECT headers FROM events")
                == ["content-type: application/json\nuser-agent: Stripe/1.0"])
        #expect(try await Self.texts(database, "SELECT queue || ' ' || kind FROM jobs") == ["stripe apply-event"])
        for _ in 0..<3 { #expect(await inbox.receive(Self.delivery()) == .stored) }
        #expect(try await Self.texts(database, "SELECT CAST(deliveries AS TEXT) FROM events") == ["4"])
        #expect(try await Self.texts(database, "SELECT kind FROM jobs").count == 1)
    }

    /// The same id at two gateways is two events.
    @Test func idsAreUniquePerGatewayOnly() async throws {
        let database = try await SickLedger.database()
        let inbox = Self.inbox(database)
        #expect(await inbox.receive(Self.delivery("stripe")) == .stored)
        #expect(await inbox.receive(Self.delivery("wooshpay")) == .stored)
        #expect(
            try await Self.texts(database, "SELECT gateway FROM events ORDER BY gateway") == ["stripe", "wooshpay"])
    }

    @Test func whileASecretIsRolledBothOpen() async throws {
        let database = try await SickLedger.database()
        let inbox = Self.inbox(database, secrets: ["whsec_new_00001", Self.secret])
        #expect(await inbox.receive(Self.delivery(secret: "whsec_new_00001")) == .stored)
        #expect(await inbox.receive(Self.delivery(secret: Self.secret)) == .stored)
        #expect(await inbox.receive(Self.delivery(secret: "whsec_old_00000")) == .wrongSignature)
        var both = Self.delivery()
        both.signature = WebhookSignature.header(
            secrets: ["whsec_other_0000", Self.secret], timestamp: Self.seconds, body: Self.body())
        #expect(await inbox.receive(both) == .stored)
    }

    @Test func aWrongSignatureIsCountedAndNothingOfItIsKept() async throws {
        let database = try await SickLedger.database()
        let inbox = Self.inbox(database)
        var unsigned = Self.delivery()
        unsigned.signature = nil
        #expect(await inbox.receive(unsigned) == .wrongSignature)
        #expect(await inbox.receive(Self.delivery(secret: "whsec_wrong_0000")) == .wrongSignature)
        var changed = Self.delivery()
        changed.body.append(0x20)
        #expect(await inbox.receive(changed) == .wrongSignature)
        #expect(await inbox.receive(Self.delivery(age: 301)) == .wrongSignature)
        await inbox.flush()
        #expect(try await Self.texts(database, "SELECT event_id FROM events").isEmpty)
        #expect(
            try await Self.texts(database, "SELECT CAST(wrong_signatures AS TEXT) FROM refused_deliveries") == ["4"])
        #expect(await SickLedger.check(database).report().wrongSignatures == 4)
    }

    /// WooshPay may repeat the first signature for three days: such a delivery is acknowledged, and read again anyway.
    @Test func anOldButGenuineDeliveryIsStoredAsStaleAtWooshPayOnly() async throws {
        let database = try await SickLedger.database()
        let inbox = Self.inbox(database)
        #expect(await inbox.receive(Self.delivery("wooshpay", age: 100_000)) == .stored)
        #expect(await inbox.receive(Self.delivery("stripe", age: 100_000)) == .wrongSignature)
        #expect(try await Self.texts(database, "SELECT gateway FROM events WHERE is_stale = 1") == ["wooshpay"])
    }

    @Test func whatCannotBeTakenNowIsToComeAgain() async throws {
        let isFull = Mutex(false)
        let database = try TemporaryDatabase.inMemory(Ledger.migrations + QueueSchema.migrations) {
            $0.faults = DatabaseFaults { _ in isFull.withLock { $0 ? .full : nil } }
        }
        let inbox = Self.inbox(database)
        isFull.withLock { $0 = true }
        #expect(await inbox.receive(Self.delivery()) == .storeFailed)
        #expect(WebhookInbox.Verdict.storeFailed.status == 503)
        isFull.withLock { $0 = false }
        #expect(await inbox.receive(Self.delivery()) == .stored)
        #expect(try await Self.texts(database, "SELECT event_id FROM events") == ["evt_1"])
        #expect(await inbox.receive(Self.delivery("bare")) == .noSecret)
        #expect(WebhookInbox.Verdict.noSecret.status == 503)
    }

    /// Another process holds the file for longer than this one waits.
    @Test func aLockedFileIsAnswered503() async throws {
        let temporary = try TemporaryDatabase.onDisk(Ledger.migrations + QueueSchema.migrations) { $0.busyTriesMax = 5 }
        let other = try temporary.openAgain()
        let gate = Gate()
        async let holding: Void = other.write { _ in gate.pass() }
        await eventually { gate.wasReached }
        #expect(await Self.inbox(temporary.database).receive(Self.delivery()) == .storeFailed)
        gate.open()
        try await holding
        #expect(await Self.inbox(temporary.database).receive(Self.delivery()) == .stored)
        other.close()
    }

    @Test func anEventOfTheOtherModeIsKeptAndIgnoredWithItsReason() async throws {
        let database = try await SickLedger.database()
        #expect(await Self.inbox(database).receive(Self.delivery("stripe", Self.body(live: true))) == .stored)
        #expect(
            try await Self.texts(database, "SELECT state || ': ' || reason FROM events")
                == ["ignored: of live mode, and mode is test"])
        #expect(try await Self.texts(database, "SELECT kind FROM jobs").isEmpty)
    }

    @Test func aSignedBodyThatIsNoEventIsRefused() async throws {
        let database = try await SickLedger.database()
        for text in ["", "[]", "{}", "not json", #"{"id":"evt_1","object":"v2.core.event","type":"a"}"#] {
            #expect(await Self.inbox(database).receive(Self.delivery("stripe", Array(text.utf8))) == .unreadable)
        }
    }

    // MARK: - Over a socket

    private static func withListener(_ inbox: WebhookInbox, _ body: (Int) async throws -> Void) async throws {
        try await RunningListener.with(
            { told in
                PublicListener(
                    host: "127.0.0.1", port: 0, inbox: inbox, isRequired: true, logger: SickLedger.silentLog,
                    onListening: told)
            }, body)
    }

    private static func send(
        _ path: String, _ body: [UInt8], port: Int, method: HTTPMethod = .POST, signature: String? = nil,
        header: String = "Stripe-Signature"
    ) async throws -> UInt {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = method
        if let signature { request.headers.add(name: header, value: signature) }
        request.body = .bytes(ByteBuffer(bytes: body))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        _ = try? await response.body.collect(upTo: 1 << 16)
        return response.status.code
    }

    @Test func theListenerAnswersAsTheGatewayMustUnderstand() async throws {
        let database = try await SickLedger.database()
        let body = Self.body()
        let good = WebhookSignature.header(secret: Self.secret, timestamp: Self.seconds, body: body)
        try await Self.withListener(Self.inbox(database)) { (port: Int) async throws -> Void in
            #expect(try await Self.send("/webhooks/stripe", body, port: port, signature: good) == 200)
            #expect(try await Self.send("/webhooks/stripe?a=b", body, port: port, signature: good) == 200)
            #expect(
                try await Self.send(
                    "/webhooks/wooshpay", body, port: port, signature: good, header: "wooshpay-signature") == 200)
            #expect(try await Self.send("/webhooks/stripe", body, port: port) == 400)
            #expect(try await Self.send("/webhooks/stripe", body + [0x0A], port: port, signature: good) == 400)
            #expect(try await Self.send("/webhooks/nobody", body, port: port, signature: good) == 404)
            #expect(try await Self.send("/webhooks", body, port: port, signature: good) == 404)
            #expect(try await Self.send("/webhooks/stripe/x", body, port: port, signature: good) == 404)
            #expect(try await Self.send("/health", [], port: port, method: .GET) == 404)
            #expect(try await Self.send("/webhooks/stripe", [], port: port, method: .GET) == 405)
            #expect(try await Self.send("/webhooks/bare", body, port: port, signature: good) == 503)
            let large = [UInt8](repeating: 0x20, count: WebhookInbox.bodyBytesMax + 1)
            #expect(try await Self.send("/webhooks/stripe", large, port: port, signature: good) == 413)
        }
        #expect(try await Self.texts(database, "SELECT event_id FROM events").count == 2)
        #expect(
            try await Self.texts(database, "SELECT CAST(wrong_signatures AS TEXT) FROM refused_deliveries") == ["2"])
    }

    /// Many at once are committed together, and each is there when its answer comes.
    @Test func manyDeliveriesAtOnceAreAllStored() async throws {
        let temporary = try TemporaryDatabase.onDisk(Ledger.migrations + QueueSchema.migrations)
        let database = temporary.database
        let inbox = Self.inbox(database)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                group.addTask {
                    let delivery = Self.delivery("stripe", Self.body("evt_\(number)"))
                    #expect(await inbox.receive(delivery) == .stored)
                }
            }
        }
        #expect(try await Self.texts(database, "SELECT event_id FROM events").count == 400)
        #expect(database.counters.commits < 400)
    }
}

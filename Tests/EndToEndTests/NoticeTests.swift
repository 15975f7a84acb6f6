import DunlinCore
import DunlinTesting
import Foundation
import Testing

/// Notices on their way out of the program: to a server, and to a program that mails them.
@Suite(.fewAtOnce) struct NoticeTests {
    private static let secret = "notice-secret-0123456789"

    @Test func aFailedPaymentIsPostedSignedAndAgainAfterAFaultOfTheReceiver() async throws {
        let receiver = try await GatewayServer { _ in .json(200, [:]) }
        receiver.disturb("*", .instead(.json(503, [:]), hasEffect: false))
        let world = try await BillingWorld(cards: ["pm_card_chargeCustomerFail"])
        var program = world.program
        program.environment["DUNLIN_NOTICES_SINK"] = "webhook"
        program.environment["DUNLIN_NOTICES_URL"] = receiver.baseURL + "/dunlin"
        let unsigned = try await program.run(world.passArguments())
        #expect(unsigned.status == 2)
        #expect(unsigned.error.contains("DUNLIN_NOTICES_SECRET"))
        program.environment["DUNLIN_NOTICES_SECRET"] = Self.secret
        program.environment["DUNLIN_NOTICES_APPLICATION"] = "false"
        program.environment["DUNLIN_PUBLIC_URL"] = "https://billing.example.com"
        #expect(try await program.run(world.passArguments()).status == 0)
        #expect(receiver.requests.count == 1)
        #expect(try await program.run(world.passArguments(after: 60)).status == 0)
        let requests = receiver.requests
        #expect(requests.map(\.endpoint) == ["POST /dunlin", "POST /dunlin"])
        #expect(Set(requests.map { $0.headers["dunlin-notice"] ?? "" }).count == 1)
        let last = try #require(requests.last)
        let verdict = WebhookSignature.verifyStripe(
            header: last.headers["dunlin-signature"] ?? "", body: last.body, secrets: [Self.secret],
            nowSeconds: Int64(try Date(BillingWorld.time(after: 60), strategy: .iso8601).timeIntervalSince1970))
        #expect(verdict == .fresh)
        let notice = try #require(try JSONSerialization.jsonObject(with: Data(last.body)) as? [String: Any])
        #expect(notice["kind"] as? String == "payment_failed")
        let link = try await program.run("invoices", "link", "1", "--now", BillingWorld.time(after: 60)).output
        let page = try #require(notice["recovery_url"] as? String)
        #expect(page.hasPrefix("https://billing.example.com/pay/1."))
        #expect(link.contains(page))
        #expect((notice["customer"] as? [String: Any])?["email"] as? String == "c0@example.com")
        let listed = try await program.run("notices", "list", "--json")
        let rows = try #require(try listed.json() as? [[String: Any]])
        #expect(rows.map { $0["state"] as? String } == ["sent"])
        #expect(!listed.output.contains(Self.secret))
    }

    @Test func theSampleMailsANoticeThroughSendmail() async throws {
        let python = "/usr/bin/python3"
        guard FileManager.default.isExecutableFile(atPath: python) else { return }
        let world = try await BillingWorld(cards: ["pm_card_chargeCustomerFail"])
        var program = world.program
        try program.write("#!/bin/sh\ncat >> \"$(dirname \"$0\")/mails\"\n", to: "sendmail")
        let sendmail = program.folder.file("sendmail")
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: sendmail)
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let sample = root.appending(path: "config/samples/sendmail-notice.py").path
        program.environment["DUNLIN_NOTICES_SINK"] = "command"
        program.environment["DUNLIN_NOTICES_COMMAND"] =
            "\(python) \(sample) --from billing@example.com --sendmail \(sendmail)"
        program.environment["DUNLIN_NOTICES_TIMEOUT_SECONDS"] = "60"
        let passed = try await program.run(world.passArguments())
        #expect(passed.status == 0, "\(passed.error)")
        let mail = try program.read("mails")
        #expect(mail.contains("To: Customer 0 <c0@example.com>"))
        #expect(mail.contains("Subject: Your payment of 12.00 EUR did not go through"))
        #expect(mail.contains("Message-ID: <ntc_"))
        // The application's notices are not mailed, and are taken.
        let rows = try #require(try await program.run("notices", "list", "--json").json() as? [[String: Any]])
        #expect(Set(rows.compactMap { $0["state"] as? String }) == ["sent"])
        #expect(rows.count == 2)
        #expect(mail.components(separatedBy: "Subject:").count == 2)
    }
}

import DunlinCalendar
import DunlinCore
import DunlinGateways
import DunlinJobs
import DunlinTesting
import Foundation
import Synchronization
import Testing

@testable import dunlin

/// Where notices go: an address, and a program.
struct NoticeSinkTests {
    private static let notice = OutgoingNotice(
        id: "ntc_1", kind: .paymentFailed, body: Array(#"{"id":"ntc_1","kind":"payment_failed"}"#.utf8),
        at: Instant(seconds: 1_767_225_600))

    // MARK: - A program

    /// A program of a shell that reads it from a file.
    private static func script(_ text: String, in folder: TemporaryFolder) throws -> [String] {
        let path = folder.file("tell")
        try Data((text + "\n").utf8).write(to: URL(filePath: path))
        return ["/bin/sh", path]
    }

    private static func sink(_ command: [String], seconds: Int64 = 3600) -> CommandSink {
        CommandSink(command: command, timeoutMilliseconds: seconds * 1000, clock: LiveClock())
    }

    @Test func aProgramGetsTheNoticeOnItsInputAndItsStatusSaysThatItWasTaken() async throws {
        let folder = try TemporaryFolder()
        let program = try Self.script(#"cat > "$1"; echo said to nobody"#, in: folder)
        #expect(await Self.sink(program + [folder.file("got")]).send(Self.notice) == .taken)
        #expect(FileManager.default.contents(atPath: folder.file("got")) == Data(Self.notice.body))
    }

    @Test func aProgramsEnvironmentHoldsNothingOfOurs() async throws {
        let folder = try TemporaryFolder()
        setenv("DUNLIN_STRIPE_SECRET_KEY", "sk_test_canary00000001", 1)
        defer { unsetenv("DUNLIN_STRIPE_SECRET_KEY") }
        let program = try Self.script(#"/usr/bin/env > "$1""#, in: folder)
        #expect(await Self.sink(program + [folder.file("got")]).send(Self.notice) == .taken)
        let got = String(
            decoding: try #require(FileManager.default.contents(atPath: folder.file("got"))), as: UTF8.self)
        let names = Set(got.split(separator: "\n").map { $0.prefix { $0 != "=" } }).subtracting([
            "PWD", "SHLVL", "_", "OLDPWD",
        ])
        #expect(names == ["PATH", "LANG", "DUNLIN_NOTICE_ID", "DUNLIN_NOTICE_KIND"])
        #expect(got.contains("DUNLIN_NOTICE_ID=ntc_1"))
    }

    @Test func aProgramThatFailsSaysWhyInItsLastLine() async throws {
        let folder = try TemporaryFolder()
        let program = try Self.script(
            "cat > /dev/null; echo first >&2; echo no route to 4242424242424242 >&2; exit 75", in: folder)
        let delivery = await Self.sink(program).send(Self.notice)
        #expect(delivery == .failed("the program ended with status 75: no route to ••••4242"))
    }

    @Test func aProgramThatReadsNothingIsTakenAtItsWord() async throws {
        let folder = try TemporaryFolder()
        #expect(await Self.sink(try Self.script("exit 0", in: folder)).send(Self.notice) == .taken)
    }

    @Test func aProgramThatSaysMuchDoesNotWaitForUs() async throws {
        let folder = try TemporaryFolder()
        let program = try Self.script("head -c 300000 /dev/zero >&2", in: folder)
        #expect(await Self.sink(program).send(Self.notice) == .taken)
    }

    @Test func aProgramThatTakesTooLongIsEndedWithAllThatItStarted() async throws {
        let folder = try TemporaryFolder()
        let program = try Self.script(#"trap '' TERM; echo $$ > "$1"; while :; do :; done"#, in: folder)
        let delivery = await Self.sink(program + [folder.file("id")], seconds: 3).send(Self.notice)
        #expect(delivery == .failed("the program took longer than 3 s and was ended"))
        let id = try #require(
            FileManager.default.contents(atPath: folder.file("id")).flatMap {
                Int32(String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
            })
        #expect(kill(id, 0) == -1)
    }

    @Test func aProgramThatIsNotThereIsAFailureAndNotAnEnd() async throws {
        let delivery = await Self.sink(["/nowhere/tell"]).send(Self.notice)
        #expect(delivery == .failed("/nowhere/tell could not be started: No such file or directory"))
    }

    // MARK: - An address

    private final class AnsweringTransport: Transport {
        private let answer: HTTPResponse
        private let seen = Mutex<[HTTPRequest]>([])
        var requests: [HTTPRequest] { seen.withLock { $0 } }

        init(_ status: Int, _ headers: [HTTPHeader] = []) {
            answer = HTTPResponse(status: status, headers: headers, body: [])
        }

        func send(
            _ request: HTTPRequest, totalTimeoutMilliseconds: Int64, deadline: SendDeadline
        ) async throws(TransportError) -> HTTPResponse {
            seen.withLock { $0.append(request) }
            return answer
        }
    }

    private static func sink(_ transport: AnsweringTransport) -> WebhookSink {
        WebhookSink(
            url: "https://app.example.com/dunlin",
            secrets: [Secret("whsec_new_0123456789"), Secret("whsec_old_0123456789")],
            timeoutMilliseconds: 1000, transport: transport)
    }

    @Test func whatIsPostedIsSignedWithEverySecretAndNamesTheNotice() async throws {
        let transport = AnsweringTransport(204)
        #expect(await Self.sink(transport).send(Self.notice) == .taken)
        let request = try #require(transport.requests.first)
        let headers = Dictionary(request.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        #expect(request.method == "POST" && request.body == Self.notice.body)
        #expect(headers["Dunlin-Notice"] == "ntc_1")
        for secret in ["whsec_new_0123456789", "whsec_old_0123456789"] {
            let verdict = WebhookSignature.verifyStripe(
                header: headers["Dunlin-Signature"] ?? "", body: request.body, secrets: [secret],
                nowSeconds: 1_767_225_700)
            #expect(verdict == .fresh)
        }
        #expect(headers.values.allSatisfy { !$0.contains("whsec_") })
    }

    @Test(arguments: [
        (200, NoticeDelivery.taken), (410, .refused("the receiver answered 410: it takes no more")),
        (302, .failed("the receiver answered 302, and no redirect is followed")),
        (500, .failed("the receiver answered 500", retryAfterSeconds: 60)),
        (401, .failed("the receiver answered 401", retryAfterSeconds: 60)),
    ])
    func onlyATwoHundredMeansTaken(status: Int, delivery: NoticeDelivery) async {
        let transport = AnsweringTransport(status, [HTTPHeader("Retry-After", "60")])
        #expect(await Self.sink(transport).send(Self.notice) == delivery)
    }
}

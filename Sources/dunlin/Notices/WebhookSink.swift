import DunlinCalendar
import DunlinCore
import DunlinGateways
import DunlinJobs

/// Sends notices by POST to an address, as signed JSON: `Dunlin-Signature: t=<seconds>,v1=<HMAC-SHA256 in hex>` over
/// `t + "." + body`. Follows no redirect, repeats nothing by itself, keeps nothing of the answer but its status.
struct WebhookSink: NoticeSink {
    static let signatureHeader = "Dunlin-Signature"
    static let idHeader = "Dunlin-Notice"

    let name = "webhook"
    let url: String
    let secrets: [Secret]
    let timeoutMilliseconds: Int64
    let transport: any Transport

    func send(_ notice: OutgoingNotice) async -> NoticeDelivery {
        let request = HTTPRequest(
            method: "POST", url: url,
            headers: [
                HTTPHeader("Content-Type", "application/json"), HTTPHeader("User-Agent", Version.userAgent),
                HTTPHeader(Self.idHeader, notice.id), HTTPHeader(Self.signatureHeader, signature(of: notice)),
            ], body: notice.body)
        do {
            return Self.delivery(
                try await transport.send(request, totalTimeoutMilliseconds: timeoutMilliseconds, deadline: .none))
        } catch {
            return .failed("\(error)")
        }
    }

    private func signature(of notice: OutgoingNotice) -> String {
        WebhookSignature.header(
            secrets: secrets.map(\.exposed), timestamp: notice.at.seconds, body: notice.body)
    }

    static func delivery(_ response: HTTPResponse) -> NoticeDelivery {
        switch response.status {
        case 200..<300: .taken
        case 410: .refused("the receiver answered 410: it takes no more")
        case 300..<400: .failed("the receiver answered \(response.status), and no redirect is followed")
        default:
            .failed(
                "the receiver answered \(response.status)",
                retryAfterSeconds: response.header("Retry-After").flatMap { Int64($0) })
        }
    }
}

import HTTPTypes
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle

/// The listener that a reverse proxy shows to the world: `POST /webhooks/<gateway name>`, and the recovery pages below
/// `/pay/`. TLS is the proxy's business. No request is logged: an address below `/pay/` is a key.
public struct PublicListener: Service {
    private let listener: HTTPListener
    private let inbox: WebhookInbox
    private let pages: PayPages?
    private let isRequired: Bool

    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - pages: the recovery pages, where they are set up.
    ///   - isRequired: false where the process has other work: a port that is taken is then done without.
    ///   - onListening: called with the port once it is bound.
    public init(
        host: String, port: Int, inbox: WebhookInbox, pages: PayPages? = nil, isRequired: Bool, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.inbox = inbox
        self.pages = pages
        self.isRequired = isRequired
        listener = HTTPListener(
            name: "public listener", host: host, port: port, logger: logger, onListening: onListening)
    }

    /// Listens until its task is canceled or the service group around it shuts down.
    ///
    /// - Throws: what the system says where the port cannot be bound and is required; `CancellationError`.
    public func run() async throws {
        do {
            try await listener.serve { request in await answer(request) }
            await inbox.flush()
        } catch let error as CancellationError {
            await inbox.flush()
            throw error
        } catch  where !isRequired {
            listener.logger.warning(
                "the public listener is off in this process: webhooks reach another one, or none",
                metadata: ["address": "\(listener.host):\(listener.port)", "error": "\(error)"])
        }
    }

    private func answer(_ request: Request) async -> Answer {
        if let pages, request.uri.path.hasPrefix(PayPages.root) { return await answer(request, by: pages) }
        guard let gateway = Self.gateway(inPath: request.uri.path), inbox.knows(gateway) else { return .notFound }
        guard request.method == .post else {
            var answer = Answer(405, "send events by POST")
            answer.headers["allow"] = "POST"
            return answer
        }
        if let length = request.headers[.contentLength].flatMap({ Int64($0) }), length > WebhookInbox.bodyBytesMax {
            return Self.answer(.tooLarge)
        }
        // The bytes as they came: a body that went through a parser does not match its signature.
        guard let body = try? await request.body.collect(upTo: WebhookInbox.bodyBytesMax) else {
            return Self.answer(.tooLarge)
        }
        return Self.answer(
            await inbox.receive(
                WebhookInbox.Delivery(
                    gateway: gateway, body: Array(body.readableBytesView), signature: Self.signature(request.headers),
                    contentType: request.headers[.contentType], userAgent: request.headers[.userAgent])))
    }

    private func answer(_ request: Request, by pages: PayPages) async -> Answer {
        let site = HTTPField.Name("sec-fetch-site").flatMap { request.headers[$0] }
        let headers = ["cookie": request.headers[.cookie], "sec-fetch-site": site].compactMapValues { $0 }
        var asked = PayPages.Request(
            method: request.method.rawValue, path: request.uri.path, headers: headers)
        if request.method == .post {
            guard let body = try? await request.body.collect(upTo: PayPages.bodyBytesMax) else {
                return Self.answer(.tooLarge)
            }
            asked.body = Array(body.readableBytesView)
        }
        var answer = await pages.answer(asked)
        if request.method == .head { answer.body = [] }
        return answer
    }

    private static func answer(_ verdict: WebhookInbox.Verdict) -> Answer {
        var answer = Answer(verdict.status, verdict.line)
        // The rest of a body that was not read would be taken for the next request.
        if verdict == .tooLarge { answer.headers["connection"] = "close" }
        if verdict == .storeFailed { answer.headers["retry-after"] = "30" }
        return answer
    }

    /// The last part of `/webhooks/<name>`.
    private static func gateway(inPath path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0] == "webhooks" else { return nil }
        return String(parts[1])
    }

    private static func signature(_ headers: HTTPFields) -> String? {
        signatureNames.lazy.compactMap { headers[$0] }.first
    }

    private static let signatureNames = ["Stripe-Signature", "Wooshpay-Signature"].compactMap { HTTPField.Name($0) }
}

public import DunlinCalendar
public import DunlinCore
public import DunlinDatabase
public import DunlinJobs
import DunlinLedger
import Foundation
public import Logging

/// The recovery pages: `/pay/<token>` and where the bank and the gateway send the browser back to.
///
/// `GET` shows and never acts, since mail scanners open links; `POST` from a page that was shown acts. No cookie and no
/// session is needed: whoever has the address may pay this one debt, and nothing else. Free of sockets.
public struct PayPages: Sendable {
    public struct Options: Sendable {
        /// Who the customer owes; nil shows none.
        public var merchant: String?
        /// How to reach them: a line of text.
        public var contact: String?
        /// As seen from outside, without a slash at its end.
        public var publicURL: String
        /// Where the browser ends after the bank's challenge; nil for a page of ours.
        public var returnURL: String?
        public var linkDays: Int
        /// Origins without TLS that a form may lead to, such as the sandbox's.
        public var plainOrigins: [String]

        public init(
            merchant: String? = nil, contact: String? = nil, publicURL: String, returnURL: String? = nil,
            linkDays: Int, plainOrigins: [String] = []
        ) {
            self.merchant = merchant
            self.contact = contact
            self.publicURL = publicURL
            self.returnURL = returnURL
            self.linkDays = linkDays
            self.plainOrigins = plainOrigins
        }
    }

    /// A form of ours has two short fields.
    static let bodyBytesMax = 4096
    static let root = "/pay/"
    /// Where banks send browsers back to whose intent was confirmed without the customer.
    public static let commonReturnPath = "/pay/return"
    private static let cookie = "dunlin_pay"

    let database: Database
    let visit: RecoveryVisit
    let key: RecoveryKey
    let options: Options
    let logger: Logger
    let now: @Sendable () -> Instant

    public init(
        database: Database, visit: RecoveryVisit, key: RecoveryKey, options: Options, logger: Logger,
        now: @escaping @Sendable () -> Instant
    ) {
        self.database = database
        self.visit = visit
        self.key = key
        self.options = options
        self.logger = logger
        self.now = now
    }

    /// A request as far as these pages look at it.
    public struct Request: Sendable {
        public var method: String
        /// Without the query: nothing in it is believed.
        public var path: String
        public var body: [UInt8]
        /// By lower-case name.
        public var headers: [String: String]

        public init(method: String, path: String, body: [UInt8] = [], headers: [String: String] = [:]) {
            self.method = method
            self.path = path
            self.body = body
            self.headers = headers
        }
    }

    /// Never throws: what went wrong is a page.
    public func answer(_ request: Request) async -> Answer {
        let parts = request.path.dropFirst(Self.root.count).split(separator: "/", omittingEmptySubsequences: false)
        do {
            if request.path == Self.commonReturnPath { return commonReturn(request) }
            guard let first = parts.first, parts.count <= 2, let token = RecoveryToken(String(first)) else {
                return invalid()
            }
            let rest = parts.count == 2 ? String(parts[1]) : nil
            switch try await open(token) {
            case .invalid: return invalid()
            case .expired: return expired()
            case .good(let debt):
                return try await answer(request, rest, Link(text: String(first), token: token, debt: debt))
            }
        } catch {
            // The address is the key to the debt: it is in no line of the log.
            logger.error("a recovery page failed", metadata: ["error": "\(Redaction.clean("\(error)"))"])
            return page(503, document.message("Not now", "Something went wrong on our side. Please try again later."))
        }
    }

    // MARK: - The link

    struct Link: Sendable {
        let text: String
        let token: RecoveryToken
        let debt: RecoveryDebt
    }

    private enum Opened: Sendable {
        case invalid, expired
        case good(RecoveryDebt)
    }

    private func open(_ token: RecoveryToken) async throws -> Opened {
        let (key, days, now) = (key, options.linkDays, now())
        return try await database.read { tx in
            guard let invoice = try Invoices.find(token.invoiceID, tx), key.made(token, for: invoice.recoveryDebt)
            else {
                return .invalid
            }
            let link = try RecoveryLinks.find(invoice, days: days, tx)
            guard token.generation == link.generation, now < link.expiresAt else { return .expired }
            return .good(invoice.recoveryDebt)
        }
    }

    private func answer(_ request: Request, _ rest: String?, _ link: Link) async throws -> Answer {
        switch (request.method, rest) {
        case ("GET", nil), ("HEAD", nil):
            return shown(try await visit.look(link.debt.invoiceID), link)
        case ("POST", nil): return try await act(request, link)
        case ("GET", "return"):
            try await visit.comeBack(link.debt.invoiceID)
            return seeOther("../\(link.text)")
        case ("GET", "card"):
            try await visit.comeBackWithCard(link.debt.invoiceID)
            return seeOther("../\(link.text)")
        case (_, nil): return notAllowed("GET, HEAD, POST")
        case (_, "return"), (_, "card"): return notAllowed("GET")
        default: return invalid()
        }
    }

    // MARK: - Acting

    private func act(_ request: Request, _ link: Link) async throws -> Answer {
        let fields = FormFields.read(request.body)
        // Browsers say where a request comes from; one from another site was pressed on no page of ours.
        let isForeign = ["cross-site", "same-site"].contains(request.headers["sec-fetch-site"])
        guard !isForeign, let choice = fields["choice"].flatMap({ RecoveryVisit.Choice(rawValue: $0) }),
            let form = fields["form"],
            key.isForm(form, of: link.debt, generation: link.token.generation, now: now())
        else { return shown(try await visit.look(link.debt.invoiceID), link) }
        let own = "\(options.publicURL)\(Self.root)\(link.text)"
        let addresses = RecoveryVisit.Addresses(
            back: options.returnURL ?? "\(own)/return", cardSaved: "\(own)/card", cardLeft: own)
        switch try await visit.act(link.debt.invoiceID, choice, addresses) {
        case .redirect(let url, let comesBack):
            guard isAddress(url) else {
                logger.error("a gateway named no address to send a customer to")
                var page = try await visit.look(link.debt.invoiceID)
                page.note = .cannotContinue
                return shown(page, link)
            }
            return seeOther(url, cookieFor: comesBack ? nil : link)
        case .page(let page):
            // What the ledger shows by itself is shown at a clean address: to load it again presses nothing.
            if page == (try await visit.look(link.debt.invoiceID)) { return seeOther(link.text) }
            return shown(page, link)
        }
    }

    /// The gateway's, over TLS; without it only where the settings name the origin.
    private func isAddress(_ text: String) -> Bool {
        guard let url = URLComponents(string: text), url.host?.isEmpty == false, url.user == nil else { return false }
        if text.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) { return false }
        return url.scheme == "https" || options.plainOrigins.contains { text.hasPrefix("\($0)/") }
    }

    /// The address that a confirm without the customer named tells of no debt; the cookie of this visit does. Nothing
    /// is read and nothing acted on here.
    private func commonReturn(_ request: Request) -> Answer {
        guard request.method == "GET" || request.method == "HEAD" else { return notAllowed("GET, HEAD") }
        let pairs = (request.headers["cookie"] ?? "").split(separator: ";").map {
            $0.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        if let text = pairs.first(where: { $0.count == 2 && $0[0] == Self.cookie })?[1], RecoveryToken(text) != nil {
            return seeOther("\(text)/return")
        }
        return page(
            200,
            document.message(
                "You are back from your bank",
                "We ask it what became of your payment. You may close this page; the link that we sent you shows how your "
                    + "payment stands."))
    }

    // MARK: - Answers

    private var document: PayDocument { PayDocument(merchant: options.merchant, contact: options.contact) }

    private func shown(_ page: RecoveryPage, _ link: Link) -> Answer {
        let form = key.form(of: link.debt, generation: link.token.generation, shownAt: now())
        let lookAgain = page.state == .checking ? "\(link.text)/return" : link.text
        let text = document.page(page, form: form, lookAgain: lookAgain)
        switch page.state {
        case .tooMany(let until):
            var answer = self.page(429, text)
            answer.headers["retry-after"] = String(max(1, until.seconds - now().seconds))
            return answer
        case .due, .atBank, .checking, .charging, .paid, .canceled, .notNow: return self.page(200, text)
        }
    }

    private func invalid() -> Answer {
        page(
            404,
            document.message(
                "This link does not work", "Please open it exactly as you got it, or ask us for a new one."))
    }

    private func expired() -> Answer {
        page(410, document.message("This link has expired", "Please ask us for a new one. You were not charged."))
    }

    private func notAllowed(_ methods: String) -> Answer {
        var answer = Answer(405, "use \(methods)")
        answer.headers["allow"] = methods
        return secured(answer)
    }

    private func seeOther(_ location: String, cookieFor link: Link? = nil) -> Answer {
        var answer = Answer(303, contentType: "text/plain; charset=utf-8", [])
        answer.headers["location"] = location
        if let link {
            let path = URLComponents(string: options.publicURL)?.path ?? ""
            let secure = options.publicURL.hasPrefix("https:") ? "; Secure" : ""
            answer.headers["set-cookie"] =
                "\(Self.cookie)=\(link.text); Path=\(path)\(Self.commonReturnPath); Max-Age=3600; HttpOnly; SameSite=Lax\(secure)"
        }
        return secured(answer)
    }

    private func page(_ status: Int, _ text: String) -> Answer {
        secured(Answer(status, contentType: "text/html; charset=utf-8", Array(text.utf8)))
    }

    private func secured(_ answer: Answer) -> Answer {
        var answer = answer
        let targets = (["'self'", "https:"] + options.plainOrigins).joined(separator: " ")
        answer.headers.merge([
            "content-security-policy":
                "default-src 'none'; style-src '\(PayStyle.hash)'; form-action \(targets); frame-ancestors 'none'; "
                + "base-uri 'none'",
            "referrer-policy": "no-referrer", "x-frame-options": "DENY", "x-robots-tag": "noindex, nofollow",
            "cross-origin-opener-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
        ]) { $1 }
        return answer
    }
}

/// The fields of a form as a browser sends them.
enum FormFields {
    static func read(_ body: [UInt8]) -> [String: String] {
        let text = String(decoding: body, as: UTF8.self)
        let pairs = text.split(separator: "&").compactMap { pair -> (String, String)? in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = decoded(parts[0]), let value = decoded(parts[1]) else { return nil }
            return (name, value)
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private static func decoded(_ text: Substring) -> String? {
        String(text).replacing("+", with: " ").removingPercentEncoding
    }
}

import DunlinCalendar
import DunlinCore
import DunlinJobs
import DunlinLedger

/// A SetupIntent as a command shows it.
struct SetupIntentView: Encodable, Sendable {
    let id: String
    let gateway: String
    let status: String
    let customer: String?
    let paymentMethod: String?
    let usage: String?
    let livemode: Bool?
    let description: String?
    let metadata: [String: String]
    let lastSetupError: ErrorView?
    let nextAction: NextActionView?
    let latestAttempt: String?
    let mandate: String?
    let cancellationReason: String?
    let createdAt: String?
    /// The row of payment_methods that the card was stored in.
    var savedAs: String?
    /// Why nothing was stored although it succeeded.
    var notSavedBecause: String?
    /// Only where it was asked for.
    var clientSecret: String?

    init(_ intent: SetupIntentSnapshot, gateway: String) {
        id = intent.id
        self.gateway = gateway
        status = intent.status.text
        customer = intent.customerID
        paymentMethod = intent.paymentMethodID
        usage = intent.usage?.rawValue
        livemode = intent.isLive
        description = intent.description
        metadata = intent.metadata
        lastSetupError = intent.lastError.map(ErrorView.init)
        nextAction = intent.nextAction.map(NextActionView.init)
        latestAttempt = intent.latestAttemptID
        mandate = intent.mandateID
        cancellationReason = intent.cancellationReason
        createdAt = intent.createdAt?.rfc3339Seconds
    }

    /// For people.
    var lines: [String] {
        var lines = ["\(id)  \(status)"]
        func add(_ name: String, _ value: String?) { if let value { lines.append("  \(name): \(value)") } }
        add("customer", customer)
        add("payment method", paymentMethod)
        add("usage", usage)
        add("description", description)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { add("metadata \(key)", value) }
        add("error", lastSetupError?.text)
        if let nextAction {
            add("next", nextAction.words)
            add("url", nextAction.url)
        }
        add("canceled because", cancellationReason)
        add("saved as payment method", savedAs)
        add("not saved", notSavedBecause)
        add("client secret", clientSecret)
        return lines
    }
}

/// Why a confirm failed.
struct ErrorView: Encodable, Sendable {
    let code: String?
    let declineCode: String?
    let adviceCode: String?
    let networkDeclineCode: String?
    let networkAdviceCode: String?
    let message: String?

    init(_ decline: Decline) {
        code = decline.code
        declineCode = decline.declineCode
        adviceCode = decline.adviceCode
        networkDeclineCode = decline.networkDeclineCode
        networkAdviceCode = decline.networkAdviceCode
        message = decline.message
    }

    var text: String {
        let codes = [code, declineCode, adviceCode.map { "advice \($0)" }].compactMap { $0 }.joined(separator: ", ")
        return [message, codes.isEmpty ? nil : "(\(codes))"].compactMap { $0 }.joined(separator: " ")
    }
}

/// What the customer has to do.
struct NextActionView: Encodable, Sendable {
    let type: String
    let kind: String
    let url: String?
    let returnUrl: String?
    let code: String?

    init(_ action: NextAction) {
        type = action.type
        kind = action.kind.rawValue
        url = action.url
        returnUrl = action.returnURL
        code = action.code
    }

    var words: String {
        switch NextAction.Kind(rawValue: kind) ?? .other {
        case .redirect: "send the customer's browser there (\(type)); its return proves nothing"
        case .deviceCheck: "send the customer's browser there for a check of the device (\(type))"
        case .qrCode: "show the customer this QR code (\(type))"
        case .app: "open this on the customer's phone (\(type))"
        case .script: "only the gateway's own script can go on (\(type))"
        case .other: "unknown (\(type))"
        }
    }
}

extension SetupIntentView {
    /// With what became of the card.
    init(_ intent: SetupIntentSnapshot, _ outcome: SaveCard.Outcome, gateway: String) {
        self.init(intent, gateway: gateway)
        switch outcome {
        case .stored(.customerNotHere(let customer), _):
            notSavedBecause = "no row of customers is \(customer): import or create it, then payment-methods sync"
        case .stored(let stored, _): savedAs = stored.id
        case .nothingSaved where intent.status == .succeeded:
            notSavedBecause = "the SetupIntent has no customer, so that the card cannot be charged later"
        case .nothingSaved: break
        case .wrongMode: notSavedBecause = "it is of the other mode"
        case .notRead(let failure): notSavedBecause = "the gateway did not tell: \(failure)"
        }
    }
}

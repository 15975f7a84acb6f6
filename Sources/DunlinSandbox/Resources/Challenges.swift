/// What waits for the card holder on a hosted page.
enum Challenge {
    case payment(PaymentIntent)
    case setup(SetupIntent)
}

/// How the card holder left the page of an authentication.
public enum ChallengeAnswer: String, Hashable, Sendable, CaseIterable {
    case approve
    case fail
    /// Left without an answer: nothing changes.
    case abandon
}

extension World {
    static let challengePath = "/_sandbox/authenticate/"

    func beginAction(_ challenge: Challenge, returnURL: String?, usesBrowserLibrary: Bool) -> NextAction {
        let token = identifiers.token(32)
        challenges[token] = challenge
        return NextAction(
            token: token, returnURL: returnURL, isForBrowserLibrary: usesBrowserLibrary || returnURL == nil)
    }

    /// Where the card holder goes. Made anew each time, since a restarted sandbox may listen elsewhere.
    func url(of action: NextAction) -> String { baseURL + Self.challengePath + action.token }

    func endAction(_ action: inout NextAction?) {
        if let token = action?.token { challenges[token] = nil }
        action = nil
    }

    /// What the card holder did with a challenge.
    ///
    /// - Returns: where the browser goes next; nil where no return URL is known, or the token is.
    func answer(challenge token: String, _ answer: ChallengeAnswer) -> String? {
        guard let challenge = challenges[token] else { return nil }
        let target: String?
        switch challenge {
        case .payment(let intent):
            target = returnTarget(intent.returnURL, intent.header, secret: intent.clientSecret, name: "payment_intent")
            finish(intent, answer)
            return target.map { $0 + Self.redirectStatus(intent.status) }
        case .setup(let intent):
            target = returnTarget(intent.returnURL, intent.header, secret: intent.clientSecret, name: "setup_intent")
            finish(intent, answer)
            if let id = intent.checkoutSessionID, checkoutSessions[id]?.status == "open" {
                // Not saved: back to the page where another card can be typed in.
                return baseURL + Self.checkoutPath + id
            }
            return target.map { $0 + Self.redirectStatus(intent.status) }
        }
    }

    private static func redirectStatus(_ status: IntentStatus) -> String {
        switch status {
        case .succeeded, .requiresCapture, .processing: "&redirect_status=succeeded"
        case .requiresAction: "&redirect_status=pending"
        case .requiresPaymentMethod, .requiresConfirmation, .canceled: "&redirect_status=failed"
        }
    }

    private func returnTarget(_ url: String?, _ header: RecordHeader, secret: String, name: String) -> String? {
        guard let url else { return nil }
        let joint = url.contains("?") ? "&" : "?"
        return "\(url)\(joint)\(name)=\(header.id)&\(name)_client_secret=\(secret)"
    }

    private func finish(_ intent: PaymentIntent, _ answer: ChallengeAnswer) {
        guard answer != .abandon, let method = intent.paymentMethod else { return }
        endAction(&intent.nextAction)
        switch answer {
        case .abandon: break
        case .approve:
            // A decline is in the intent; nobody is here to take the error.
            try? charge(intent, method, isOffSession: false, authentication: "authenticated", nil)
        case .fail: reject(intent, method)
        }
    }

    /// The card holder did not pass: no charge is made.
    private func reject(_ intent: PaymentIntent, _ method: PaymentMethod) {
        intent.status = .requiresPaymentMethod
        intent.lastError = IntentError(
            kind: .invalidRequest, code: "payment_intent_authentication_failure",
            message: "The provided PaymentMethod has failed authentication. You can provide a new PaymentMethod to "
                + "attempt to fulfill this PaymentIntent again.", paymentMethod: method)
        if intent.dialect == .stripe { intent.paymentMethod = nil }
        emit("payment_intent.payment_failed", .paymentIntent(intent), nil)
    }

    private func finish(_ intent: SetupIntent, _ answer: ChallengeAnswer) {
        guard answer != .abandon, let method = intent.paymentMethod else { return }
        endAction(&intent.nextAction)
        switch answer {
        case .abandon: break
        case .approve: try? save(intent, method, nil)
        case .fail:
            let decline = CardDecline(
                code: "setup_intent_authentication_failure", declineCode: "", advice: nil, networkDeclineCode: nil,
                networkAdviceCode: nil, parameter: nil,
                message: "The latest attempt to set up the payment method has failed because authentication failed.")
            _ = fail(intent, method, kind: .invalidRequest, decline: decline, nil)
        }
        if let id = intent.checkoutSessionID, let session = checkoutSessions[id], intent.status == .succeeded {
            complete(session)
        }
    }
}

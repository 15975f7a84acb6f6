// The pages that a card holder sees: authentication and the entry of a card. Plain forms that work in any browser.
extension World {
    func authenticationPage(_ request: SandboxRequest, token: String) throws(SandboxFailure) -> SandboxResponse {
        guard let challenge = challenges[token] else {
            return Self.page("Nothing to authenticate", "<p>This authentication is over.</p>", status: 404)
        }
        guard request.method == "POST" else { return Self.page("Authentication", describe(challenge) + Self.buttons) }
        let form = Parameters(FormDecoding.decode(request.body))
        guard let answer = ChallengeAnswer(rawValue: try form.requiredString("answer")) else {
            throw .invalid("answer", "answer must be one of approve, fail, abandon")
        }
        guard let target = self.answer(challenge: token, answer) else {
            return Self.page("Done", "<p>You can close this page.</p>")
        }
        return Self.redirect(target)
    }

    private func describe(_ challenge: Challenge) -> String {
        switch challenge {
        case .payment(let intent):
            "<p>Confirm a payment of <b>\(intent.amount)</b> minor units of \(intent.currency.uppercased()) with "
                + "\(Self.card(intent.paymentMethod)).</p>"
        case .setup(let intent): "<p>Confirm that \(Self.card(intent.paymentMethod)) may be saved.</p>"
        }
    }

    private static func card(_ method: PaymentMethod?) -> String {
        guard let method else { return "your card" }
        return "your \(escaped(method.brand)) card ending in \(escaped(method.lastFour))"
    }

    private static let buttons = """
        <form method="post">
        <button name="answer" value="approve">Approve</button>
        <button name="answer" value="fail">Fail</button>
        <button name="answer" value="abandon">Leave without an answer</button>
        </form>
        """

    func checkoutPage(_ request: SandboxRequest, id: String) throws(SandboxFailure) -> SandboxResponse {
        guard let session = checkoutSessions[id] else {
            throw SandboxFailure(404, .invalidRequest, "There is no such session.")
        }
        guard session.status == "open" else {
            return Self.page("Session over", "<p>This session is \(session.status).</p>", status: 410)
        }
        guard request.method == "POST" else { return Self.page("Save a card", Self.cardForm(session, problem: nil)) }
        let form = FormDecoding.decode(request.body)
        do throws(SandboxFailure) {
            return Self.redirect(try submit(form, to: session))
        } catch {
            return Self.page("Save a card", Self.cardForm(session, problem: error.message), status: 402)
        }
    }

    private static func cardForm(_ session: CheckoutSession, problem: String?) -> String {
        let notice = problem.map { "<p role=\"alert\"><b>\(escaped($0))</b></p>" } ?? ""
        let leave = session.cancelURL.map { "<p><a href=\"\(escaped($0))\">Leave without saving</a></p>" } ?? ""
        return """
            \(notice)<form method="post">
            <p><label>Card number <input name="number" value="4242424242424242" inputmode="numeric"></label></p>
            <p><label>Month <input name="exp_month" value="12" size="2"></label>
            <label>Year <input name="exp_year" value="2040" size="4"></label>
            <label>CVC <input name="cvc" value="123" size="4"></label></p>
            <p><button>Save</button></p>
            </form>\(leave)
            """
    }

    static func page(_ title: String, _ content: String, status: Int = 200) -> SandboxResponse {
        let text = """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>\(escaped(title))</title>
            <meta name="viewport" content="width=device-width">
            <style>body{font:16px/1.5 system-ui;max-width:32em;margin:3em auto;padding:0 1em}</style></head>
            <body><h1>\(escaped(title))</h1>\(content)<p><small>Dunlin sandbox. No money moves here.</small></p></body></html>

            """
        return SandboxResponse(
            status: status,
            headers: [
                SandboxHeader("Content-Type", "text/html; charset=utf-8"), SandboxHeader("Cache-Control", "no-store"),
                SandboxHeader("Referrer-Policy", "no-referrer"),
            ], body: Array(text.utf8))
    }

    private static func redirect(_ url: String) -> SandboxResponse {
        // Nobody may smuggle a header in with a line break.
        let target = url.filter { !$0.isNewline }
        return SandboxResponse(status: 303, headers: [SandboxHeader("Location", target)])
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}

extension World {
    /// The body of an answer that is no success.
    func errorBody(_ failure: SandboxFailure, _ view: View) -> [UInt8] {
        let isWooshPay = view.dialect == .wooshpay
        return written { writer in
            if isWooshPay, view.quirks.textErrors {
                writer.object { $0.field("error", failure.message) }
            } else if isWooshPay, view.quirks.flatErrors {
                writer.object { writeMembers(of: failure, to: &$0, view) }
            } else {
                writer.object { writer in writer.object("error") { writeMembers(of: failure, to: &$0, view) } }
            }
        }
    }

    private func writeMembers(of failure: SandboxFailure, to writer: inout JSONWriter, _ view: View) {
        if view.dialect == .stripe {
            if let decline = failure.decline { Self.writeStripe(decline, to: &writer) }
            if let charge = failure.chargeID { writer.field("charge", charge) }
        } else if let decline = failure.decline {
            writer.field("decline_code", decline.declineCode)
        }
        if let code = failure.code {
            writer.field("code", code)
            if view.dialect == .stripe {
                writer.field("doc_url", "https://stripe.com/docs/error-codes/" + code.replacing("_", with: "-"))
            }
        }
        writer.field("message", failure.message)
        if let parameter = failure.parameter { writer.field("param", parameter) }
        write(failure.subject, to: &writer, view)
        writer.field("type", failure.kind.rawValue)
    }

    private func write(_ subject: SandboxFailure.Subject?, to writer: inout JSONWriter, _ view: View) {
        switch subject {
        case .paymentIntent(let id)?:
            guard let intent = paymentIntents[id] else { return }
            writer.named("payment_intent") { write(intent, to: &$0, view) }
            write(intent.lastError?.paymentMethod, to: &writer, view)
        case .setupIntent(let id)?:
            guard let intent = setupIntents[id] else { return }
            writer.named("setup_intent") { write(intent, to: &$0, view) }
            write(intent.lastError?.paymentMethod, to: &writer, view)
        case .paymentMethod(let id)?: write(paymentMethods[id], to: &writer, view)
        case nil: break
        }
    }

    private func write(_ method: PaymentMethod?, to writer: inout JSONWriter, _ view: View) {
        guard let method else { return }
        writer.named("payment_method") { write(method, to: &$0, view) }
    }

    /// WooshPay's guides show a decline as an ordinary answer whose intent asks for another method.
    func objectInsteadOfError(_ failure: SandboxFailure) -> [UInt8]? {
        guard failure.kind == .card, !options.quirks.declinesAs402 else { return nil }
        if options.quirks.authenticationAs402, failure.code == "authentication_required" { return nil }
        let view = View(dialect: .wooshpay, quirks: options.quirks)
        switch failure.subject {
        case .paymentIntent(let id)?:
            return paymentIntents[id].map { intent in written { write(intent, to: &$0, view) } }
        case .setupIntent(let id)?: return setupIntents[id].map { intent in written { write(intent, to: &$0, view) } }
        case .paymentMethod?, nil: return nil
        }
    }
}

import DunlinCore

/// The error that an answer carries, wherever the gateway put it, its texts cleaned.
///
/// Stripe sends `{"error": {…}}`. WooshPay's form is not documented; its clients meet an object, a string, flat members
/// and plain text (wooshpay.md 1.6), so all of them are read.
struct ErrorBody {
    var type: String?
    var code: String?
    var declineCode: String?
    var parameter: String?
    var message: String?
    /// The object that holds the members above, as sent, for what else is in it.
    var source: JSON

    /// The error of a body that reads as JSON; nil when nothing in it looks like one.
    init?(_ body: JSON, _ scrubber: Scrubber) {
        let error = body["error"]
        source = error.isObject ? error : body
        type = source["type"].text.map(scrubber.clean)
        code = source["code"].text.map(scrubber.clean)
        declineCode = source["decline_code"].text.map(scrubber.clean)
        parameter = source["param"].text.map(scrubber.clean)
        let text = source["message"].text ?? source["error_description"].text ?? error.text ?? body.text
        message = text.map(scrubber.clean)
        if type == nil, code == nil, declineCode == nil, message == nil { return nil }
    }

    /// Why a charge failed, in the gateway's codes.
    func decline(_ scrubber: Scrubber) -> Decline { Decline(error: source, scrubber: scrubber) }
}

extension Decline {
    /// Reads an error object, or `last_payment_error`, which has the same members (stripe.md 1.3, wooshpay.md 1.6).
    init(error: JSON, scrubber: Scrubber) {
        func text(_ name: String) -> String? { error[name].text.map(scrubber.clean) }
        self.init(
            code: text("code"), declineCode: text("decline_code"), adviceCode: text("advice_code"),
            networkDeclineCode: text("network_decline_code"), networkAdviceCode: text("network_advice_code"),
            message: text("message") ?? (error.isObject ? nil : error.text.map(scrubber.clean)),
            chargeID: error["charge"].id.map(scrubber.cleanID))
    }
}

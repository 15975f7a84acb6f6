import DunlinCore

/// The error that an answer carries, wherever the gateway put it.
///
/// Stripe sends `{"error": {…}}`. WooshPay's form is not documented; its clients meet an object, a string, flat members
/// and plain text (wooshpay.md 1.6), so all of them are read.
struct ErrorBody {
    var type: String?
    var code: String?
    var declineCode: String?
    var parameter: String?
    /// As sent: to be cleaned before it is kept.
    var message: String?
    /// The object that holds the members above, for what else is in it.
    var source: JSON

    /// The error of a body that reads as JSON; nil when nothing in it looks like one.
    init?(_ body: JSON) {
        let error = body["error"]
        source = error.isObject ? error : body
        type = source["type"].text
        code = source["code"].text
        declineCode = source["decline_code"].text
        parameter = source["param"].text
        message = source["message"].text ?? source["error_description"].text ?? error.text ?? body.text
        if type == nil, code == nil, declineCode == nil, message == nil { return nil }
    }

    /// Why a charge failed, in the gateway's codes.
    func decline(_ scrubber: Scrubber) -> Decline { Decline(error: source, scrubber: scrubber) }
}

extension Decline {
    /// Reads an error object, or `last_payment_error`, which has the same members (stripe.md 1.3, wooshpay.md 1.6).
    init(error: JSON, scrubber: Scrubber) {
        self.init(
            code: error["code"].text, declineCode: error["decline_code"].text, adviceCode: error["advice_code"].text,
            networkDeclineCode: error["network_decline_code"].text,
            networkAdviceCode: error["network_advice_code"].text,
            message: (error["message"].text ?? (error.isObject ? nil : error.text)).map(scrubber.clean),
            chargeID: error["charge"].id)
    }
}

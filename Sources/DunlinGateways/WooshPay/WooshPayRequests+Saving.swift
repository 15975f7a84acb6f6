import DunlinCore

/// Bodies and queries of WooshPay's SetupIntents and what belongs to them (wooshpay.md 2.3 and 2.6), members in the
/// order of its pages (seeds 001 and 002).
extension WooshPayRequests {
    func customer(_ request: CustomerRequest) -> [UInt8] {
        var body = JSONWriter()
        body.add("email", request.email)
        body.add("name", request.name)
        body.add(request.metadata)
        return body.body
    }

    func createSetupIntent(_ request: SetupIntentRequest) -> [UInt8] {
        var body = JSONWriter()
        if request.confirms { body.add("confirm", true) }
        body.add("customer", request.customerID)
        body.add("description", request.description)
        body.add(request.metadata)
        body.add("payment_method", request.paymentMethodID)
        body.add("payment_method_types", texts: ["card"])
        body.add(request.threeDSecure)
        body.add(request.card)
        body.add("usage", request.usage.rawValue)
        if request.confirms { body.add("return_url", request.returnURL ?? returnURL) }
        return body.body
    }

    func updateSetupIntent(_ change: SetupIntentChange) -> [UInt8] {
        var body = JSONWriter()
        body.add("customer", change.customerID)
        body.add("description", change.description)
        body.add(change.metadata)
        body.add("payment_method", change.paymentMethodID)
        return body.body
    }

    /// `return_url` is required here (wooshpay.md 2.3).
    func confirmSetupIntent(_ confirmation: SetupIntentConfirmation) -> [UInt8] {
        var body = JSONWriter()
        body.add("payment_method", confirmation.paymentMethodID)
        body.add(confirmation.card)
        body.add("return_url", confirmation.returnURL ?? returnURL)
        return body.body
    }

    func cancelSetupIntent(_ reason: SetupCancelReason?) -> [UInt8] {
        var body = JSONWriter()
        body.add("cancellation_reason", (reason ?? .abandoned).rawValue)
        return body.body
    }

    /// The unit of `created` bounds is not known (wooshpay.md U8): they are applied to what comes back.
    func listSetupIntents(_ query: SetupIntentQuery) -> String {
        var form = FormWriter()
        form.add("customer", query.customerID)
        form.add("payment_method", query.paymentMethodID)
        form.add("limit", query.limit.map(String.init))
        form.add(query.cursor)
        return PercentEncoding.pairs(form.fields)
    }

    func setupSession(_ request: SetupSessionRequest) -> [UInt8] {
        var body = JSONWriter()
        body.add("success_url", request.successURL)
        body.add("cancel_url", request.cancelURL)
        body.add("payment_method_types", texts: ["card"])
        body.add("customer", request.customerID)
        body.add(request.metadata)
        return body.body
    }
}

extension JSONWriter {
    mutating func add(_ metadata: MetadataChange) {
        if metadata.removesAll {
            add("metadata", "")
        } else if !metadata.isEmpty {
            add("metadata", object: metadata.pairs)
        }
    }

    /// WooshPay says `auto` where Stripe says `automatic` (wooshpay.md 2.4).
    fileprivate mutating func add(_ threeDSecure: ThreeDSecureRequest?) {
        guard let threeDSecure else { return }
        add("payment_method_options") { options in
            options.add("card") { card in
                card.add("request_three_d_secure", threeDSecure == .automatic ? "auto" : threeDSecure.rawValue)
            }
        }
    }

    /// Raw card data, every part of it a string (seed 001).
    fileprivate mutating func add(_ card: CardData?) {
        guard let card else { return }
        add("payment_method_data") { data in
            data.add("type", "card")
            data.add("card") { member in
                member.add("exp_month", card.expMonth)
                member.add("exp_year", card.expYear)
                member.add("number", card.number.exposed)
                member.add("cvc", card.code?.exposed)
                member.add("name", card.holder)
            }
        }
    }
}

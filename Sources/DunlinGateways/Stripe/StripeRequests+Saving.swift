import DunlinCalendar
import DunlinCore

/// Bodies and queries of Stripe's SetupIntents and what belongs to them (stripe.md 4.2, seed 003).
extension StripeRequests {
    func customer(_ request: CustomerRequest) -> [UInt8] {
        var form = FormWriter()
        form.add("email", request.email)
        form.add("name", request.name)
        form.add(request.metadata)
        return form.body
    }

    /// - Parameter paymentMethodID: of the request, or the one that its raw card became.
    func createSetupIntent(_ request: SetupIntentRequest, paymentMethodID: String?) -> [UInt8] {
        var form = FormWriter()
        form.add("customer", request.customerID)
        form.add("payment_method", paymentMethodID)
        form.add(version.cardsOnly)
        if let threeDSecure = request.threeDSecure {
            form.add("payment_method_options[card][request_three_d_secure]", threeDSecure.rawValue)
        }
        form.add("usage", request.usage.rawValue)
        form.add("description", request.description)
        if request.confirms {
            form.add("confirm", true)
            form.add("return_url", request.returnURL)
        }
        form.add(request.metadata)
        return form.body
    }

    func updateSetupIntent(_ change: SetupIntentChange) -> [UInt8] {
        var form = FormWriter()
        form.add("customer", change.customerID)
        form.add("description", change.description)
        form.add("payment_method", change.paymentMethodID)
        form.add(change.metadata)
        return form.body
    }

    func confirmSetupIntent(_ confirmation: SetupIntentConfirmation, paymentMethodID: String?) -> [UInt8] {
        var form = FormWriter()
        form.add("payment_method", paymentMethodID)
        form.add("return_url", confirmation.returnURL)
        return form.body
    }

    func cancelSetupIntent(_ reason: SetupCancelReason?) -> [UInt8] {
        var form = FormWriter()
        form.add("cancellation_reason", reason?.rawValue)
        return form.body
    }

    func listSetupIntents(_ query: SetupIntentQuery) -> String {
        var form = FormWriter()
        form.add("customer", query.customerID)
        form.add("payment_method", query.paymentMethodID)
        form.add("created[gte]", query.createdFrom.map { String($0.seconds) })
        form.add("created[lte]", query.createdThrough.map { String($0.seconds) })
        form.add("limit", query.limit.map(String.init))
        form.add(query.cursor)
        return PercentEncoding.pairs(form.fields)
    }

    /// Raw card data goes into a PaymentMethod of its own: Stripe's SetupIntents take none (stripe.md 4.2).
    func paymentMethod(_ card: CardData) -> [UInt8] {
        var form = FormWriter()
        form.add("type", "card")
        form.add("card[number]", card.number.exposed)
        form.add("card[exp_month]", card.expMonth)
        form.add("card[exp_year]", card.expYear)
        form.add("card[cvc]", card.code?.exposed)
        form.add("billing_details[name]", card.holder)
        return form.body
    }

    func setupSession(_ request: SetupSessionRequest) -> [UInt8] {
        var form = FormWriter()
        form.add("mode", "setup")
        form.add("customer", request.customerID)
        form.add("payment_method_types[0]", "card")
        form.add("success_url", request.successURL)
        form.add("cancel_url", request.cancelURL)
        form.add(request.metadata)
        form.add(request.metadata, named: "setup_intent_data[metadata]")
        return form.body
    }
}

extension FormWriter {
    /// At most one cursor, as the processors want it.
    mutating func add(_ cursor: SetupIntentQuery.Cursor?) {
        switch cursor {
        case .startingAfter(let id): add("starting_after", id)
        case .endingBefore(let id): add("ending_before", id)
        case nil: break
        }
    }
}

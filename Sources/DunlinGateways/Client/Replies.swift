import DunlinCore

extension ObjectCalls {
    init(
        settings: GatewaySettings, environment: GatewayEnvironment, baseURL: String, dialect: any Dialect,
        kind: GatewayKind, currencies: GatewayCurrencies
    ) {
        let decoder = ObjectDecoder(kind: kind, currencies: currencies, scrubber: Scrubber(key: settings.key))
        self.init(
            client: GatewayClient(
                baseURL: baseURL, settings: settings, environment: environment,
                classifier: Classifier(dialect: dialect, decoder: decoder, now: environment.now)))
    }
}

extension GatewaySettings {
    var totalTimeoutSeconds: Int64 { (totalTimeoutMilliseconds + 999) / 1000 }
}

extension GatewayCurrencies {
    /// The number that a body is hashed with; an amount that cannot be charged has one too, and is never sent.
    func unitsToHash(_ amount: Money) -> Int64 { (try? units(of: amount).get()) ?? amount.minorUnits }
}

extension GatewayReply {
    /// Refused here: the processor has no such thing.
    static func notSupported(_ reason: String) -> GatewayReply {
        GatewayReply(
            .refused(Refusal(kind: .request, httpStatus: 0, code: "not_supported", message: "\(reason); not sent")),
            exchanges: [])
    }

    /// Refused here, before any request.
    static func notRefundable(_ amount: Money) -> GatewayReply {
        GatewayReply(
            .refused(
                Refusal(
                    kind: .request, httpStatus: 0, code: "amount_not_refundable",
                    message: "\(amount) cannot be refunded here: the gateway does not take the currency, or only "
                        + "rounder amounts of it; not sent")),
            exchanges: [])
    }
}

extension GatewayReply where Value == IntentSnapshot {
    /// The answer to a confirm: a 2xx can carry a decline (wooshpay.md 1.6), and `failed` is one that cannot be confirmed
    /// again (wooshpay.md U23).
    func readAsConfirmed() -> GatewayReply {
        guard case .value(let snapshot) = result else { return self }
        switch snapshot.status {
        case .requiresPaymentMethod:
            guard let decline = snapshot.lastDecline else { return self }
            return GatewayReply(.declined(snapshot, decline), exchanges: exchanges)
        case .other("failed"):
            let decline = snapshot.lastDecline ?? Decline(code: "failed")
            return GatewayReply(.declined(snapshot, decline), exchanges: exchanges)
        default: return self
        }
    }

    /// Refused here, before any request.
    static func notChargeable(_ amount: Money, _ error: GatewayCurrencies.UnitsError) -> GatewayReply {
        let reason =
            switch error.problem {
            case .currencyNotTaken: "this gateway does not take the currency"
            case .belowMinimum: "it is below the gateway's smallest charge"
            case .aboveMaximum: "it is above the gateway's largest charge"
            case .notDivisible: "the gateway takes only rounder amounts of the currency"
            }
        return GatewayReply(
            .refused(
                Refusal(
                    kind: .request, httpStatus: 0, code: "amount_not_chargeable",
                    message: "\(amount) cannot be charged: \(reason); not sent")),
            exchanges: [])
    }
}

extension GatewayReply where Value == [IntentSnapshot] {
    /// Refused here: such a text could change the search.
    static var badReference: GatewayReply {
        GatewayReply(
            .refused(
                Refusal(
                    kind: .request, httpStatus: 0, code: "bad_reference",
                    message: "a reference has letters, digits, dashes and underscores only; not sent")),
            exchanges: [])
    }

    /// The intents whose reference this is; one that tells no reference cannot be ruled out and stays.
    func keeping(reference: String) -> GatewayReply {
        guard case .value(let intents) = result else { return self }
        let kept = intents.filter { $0.metadata.reference == nil || $0.metadata.reference == reference }
        return GatewayReply(.value(kept), exchanges: exchanges)
    }
}

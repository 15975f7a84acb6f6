extension World {
    func write(_ charge: Charge, to writer: inout JSONWriter, _ view: View) {
        writer.object { writer in
            writer.field("id", charge.id)
            writer.field("object", "charge")
            writer.field("amount", charge.amount)
            writer.field("amount_captured", charge.amountCaptured)
            writer.field("amount_refunded", charge.amountRefunded)
            writer.null("application")
            writer.null("application_fee")
            writer.null("application_fee_amount")
            let transaction = charge.balanceTransactionID.flatMap { balanceTransactions[$0] }
            writeReference("balance_transaction", transaction, to: &writer, view) {
                write($0, to: &$1)
                _ = $2
            }
            Self.write(charge.paymentMethod.billingDetails, to: &writer)
            writer.field("calculated_statement_descriptor", charge.decline == nil ? "DUNLIN SANDBOX" : nil)
            writer.field("captured", charge.isCaptured)
            writer.field("created", view.time(charge.created))
            writer.field("currency", charge.currency)
            writeReference("customer", charge.customer, to: &writer, view) { write($0, to: &$1, $2) }
            writer.field("description", charge.description)
            writer.field("disputed", charge.isDisputed)
            writer.null("failure_balance_transaction")
            writer.field("failure_code", charge.decline?.code)
            writer.field("failure_message", charge.decline?.message)
            writer.field(
                "fraud_details", .object(charge.fraudReport.map { [.init("user_report", .string($0))] } ?? []))
            writer.field("livemode", charge.livemode)
            writer.field("metadata", charge.metadata.json)
            writer.null("on_behalf_of")
            Self.writeOutcome(charge, to: &writer)
            writer.field("paid", charge.status == "succeeded")
            writeReference("payment_intent", charge.paymentIntent, to: &writer, view) { write($0, to: &$1, $2) }
            writer.field("payment_method", charge.paymentMethod.id)
            Self.writeDetails(charge, view, to: &writer)
            writer.field("receipt_email", charge.receiptEmail)
            writer.null("receipt_number")
            writer.field(
                "receipt_url", charge.status == "succeeded" ? baseURL + "/_sandbox/receipts/" + charge.id : nil)
            writer.field("refunded", charge.amountRefunded == charge.amount)
            writeRefunds(charge, to: &writer, view)
            for name: StaticString in ["review", "shipping", "source", "source_transfer", "statement_descriptor"] {
                writer.null(name)
            }
            writer.field("statement_descriptor_suffix", charge.statementDescriptorSuffix)
            writer.field("status", charge.status)
            writer.null("transfer_data")
            writer.null("transfer_group")
        }
    }

    /// Refunds are in a charge only where the request asks for them.
    private func writeRefunds(_ charge: Charge, to writer: inout JSONWriter, _ view: View) {
        guard let inside = view.inside("refunds") else { return }
        writer.object("refunds") { writer in
            writer.field("object", "list")
            writer.array("data") { writer in for refund in charge.refunds { write(refund, to: &writer, inside) } }
            writer.field("has_more", false)
            writer.field("url", "/v1/charges/\(charge.id)/refunds")
        }
    }

    private static func writeOutcome(_ charge: Charge, to writer: inout JSONWriter) {
        let decline = charge.decline
        let risk = decline?.isBlocked == true ? "highest" : charge.paymentMethod.behavior.riskLevel
        writer.object("outcome") { writer in
            writer.field("advice_code", decline?.isBlocked == true ? "do_not_try_again" : decline?.advice)
            writer.field("network_advice_code", decline?.networkAdviceCode)
            writer.field("network_decline_code", decline?.networkDeclineCode)
            writer.field(
                "network_status",
                decline == nil
                    ? "approved_by_network" : decline?.isBlocked == true ? "not_sent_to_network" : "declined_by_network"
            )
            writer.field("reason", decline.map { $0.isBlocked ? "highest_risk_level" : $0.declineCode })
            writer.field("risk_level", risk)
            writer.field("risk_score", risk == "highest" ? 95 : risk == "elevated" ? 70 : 20 as Int64)
            writer.field(
                "seller_message",
                decline == nil
                    ? "Payment complete." : "The bank returned the decline code `\(decline?.declineCode ?? "")`.")
            writer.field(
                "type", decline == nil ? "authorized" : decline?.isBlocked == true ? "blocked" : "issuer_declined")
        }
    }

    private static func writeDetails(_ charge: Charge, _ view: View, to writer: inout JSONWriter) {
        let method = charge.paymentMethod
        writer.object("payment_method_details") { writer in
            writer.object("card") { writer in
                writer.field("amount_authorized", charge.status == "succeeded" ? charge.amount : nil)
                writer.field("authorization_code", charge.status == "succeeded" ? String(method.lastFour + "00") : nil)
                writer.field("brand", method.brand)
                if let instant = charge.captureBefore { writer.field("capture_before", view.time(instant)) }
                writeChecks(method, to: &writer)
                writer.field("country", "US")
                writer.field("exp_month", method.expiryMonth)
                writer.field("exp_year", method.expiryYear)
                writer.object("extended_authorization") { $0.field("status", "disabled") }
                writer.field("fingerprint", method.fingerprint)
                writer.field("funding", method.funding)
                writer.object("incremental_authorization") { $0.field("status", "unavailable") }
                writer.null("installments")
                writer.field("last4", method.lastFour)
                writer.null("mandate")
                writer.object("multicapture") { $0.field("status", "unavailable") }
                writer.field("network", method.brand)
                writer.object("network_token") { $0.field("used", false) }
                writer.null("network_transaction_id")
                writer.object("overcapture") { writer in
                    writer.field("maximum_amount_capturable", charge.amount)
                    writer.field("status", "unavailable")
                }
                writer.field("regulated_status", "unregulated")
                writeThreeDSecure(charge.authenticationResult, to: &writer)
                writer.null("transaction_link_id")
                writer.null("wallet")
            }
            writer.field("type", "card")
        }
    }

    private static func writeThreeDSecure(_ result: String?, to writer: inout JSONWriter) {
        guard let result else { return writer.null("three_d_secure") }
        writer.object("three_d_secure") { writer in
            writer.field("authentication_flow", "challenge")
            writer.field("electronic_commerce_indicator", "05")
            writer.null("exemption_indicator")
            writer.field("result", result)
            writer.null("result_reason")
            writer.null("transaction_id")
            writer.field("version", "2.2.0")
        }
    }

    func writeFraudWarning(_ charge: Charge, id: String, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", id)
            writer.field("object", "radar.early_fraud_warning")
            writer.field("actionable", true)
            writer.field("charge", charge.id)
            writer.field("created", CivilDate.seconds(now))
            writer.field("fraud_type", "misc")
            writer.field("livemode", charge.livemode)
            writer.field("payment_intent", charge.paymentIntent.id)
        }
    }
}

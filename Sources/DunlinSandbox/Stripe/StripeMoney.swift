extension World {
    func writeStripe(_ refund: Refund, to writer: inout JSONWriter, _ view: View) {
        let charge = refund.charge
        writer.object { writer in
            writer.field("id", refund.id)
            writer.field("object", "refund")
            writer.field("amount", refund.amount)
            let transaction = refund.balanceTransactionID.flatMap { balanceTransactions[$0] }
            writeReference("balance_transaction", transaction, to: &writer, view) {
                write($0, to: &$1)
                _ = $2
            }
            writeReference("charge", charge, to: &writer, view) { write($0, to: &$1, $2) }
            writer.field("created", view.time(refund.created))
            writer.field("currency", charge.currency)
            writer.field("customer", charge.customer?.id)
            writer.null("customer_account")
            writer.object("destination_details") { writer in
                writer.object("card") { $0.field("type", "refund") }
                writer.field("type", "card")
            }
            if let failure = refund.failureBalanceTransactionID { writer.field("failure_balance_transaction", failure) }
            if let reason = refund.failureReason { writer.field("failure_reason", reason) }
            writer.field("metadata", refund.metadata.json)
            writeReference("payment_intent", charge.paymentIntent, to: &writer, view) { write($0, to: &$1, $2) }
            writer.field("payment_method", charge.paymentMethod.id)
            writer.field("reason", refund.reason)
            writer.null("receipt_number")
            writer.null("source_transfer_reversal")
            writer.field("status", refund.status)
            writer.null("transfer_reversal")
        }
    }

    func write(_ dispute: Dispute, to writer: inout JSONWriter, _ view: View) {
        writer.object { writer in
            writer.field("id", dispute.id)
            writer.field("object", "dispute")
            writer.field("amount", dispute.amount)
            writer.array("balance_transactions") { writer in
                for transaction in dispute.balanceTransactions { write(transaction, to: &writer) }
            }
            writeReference("charge", dispute.charge, to: &writer, view) { write($0, to: &$1, $2) }
            writer.field("created", view.time(dispute.created))
            writer.field("currency", dispute.charge.currency)
            writer.field("evidence", .object(dispute.evidence))
            writer.object("evidence_details") { writer in
                writer.field("due_by", view.time(dispute.dueBy))
                writer.field("has_evidence", !dispute.evidence.isEmpty)
                writer.field("past_due", now > dispute.dueBy)
                writer.field("submission_count", dispute.submissionCount)
            }
            writer.field("is_charge_refundable", dispute.status.hasPrefix("warning"))
            writer.field("livemode", dispute.livemode)
            writer.field("metadata", dispute.metadata.json)
            writeReference("payment_intent", dispute.charge.paymentIntent, to: &writer, view) { write($0, to: &$1, $2) }
            writer.object("payment_method_details") { writer in
                writer.object("card") { writer in
                    writer.field("brand", dispute.charge.paymentMethod.brand)
                    writer.field("case_type", dispute.status.hasPrefix("warning") ? "inquiry" : "chargeback")
                    writer.field("network_reason_code", dispute.reason == "fraudulent" ? "10.4" : "13.1")
                }
                writer.field("type", "card")
            }
            writer.field("reason", dispute.reason)
            writer.field("status", dispute.status)
        }
    }

    func write(_ transaction: BalanceTransaction, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", transaction.id)
            writer.field("object", "balance_transaction")
            writer.field("amount", transaction.amount)
            writer.field("available_on", CivilDate.seconds(transaction.availableOn))
            writer.field("created", CivilDate.seconds(transaction.created))
            writer.field("currency", transaction.currency)
            writer.null("description")
            writer.null("exchange_rate")
            writer.field("fee", transaction.fee)
            writer.array("fee_details") { writer in
                guard transaction.fee != 0 else { return }
                writer.object { writer in
                    writer.field("amount", transaction.fee)
                    writer.null("application")
                    writer.field("currency", transaction.currency)
                    writer.field("description", "Processing fees")
                    writer.field("type", "stripe_fee")
                }
            }
            writer.field("net", transaction.net)
            writer.field("reporting_category", transaction.type == "adjustment" ? "dispute" : transaction.type)
            writer.field("source", transaction.sourceID)
            writer.field("status", transaction.availableOn <= now ? "available" : "pending")
            writer.field("type", transaction.type)
        }
    }

    func write(_ payout: Payout, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", payout.id)
            writer.field("object", "payout")
            writer.field("amount", payout.amount)
            writer.field("arrival_date", CivilDate.seconds(payout.arrivalDate))
            writer.field("automatic", payout.isAutomatic)
            writer.field("balance_transaction", payout.balanceTransactionID)
            writer.field("created", CivilDate.seconds(payout.created))
            writer.field("currency", payout.currency)
            writer.null("description")
            writer.null("destination")
            writer.null("failure_code")
            writer.null("failure_message")
            writer.field("livemode", payout.livemode)
            writer.field("metadata", payout.metadata.json)
            writer.field("method", "standard")
            writer.field("reconciliation_status", payout.isAutomatic ? "completed" : "not_applicable")
            writer.field("source_type", "card")
            writer.null("statement_descriptor")
            writer.field("status", payout.status)
            writer.field("type", "bank_account")
        }
    }

    func writeStripe(_ session: CheckoutSession, to writer: inout JSONWriter, _ view: View) {
        let intent = session.setupIntent
        writer.object { writer in
            writer.field("id", session.id)
            writer.field("object", "checkout.session")
            writer.null("amount_subtotal")
            writer.null("amount_total")
            writer.field("cancel_url", session.cancelURL)
            writer.field("client_reference_id", session.clientReferenceID)
            writer.field("created", view.time(session.created))
            writer.field("currency", session.currency)
            writeReference("customer", intent.customer, to: &writer, view) { writeStripe($0, to: &$1, $2) }
            writer.field("expires_at", view.time(session.expiresAt))
            writer.field("livemode", session.livemode)
            writer.null("locale")
            writer.field("metadata", session.metadata.json)
            writer.field("mode", "setup")
            writer.null("payment_intent")
            writer.strings("payment_method_types", intent.paymentMethodTypes)
            writer.field("payment_status", "no_payment_required")
            writeReference("setup_intent", intent, to: &writer, view) { writeStripe($0, to: &$1, $2) }
            writer.field("status", session.status)
            writer.field("success_url", session.successURL)
            writer.field("url", session.status == "open" ? baseURL + Self.checkoutPath + session.id : nil)
        }
    }
}

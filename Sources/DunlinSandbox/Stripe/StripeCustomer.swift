extension World {
    func writeStripe(_ customer: Customer, to writer: inout JSONWriter, _ view: View) {
        writer.object { writer in
            writer.field("id", customer.id)
            writer.field("object", "customer")
            guard !customer.isDeleted else { return writer.field("deleted", true) }
            writer.field("address", Self.completed(customer.address))
            writer.field("balance", customer.balance)
            writer.field("created", view.time(customer.created))
            writer.null("currency")
            writer.null("default_source")
            writer.field("delinquent", false)
            writer.field("description", customer.description)
            writer.null("discount")
            writer.field("email", customer.email)
            writer.field("invoice_prefix", customer.invoicePrefix)
            writer.object("invoice_settings") { writer in
                writer.null("custom_fields")
                let method = customer.defaultPaymentMethodID.flatMap { paymentMethods[$0] }
                var inside = view
                inside.expansion = view.expansion.children["invoice_settings"] ?? Expansion([])
                writeReference("default_payment_method", method, to: &writer, inside) { writeStripe($0, to: &$1, $2) }
                writer.null("footer")
                writer.null("rendering_options")
            }
            writer.field("livemode", customer.livemode)
            writer.field("metadata", customer.metadata.json)
            writer.field("name", customer.name)
            writer.field("next_invoice_sequence", Int64(1))
            writer.field("phone", customer.phone)
            writer.strings("preferred_locales", customer.preferredLocales)
            writer.field("shipping", Self.completedShipping(customer.shipping))
            writer.field("tax_exempt", customer.taxExempt)
            writer.null("test_clock")
        }
    }

    private static let addressNames = ["city", "country", "line1", "line2", "postal_code", "state"]

    /// An address with all its fields, null where nothing was sent; null where there is none at all.
    static func completed(_ address: JSONValue) -> JSONValue {
        guard !address.isNull else { return .null }
        return .object(addressNames.map { JSONValue.Member($0, address[$0].flatMap(nonEmpty) ?? .null) })
    }

    static func completedShipping(_ shipping: JSONValue) -> JSONValue {
        guard !shipping.isNull else { return .null }
        return .object([
            .init("address", completed(shipping["address"] ?? .object([]))),
            .init("name", shipping["name"] ?? .null),
            .init("phone", shipping["phone"] ?? .null),
        ])
    }

    private static func nonEmpty(_ value: JSONValue) -> JSONValue? { value == .string("") ? nil : value }

    func writeStripe(_ method: PaymentMethod, to writer: inout JSONWriter, _ view: View) {
        writer.object { writer in
            writer.field("id", method.id)
            writer.field("object", "payment_method")
            writer.field("allow_redisplay", method.allowRedisplay)
            Self.write(method.billingDetails, to: &writer)
            writer.object("card") { Self.writeCard(method, to: &$0) }
            writer.field("created", view.time(method.created))
            writeReference("customer", method.customer, to: &writer, view) { writeStripe($0, to: &$1, $2) }
            writer.null("customer_account")
            writer.field("livemode", method.livemode)
            writer.field("metadata", method.metadata.json)
            writer.field("type", "card")
        }
    }

    static func write(_ details: BillingDetails, to writer: inout JSONWriter) {
        writer.object("billing_details") { writer in
            writer.field("address", completed(details.address.isNull ? .object([]) : details.address))
            writer.field("email", details.email)
            writer.field("name", details.name)
            writer.field("phone", details.phone)
            writer.null("tax_id")
        }
    }

    private static func writeCard(_ method: PaymentMethod, to writer: inout JSONWriter) {
        writer.field("brand", method.brand)
        writeChecks(method, to: &writer)
        writer.field("country", "US")
        writer.field("display_brand", method.brand)
        writer.field("exp_month", method.expiryMonth)
        writer.field("exp_year", method.expiryYear)
        writer.field("fingerprint", method.fingerprint)
        writer.field("funding", method.funding)
        writer.null("generated_from")
        writer.field("last4", method.lastFour)
        writer.object("networks") { writer in
            writer.strings("available", [method.brand])
            writer.null("preferred")
        }
        writer.field("regulated_status", "unregulated")
        writer.object("three_d_secure_usage") { $0.field("supported", true) }
        writer.null("wallet")
    }

    static func writeChecks(_ method: PaymentMethod, to writer: inout JSONWriter) {
        writer.object("checks") { writer in
            writer.null("address_line1_check")
            writer.null("address_postal_code_check")
            writer.field(
                "cvc_check", method.hasVerificationCode ? (method.customer == nil ? "unchecked" : "pass") : nil)
        }
    }
}

extension World {
    private static let createNames: Set<String> = [
        "address", "balance", "business_name", "cash_balance", "description", "email", "expand", "individual_name",
        "invoice_prefix", "invoice_settings", "metadata", "name", "next_invoice_sequence", "payment_method", "phone",
        "preferred_locales", "shipping", "source", "tax", "tax_exempt", "tax_id_data", "test_clock", "validate",
    ]
    private static let updateNames: Set<String> = createNames.subtracting([
        "payment_method", "tax_id_data", "test_clock",
    ]).union(["default_source"])

    func createCustomer(_ call: Call) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        if call.dialect == .stripe { try parameters.requireKnown(Self.createNames) }
        let customer = Customer(
            header("cus", call), invoicePrefix: identifiers.token(8).uppercased())
        try apply(parameters, to: customer, isCreation: true)
        if let id = try parameters.string("payment_method") {
            let method = try usableMethod(id, call, parameter: "payment_method")
            try attach(method, to: customer, call)
        }
        customers.insert(customer)
        emit("customer.created", .customer(customer), call)
        return try reply(customer, call)
    }

    func retrieveCustomer(_ call: Call) throws(SandboxFailure) -> Reply {
        try reply(try customer(call.id, call, parameter: "id"), call)
    }

    func updateCustomer(_ call: Call) throws(SandboxFailure) -> Reply {
        if call.dialect == .stripe { try call.parameters.requireKnown(Self.updateNames) }
        let customer = try livingCustomer(call.id, call, parameter: "id")
        try apply(call.parameters, to: customer, isCreation: false)
        emit("customer.updated", .customer(customer), call)
        return try reply(customer, call)
    }

    func deleteCustomer(_ call: Call) throws(SandboxFailure) -> Reply {
        let customer = try livingCustomer(call.id, call, parameter: "id")
        customer.isDeleted = true
        for method in customer.paymentMethods {
            method.customer = nil
            method.isDetached = true
        }
        customer.paymentMethods = []
        emit("customer.deleted", .customer(customer), call)
        return try reply(customer, call)
    }

    func listCustomers(_ call: Call) throws(SandboxFailure) -> Reply {
        let query = try ListQuery(call, also: ["email", "test_clock"])
        let email = try call.parameters.string("email")
        let page = try page(
            customers.records(call.dialect), query, kind: "customer", cursor: customers
        ) { customer in
            !customer.isDeleted && customer.livemode == call.livemode && (email == nil || customer.email == email)
        }
        return try listReply(page, call) { customer, writer, view in self.write(customer, to: &writer, view) }
    }

    func searchCustomers(_ call: Call) throws(SandboxFailure) -> Reply {
        try search(call, in: customers.records(call.dialect)) { customer, field in
            switch field {
            case .metadata(let key): customer.metadata[key].map { .text($0) }
            case .named("email"): customer.email.map { .text($0) }
            case .named("name"): customer.name.map { .text($0) }
            case .named("phone"): customer.phone.map { .text($0) }
            case .named("created"): .number(customer.created / 1000)
            case .named: nil
            }
        } write: { customer, writer, view in
            self.write(customer, to: &writer, view)
        }
    }

    /// A customer of the caller's mode, deleted ones too.
    func customer(_ id: String, _ call: Call, parameter: String, status: Int = 404) throws(SandboxFailure) -> Customer {
        guard let customer = customers[id], customer.livemode == call.livemode else {
            throw .noSuch("customer", id, parameter: parameter, status: status)
        }
        return customer
    }

    func livingCustomer(
        _ id: String, _ call: Call, parameter: String, status: Int = 404
    ) throws(SandboxFailure) -> Customer {
        let customer = try customer(id, call, parameter: parameter, status: status)
        guard !customer.isDeleted else { throw .noSuch("customer", id, parameter: parameter, status: status) }
        return customer
    }

    private func apply(_ parameters: Parameters, to customer: Customer, isCreation: Bool) throws(SandboxFailure) {
        try Self.set(&customer.email, parameters.change("email"))
        try Self.set(&customer.name, parameters.change("name"))
        try Self.set(&customer.phone, parameters.change("phone"))
        try Self.set(&customer.description, parameters.change("description"))
        if let address = try parameters.object("address") { customer.address = .object(address.members) }
        if let shipping = try parameters.object("shipping") { customer.shipping = .object(shipping.members) }
        if let balance = try parameters.integer("balance") { customer.balance = balance }
        if let exempt = try parameters.choice("tax_exempt", ["none", "exempt", "reverse"]) {
            customer.taxExempt = exempt
        }
        if let locales = try parameters.strings("preferred_locales") { customer.preferredLocales = locales }
        if let settings = try parameters.object("invoice_settings") {
            try Self.set(&customer.defaultPaymentMethodID, settings.change("default_payment_method"))
        }
        try customer.metadata.apply(parameters)
    }

    /// Applies what a request asked for a field.
    static func set<Value>(_ field: inout Value?, _ change: Parameters.Change<Value>) {
        switch change {
        case .keep: break
        case .unset: field = nil
        case .set(let value): field = value
        }
    }

    private func reply(_ customer: Customer, _ call: Call) throws(SandboxFailure) -> Reply {
        let view = try call.view()
        return Reply(body: written { write(customer, to: &$0, view) })
    }
}

extension World {
    func createWebhookEndpoint(_ call: Call) throws(SandboxFailure) -> Reply {
        let parameters = call.parameters
        let url = try parameters.requiredString("url")
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw .parameter("url_invalid", "url", "Invalid URL: An explicit scheme (such as https) must be provided.")
        }
        guard let events = try parameters.strings("enabled_events"), !events.isEmpty else {
            throw .missing("enabled_events")
        }
        let header = header("we", call)
        let endpoint = WebhookEndpoint(
            header, url: url, secret: webhookSecret(for: call.dialect), enabledEvents: events)
        endpoint.description = try parameters.string("description")
        endpoint.apiVersion = try parameters.string("api_version")
        try endpoint.metadata.apply(parameters)
        webhookEndpoints.insert(endpoint)
        // Only this answer shows the secret.
        return reply(endpoint, showsSecret: true)
    }

    func retrieveWebhookEndpoint(_ call: Call) throws(SandboxFailure) -> Reply {
        reply(try webhookEndpoint(call), showsSecret: false)
    }

    func listWebhookEndpoints(_ call: Call) throws(SandboxFailure) -> Reply {
        let query = try ListQuery(call)
        let page = try page(
            webhookEndpoints.records(call.dialect), query, kind: "webhook_endpoint",
            cursor: webhookEndpoints
        ) { $0.livemode == call.livemode }
        return try listReply(page, call) { endpoint, writer, _ in
            self.write(endpoint, to: &writer, showsSecret: false)
        }
    }

    func updateWebhookEndpoint(_ call: Call) throws(SandboxFailure) -> Reply {
        let endpoint = try webhookEndpoint(call)
        if let url = try call.parameters.string("url") { endpoint.url = url }
        if let events = try call.parameters.strings("enabled_events") { endpoint.enabledEvents = events }
        if let isDisabled = try call.parameters.boolean("disabled") { endpoint.isEnabled = !isDisabled }
        try Self.set(&endpoint.description, call.parameters.change("description"))
        try endpoint.metadata.apply(call.parameters)
        return reply(endpoint, showsSecret: false)
    }

    func deleteWebhookEndpoint(_ call: Call) throws(SandboxFailure) -> Reply {
        let endpoint = try webhookEndpoint(call)
        endpoint.isEnabled = false
        webhookEndpoints.remove(endpoint)
        return Reply(
            body: written {
                $0.object { writer in
                    writer.field("id", endpoint.id)
                    writer.field("object", "webhook_endpoint")
                    writer.field("deleted", true)
                }
            })
    }

    private func webhookEndpoint(_ call: Call) throws(SandboxFailure) -> WebhookEndpoint {
        guard let endpoint = webhookEndpoints[call.id], endpoint.livemode == call.livemode else {
            throw .noSuch("webhook endpoint", call.id, parameter: "id")
        }
        return endpoint
    }

    private func reply(_ endpoint: WebhookEndpoint, showsSecret: Bool) -> Reply {
        Reply(body: written { write(endpoint, to: &$0, showsSecret: showsSecret) })
    }
}

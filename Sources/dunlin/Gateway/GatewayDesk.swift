import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinLedger

/// What a command that speaks to one gateway by hand works with. The fields of every call are kept (`dunlin exchanges`).
struct GatewayDesk: Sendable {
    let context: Context
    let settings: Settings
    let configured: ConfiguredGateway
    let database: Database
    let driver: any WholeGateway

    var name: String { configured.name }

    /// Opens everything, runs `body`, and closes everything again.
    static func run(
        _ context: Context, settings known: Settings? = nil, gateway name: String?,
        _ body: (GatewayDesk) async throws -> ExitStatus
    ) async throws -> ExitStatus {
        let settings = try known ?? context.settings()
        let configured = try choose(name, settings)
        let database = try context.openDatabase(settings)
        defer { database.close() }
        let gateways = try context.makeGateways(settings)
        do {
            guard let driver = gateways.byName[configured.name] else {
                throw CommandFailure(.gateway, "gateway \(configured.name) has no key: set \(configured.keyVariable)")
            }
            let desk = GatewayDesk(
                context: context, settings: settings, configured: configured, database: database, driver: driver)
            try await desk.requireBoundKey()
            let status = try await body(desk)
            try await gateways.shutDown()
            return status
        } catch {
            try await gateways.shutDown()
            throw error
        }
    }

    /// The value of a reply; its exchanges are kept whatever came.
    ///
    /// - Throws: a `CommandFailure` that says what went wrong; with `--json` the failure stands on standard output too.
    func value<Value: Sendable>(_ reply: GatewayReply<Value>, movesMoney: Bool = false) async throws -> Value {
        let name = name
        try await database.write(step: "keep-exchanges") { tx in try Exchanges.add(reply.exchanges, gateway: name, tx) }
        if case .value(let value) = reply.result { return value }
        throw try failure(reply.failure(movesMoney: movesMoney) ?? .noAnswer)
    }

    /// How a failure of the gateway ends the command.
    func failure(_ failure: GatewayFailure) throws -> CommandFailure {
        if context.output.isJSON { try context.output.show(FailureView(failure)) { [] } }
        var text = "\(name): \(failure)"
        if let requestID = failure.requestID { text += "\nits request id for support: \(requestID)" }
        if failure.moneyMayHaveMoved { text += "\nmoney may have moved: read the object before you try again" }
        if case .afterSeconds(let seconds) = failure.again {
            text += seconds == 0 ? "\nnothing was done: try again" : "\ntry again in \(seconds) s"
        }
        return CommandFailure(Self.status(failure), text)
    }

    /// The gateway's id of a customer that is named by the data file's id or by the gateway's own.
    func gatewayCustomerID(_ id: String?) async throws -> String? {
        guard let id else { return nil }
        let known = try await database.read { tx in try Customers.find(id, tx) }
        guard let known else { return id }
        guard known.gateway == name else {
            throw CommandFailure(.badInput, "customer \(id) is at gateway \(known.gateway), not at \(name)")
        }
        return known.gatewayCustomerID
    }

    /// The gateway's id of a payment method that is named by the data file's id or by the gateway's own.
    func gatewayMethodID(_ id: String?) async throws -> String? {
        guard let id else { return nil }
        return try await database.read { tx in try PaymentMethods.find(id, tx)?.gatewayPaymentMethodID } ?? id
    }

    /// Nothing that moves money is sent by hand in live mode, or while charging is stopped.
    func requireMoneyByHand(_ what: String) async throws {
        guard settings.mode == .test else {
            throw CommandFailure(
                .badInput,
                "mode is live: \(what) would bypass the ledger; dunlin payment-intents create --invoice N charges an "
                    + "invoice through it")
        }
        let name = name
        let state = try await database.read { tx in try GatewayStates.find(name, tx) }
        if let state, state.isStopped {
            throw CommandFailure(.gateway, "charging is stopped at \(name): \(state.stopReason ?? "")")
        }
    }

    private func requireBoundKey() async throws {
        let name = name
        let state = try await database.read { tx in try GatewayStates.find(name, tx) }
        guard let state, state.keyHash != driver.keyHash || state.mode != driver.mode else { return }
        throw CommandFailure(
            .gateway,
            "the key of \(name) is not the one that this data file is bound to: set the right key, or run dunlin adopt")
    }

    private static func choose(_ name: String?, _ settings: Settings) throws -> ConfiguredGateway {
        if let name {
            guard let gateway = settings.gateway(name) else {
                let known = settings.gateways.map(\.name).joined(separator: ", ")
                throw CommandFailure(.badInput, "--gateway \(name): the settings have \(known)")
            }
            return gateway
        }
        let usable = settings.gateways.filter { $0.secretKey != nil || $0.keyProblem != nil }
        guard usable.count == 1, let only = usable.first else {
            let known = usable.map(\.name).joined(separator: ", ")
            throw CommandFailure(
                usable.isEmpty ? .gateway : .badInput,
                usable.isEmpty ? "no gateway has a key" : "say which gateway: --gateway with one of \(known)")
        }
        return only
    }

    private static func status(_ failure: GatewayFailure) -> ExitStatus {
        switch failure.kind {
        case .key, .throttled, .notSent: .gateway
        case .notFound, .wrongState, .idempotency, .request: .badInput
        case .declined: .needsPerson
        case .unknown: failure.moneyMayHaveMoved ? .needsPerson : .gateway
        }
    }
}

/// A failure as JSON.
struct FailureView: Encodable, Sendable {
    struct Detail: Encodable, Sendable {
        let kind: String
        let httpStatus: Int?
        let code: String?
        let declineCode: String?
        let adviceCode: String?
        let networkDeclineCode: String?
        let networkAdviceCode: String?
        let parameter: String?
        let requestID: String?
        let message: String
        let moneyMayHaveMoved: Bool
        let tryAgain: String
        let tryAgainAfterSeconds: Int64?

        enum CodingKeys: String, CodingKey {
            case kind, httpStatus, code, declineCode, adviceCode, networkDeclineCode, networkAdviceCode, parameter
            case requestID = "requestId"
            case message, moneyMayHaveMoved, tryAgain, tryAgainAfterSeconds
        }
    }

    let error: Detail

    init(_ failure: GatewayFailure) {
        let (again, seconds): (String, Int64?) =
            switch failure.again {
            case .no: ("no", nil)
            case .afterSeconds(let seconds): ("later", seconds)
            case .afterReading: ("after_reading", nil)
            }
        error = Detail(
            kind: failure.kind.rawValue, httpStatus: failure.httpStatus, code: failure.code,
            declineCode: failure.declineCode, adviceCode: failure.adviceCode,
            networkDeclineCode: failure.networkDeclineCode, networkAdviceCode: failure.networkAdviceCode,
            parameter: failure.parameter, requestID: failure.requestID, message: failure.message,
            moneyMayHaveMoved: failure.moneyMayHaveMoved, tryAgain: again, tryAgainAfterSeconds: seconds)
    }
}

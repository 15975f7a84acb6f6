/// From a request's bytes to an answer's bytes: dialect, key, limits, faults, idempotency, handler.
extension World {
    /// What a request turned out to be before anything was done for it.
    private struct Envelope {
        let request: SandboxRequest
        let dialect: SandboxDialect
        let requestID: String
        let route: Route
        let ids: [String]
        let access: AccessRule.Access
        /// nil where there is none or keys are ignored.
        let key: String?
    }

    func handle(_ request: SandboxRequest) -> SandboxResponse {
        if let instant = request.receivedAt { follow(instant) } else { advance(to: now) }
        if request.path.hasPrefix("/_sandbox/") { return stamped(admin(request), dialect: .stripe, requestID: nil) }
        if request.method == "OPTIONS" { return stamped(Self.preflight, dialect: .stripe, requestID: nil) }
        let dialect = DialectRule.dialect(of: request)
        let requestID = identifiers.request()
        do throws(SandboxFailure) {
            let envelope = try open(request, dialect: dialect, requestID: requestID)
            audit.count(endpoint: envelope.route.name)
            guard request.admittedLivemode == nil else { return answerOnce(envelope, fault: nil) }
            if let failure = limiter?.refusal(
                route: envelope.route.name, ids: envelope.ids, livemode: envelope.access.livemode, now: now)
            {
                throw failure
            }
            return serve(envelope)
        } catch {
            var answer = stamped(response(to: error, dialect: dialect), dialect: dialect, requestID: requestID, request)
            answer.hadEffect = false
            return answer
        }
    }

    private func open(
        _ request: SandboxRequest, dialect: SandboxDialect, requestID: String
    ) throws(SandboxFailure) -> Envelope {
        let access = try access(of: request)
        guard let (route, ids) = Route.find(method: request.method, path: request.path) else {
            throw SandboxFailure(
                404, .invalidRequest, "Unrecognized request URL (\(request.method): \(request.path)).")
        }
        if access.isPublishable { try requireClientSecret(request, route: route, id: ids.first ?? "") }
        let ignoresKeys =
            options.ignoresIdempotencyKeys || (dialect == .wooshpay && options.quirks.ignoresIdempotencyKeys)
        let key = request.method == "POST" && !ignoresKeys ? request.headers["idempotency-key"] : nil
        if let key, key.utf8.count > 255 {
            throw .parameter(nil, "Idempotency-Key", "Idempotency keys are at most 255 characters long.")
        }
        return Envelope(
            request: request, dialect: dialect, requestID: requestID, route: route, ids: ids, access: access,
            key: key)
    }

    /// One caller sends the same key again and again.
    private func access(of request: SandboxRequest) throws(SandboxFailure) -> AccessRule.Access {
        let authorization = request.admittedLivemode == nil ? request.headers["authorization"] : nil
        if let authorization, let last = lastAccess, last.authorization == authorization { return last.access }
        let access = try AccessRule(keys: options.keys).access(of: request)
        if let authorization { lastAccess = (authorization, access) }
        return access
    }

    private func serve(_ envelope: Envelope) -> SandboxResponse {
        let request = envelope.request
        let fault = faults.next(request, endpoint: envelope.route.name)
        if let fault { audit.count(fault: fault.kind) }
        if let fault, var answer = answerBeforeEffect(fault, request) {
            answer.hadEffect = fault.kind == .dropEffectLater
            // A lock is met before a request gets its id.
            let requestID = fault.kind == .lockTimeout ? nil : envelope.requestID
            return stamped(answer, dialect: envelope.dialect, requestID: requestID, request)
        }
        let answer = answerOnce(envelope, fault: fault)
        return fault.map { $0.spoil(answer, now: now) } ?? answer
    }

    /// The stored answer of the key, or a new one that is stored with it.
    private func answerOnce(_ envelope: Envelope, fault: FaultRule?) -> SandboxResponse {
        let request = envelope.request
        let (dialect, requestID) = (envelope.dialect, envelope.requestID)
        guard let key = envelope.key else {
            return stamped(answer(envelope, fault: fault).response, dialect: dialect, requestID: requestID, request)
        }
        let scope = "\(dialect.rawValue)\(envelope.access.livemode ? "+" : "-")\(key)"
        let fingerprint = IdempotencyTable.fingerprint(of: request)
        switch idempotency.find(scope, fingerprint: fingerprint, now: now) {
        case .new: break
        case .inUse:
            return stamped(
                response(to: .keyInUse(key), dialect: dialect), dialect: dialect, requestID: requestID, request)
        case .mismatch:
            return stamped(
                response(to: .keyMismatch(key), dialect: dialect), dialect: dialect, requestID: requestID, request)
        case .replay(let stored, let firstRequestID):
            var replay = stamped(stored, dialect: dialect, requestID: requestID, request)
            if dialect == .stripe {
                replay.headers.append(SandboxHeader("Idempotent-Replayed", "true"))
                replay.headers.append(SandboxHeader("Original-Request", firstRequestID))
            }
            return replay
        }
        let (answer, isStored) = answer(envelope, fault: fault)
        if isStored {
            idempotency.store(
                scope, fingerprint: fingerprint, answer: answer, requestID: requestID, now: now,
                busyUntil: now + (fault?.delayMilliseconds ?? 0))
        }
        return stamped(answer, dialect: dialect, requestID: requestID, request)
    }

    /// Runs the handler.
    ///
    /// - Returns: the answer before it is stamped, and whether the idempotency layer keeps it.
    private func answer(_ envelope: Envelope, fault: FaultRule?) -> (response: SandboxResponse, isStored: Bool) {
        var isStored = true
        var answer: SandboxResponse
        do throws(SandboxFailure) {
            answer = try outcome(envelope, fault: fault)
        } catch {
            isStored = error.isStored
            answer = response(to: error, dialect: envelope.dialect)
        }
        if let failure = fault?.failureAfterEffect {
            isStored = failure.isStored
            answer = response(to: failure, dialect: envelope.dialect)
        }
        // A request that rolls forward has its effect later.
        answer.hadEffect = fault?.kind != .errorBefore
        return (answer, isStored)
    }

    private func outcome(_ envelope: Envelope, fault: FaultRule?) throws(SandboxFailure) -> SandboxResponse {
        if let fault, let failure = fault.failureInsteadOfEffect {
            if fault.kind == .errorRolledForward {
                schedule.add(.rollForward(envelope.request), due: now + max(1, fault.delayMilliseconds))
            }
            throw failure
        }
        var reply = try envelope.route.run(self)(call(envelope))
        if envelope.access.isPublishable { reply.body = PublishableFields.only(of: reply.body) }
        return SandboxResponse(
            status: reply.status, headers: [SandboxHeader("Content-Type", reply.contentType)] + reply.headers,
            body: reply.body)
    }

    private func call(_ envelope: Envelope) throws(SandboxFailure) -> Call {
        let request = envelope.request
        var path = request.path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let version = try StripeVersion(header: request.headers["stripe-version"])
        var members = try RequestBody.members(of: request)
        if envelope.access.isPublishable { members.removeAll { $0.name == "key" } }
        return Call(
            dialect: envelope.dialect, livemode: envelope.access.livemode, parameters: Parameters(members),
            ids: envelope.ids,
            requestID: envelope.requestID, idempotencyKey: request.headers["idempotency-key"], quirks: options.quirks,
            path: path, version: version)
    }

    /// Carries out a request whose answer, a 500, was sent before.
    func rollForward(_ request: SandboxRequest) {
        let dialect = DialectRule.dialect(of: request)
        guard let envelope = try? open(request, dialect: dialect, requestID: identifiers.request()) else { return }
        _ = answer(envelope, fault: nil)
    }

    /// Carries out a request that comes late; its key, if it has one, is heeded.
    func arrive(_ request: SandboxRequest) {
        let dialect = DialectRule.dialect(of: request)
        guard let envelope = try? open(request, dialect: dialect, requestID: identifiers.request()) else { return }
        _ = answerOnce(envelope, fault: nil)
    }

    /// What a fault answers before anything is done; nil where it acts later.
    private func answerBeforeEffect(_ fault: FaultRule, _ request: SandboxRequest) -> SandboxResponse? {
        if fault.kind == .dropEffectLater {
            schedule.add(.arrive(request), due: now + max(1, fault.delayMilliseconds))
        }
        return fault.answerBeforeEffect(dialect: DialectRule.dialect(of: request)) { failure, dialect in
            self.response(to: failure, dialect: dialect)
        }
    }

    func response(to failure: SandboxFailure, dialect: SandboxDialect) -> SandboxResponse {
        let view = View(dialect: dialect, quirks: options.quirks)
        if dialect == .wooshpay, let body = objectInsteadOfError(failure) {
            return SandboxResponse(
                status: 200, headers: [SandboxHeader("Content-Type", "application/json")], body: body)
        }
        return SandboxResponse(
            status: failure.status, headers: [SandboxHeader("Content-Type", "application/json")] + failure.headers,
            body: errorBody(failure, view))
    }

    /// Written once a second.
    private func dateHeader() -> String {
        let second = CivilDate.seconds(now)
        if dateWritten.second != second { dateWritten = (second, CivilDate(milliseconds: now).httpDate) }
        return dateWritten.text
    }

    /// Adds what every answer carries.
    private func stamped(
        _ response: SandboxResponse, dialect: SandboxDialect, requestID: String?, _ request: SandboxRequest? = nil
    ) -> SandboxResponse {
        var response = response
        response.headers.reserveCapacity(response.headers.count + 3)
        response.headers.append(SandboxHeader("Date", dateHeader()))
        if let requestID { response.headers.append(SandboxHeader("Request-Id", requestID)) }
        if dialect == .stripe, let request {
            let version = request.headers["stripe-version"] ?? StripeVersion.pinned.name
            response.headers.append(SandboxHeader("Stripe-Version", version))
        }
        if let request, isFromPage(request) { response.headers += Self.headersForPages }
        return response
    }
}

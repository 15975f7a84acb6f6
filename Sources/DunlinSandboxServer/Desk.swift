import DunlinSandbox

/// Where requests queue for the one sandbox. They line up as tasks; at the sandbox's own lock they would block the
/// threads that read and write the sockets.
actor Desk {
    private let sandbox: Sandbox
    private let journal: Journal?

    init(_ sandbox: Sandbox, journal: Journal?) {
        self.sandbox = sandbox
        self.journal = journal
    }

    func handle(_ request: SandboxRequest) -> SandboxResponse {
        journal?.handle(request, in: sandbox) ?? sandbox.handle(request)
    }
}

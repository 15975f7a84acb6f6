import ArgumentParser

/// Every command, in the groups of `dunlin --help`. A new command is a file of its own and one line here.
enum CommandTree {
    static let groups: [CommandGroup] = [
        CommandGroup(name: "Start", subcommands: start), CommandGroup(name: "Run", subcommands: run),
        CommandGroup(name: "Look", subcommands: look), CommandGroup(name: "Gateway", subcommands: gateway),
        CommandGroup(name: "Develop", subcommands: develop),
    ]

    private static let start: [any ParsableCommand.Type] = [
        InitCommand.self,
        CheckCommand.self,
        ImportCommand.self,
        DemoCommand.self,
        SandboxCommand.self,
    ]

    private static let run: [any ParsableCommand.Type] = [
        RunCommand.self,
        ServeCommand.self,
        ChargingCommand.self,
    ]

    private static let look: [any ParsableCommand.Type] = [
        StatusCommand.self,
        ProveCommand.self,
        ReportCommand.self,
        CalendarCommand.self,
        DunningCommand.self,
        SubscriptionsCommand.self,
        CustomersCommand.self,
        PaymentMethodsCommand.self,
        InvoicesCommand.self,
        AttemptsCommand.self,
        JobsCommand.self,
        EventsCommand.self,
        NoticesCommand.self,
        ExchangesCommand.self,
    ]

    private static let gateway: [any ParsableCommand.Type] = [
        ReconcileCommand.self,
        SetupIntentsCommand.self,
        SetupSessionsCommand.self,
        PaymentIntentsCommand.self,
    ]

    private static let develop: [any ParsableCommand.Type] = [
        BenchCommand.self,
        SimulateCommand.self,
        BackupCommand.self,
        RestoreCommand.self,
        AdoptCommand.self,
    ]
}

import ArgumentParser

/// Every command, in the groups of `dunlin --help`. A new command is a file of its own and one line here.
enum CommandTree {
    static let groups: [CommandGroup] = [
        CommandGroup(name: "Start", subcommands: start), CommandGroup(name: "Run", subcommands: run),
        CommandGroup(name: "Look", subcommands: look),
    ]

    private static let start: [any ParsableCommand.Type] = [
        InitCommand.self,
        CheckCommand.self,
        ImportCommand.self,
        SandboxCommand.self,
    ]

    private static let run: [any ParsableCommand.Type] = [
        RunCommand.self,
        ChargingCommand.self,
    ]

    private static let look: [any ParsableCommand.Type] = [
        CalendarCommand.self
    ]
}

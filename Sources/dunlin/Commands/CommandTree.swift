import ArgumentParser

/// Every command, in the groups of `dunlin --help`. A new command is a file of its own and one word here.
enum CommandTree {
    static let groups: [CommandGroup] = [
        CommandGroup(name: "Start", subcommands: [InitCommand.self, CheckCommand.self]),
        CommandGroup(name: "Run", subcommands: [RunCommand.self, ChargingCommand.self]),
        CommandGroup(name: "Look", subcommands: [CalendarCommand.self]),
    ]
}

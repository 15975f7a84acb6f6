import ArgumentParser

/// `dunlin check`: everything that can be wrong before anything is started.
struct CheckCommand: DunlinCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check settings, schedule and database; starts nothing.")

    @OptionGroup(title: "Everywhere") var global: GlobalOptions

    func run(in context: Context) async throws -> ExitStatus {
        _ = try context.settings()
        return .done
    }
}

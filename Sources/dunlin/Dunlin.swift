import ArgumentParser
import DunlinDefaults

@main struct Dunlin: AsyncParsableCommand {
    func run() async throws { print(Defaults.settings.count) }
}

import ArgumentParser
import DunlinReports

/// Which rows of a list are shown.
struct ListOptions: ParsableArguments {
    @Option(help: .init("Only rows in this state.", valueName: "state"))
    var state: String?

    @Option(help: .init("Only rows of this customer.", valueName: "id"))
    var customer: String?

    @Option(help: .init("At most so many rows.", valueName: "n"))
    var limit = 100

    @Option(help: .init("Only rows after the one with this id: the last of the page before.", valueName: "id"))
    var after: String?

    @OptionGroup var format: FormatOptions

    func validate() throws {
        guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit takes 1 to 1000000") }
    }

    var filter: ListFilter { ListFilter(state: state, customerID: customer, after: after, limit: limit) }

    /// Writes the list that `make` makes of the filter.
    func run(_ context: Context, _ make: (ListFilter) throws -> some Report) async throws -> ExitStatus {
        let report: any Report
        do {
            report = try make(filter)
        } catch let error as ReportError {
            throw CommandFailure(error)
        }
        return try await ReportRun(context, try context.settings(), format).run(report, asOf: nil)
    }
}

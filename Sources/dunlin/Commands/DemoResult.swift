import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinJobs
import DunlinReports
import DunlinSandbox
import DunlinSimulation

/// What a demo came to: read back from the file that it left, and held against what the gateway saw.
struct DemoResult: Sendable {
    /// What only the simulation knows.
    struct Simulated: Sendable {
        var subscriptions: Int
        var customers: Int
        var summary: YearOfBilling.Summary
        var audit: SandboxAudit
        var end: Instant
    }

    /// Rows of the dunning list that are shown.
    private static let rowsShown = 10

    private let simulated: Simulated
    private let folder: DemoFolder
    private let days: Int
    private let totals: [CollectedTotal]
    private let proof: Proof
    private let dunning: [DunningRow]

    /// Reads the file and leaves the lists beside it.
    init(_ simulated: Simulated, folder: DemoFolder, days: Int, context: Context) async throws {
        self.simulated = simulated
        self.folder = folder
        self.days = days
        var options = DatabaseOptions.file(folder.database, migrations: LiveDatabase.migrations)
        options.isReadOnly = true
        options.migrates = false
        let database = try Database.open(options)
        defer { database.close() }
        let end = simulated.end
        let day = AccountingDay(of: end, zone: .utc)
        let list = DunningReport(asOf: day, policies: try DemoCommand.rules().policies)
        (totals, proof) = try await database.read { tx in
            (try CollectedTotal.all(tx), try Prover.prove(ProofOptions(now: end), tx))
        }
        dunning = try await database.read { tx in
            var rows: [DunningRow] = []
            try list.rows(tx) { rows.append($0) }
            return rows
        }
        let written = try await database.read { tx in
            try ReportOutput.write(list, as: .csv(isRaw: false, forExcel: false), toFile: folder.dunningList, tx)
        }
        let manifest = Manifest(
            list, asOf: day, zone: .utc, format: .csv(isRaw: false, forExcel: false), totals: written.totals,
            bytes: written.bytes, sha256: written.sha256, writtenAt: end, version: Version.current)
        try Self.leave(manifest, folder.dunningList + ".manifest.json")
        try Self.leave(proof, folder.proof)
        try Self.leave(report, folder.report)
        try ReportOutput.write(
            String(decoding: simulated.audit.json.bytes, as: UTF8.self) + "\n", toFile: folder.audit)
    }

    private static func leave(_ value: some Encodable, _ path: String) throws {
        try ReportOutput.write(try Output.json(value, isIndented: true) + "\n", toFile: path)
    }

    private var doubleCharges: Int { simulated.audit.doubles.count + simulated.audit.doubledReferences.count }

    /// True when every promise is kept, nothing was charged twice, and ledger and gateway agree to the last unit.
    var isSound: Bool { proof.ok && doubleCharges == 0 && totals.allSatisfy(agrees) }

    /// The gateways are told KWD and the like in their own units, so that only what both count alike is compared.
    private func agrees(_ total: CollectedTotal) -> Bool {
        guard let seen = simulated.audit.totalsByCurrency[total.currency.code.lowercased()] else {
            return total.collected.minorUnits == 0
        }
        return seen.successes == total.paid
    }

    // MARK: - For scripts

    /// Fields are added, never renamed.
    struct Report: Encodable {
        struct Collected: Encodable {
            let currency: String
            let amountMinor: Int64
            /// Major units.
            let amount: String
            let invoices: Int
            let paid: Int
            let declines: Int
            let inDunning: Int
            let outstandingMinor: Int64
            let outstanding: String
            let uncollectible: Int
        }

        let subscriptions: Int
        let periodsDue: Int
        let invoices: Int
        let collected: [Collected]
        let inDunning: Int
        let needsCustomer: Int
        let doubleCharges: Int
        let unknown: Int64
        let directory: String
        let customers: Int
        let days: Int
        let passes: Int
        let proofOk: Bool
    }

    var report: Report {
        Report(
            subscriptions: simulated.subscriptions, periodsDue: simulated.summary.due,
            invoices: totals.reduce(0) { $0 + $1.invoices }, collected: totals.map(Report.Collected.init),
            inDunning: totals.reduce(0) { $0 + $1.inDunning },
            needsCustomer: dunning.count { $0.status == .needsCustomer }, doubleCharges: doubleCharges,
            unknown: proof.unknown, directory: folder.path, customers: simulated.customers, days: days,
            passes: simulated.summary.passes, proofOk: proof.ok)
    }

    // MARK: - For people

    func lines(_ output: Output, elapsedMilliseconds: Int64) -> [String] {
        let summary = simulated.summary
        let seconds = "\(elapsedMilliseconds / 1000).\(elapsedMilliseconds % 1000 / 100)"
        var lines = [
            "\(simulated.subscriptions.counted("subscription")) of \(simulated.customers.counted("customer")), "
                + "\(days.counted("day")) from \(DemoCommand.start.rfc3339Seconds.prefix(10)): "
                + "\(summary.due.counted("period")) came due, \(summary.attempted.counted("try", "tries")), "
                + "\(summary.passes.counted("pass", "passes")), \(seconds) s.", "",
        ]
        lines += output.lines(of: currencyTable)
        lines += ["", output.emphasized("The dunning list:")]
        lines += output.lines(of: dunningTable)
        if dunning.count > Self.rowsShown {
            lines.append("… and \(dunning.count - Self.rowsShown) more in \(folder.dunningList)")
        }
        return lines + [""] + verdict(output) + ["", look]
    }

    private var currencyTable: Table {
        var table = Table([
            .left("CURRENCY"), .right("INVOICES"), .right("PAID"), .right("COLLECTED"), .right("DECLINED TRIES"),
            .right("IN DUNNING"), .right("OUTSTANDING"), .right("GIVEN UP"),
        ])
        for total in totals {
            table.add([
                total.currency.code, "\(total.invoices)", "\(total.paid)", total.collected.majorUnits,
                "\(total.declines)", "\(total.inDunning)", total.outstanding.majorUnits, "\(total.uncollectible)",
            ])
        }
        return table
    }

    private var dunningTable: Table {
        var table = Table([
            .left("CUSTOMER"), .left("NAME"), .left("PLAN"), .left("DUE"), .right("DAYS"), .right("OUTSTANDING"),
            .left("STATUS"), .left("WHY"), .left("NEXT"),
        ])
        for row in shownRows {
            table.add([
                row.customer.id, row.customer.name ?? "", row.plan, row.dueDate.description, "\(row.daysPastDue)",
                row.amounts.outstanding.description, row.status.rawValue, row.reasonText,
                row.nextActionOn?.description ?? "",
            ])
        }
        return table
    }

    /// What is still being collected comes first: that is where somebody can do something.
    private var shownRows: [DunningRow] {
        let open = dunning.filter { $0.status != .uncollectible }
        return Array((open.isEmpty ? dunning : open).prefix(Self.rowsShown))
    }

    private func verdict(_ output: Output) -> [String] {
        let checked = proof.promises.reduce(0) { $0 + $1.checked }
        let broken = proof.promises.filter { $0.violationCount > 0 }
        var lines = broken.flatMap { promise in
            ["\(output.bad("broken")) \(promise.id.rawValue) \(promise.text)"]
                + promise.violations.prefix(3).map { "  \($0.rule): \($0.text)" }
        }
        if broken.isEmpty {
            lines.append("\(output.good("prove")): \(checked.counted("fact")) checked, no promise is broken.")
        }
        let disagreeing = totals.filter { !agrees($0) }.map(\.currency.code)
        lines.append(
            doubleCharges == 0
                ? "\(output.good("gateway")): \(simulated.audit.successes.counted("charge")) succeeded there, no period twice."
                : "\(output.bad("gateway")): \(doubleCharges.counted("period was", "periods were")) charged more than once."
        )
        if !disagreeing.isEmpty {
            lines.append(output.bad("Ledger and gateway count different successes in \(disagreeing)."))
        }
        return lines
    }

    private var look: String {
        """
        Left in \(folder.path): dunlin.db, dunning.csv with its manifest, prove.json, gateway-audit.json, demo.json.
        Look around: dunlin status --database \(folder.database)
                     dunlin invoices show ID --database \(folder.database)
        """
    }
}

extension DemoResult.Report.Collected {
    init(_ total: CollectedTotal) {
        self.init(
            currency: total.currency.code, amountMinor: total.collected.minorUnits, amount: total.collected.majorUnits,
            invoices: total.invoices, paid: total.paid, declines: total.declines, inDunning: total.inDunning,
            outstandingMinor: total.outstanding.minorUnits, outstanding: total.outstanding.majorUnits,
            uncollectible: total.uncollectible)
    }
}

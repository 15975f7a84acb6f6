import DunlinCalendar
import DunlinCore
import DunlinDatabase
import DunlinLedger

/// An opened file and the table it is for.
struct OpenedFile: Sendable {
    let input: InputFile
    let table: ImportTable
}

/// A line of one of the files, by the file's index.
struct Place: Hashable, Comparable, Sendable {
    var file: Int
    var line: Int

    static func < (left: Place, right: Place) -> Bool { (left.file, left.line) < (right.file, right.line) }
}

/// One reading of all files: judges each row by itself, and what the caller does with it.
///
/// Files are read in the order in which tables need each other, so that a method's customer is there before it.
struct ImportPass: Sendable {
    let files: [OpenedFile]
    let gateways: [String: GatewayCurrencies]
    let catchUp: CatchUpRules
    let limits: ImportLimits
    var result: ImportResult
    /// Where the rows come from, in messages.
    var whereabouts = "these files"
    /// Where each id was found, to name the first of two.
    var places: [ImportTable: [String: Place]] = [:]
    /// The index of the file being read.
    var fileIndex = 0
    /// Ids of rows with problems of their own; rows that refer to them are not reported as well.
    private var refused: [ImportTable: Set<String>] = [:]
    var moved: [(method: PaymentMethod, from: String, place: ImportProblem)] = []
    var replacements: [(id: String, place: ImportProblem)] = []

    init(
        files: [OpenedFile], gateways: [String: GatewayCurrencies], catchUp: CatchUpRules, limits: ImportLimits
    ) {
        self.files = files
        self.gateways = gateways
        self.catchUp = catchUp
        self.limits = limits
        result = ImportResult(listedMax: limits.listedMax)
        for file in files { result.tables[file.table] = ImportResult.TableCounts() }
    }

    /// Reads every row and gives the good ones to `body`; stops when there are too many problems.
    mutating func forEachRow(_ body: (inout ImportPass, OwnerRow, RowFields) throws -> Void) throws {
        for (index, file) in files.enumerated() {
            fileIndex = index
            var reader = try RowReader(file.input, table: file.table, rowBytesMax: limits.rowBytesMax)
            var parser = RowParser(
                table: file.table, file: file.input.name, gatewayNames: Set(gateways.keys))
            while let event = try reader.next() {
                switch event {
                case .problem(let problem): result.problems.add(problem)
                case .row(let row):
                    var fields = parser.fields(row)
                    if let row = parser.parse(&fields) { try body(&self, row, fields) } else { refuse(fields) }
                }
                guard result.problems.count < limits.problemsMax else {
                    result.problems.isComplete = false
                    return
                }
            }
        }
    }

    /// True when the row that is referred to has problems of its own, which are reported already.
    func isRefused(_ table: ImportTable, _ id: String) -> Bool { refused[table]?.contains(id) ?? false }

    /// Remembers that the row is not stored.
    mutating func markRefused(_ fields: RowFields) {
        var fields = fields
        if let id = fields.identifier("id") { refused[fields.table, default: []].insert(id) }
    }

    private mutating func refuse(_ fields: RowFields) {
        for problem in fields.problems { result.problems.add(problem) }
        markRefused(fields)
    }
}

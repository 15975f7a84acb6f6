import ArgumentParser
import DunlinCore
import DunlinGateways
import Foundation

/// Raw card data: from standard input or a file descriptor, never from the command line.
struct CardOptions: ParsableArguments {
    /// For `--help` of what takes it.
    static let notice = """
        PCI DSS: card numbers that pass through this program put you in the scope of SAQ D. `dunlin setup-sessions` saves \
        cards on the gateway's own page and needs none of it. Raw card data is taken only with allow_raw_card_data: true \
        in dunlin.yaml, as one JSON object, from standard input or a file descriptor:
          {"number": "…", "exp_month": "04", "exp_year": "2027", "cvc": "…", "name": "…"}
        It is not stored, logged or shown.
        """

    @Flag(name: .customLong("card-stdin"), help: "Read card data from standard input.")
    var readsStandardInput = false

    @Option(name: .customLong("card-fd"), help: .init("Read card data from this file descriptor.", valueName: "n"))
    var descriptor: Int32?

    /// More than this is no card.
    private static let bytesMax = 4096

    func validate() throws {
        if readsStandardInput, descriptor != nil { throw ValidationError("--card-stdin contradicts --card-fd") }
        if let descriptor, descriptor < 0 || descriptor == 1 || descriptor == 2 {
            throw ValidationError("--card-fd takes 0, or 3 and above")
        }
    }

    /// One card is saved by one request.
    func requireOnlyCard(besides paymentMethodID: String?) throws {
        guard paymentMethodID != nil, readsStandardInput || descriptor != nil else { return }
        throw ValidationError("--payment-method contradicts card data: one card is saved at a time")
    }

    /// The card; nil where none was asked for.
    ///
    /// - Throws: a `CommandFailure` that holds nothing of what was read.
    func card(_ settings: Settings) throws -> CardData? {
        guard let source = readsStandardInput ? 0 : descriptor else { return nil }
        guard settings.allowsRawCardData else {
            throw CommandFailure(
                .badInput,
                "raw card data is switched off. allow_raw_card_data: true in dunlin.yaml takes it, and puts you in the "
                    + "scope of PCI DSS SAQ D; dunlin setup-sessions create needs none of it")
        }
        if source == 0, StandardStreams.inputIsTerminal {
            throw CommandFailure(.badInput, "card data would be seen on the terminal: pipe it in")
        }
        let handle = FileHandle(fileDescriptor: source, closeOnDealloc: false)
        guard let data = try? handle.read(upToCount: Self.bytesMax + 1), data.count <= Self.bytesMax,
            let json = JSON(parsing: Array(data)), json.isObject
        else { throw CommandFailure(.badInput, "the card data is no JSON object") }
        return try Self.card(json)
    }

    private static func card(_ json: JSON) throws -> CardData {
        guard let number = json["number"].text, let month = json["exp_month"].text, let year = json["exp_year"].text
        else { throw CommandFailure(.badInput, "the card data has no number, exp_month or exp_year") }
        do {
            return try CardData(
                number: number, expMonth: month, expYear: year, code: json["cvc"].text, holder: json["name"].text)
        } catch {
            let what =
                switch error {
                case .number: "number is not a card number"
                case .expiry: "exp_month must be 1 to 12 and exp_year four digits"
                case .code: "cvc must be three or four digits"
                }
            throw CommandFailure(.badInput, "the card data is not usable: \(what)")
        }
    }
}

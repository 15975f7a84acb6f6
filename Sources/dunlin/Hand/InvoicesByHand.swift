import ArgumentParser
import DunlinJobs

extension InvoicesCommand {
    struct Retry: HandCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry",
            abstract: "Try open invoices now, or at a rate; the next pass sends it.",
            discussion: """
                Refused where a try would break a promise: an attempt in flight, a card that is charged no more, a
                network's budget that is used up, a debt that waits for the customer, a hold, a dispute. A try by hand
                counts like any other. Above a network's limit it may cost a fee, and says so.

                Examples:
                  dunlin invoices retry 42 --reason "the customer topped up"
                  dunlin invoices retry 42 --override-network-limit --reason "the bank says it will pass now"
                  dunlin invoices retry --filter state=retrying,decline=insufficient_funds --max-rate 60/min --reason "pay day"
                """)

        @Argument(help: "The invoices.") var ids: [Int64] = []
        @OptionGroup var hand: HandOptions
        @OptionGroup var rate: PaceOption
        @Flag(help: "Try once although a network's budget of the card is used up; closed cards stay closed.")
        var overrideNetworkLimit = false
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func verb(_ context: Context) -> InvoiceVerb { overrideNetworkLimit ? .retryAboveNetworkLimit : .retry }
        var paceMilliseconds: Int64? { rate.maxRate?.milliseconds }
    }

    struct Void: HandCommand {
        static let configuration = CommandConfiguration(
            commandName: "void",
            abstract: "Say that open invoices were never owed; nothing of them is tried any more.",
            discussion: """
                Examples:
                  dunlin invoices void 42 --reason "billed by mistake"
                  dunlin invoices void --filter plan=trial-plus,since=2026-11-01 --reason "wrong price" --dry-run
                """)

        @Argument(help: "The invoices.") var ids: [Int64] = []
        @OptionGroup var hand: HandOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func verb(_ context: Context) -> InvoiceVerb { .void }
    }

    struct MarkPaid: HandCommand {
        static let configuration = CommandConfiguration(
            commandName: "mark-paid",
            abstract: "Say that the money came another way, such as a bank transfer.",
            discussion: """
                Refused while an attempt is in flight: it may have collected the money too.

                Examples:
                  dunlin invoices mark-paid 42 --reason "bank transfer of 2026-11-20"
                """)

        @Argument(help: "The invoices.") var ids: [Int64] = []
        @OptionGroup var hand: HandOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func verb(_ context: Context) -> InvoiceVerb { .markPaid }
    }

    struct MarkUncollectible: HandCommand {
        static let configuration = CommandConfiguration(
            commandName: "mark-uncollectible",
            abstract: "Give open invoices up; they stay owed and on the dunning list.",
            discussion: """
                Examples:
                  dunlin invoices mark-uncollectible 42 --reason "the company is insolvent"
                """)

        @Argument(help: "The invoices.") var ids: [Int64] = []
        @OptionGroup var hand: HandOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func verb(_ context: Context) -> InvoiceVerb { .markUncollectible }
    }

    struct Hold: HandCommand {
        static let configuration = CommandConfiguration(
            commandName: "hold",
            abstract: "Try open invoices no more until they are released.",
            discussion: """
                Examples:
                  dunlin invoices hold 42 --reason "complaint, waits for support"
                  dunlin invoices hold --filter customer=c-kim --reason "promised to pay on Friday"
                """)

        @Argument(help: "The invoices.") var ids: [Int64] = []
        @OptionGroup var hand: HandOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func verb(_ context: Context) -> InvoiceVerb { .hold }
    }

    struct Release: HandCommand {
        static let configuration = CommandConfiguration(
            commandName: "release",
            abstract: "Let invoices go on that are on hold.",
            discussion: """
                Read the hold's reason first (dunlin invoices show ID): what was collected elsewhere is to be voided or
                marked paid, not released.

                Examples:
                  dunlin invoices release 42 --reason "complaint settled"
                  dunlin invoices release --filter state=on_hold,customer=c-kim --max-rate 10/min --reason "settled"
                """)

        @Argument(help: "The invoices.") var ids: [Int64] = []
        @OptionGroup var hand: HandOptions
        @OptionGroup var rate: PaceOption
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func verb(_ context: Context) -> InvoiceVerb { .release }
        var paceMilliseconds: Int64? { rate.maxRate?.milliseconds }
    }

    struct Note: HandCommand {
        static let configuration = CommandConfiguration(
            commandName: "note",
            abstract: "Keep a note with invoices: the text of --reason, shown with them and in the dunning list.",
            discussion: """
                Examples:
                  dunlin invoices note 42 --reason "promised to pay on Friday"
                """)

        @Argument(help: "The invoices.") var ids: [Int64] = []
        @OptionGroup var hand: HandOptions
        @OptionGroup(title: "Everywhere") var global: GlobalOptions

        func verb(_ context: Context) -> InvoiceVerb { .note }
    }
}

public import DunlinCore

extension GatewayCurrencies {
    /// What WooshPay is known to take, with the digits that its pages confirm (wooshpay.md 1.8): the rest is refused
    /// rather than guessed. No smallest charge is enforced there in test mode, so none is here.
    public static let wooshpay: GatewayCurrencies = {
        var rows: [Currency: Row] = [:]
        func add(_ codes: String, digits: Int) {
            for code in codes.split(separator: " ") {
                guard let currency = Currency(String(code)) else { continue }
                rows[currency] = Row(digits: digits)
            }
        }
        add("USD EUR GBP HKD CNY SGD MYR THB PHP KES TZS GHS NGN ZAR", digits: 2)
        add("JPY UGX RWF XAF", digits: 0)
        return GatewayCurrencies(rows)
    }()
}

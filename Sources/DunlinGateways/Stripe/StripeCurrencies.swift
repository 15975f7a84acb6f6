public import DunlinCore

extension GatewayCurrencies {
    /// What Stripe takes by card, in its own units (stripe.md 7.2 to 7.4; docs.stripe.com/currencies, 2026-05-08).
    ///
    /// A minimum is the one for accounts that settle in the currency; where Stripe names none it is 1, and Stripe
    /// itself says when the converted amount is too small.
    public static let stripe: GatewayCurrencies = {
        var rows: [Currency: Row] = [:]
        func add(_ codes: String, digits: Int, step: Int64 = 1) {
            for code in codes.split(separator: " ") {
                guard let currency = Currency(String(code)) else { continue }
                rows[currency] = Row(
                    digits: digits, step: step, minimum: stripeMinimum[currency.code] ?? 1,
                    maximum: stripeMaximum[currency.code] ?? 99_999_999)
            }
        }
        add(stripeTwoDecimal, digits: 2)
        add("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF", digits: 0)
        add("ISK UGX", digits: 2, step: 100)
        add("BHD JOD KWD OMR TND", digits: 3, step: 10)
        return GatewayCurrencies(rows)
    }()

    private static let stripeTwoDecimal = """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC CVE \
        CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR JMD KES KGS KHR KYD KZT \
        LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR \
        PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STN SZL THB TJS TOP TRY TTD TWD TZS UAH USD UYU UZS WST \
        XCD YER ZAR ZMW
        """

    /// 7.3, in Stripe's units.
    private static let stripeMinimum: [String: Int64] = [
        "USD": 50, "ARS": 50, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "COP": 50, "EUR": 50, "IDR": 50, "ILS": 50,
        "INR": 50, "NZD": 50, "PHP": 50, "RUB": 50, "SGD": 50, "ZAR": 50, "GBP": 30, "AED": 200, "CZK": 1500,
        "DKK": 250, "HKD": 400, "HUF": 17_500, "JPY": 50, "KRW": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "PLN": 200,
        "RON": 200, "SEK": 300, "THB": 1000,
    ]

    /// 7.4: eight digits, but for these.
    private static let stripeMaximum: [String: Int64] = [
        "INR": 999_999_999, "IDR": 999_999_999_999, "LBP": 999_999_999_999, "COP": 9_999_999_999,
        "HUF": 9_999_999_999, "JPY": 9_999_999_999,
    ]
}

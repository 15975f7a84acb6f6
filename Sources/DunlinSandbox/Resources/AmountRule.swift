/// Which amounts may be charged (docs.stripe.com/currencies).
enum AmountRule {
    /// Smallest amounts in minor units, where the settlement currency is the same.
    private static let minimums: [String: Int64] = [
        "usd": 50, "ars": 50, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "cop": 50, "eur": 50, "idr": 50, "ils": 50,
        "inr": 50, "nzd": 50, "php": 50, "rub": 50, "sgd": 50, "zar": 50, "gbp": 30, "aed": 200, "czk": 1500,
        "dkk": 250, "hkd": 400, "huf": 17500, "jpy": 50, "krw": 50, "mxn": 1000, "myr": 200, "nok": 300, "pln": 200,
        "ron": 200, "sek": 300, "thb": 1000,
    ]
    private static let maximums: [String: Int64] = [
        "inr": 999_999_999, "idr": 999_999_999_999, "lbp": 999_999_999_999, "cop": 9_999_999_999,
        "huf": 9_999_999_999, "jpy": 9_999_999_999,
    ]
    private static let currencies: Set<String> = Set(
        """
        usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf
        clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils
        inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk
        mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp
        sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw ghs
        """.split(whereSeparator: \.isWhitespace).map(String.init))

    static func check(_ amount: Int64, currency: String, dialect: SandboxDialect) throws(SandboxFailure) {
        guard currencies.contains(currency) else {
            throw .invalid("currency", "Invalid currency: \(currency)")
        }
        guard amount >= 1 else {
            throw .parameter(
                "parameter_invalid_integer", "amount", "This value must be greater than or equal to 1.")
        }
        // WooshPay's samples charge single cents, so no minimum is enforced there.
        if dialect == .stripe, amount < minimums[currency] ?? 1 {
            throw .parameter(
                "amount_too_small", "amount", "The amount is below the minimum charge in \(currency).")
        }
        guard amount <= maximums[currency] ?? 99_999_999 else {
            throw .parameter("amount_too_large", "amount", "The amount has too many digits for \(currency).")
        }
        guard dialect == .stripe else { return }
        let step: Int64 = ["isk", "ugx"].contains(currency) ? 100 : threeDecimals.contains(currency) ? 10 : 1
        guard amount % step == 0 else {
            throw .parameter(
                "invalid_charge_amount", "amount", "Amounts in \(currency) must be a multiple of \(step).")
        }
    }

    private static let threeDecimals: Set<String> = ["bhd", "jod", "kwd", "omr", "tnd"]
}

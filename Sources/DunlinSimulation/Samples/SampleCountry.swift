/// A country of the sample: its money, its clocks, and what people are called there.
struct SampleCountry: Sendable {
    let code: String
    let currency: String
    let zones: [String]
    let locale: String
    let givenNames: [String]
    let familyNames: [String]
    /// Minor units that cost as much as a euro, and what prices are rounded to.
    let perEuro: Int64
    let step: Int64

    private init(
        _ code: String, _ currency: String, _ zones: String, _ locale: String, _ given: String, _ family: String,
        perEuro: Int64 = 100, step: Int64 = 10
    ) {
        self.code = code
        self.currency = currency
        self.zones = zones.split(separator: " ").map(String.init)
        self.locale = locale
        givenNames = given.split(separator: " ").map(String.init)
        familyNames = family.split(separator: " ").map(String.init)
        self.perEuro = perEuro
        self.step = step
    }

    /// A price of so many euro cents in minor units of the country's currency.
    func price(euroCents: Int64) -> Int64 { max(step, (euroCents * perEuro / 100 + step / 2) / step * step) }

    /// Minor units that cost as much as a euro, by currency: prices of the sample are the same everywhere.
    static let perEuro: [String: Int64] = Dictionary(
        (stripe + wooshpay).map { ($0.country.currency, $0.country.perEuro) }, uniquingKeysWith: { first, _ in first })

    /// By how many customers of a hundred come from there, for customers of Stripe.
    static let stripe: [(weight: Int, country: SampleCountry)] = [
        (18, germany), (6, france), (5, spain), (3, portugal), (12, britain), (26, unitedStates), (5, japan),
        (3, kuwait), (4, canada), (4, australia), (3, switzerland), (3, sweden), (2, poland), (2, india), (2, brazil),
        (1, nepal), (1, newZealand),
    ]

    /// The same for customers of WooshPay.
    static let wooshpay: [(weight: Int, country: SampleCountry)] = [
        (22, hongKong), (18, singapore), (12, malaysia), (12, thailand), (10, philippines), (10, kenya), (8, japan),
        (8, unitedStates),
    ]

    private static let germany = SampleCountry(
        "DE", "EUR", "Europe/Berlin", "de-DE", "Anna Jonas Lea Paul Mia Felix Clara Emil Ida Karl",
        "Schmidt Weber Fischer Wagner Becker Koch Richter Klein Wolf Neumann")
    private static let france = SampleCountry(
        "FR", "EUR", "Europe/Paris", "fr-FR", "Chloé Louis Jade Hugo Manon Jules Inès Léo",
        "Martin Bernard Dubois Moreau Laurent Girard Roux Fournier")
    private static let spain = SampleCountry(
        "ES", "EUR", "Europe/Madrid Atlantic/Canary", "es-ES", "Lucía Mateo Sofía Hugo Martina Leo Julia Pablo",
        "García López Sánchez Pérez Romero Navarro Torres Vega")
    private static let portugal = SampleCountry(
        "PT", "EUR", "Europe/Lisbon Atlantic/Azores", "pt-PT", "Bruno Inês Tiago Marta Rui Leonor",
        "Costa Silva Santos Ferreira Pereira Rocha")
    private static let britain = SampleCountry(
        "GB", "GBP", "Europe/London", "en-GB", "Olivia Noah Amelia Arthur Isla George Freya Harry",
        "Smith Jones Taylor Brown Evans Walker Wright Hughes", perEuro: 86)
    private static let unitedStates = SampleCountry(
        "US", "USD", "America/New_York America/Chicago America/Denver America/Los_Angeles America/Phoenix", "en-US",
        "Emma Liam Ava Mason Zoe Ethan Ruby Caleb Nora Owen",
        "Johnson Williams Davis Miller Garcia Wilson Moore Clark Lewis Young", perEuro: 110)
    private static let japan = SampleCountry(
        "JP", "JPY", "Asia/Tokyo", "ja-JP", "Yui Haruto Aoi Sota Hina Ren", "Sato Suzuki Takahashi Tanaka Ito Mori",
        perEuro: 160)
    private static let kuwait = SampleCountry(
        "KW", "KWD", "Asia/Kuwait", "ar-KW", "Fatima Ali Noura Yousef Dana Omar",
        "Al-Sabah Al-Rashid Al-Mutairi Al-Enezi", perEuro: 333)
    private static let canada = SampleCountry(
        "CA", "CAD", "America/Toronto America/St_Johns America/Vancouver", "en-CA", "Charlotte Benjamin Alice William",
        "Tremblay Roy Campbell Fraser", perEuro: 148)
    private static let australia = SampleCountry(
        "AU", "AUD", "Australia/Sydney Australia/Adelaide Australia/Perth Australia/Lord_Howe", "en-AU",
        "Matilda Jack Evie Cooper", "Nguyen Murphy Kelly Ryan", perEuro: 165)
    private static let switzerland = SampleCountry(
        "CH", "CHF", "Europe/Zurich", "de-CH", "Lina Nico Elena Luca", "Müller Meier Keller Frei", perEuro: 95)
    private static let sweden = SampleCountry(
        "SE", "SEK", "Europe/Stockholm", "sv-SE", "Alice Elsa Hugo Oscar", "Andersson Lindberg Nyström Dahl",
        perEuro: 1120, step: 100)
    private static let poland = SampleCountry(
        "PL", "PLN", "Europe/Warsaw", "pl-PL", "Zofia Jan Hanna Antoni", "Nowak Wójcik Mazur Krawczyk", perEuro: 430)
    private static let india = SampleCountry(
        "IN", "INR", "Asia/Kolkata", "en-IN", "Aarav Diya Vihaan Anika", "Sharma Patel Reddy Nair", perEuro: 9000,
        step: 100)
    private static let brazil = SampleCountry(
        "BR", "BRL", "America/Sao_Paulo America/Manaus", "pt-BR", "Helena Miguel Laura Gael",
        "Oliveira Souza Lima Araújo", perEuro: 580)
    private static let nepal = SampleCountry(
        "NP", "USD", "Asia/Kathmandu", "ne-NP", "Asha Bikash Maya", "Thapa Gurung Rai", perEuro: 110)
    private static let newZealand = SampleCountry(
        "NZ", "NZD", "Pacific/Auckland Pacific/Chatham", "en-NZ", "Isla Oliver Mila", "Wilson Tane Clarke",
        perEuro: 180)
    private static let hongKong = SampleCountry(
        "HK", "HKD", "Asia/Hong_Kong", "zh-HK", "Ka-Yan Chi-Ho Wing Tsz", "Chan Wong Lee Cheung", perEuro: 850)
    private static let singapore = SampleCountry(
        "SG", "SGD", "Asia/Singapore", "en-SG", "Wei Mei Jun Hui", "Tan Lim Ng Goh", perEuro: 146)
    private static let malaysia = SampleCountry(
        "MY", "MYR", "Asia/Kuala_Lumpur", "ms-MY", "Aisyah Amir Siti Hakim", "Abdullah Ismail Rahman", perEuro: 480)
    private static let thailand = SampleCountry(
        "TH", "THB", "Asia/Bangkok", "th-TH", "Malee Somchai Anong Niran", "Suwan Chaiyasit Rattana", perEuro: 3800,
        step: 100)
    private static let philippines = SampleCountry(
        "PH", "PHP", "Asia/Manila", "en-PH", "Maria Jose Angel Mark", "Santos Reyes Cruz Bautista", perEuro: 6300,
        step: 100)
    private static let kenya = SampleCountry(
        "KE", "KES", "Africa/Nairobi", "en-KE", "Wanjiku Otieno Achieng Kamau", "Mwangi Odhiambo Njoroge",
        perEuro: 14_000, step: 1000)
}

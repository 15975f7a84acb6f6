import DunlinCore
import DunlinDefaults
import Testing

@testable import dunlin

struct SettingsTests {
    private func sources(_ yaml: String? = nil, environment: [String: String] = [:]) -> SettingsSources {
        SettingsSources(
            environment: environment, file: yaml.map { ("config/dunlin.yaml", $0) }, defaults: Defaults.settings,
            readFile: { $0 == "/run/key" ? "sk_test_fromafile0001\n" : nil })
    }

    private func problems(_ yaml: String, environment: [String: String] = [:]) -> [String] {
        do {
            _ = try Settings.load(sources(yaml, environment: environment))
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func withoutAnyFileAKeyAndADataFileAreEnough() throws {
        let settings = try Settings.load(
            sources(environment: ["DUNLIN_DATABASE": "/tmp/a.db", "DUNLIN_STRIPE_SECRET_KEY": "sk_test_0123456789ab"]))
        #expect(settings.mode == .test)
        #expect(settings.database.path == "/tmp/a.db")
        #expect(settings.database.fileMode == 0o600)
        #expect(settings.gateway("stripe")?.secretKey == Secret("sk_test_0123456789ab"))
        #expect(settings.gateway("stripe")?.baseURL == "https://api.stripe.com")
        #expect(settings.gateway("wooshpay")?.secretKey == nil)
        #expect(settings.gateway("wooshpay")?.baseURL == "https://apitest.wooshpay.com")
        #expect(settings.keyProblems.isEmpty)
        #expect(settings.warnings.isEmpty)
    }

    @Test func aFlagBeatsTheEnvironmentWhichBeatsTheFileWhichBeatsTheDefault() throws {
        var sources = sources(
            "database: {path: of-the-file.db, busy_timeout_seconds: 7}\nlisten: {admin: 127.0.0.1:1}",
            environment: ["DUNLIN_DATABASE": "of-the-environment.db", "DUNLIN_LISTEN_ADMIN": "127.0.0.1:2"])
        #expect(try Settings.load(sources).database.path == "of-the-environment.db")
        sources.flags = [.init(name: "--database", path: "database.path", value: "of-the-flag.db")]
        let settings = try Settings.load(sources)
        #expect(settings.database.path == "of-the-flag.db")
        #expect(settings.database.busyTimeoutSeconds == 7)
        #expect(settings.listen.admin.port == 2)
        #expect(settings.listen.public.port == 8450)
    }

    @Test func everyProblemIsReportedAtOnceWithLineAndColumn() {
        let found = problems(
            """
            mode: prod
            worker:
              concurency: 3
              poll_seconds: soon
            nonsense: 1
            """)
        #expect(
            found == [
                "config/dunlin.yaml:1:7: mode: “prod” is not accepted; expects test or live",
                "config/dunlin.yaml:3:3: unknown key worker.concurency; did you mean concurrency?",
                "config/dunlin.yaml:4:17: worker.poll_seconds: “soon” is not accepted; "
                    + "expects a whole number from 1 to 3600",
                "config/dunlin.yaml:5:1: unknown key nonsense; known here: accounting_time_zone, allow_raw_card_data, "
                    + "backfill, catch_up, ceilings, database, gateways, late_after_minutes, listen, log, mode, "
                    + "past_due_invoices_max, public_url, refund_collected_after_cancel, renewal_spread_minutes, return_url, "
                    + "source, while_past_due, worker",
            ])
    }

    @Test func aGroupInPlaceOfAValueAndAValueInPlaceOfAGroupAreRefused() {
        #expect(
            problems("mode: {a: 1}") == [
                "config/dunlin.yaml:1:7: mode: expects one value, not a list or a group of keys"
            ])
        #expect(problems("listen: 3") == ["config/dunlin.yaml:1:9: listen: expects a group of keys"])
        #expect(problems("- 1\n- 2") == ["config/dunlin.yaml:1:1: the file: expects a group of keys"])
    }

    @Test func whatIsNoYAMLIsRefusedWithItsPlace() {
        #expect(problems("mode: test\nmode: test") == ["config/dunlin.yaml:1:1: key written twice: mode"])
        #expect(problems("a: b: c").first?.hasPrefix("config/dunlin.yaml:1:5: not YAML") == true)
        #expect(problems("mode: [").first?.hasPrefix("config/dunlin.yaml:") == true)
    }

    @Test func anEmptyFileIsAsGoodAsNone() throws {
        #expect(try Settings.load(sources("")).mode == .test)
        #expect(try Settings.load(sources("# only a comment\n")).mode == .test)
        #expect(try Settings.load(sources("mode:\n")).mode == .test)
    }

    @Test func aSecretInTheFileIsRefusedAndNotRepeated() {
        let found = problems("gateways: {stripe: {secret_key: sk_test_hunter2hunter2}}")
        #expect(found.count == 1)
        #expect(found.first?.contains("DUNLIN_STRIPE_SECRET_KEY") == true)
        #expect(!found.joined().contains("hunter2"))
    }

    @Test func aSecondAccountTakesWhatItLeavesOutFromItsKind() throws {
        let settings = try Settings.load(
            sources(
                "gateways: {woosh_asia: {kind: wooshpay, entity: Asia Ltd}}",
                environment: [
                    "DUNLIN_WOOSH_ASIA_SECRET_KEY": "sk_test_asia0123456", "DUNLIN_WOOSH_ASIA_SENDING": "one_call",
                ]))
        let gateway = try #require(settings.gateway("woosh_asia"))
        #expect(gateway.retryMode == .newIntent)
        #expect(gateway.sending == .oneCall)
        #expect(gateway.entity == "Asia Ltd")
        #expect(gateway.secretKey == Secret("sk_test_asia0123456"))
        #expect(gateway.limits == RequestLimits(perSecond: 5, perEndpointPerSecond: 5))
        #expect(settings.gateways.map(\.name) == ["woosh_asia", "stripe", "wooshpay"])
    }

    @Test func aKeyIsReadFromTheFileThatTheEnvironmentNames() throws {
        let settings = try Settings.load(sources(environment: ["DUNLIN_STRIPE_SECRET_KEY_FILE": "/run/key"]))
        #expect(settings.gateway("stripe")?.secretKey == Secret("sk_test_fromafile0001"))
        let both = ["DUNLIN_STRIPE_SECRET_KEY_FILE": "/run/key", "DUNLIN_STRIPE_SECRET_KEY": "sk_test_0123456789ab"]
        #expect(problems("", environment: both).first?.contains("set only one of the two") == true)
        #expect(
            problems("", environment: ["DUNLIN_STRIPE_SECRET_KEY_FILE": "/nowhere"])
                == ["environment DUNLIN_STRIPE_SECRET_KEY_FILE: cannot read a secret from /nowhere"])
    }

    @Test(arguments: [
        ("sk_live_0123456789abcdef", "is a live key, and mode is test"), ("pk_test_0123456789abcdef", "publishable"),
        ("c2tfdGVzdF8xMjM0", "no secret key"), ("sk_test_", "no secret key"),
    ])
    func aKeyThatDoesNotFitStopsOnlyWhatNeedsIt(key: String, reason: String) throws {
        let settings = try Settings.load(sources(environment: ["DUNLIN_STRIPE_SECRET_KEY": key]))
        #expect(settings.gateway("stripe")?.secretKey == nil)
        let problem = try #require(settings.keyProblems.first)
        #expect(problem.kind == .key)
        #expect(problem.text.contains(reason))
        #expect(!problem.description.contains("0123"))
        #expect(!problem.description.contains("c2tf"))
    }

    @Test func aRestrictedKeyHasAModeToo() {
        #expect(GatewayMode(ofKey: "rk_live_0123") == .live)
        #expect(GatewayMode(ofKey: "rk_test_0123") == .test)
        #expect(GatewayMode(ofKey: "sk_test_01\n23") == nil)
    }

    @Test func webhookSecretsAreAListWhileTheyAreRotated() throws {
        let settings = try Settings.load(sources(environment: ["DUNLIN_STRIPE_WEBHOOK_SECRET": "whsec_a, whsec_b,"]))
        #expect(settings.gateway("stripe")?.webhookSecrets == [Secret("whsec_a"), Secret("whsec_b")])
    }

    @Test func inLiveModeNoOtherAddressThanTheCompanysIsAllowed() {
        let found = problems(
            "mode: live\nceilings: {per_run: {EUR: 100.00}}\ngateways: {stripe: {base_url: 'http://127.0.0.1:1'}}")
        #expect(
            found == [
                "config/dunlin.yaml:3:31: gateways.stripe.base_url: in live mode only https://api.stripe.com is allowed"
            ])
    }

    @Test func ceilingsAreAmountsInMajorUnits() throws {
        let settings = try Settings.load(sources("ceilings: {per_run: {EUR: 50000.00, JPY: 900}}"))
        #expect(settings.ceilings.map(\.description) == ["50000.00 EUR", "900 JPY"])
        let found = problems("ceilings: {per_run: {EUR: 1.001, eur: 1, XXZ: 3, USD: 0}}")
        #expect(found.count == 4)
    }

    @Test func whatIsAllowedButMostLikelyNotMeantIsSaid() throws {
        let settings = try Settings.load(
            sources("mode: live\nlisten: {admin: 0.0.0.0:80}", environment: ["DUNLIN_STRIPE_SECRETKEY": "x"]))
        #expect(settings.warnings.count == 3)
        #expect(settings.warnings.first == "DUNLIN_STRIPE_SECRETKEY is set but is no setting of Dunlin")
    }

    @Test func aSecretThatEverybodyCanReadIsSaid() throws {
        var sources = sources(environment: ["DUNLIN_STRIPE_SECRET_KEY_FILE": "/run/key"])
        #expect(try Settings.load(sources).warnings.isEmpty)
        sources.isOpenToAll = { $0 == "/run/key" }
        #expect(
            try Settings.load(sources).warnings
                == ["/run/key holds a secret and can be read by everybody: chmod 600 it"])
    }

    @Test func twoGatewaysMayNotShareTheirVariables() {
        let found = problems("gateways: {eu-a: {kind: stripe}, eu_a: {kind: stripe}, Bad: {kind: stripe}}")
        #expect(found.contains { $0.contains("eu-a has the same variables DUNLIN_EU_A_") })
        #expect(found.contains { $0.contains("gateways.Bad") })
    }

    @Test func everyKeyOfTheDocumentedFileIsReadAndEveryKeyThatIsReadIsDocumented() throws {
        #expect(problems(Defaults.settings).isEmpty)
        let documented = try SettingsTree(yaml: Defaults.settings, path: "").leaves
        let read = try Settings.knownPaths(sources())
        #expect(read.filter { path in !documented.contains { $0 == path || $0.hasPrefix(path + ".") } } == [])
    }

    @Test func theBuiltInDunningPolicyIsTheFirstOne() throws {
        let policies = try DunningFile.read(Defaults.dunning, path: "dunning.yaml")
        #expect(policies == ["default": DunningPolicy()])
        #expect(throws: SettingsError.self) {
            try DunningFile.read("version: 1\npolicies: {a: {tries: 2}}", path: "d")
        }
        #expect(throws: SettingsError.self) {
            try DunningFile.read("version: 1\npolicies: {a: {retry_after_days: [3, x]}}", path: "d")
        }
        let short = try DunningFile.read("version: 1\npolicies: {short: {tries_max: 2}}", path: "d")
        #expect(short["short"] == DunningPolicy(triesMax: 2))
    }
}

extension SettingsTree {
    fileprivate var leaves: [String] {
        guard case .map(let entries, _) = self else { return [] }
        return entries.flatMap { entry in
            let below = entry.value.leaves
            return below.isEmpty ? [entry.key] : below.map { "\(entry.key).\($0)" }
        }
    }
}

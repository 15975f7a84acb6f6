import DunlinCore
import Testing

@Suite struct SecretTests {
    private struct Settings {
        let name = "stripe"
        let key: Secret
        let maybe: Secret?
    }

    /// Every way in which Swift turns a value into text.
    private func printings(_ secret: Secret) -> [String] {
        let settings = Settings(key: secret, maybe: secret)
        var dumped = ""
        dump(settings, to: &dumped)
        dump(secret, to: &dumped)
        dump([secret: [secret]], to: &dumped)
        return [
            "\(secret)", String(describing: secret), String(reflecting: secret), secret.description,
            secret.debugDescription, "\(settings)", String(reflecting: settings), "\([secret])", "\(["key": secret])",
            "\(Optional(secret) as Any)", "\((secret, 1))", "\(Result<Secret, any Error>.success(secret))", dumped,
        ]
    }

    @Test(arguments: [
        ("sk_test_51AbCdEfGhIjKlMnOp1234", "sk_test_…1234"), ("sk_live_51AbCdEfGhIjKlMnOp1234", "sk_live_…1234"),
        ("rk_live_51AbCdEfGhIjKlMnOp9876", "rk_live_…9876"), ("rk_test_51AbCdEfGhIjKlMnOp9876", "rk_test_…9876"),
        ("whsec_AbCdEfGhIjKlMnOp5678", "whsec_…5678"), ("AbCdEfGhIjKlMnOp5678", "…5678"), ("short", "…"), ("", "…"),
        ("sk_test_1234567", "…"),
    ])
    func aSecretPrintsItsPrefixAndLastFourCharactersAlone(text: String, shown: String) {
        let secret = Secret(text)
        #expect(secret.description == shown)
        #expect(secret.exposed == text)
        let middle = "AbCdEf"
        for printing in printings(secret) {
            #expect(!printing.contains(middle) && (text.isEmpty || !printing.contains(text)))
        }
    }

    @Test func theMirrorOfASecretHasNoChildren() {
        #expect(Mirror(reflecting: Secret("sk_test_51AbCdEfGhIjKlMnOp1234")).children.isEmpty)
    }
}

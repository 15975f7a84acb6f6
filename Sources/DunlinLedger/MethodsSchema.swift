/// What each customer agreed to be charged on. Kept by triggers, so that whoever writes `payment_methods`, on whatever
/// connection, cannot change a card's brand unnoticed.
enum MethodsSchema {
    static let tables =
        """
        CREATE TABLE method_agreements (
            payment_method_id TEXT PRIMARY KEY NOT NULL,
            gateway_payment_method_id TEXT NOT NULL,
            -- NULL until one is known.
            brand TEXT,
            consent_at TEXT,
            -- The number that was agreed to; empty where any is another one.
            last4 TEXT,
            fingerprint TEXT
        ) STRICT;

        """ + ["INSERT", "UPDATE"].map(trigger).joined()

    /// Another method under the same id, or a later consent, is a new agreement. A brand that is put right for the same
    /// number is what was agreed to all along; with another number it is not. An agreement outlives its row, which may be
    /// deleted only to be written anew. No conflict clause: that of an owner's `INSERT OR REPLACE` would take its place.
    private static func trigger(_ event: String) -> String {
        """
        CREATE TRIGGER method_agreements_on_\(event.lowercased()) AFTER \(event) ON payment_methods BEGIN
            UPDATE method_agreements SET brand = NEW.brand, last4 = NEW.last4, fingerprint = NEW.fingerprint,
                consent_at = COALESCE(NEW.consent_at, consent_at),
                gateway_payment_method_id = NEW.gateway_payment_method_id
            WHERE payment_method_id = NEW.id AND (gateway_payment_method_id <> NEW.gateway_payment_method_id
                OR NEW.consent_at > COALESCE(consent_at, ''));
            UPDATE method_agreements SET brand = COALESCE(NEW.brand, brand), last4 = COALESCE(last4, NEW.last4),
                fingerprint = COALESCE(fingerprint, NEW.fingerprint)
            WHERE payment_method_id = NEW.id AND (brand IS NULL OR brand = ''
                OR (COALESCE(NEW.last4, last4, '') = COALESCE(last4, NEW.last4, '')
                    AND COALESCE(NEW.fingerprint, fingerprint, '') = COALESCE(fingerprint, NEW.fingerprint, '')));
            INSERT INTO method_agreements (payment_method_id, gateway_payment_method_id, brand, consent_at, last4,
                fingerprint)
            SELECT NEW.id, NEW.gateway_payment_method_id, NEW.brand, NEW.consent_at, NEW.last4, NEW.fingerprint
            WHERE NOT EXISTS (SELECT 1 FROM method_agreements WHERE payment_method_id = NEW.id);
        END;

        """
    }
}

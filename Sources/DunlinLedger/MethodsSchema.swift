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
            consent_at TEXT
        ) STRICT;

        """ + ["INSERT", "UPDATE"].map(trigger).joined()

    /// Another method under the same id, or a later consent, is a new agreement; a brand that was not known is learned.
    /// An agreement outlives its row, which may be deleted only to be written anew. No conflict clause: that of an owner's `INSERT OR REPLACE` would take its place.
    private static func trigger(_ event: String) -> String {
        """
        CREATE TRIGGER method_agreements_on_\(event.lowercased()) AFTER \(event) ON payment_methods BEGIN
            UPDATE method_agreements SET
                brand = CASE WHEN brand IS NULL OR brand = ''
                        OR gateway_payment_method_id <> NEW.gateway_payment_method_id
                        OR (NEW.consent_at IS NOT NULL AND NEW.consent_at > COALESCE(consent_at, ''))
                    THEN NEW.brand ELSE brand END,
                consent_at = CASE WHEN NEW.consent_at > COALESCE(consent_at, '') THEN NEW.consent_at
                    ELSE consent_at END,
                gateway_payment_method_id = NEW.gateway_payment_method_id
            WHERE payment_method_id = NEW.id;
            INSERT INTO method_agreements (payment_method_id, gateway_payment_method_id, brand, consent_at)
            SELECT NEW.id, NEW.gateway_payment_method_id, NEW.brand, NEW.consent_at
            WHERE NOT EXISTS (SELECT 1 FROM method_agreements WHERE payment_method_id = NEW.id);
        END;

        """
    }
}

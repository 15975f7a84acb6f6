/// The files of `config/` and `cron/`, compiled in, so that the lone binary works anywhere.
public enum Defaults {
    /// `config/dunlin.yaml`
    public static var settings: String { text(PackageResources.dunlin_yaml) }
    /// `config/dunning.yaml`
    public static var dunning: String { text(PackageResources.dunning_yaml) }
    /// `config/declines.json`
    public static var declines: String { text(PackageResources.declines_json) }
    /// `cron/schedule.crontab`
    public static var schedule: String { text(PackageResources.schedule_crontab) }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

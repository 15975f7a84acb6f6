/// The files of `config/` and `cron/`, compiled in, so that the lone binary works anywhere.
public enum Defaults {
    public static var settings: [UInt8] { PackageResources.dunlin_yaml }
}

/// The version of the program, as in `--version` and in the `User-Agent` of its requests.
enum Version {
    static let current = "0.1.0"
    static let userAgent = "dunlin/\(current)"
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What this machine calls itself; no name server is asked.
enum HostName {
    static var current: String? {
        var characters = [CChar](repeating: 0, count: 256)
        let isThere = gethostname(&characters, characters.count - 1) == 0
        let name = String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return isThere && !name.isEmpty ? name : nil
    }
}

import DunlinDatabase
import DunlinTesting
import Foundation
import Testing

/// Failures of the disk that the operating system makes, not we: each in a process of its own, whose files may not
/// grow.
@Suite struct DiskTests {
    @Test func whenTheDiskTakesNoMoreNothingIsHalfWrittenAndItHealsWithTheDisk() async throws {
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let temporary = try TemporaryDatabase.onDisk(Birds.schema)
            let database = temporary.database
            try await database.write { try Birds.add("dunlin", $0) }

            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let usual = limit.rlim_cur
            limit.rlim_cur = 200_000
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let song = [UInt8](repeating: 7, count: 2_000_000)
            await #expect {
                try await database.write { tx in
                    try Birds.add("knot", tx)
                    try tx.execute("INSERT INTO birds (name, song) VALUES (?1, ?2)", "bittern", song)
                }
            } throws: { ($0 as? DatabaseError)?.isStoreFailure == true }
            #expect(database.storeFailure != nil)

            limit.rlim_cur = usual
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            try await database.write { try Birds.add("ruff", $0) }
            #expect(try await Birds.names(database) == ["dunlin", "ruff"])
            #expect(try await database.quickCheck() == [])
            #expect(database.counters.reopenings == 1)
        }
    }
}

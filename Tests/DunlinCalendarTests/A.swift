import Testing
@Test func aTest() { #expect(1 + 1 == 2) }

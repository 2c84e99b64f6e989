import HoldfastCore
import HoldfastTesting
import Testing

@Suite("The history's contract about waivers")
struct WaiverContractTests {
    private let noon = Fixture.noon

    private func waiver(_ target: String, days: Int, policy: String? = nil) -> Waiver {
        Waiver(
            target: TargetID(trusted: target), policy: policy.map { PolicyID(trusted: $0) },
            owner: "anna", reason: "moving", until: noon + .days(days))
    }

    @Test(
        "A waiver holds from when it was brought to its end, or to when it was taken out",
        arguments: StoreUnderTest.allCases)
    func life(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let short = waiver("etc", days: 2)
        let long = waiver("home", days: 9, policy: "nightly")
        try await store.synchroniseWaivers([short, long], at: noon)
        try await store.synchroniseWaivers([short, long], at: noon + .days(1))
        try await store.synchroniseWaivers([short], at: noon + .days(4))
        let all = try await store.waivers(from: noon - .days(1), to: noon + .days(30))
        let cut = waiver("home", days: 4, policy: "nightly")
        #expect(
            all == [RecordedWaiver(short, since: noon), RecordedWaiver(cut, since: noon)])
        #expect(try await store.waivers(from: noon - .days(9), to: noon).isEmpty)
        #expect(
            try await store.waivers(from: noon + .days(2), to: noon + .days(3)).map(\.waiver)
                == [cut])
        try await store.synchroniseWaivers([short, long], at: noon + .days(6))
        let again = try await store.waivers(from: noon + .days(5), to: noon + .days(30))
        #expect(again == [RecordedWaiver(long, since: noon + .days(6))])
    }
}

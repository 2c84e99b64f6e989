import HoldfastCore
import HoldfastTesting
import Testing

@Suite("The history's contract about pauses")
struct PauseContractTests {
    private let noon = Fixture.noon
    private let nightly = PolicyID(trusted: "nightly")

    private func pause(_ policy: PolicyID, until: Timestamp? = nil) -> Pause {
        Pause(
            policy: policy, reason: "moving \"racks\"", actor: "uid 0 (root)", pausedAt: noon,
            until: until)
    }

    private func event(_ kind: EventKind) -> NewEvent {
        NewEvent(at: noon, kind: kind, actor: .scheduler, policy: nightly)
    }

    @Test("A policy is paused once, and resumed once", arguments: StoreUnderTest.allCases)
    func once(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        let weekly = PolicyID(trusted: "weekly")
        let until = noon + .days(2)
        #expect(try await store.pause(pause(weekly), event: event(.policyPaused)))
        #expect(try await store.pause(pause(nightly, until: until), event: event(.policyPaused)))
        #expect(try await store.pause(pause(nightly), event: event(.policyPaused)) == false)
        #expect(try await store.pauses() == [pause(nightly, until: until), pause(weekly)])
        let later = noon + .hours(1)
        for isFirst in [true, false] {
            let ended = try await store.resume(
                nightly, at: later, by: .scheduler, event: event(.policyResumed))
            #expect(ended == isFirst)
        }
        #expect(try await store.pauses() == [pause(weekly)])
        #expect(try await store.resumptions() == [nightly: later])
        let kinds = try await store.events(PageRequest()).rows.map(\.kind)
        #expect(kinds == ["policy.resumed", "policy.paused", "policy.paused"])
        #expect(try await store.pause(pause(nightly), event: event(.policyPaused)))
    }

    @Test("A forgotten pause is told once", arguments: StoreUnderTest.allCases)
    func forgotten(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        _ = try await store.pause(pause(nightly), event: event(.policyPaused))
        for hour in 1...2 {
            try await store.noteForgotten(
                nightly, at: noon + .hours(hour), event: event(.pauseForgotten))
        }
        try await store.noteForgotten(
            PolicyID(trusted: "other"), at: noon, event: event(.pauseForgotten))
        #expect(try await store.pauses().map(\.forgottenAt) == [noon + .hours(1)])
        let kinds = try await store.events(PageRequest()).rows.map(\.kind)
        #expect(kinds.count { $0 == "pause.forgotten" } == 1)
    }

    @Test(
        "A clock that went back resumes nothing before it was paused",
        arguments: StoreUnderTest.allCases)
    func clockWentBack(kind: StoreUnderTest) async throws {
        let store = try kind.make()
        _ = try await store.pause(pause(nightly), event: event(.policyPaused))
        _ = try await store.resume(
            nightly, at: noon - .days(1), by: .scheduler, event: event(.policyResumed))
        #expect(try await store.resumptions() == [nightly: noon])
    }
}

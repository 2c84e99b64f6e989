import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Targets that selectors find")
struct DiscoveryTests {
    private let cloud = Fixture.cloud

    private func found(
        _ id: Int64, policies: [String] = ["nightly"], title: String = "web",
        provider: ProviderID = Fixture.cloud
    ) -> DiscoveredTarget {
        DiscoveredTarget(
            provider: provider, subject: .droplet(id: id), title: title,
            policies: policies.map { PolicyID(trusted: $0) })
    }

    // MARK: Names

    @Test("A name is made of the provider and the vendor's id, and not of the vendor's name")
    func names() {
        let droplet = found(3_164_444, title: "web-1")
        #expect(droplet.id.text == "cloud-droplet-3164444")
        #expect(found(3_164_444, title: "renamed").id == droplet.id)
        let instance = DiscoveredTarget(
            provider: ProviderID(trusted: "vps"), subject: .instance(id: 100), title: "",
            policies: [])
        #expect(instance.id.text == "vps-instance-100")
    }

    @Test("The longest name still keeps the rules for names")
    func longestName() throws {
        let provider = ProviderID(
            trusted: String(repeating: "p", count: DiscoveredTarget.providerNameMax))
        for subject in [Subject.droplet(id: .max), .instance(id: .max)] {
            let target = DiscoveredTarget(
                provider: provider, subject: subject, title: "", policies: [])
            #expect(try TargetID(target.id.text) == target.id)
        }
    }

    @Test("What was found is read back from its words; nothing else is")
    func subjects() {
        for subject in [Subject.droplet(id: 7), .instance(id: 9)] {
            #expect(Subject(discovered: subject.kind, source: subject.source) == subject)
        }
        #expect(Subject(discovered: "volume", source: "7") == nil)
        #expect(Subject(discovered: "droplet", source: "seven") == nil)
        #expect(Subject(discovered: "droplet", source: "99999999999999999999") == nil)
    }

    // MARK: Joining

    @Test("What several selectors pick is one target with the policies of all of them")
    func joining() {
        let two = DiscoveredSubject(.droplet(id: 2), title: "b")
        let one = DiscoveredSubject(.droplet(id: 1), title: "a")
        let joined = discoveredTargets(
            at: cloud,
            picked: [
                (Fixture.selector("x", policies: ["nightly", "weekly"]), [two]),
                (Fixture.selector("y", policies: ["hourly", "weekly"]), [two, one, one]),
                (Fixture.selector("z", policies: ["yearly"]), []),
            ])
        #expect(
            joined == [
                found(1, policies: ["hourly", "weekly"], title: "a"),
                found(2, policies: ["hourly", "nightly", "weekly"], title: "b"),
            ])
    }

    // MARK: Plausibility

    @Test(
        "A find is plausible when at least half of what was there is there still",
        arguments: [
            (known: 0, left: 0, fresh: 0, expected: true), (0, 0, 9, true), (1, 1, 0, true),
            (1, 0, 0, false), (1, 0, 5, false), (2, 1, 0, true), (3, 1, 0, false),
            (3, 2, 0, true), (10, 5, 0, true), (10, 4, 6, false),
        ])
    func plausibility(known: Int, left: Int, fresh: Int, expected: Bool) {
        let before = (0..<known).map { found(Int64($0 + 1)) }
        let after = Array(before.prefix(left)) + (0..<fresh).map { found(Int64(1000 + $0)) }
        #expect(isPlausible(after, after: before) == expected)
    }

    @Test("Another title or policy is the same target")
    func plausibleRename() {
        let before = (1...3).map { found($0) }
        let after = (1...3).map { found($0, policies: ["weekly"], title: "new") }
        #expect(isPlausible(after, after: before))
    }

    // MARK: Adding to what is declared

    private func configuration(
        targets: [Target] = [], policies: [Policy] = [Fixture.policy(), Fixture.policy("weekly")],
        selectors: [SelectorRule] = [Fixture.selector()]
    ) -> Configuration {
        Fixture.cloudConfiguration(policies: policies, targets: targets, selectors: selectors)
    }

    @Test("What is found becomes a target under its selectors' policies, with the vendor's name")
    func becomesTarget() throws {
        let declared = configuration(targets: [Fixture.droplet(9, named: "own")])
        let all = declared.adding([found(1, policies: ["nightly", "weekly"], title: "web-1")])
        let target = try #require(all.targets[found(1).id])
        #expect(target.subject == .droplet(id: 1))
        #expect(target.provider == cloud)
        #expect(target.policies.map(\.text) == ["nightly", "weekly"])
        #expect(target.title == "web-1")
        #expect(all.declaredTargets == declared.targets)
        #expect(
            all.assignmentsByPolicy.map { $0.targets.map(\.id.text) } == [
                ["cloud-droplet-1", "own"], ["cloud-droplet-1"],
            ])
        #expect(all.warnings.isEmpty)
    }

    @Test("What is declared by hand keeps its name, and gets the selectors' policies besides")
    func declaredByHand() throws {
        let own = Target(
            id: TargetID(trusted: "own"), provider: cloud, subject: .droplet(id: 1),
            allowsUnreadable: true, policies: [PolicyID(trusted: "weekly")])
        let all = configuration(targets: [own]).adding([found(1, title: "web-1")])
        #expect(all.targets.keys.map(\.text) == ["own"])
        let target = try #require(all.targets[own.id])
        #expect(target.policies.map(\.text) == ["nightly", "weekly"])
        #expect(target.allowsUnreadable)
        #expect(target.title == nil)
    }

    @Test("One of two names for the same machine gets the policies: always the first")
    func twoNames() {
        for round in 0..<20 {
            let names = (0...round).map { "m\(100 + $0)" }.shuffled()
            let all = configuration(targets: names.map { Fixture.droplet(1, named: $0) })
                .adding([found(1, policies: ["weekly"])])
            let chosen = all.targets.values.filter { $0.policies.count == 2 }.map(\.id.text)
            #expect(chosen == ["m100"])
        }
    }

    @Test("Nothing is taken of a policy, provider or selector that is not declared any more")
    func undeclared() {
        let other = ProviderID(trusted: "other")
        let declared = configuration()
        #expect(declared.adding([found(1, policies: ["gone"])]).targets.isEmpty)
        #expect(declared.adding([found(1, provider: other)]).targets.isEmpty)
        #expect(configuration(selectors: []).adding([found(1)]).targets.isEmpty)
        let some = declared.adding([found(1, policies: ["gone", "weekly"])])
        #expect(some.targets.values.flatMap(\.policies).map(\.text) == ["weekly"])
    }

    @Test("A target of another machine that has the very name stays, and that is told")
    func takenName() throws {
        let name = found(1).id.text
        let other = Target(
            id: TargetID(trusted: name), provider: ProviderID(trusted: "other"),
            subject: .droplet(id: 1), policies: [PolicyID(trusted: "nightly")])
        for taken in [Fixture.droplet(2, named: name), other] {
            let declared = configuration(targets: [taken])
            let all = declared.adding([found(1)])
            #expect(all.targets == declared.targets)
            let warning = try #require(all.warnings.first)
            #expect(warning.contains("droplet 1 of provider 'cloud' is not backed up"))
            #expect(warning.contains("rename"))
        }
    }

    @Test("Of policies that the provider enforces a target has one, its own before others")
    func oneNative() throws {
        let policies = ["a", "b"].map { Fixture.nativePolicy($0) } + [Fixture.policy("managed")]
        let all = configuration(
            targets: [Fixture.droplet(1, named: "own", policies: ["b"])], policies: policies
        ).adding([
            found(1, policies: ["a", "managed"]), found(2, policies: ["a", "b", "managed"]),
        ])
        #expect(
            all.targets[TargetID(trusted: "own")]?.policies.map(\.text) == ["b", "managed"])
        #expect(all.targets[found(2).id]?.policies.map(\.text) == ["a", "managed"])
        #expect(all.warnings.count == 2)
        #expect(all.warnings.first?.contains("cloud-droplet-2") == false)
        #expect(all.warnings.last?.contains("'cloud-droplet-2' is not under 'b'") == true)
    }

    @Test("Adding again replaces what was added before")
    func again() {
        let declared = configuration(
            targets: [
                Fixture.droplet(9, named: "own"), Fixture.droplet(7, named: "cloud-droplet-3"),
            ])
        let once = declared.adding([found(1), found(2), found(3)])
        #expect(once.adding([found(1), found(2), found(3)]) == once)
        #expect(once.warnings.count == 1)
        #expect(once.adding([found(3), found(2), found(1)]) == once)
        let other = once.adding([found(2)])
        #expect(
            other.targets.keys.sorted().map(\.text) == [
                "cloud-droplet-2", "cloud-droplet-3", "own",
            ])
        #expect(other.warnings.isEmpty)
        #expect(once.adding([]) == declared)
    }

    @Test("Sets of assignments are told apart, and the files' own digest stays")
    func digest() {
        let declared = configuration(targets: [Fixture.droplet(9, named: "own")])
        let one = declared.adding([found(1)])
        let digests = [
            declared, one, declared.adding([found(2)]), declared.adding([found(1), found(2)]),
            declared.adding([found(1, policies: ["weekly"])]),
            declared.adding([found(9, policies: ["weekly"])]),
        ].map(\.assignmentsDigest)
        #expect(Set(digests).count == digests.count)
        #expect(one.digest == declared.digest)
        #expect(one.assignmentsDigest.hasPrefix(declared.digest + "+"))
        // A rename assigns nothing anew; nor does what is declared already.
        #expect(
            declared.adding([found(1, title: "new")]).assignmentsDigest == one.assignmentsDigest)
        #expect(declared.adding([found(9)]).assignmentsDigest == declared.assignmentsDigest)
    }
}

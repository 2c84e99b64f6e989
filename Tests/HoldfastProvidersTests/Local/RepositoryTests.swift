import Foundation
import Glibc
import HoldfastCore
import Testing

@testable import HoldfastProviders

@Suite("The repository")
struct RepositoryTests {
    private let etc = TargetID(trusted: "etc")

    @Test("The same token twice gives the same point, made once")
    func sameToken() async throws {
        let sandbox = try Sandbox()
        try sandbox.write("first", to: "file")
        let first = try await sandbox.backUp()
        try sandbox.write("second, longer", to: "file")
        let second = try await sandbox.backUp()
        #expect(first == second)
        #expect(try sandbox.stored() == [first.token.text])
    }

    @Test("A complete point is found and listed; another token is not")
    func findAndList() async throws {
        let sandbox = try Sandbox()
        let target = try sandbox.target(.directory(path: sandbox.source, exclude: []))
        let point = try await sandbox.backUp()
        let later = try await sandbox.backUp(day: 1)
        let provider = try sandbox.provider()
        #expect(try await provider.find(point.token, on: target, knowing: .unknown) == point)
        #expect(
            try await provider.find(
                sandbox.request(target, day: 2).token, on: target, knowing: .unknown) == nil)
        let listing = try await provider.list(of: etc)
        #expect(listing.isComplete)
        #expect(listing.providerClock == nil)
        #expect(Set(listing.points) == [point, later])
        #expect(try await provider.list(of: TargetID("other")).points == [])
    }

    @Test("The file system's clock is told where it is asked for")
    func clock() async throws {
        let sandbox = try Sandbox()
        _ = try await sandbox.backUp()
        let provider = LocalProvider(
            id: try ProviderID("disk"), repository: sandbox.repository,
            wall: FixedClock(now: Sandbox.opens))
        let told = try #require(try await provider.list(of: etc).providerClock)
        let difference = told - Timestamp(seconds: Int64(time(nil)))
        #expect(difference > .minutes(-1) && difference < .minutes(1))
    }

    @Test("A listing is complete only where a backup was made before: an empty mount point is not")
    func unmarked() async throws {
        let sandbox = try Sandbox()
        let provider = try sandbox.provider()
        #expect(try await provider.list(of: etc).isComplete == false)
        _ = try await sandbox.backUp()
        #expect(try await provider.list(of: etc).isComplete)
        try await run("mv", [sandbox.repository, sandbox.path + "/elsewhere"])
        try await run("mkdir", [sandbox.repository])
        #expect(try await provider.list(of: etc).isComplete == false)
    }

    @Test("A repository whose parent is missing is an error for every call")
    func unmounted() async throws {
        let sandbox = try Sandbox()
        let provider = LocalProvider(
            id: try ProviderID("disk"), repository: sandbox.path + "/mnt/repository",
            wall: FixedClock(now: Sandbox.opens))
        let target = try sandbox.target(.directory(path: sandbox.source, exclude: []))
        let request = try sandbox.request(target)
        let errors = [
            await providerError { _ = try await provider.start(request) },
            await providerError {
                _ = try await provider.find(request.token, on: target, knowing: .unknown)
            },
            await providerError { _ = try await provider.list(of: etc) },
            await providerError { _ = try await provider.sweep() },
        ]
        #expect(errors.map { $0?.kind } == Array(repeating: .permanent, count: 4))
        #expect(errors[0]?.message.contains("mount its file system") == true)
    }

    @Test("Half-made and half-deleted points are never listed, and are swept")
    func sweep() async throws {
        let sandbox = try Sandbox()
        let target = try sandbox.target(.directory(path: sandbox.source, exclude: []))
        let point = try await sandbox.backUp()
        let other = try sandbox.request(target, day: 1).token
        let folder = sandbox.repository + "/etc"
        try await run(
            "mkdir", [".\(other).partial", ".\(point.token).deleting", ".keep"], in: folder)
        try await run("touch", [".\(other).partial/data.tar.zst", ".\(other).lock"], in: folder)
        let provider = try sandbox.provider()
        #expect(try await provider.list(of: etc).points == [point])
        #expect(try await provider.find(other, on: target, knowing: .unknown) == nil)
        let removed = try await provider.sweep()
        #expect(
            Set(removed) == ["\(folder)/.\(other).partial", "\(folder)/.\(point.token).deleting"])
        #expect(try sandbox.stored() == [".keep", point.token.text])
        #expect(try await provider.sweep() == [])
    }

    @Test("What a crash left half-made does not hinder the next attempt")
    func retryAfterCrash() async throws {
        let sandbox = try Sandbox()
        let target = try sandbox.target(.directory(path: sandbox.source, exclude: []))
        let token = try sandbox.request(target).token
        _ = try await sandbox.backUp(day: 1)
        let partial = sandbox.repository + "/etc/.\(token).partial"
        try await run("mkdir", [partial])
        try await run("touch", [partial + "/data.tar.zst", partial + "/manifest.json.new"])
        let point = try await sandbox.backUp()
        let names = try FileManager.default.contentsOfDirectory(
            atPath: sandbox.folder(of: point)
        ).sorted()
        #expect(names == ["data.tar.zst", "manifest.json"])
        #expect(try sandbox.stored().count == 2)
    }

    @Test("Deleting is idempotent and leaves other points alone")
    func deleteTwice() async throws {
        let sandbox = try Sandbox()
        let old = try await sandbox.backUp()
        let new = try await sandbox.backUp(day: 1)
        let permission = try permission(for: old, newer: new)
        let provider = try sandbox.provider()
        _ = try await provider.delete(permission)
        #expect(try sandbox.stored() == [new.token.text])
        _ = try await provider.delete(permission)
        #expect(try sandbox.stored() == [new.token.text])
    }

    @Test("Nothing is deleted where the repository's mark is missing")
    func deleteUnmounted() async throws {
        let sandbox = try Sandbox()
        let old = try await sandbox.backUp()
        let new = try await sandbox.backUp(day: 1)
        let permission = try permission(for: old, newer: new)
        try await run("rm", [sandbox.repository + "/HOLDFAST_REPOSITORY"])
        let error = await providerError { _ = try await sandbox.provider().delete(permission) }
        #expect(error?.kind == .permanent)
        #expect(try sandbox.stored() == [old.token.text, new.token.text].sorted())
    }

    /// A way to spoil a point's folder.
    struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let script: String
    }

    private static let damages = [
        Damage(testDescription: "no manifest", script: "rm manifest.json"),
        Damage(testDescription: "half a manifest", script: "truncate -s 40 manifest.json"),
        Damage(testDescription: "an empty manifest", script: ": > manifest.json"),
        Damage(
            testDescription: "a manifest of 2 MiB", script: "truncate -s 2M manifest.json"),
        Damage(
            testDescription: "another token",
            script: "sed -i 's/hf-[a-z0-9]*-2026/hf-0000000000-2026/' manifest.json"),
        Damage(
            testDescription: "another target",
            script: #"sed -i 's/"target" : "etc"/"target" : "var"/' manifest.json"#),
        Damage(
            testDescription: "a later format",
            script: #"sed -i 's/"format" : 1/"format" : 2/' manifest.json"#),
        Damage(
            testDescription: "a data file elsewhere",
            script: #"sed -i 's|"data" : ".*"|"data" : "../../etc/passwd"|' manifest.json"#),
        Damage(
            testDescription: "an impossible instant",
            script: #"sed -i 's/"taken_at" : "2026/"taken_at" : "x/' manifest.json"#),
        Damage(
            testDescription: "a directory as manifest",
            script: "rm manifest.json; mkdir manifest.json"),
        Damage(
            testDescription: "a symbolic link as manifest",
            script: "mv manifest.json m; ln -s m manifest.json"),
        Damage(
            testDescription: "a named pipe as manifest",
            script: "rm manifest.json; mkfifo manifest.json"),
        Damage(testDescription: "no data", script: "rm data.*"),
        Damage(testDescription: "shorter data", script: "truncate -s -1 data.*"),
    ]

    @Test(
        "A damaged point is not listed, not found, not deleted, and said to be damaged",
        arguments: damages)
    func damaged(damage: Damage) async throws {
        let sandbox = try Sandbox()
        let target = try sandbox.target(.directory(path: sandbox.source, exclude: []))
        let point = try await sandbox.backUp()
        let new = try await sandbox.backUp(day: 1)
        try await run("sh", ["-c", damage.script], in: sandbox.folder(of: point))
        let provider = try sandbox.provider()
        #expect(try await provider.list(of: etc).points == [new])
        #expect(try await provider.find(point.token, on: target, knowing: .unknown) == nil)
        let verified = await providerError {
            _ = try await provider.verify(etc, point.token) { _ in }
        }
        #expect(verified?.kind == .permanent)
        #expect(verified?.message.contains("is damaged") == true)
        let permission = try permission(for: point, newer: new)
        let deleted = await providerError { _ = try await provider.delete(permission) }
        #expect(deleted?.kind == .permanent)
        #expect(try sandbox.stored() == [point.token.text, new.token.text].sorted())
    }

    @Test("A new backup of a damaged point's slot sets the damaged one aside")
    func setAside() async throws {
        let sandbox = try Sandbox()
        let first = try await sandbox.backUp()
        try await run("truncate", ["-s", "0", sandbox.folder(of: first) + "/manifest.json"])
        let second = try await sandbox.backUp()
        #expect(second.token == first.token)
        #expect(second.warnings.count == 1)
        #expect(try sandbox.stored() == [".\(first.token).damaged", first.token.text])
        #expect(try await sandbox.provider().sweep() == [])
    }

    private func permission(for old: RemotePoint, newer: RemotePoint) throws -> DeletePermission {
        let now = Sandbox.opens + .days(3)
        let mark = PruneMark(at: now - .days(1), deleteAfter: now - .hours(1), reason: "a test")
        let points = [old, newer].enumerated().map { index, remote in
            RecoveryPoint(
                id: PointID(Int64(index + 1)),
                assignment: Assignment(policy: PolicyID(trusted: "nightly"), target: etc),
                provider: ProviderID(trusted: "disk"), run: RunID(Int64(index + 1)),
                remote: RemotePoint(
                    token: remote.token, remoteID: remote.remoteID,
                    takenAt: Sandbox.opens + .days(index)),
                state: .available, recordedAt: Sandbox.opens, mark: index == 0 ? mark : nil)
        }
        var rules = KeepRules()
        rules.last = .periods(1)
        let context = DeletionContext(
            provider: ProviderID(trusted: "disk"), recorded: points,
            listing: PointListing(points: [old, newer], isComplete: true, providerClock: nil),
            settings: RetentionSettings(rules: rules), zone: .utc,
            providerLoad: PruneLoad(excess: 1, total: 2), clock: .sane,
            now: now)
        let verdicts = deletionVerdicts(for: [points[0]], in: context)
        guard case .permitted(let permission) = verdicts.first else {
            throw SandboxError(words: "\(verdicts)")
        }
        return permission
    }
}

import Foundation
import Glibc
import Testing

@Suite("Hooks")
struct HookTests {
    @Test("Hooks run around the backup and see what it is about")
    func variables() async throws {
        let estate = try Estate()
        let hook = try printer(estate)
        try estate.configure(
            policy: TestPolicy.closed(
                "hooks: { before: { command: [\(hook)] }, after: { command: [\(hook)] } }"))
        try await estate.withDaemon { _ in
            try await estate.backUp("documents")
        }
        let before = try variables(estate, "before")
        #expect(before["HOLDFAST_POLICY"] == "main")
        #expect(before["HOLDFAST_TARGET"] == "documents")
        #expect(before["HOLDFAST_PROVIDER"] == "disk")
        #expect(before["HOLDFAST_SOURCE"] == estate.documents)
        #expect(before["HOLDFAST_ATTEMPT"] == "1")
        #expect(before["HOLDFAST_TOKEN"] == (try estate.points().first))
        #expect(before["HOLDFAST_WINDOW_OPENS"]?.hasSuffix("Z") == true)
        #expect(before["HOLDFAST_RESULT"] == nil)
        #expect(before["HOLDFAST_SOCKET"] == nil, "only what is documented")
        #expect(try variables(estate, "after")["HOLDFAST_RESULT"] == "succeeded")
        #expect(!estate.exists("seen.on_failure"))
    }

    @Test("After a failed attempt the hooks are told why")
    func failure() async throws {
        let estate = try Estate()
        let hook = try printer(estate)
        try estate.configure(
            policies: [
                "main: "
                    + TestPolicy.closed(
                        "hooks: { after: { command: [\(hook)] }, on_failure: { command: [\(hook)] } }"
                    )
            ],
            targets: [
                "{ name: documents, provider: disk, directory: \(estate.root)/gone, policy: main }"
            ])
        try await estate.withDaemon { _ in
            let ended = try await estate.holdfast("backup", "documents")
            #expect(ended.code == 1)
            #expect(ended.err.contains("\(estate.root)/gone does not exist"))
        }
        for name in ["after", "on_failure"] {
            let seen = try variables(estate, name)
            #expect(seen["HOLDFAST_RESULT"] == "failed")
            #expect(seen["HOLDFAST_ERROR"]?.contains("does not exist") == true)
        }
    }

    @Test("A before hook that fails stops the attempt, and the next one may succeed")
    func retried() async throws {
        let estate = try Estate()
        let hook = try estate.script(
            "before",
            "echo trying\n[ -e '\(estate.root)/tried' ] && exit 0\ntouch '\(estate.root)/tried'\nexit 3"
        )
        try estate.configure(
            policy: TestPolicy.closed(
                "retry: { backoff: 1s }, hooks: { before: { command: [\(hook)] } }"))
        try await estate.withDaemon { _ in
            let ended = try await estate.holdfast("backup", "documents")
            #expect(ended.code == 0, "\(ended.err)")
            let runs = try await estate.json(Listing<RunRow>.self, "runs").items
            #expect(runs.map(\.state) == ["succeeded", "failed"])
            #expect(runs.last?.error?.contains("status 3") == true)
            #expect(runs.last?.errorKind == "transient")
            #expect(try await estate.holdfast("runs", "--output").out.contains("    trying"))
        }
        #expect(try estate.points().count == 1)
    }

    @Test("A hook that takes too long is killed with everything that it started")
    func timeout() async throws {
        let estate = try Estate()
        let hook = try estate.script(
            "before",
            """
            trap '' TERM
            sleep 600 &
            echo $! > '\(estate.root)/grandchild.new'
            echo $$ > '\(estate.root)/hook.pid'
            mv '\(estate.root)/grandchild.new' '\(estate.root)/grandchild.pid'
            while :; do sleep 600; done
            """)
        try estate.configure(
            policy: TestPolicy.closed(
                "hooks: { before: { command: [\(hook)], timeout: 1s, on_error: continue } }"))
        try await estate.withDaemon { _ in
            let ended = try await estate.holdfast("backup", "documents")
            #expect(ended.code == 0, "\(ended.err)")
            for name in ["hook.pid", "grandchild.pid"] {
                let pid = try #require(
                    pid_t(try estate.read(name).trimmingCharacters(in: .newlines)))
                try await eventually("the end of \(name)", within: .seconds(5)) {
                    !Programs.isAlive(pid)
                }
            }
            let run = try await estate.json(Listing<RunRow>.self, "runs").items.first
            #expect(run?.output?.contains("timeout") == true)
        }
    }

    @Test("What a hook prints is kept with the run, up to a bound")
    func output() async throws {
        let estate = try Estate()
        let hook = try estate.script(
            "before", "echo first words\nhead -c 200000 /dev/zero | tr '\\0' x\necho some >&2")
        try estate.configure(
            policy: TestPolicy.closed("hooks: { before: { command: [\(hook)] } }"))
        try await estate.withDaemon { _ in
            try await estate.backUp("documents")
            let run = try await estate.json(Listing<RunRow>.self, "runs").items.first
            let text = try #require(run?.output)
            #expect(text.contains("first words"))
            #expect(text.utf8.count < 8192)
            #expect(text.contains("left out"), "the reader is told that something is missing")
            #expect(try await estate.holdfast("runs", "--output").out.contains("first words"))
        }
    }

    @Test("A hook that can't be run fails the attempt with its path")
    func missingProgram() async throws {
        let estate = try Estate()
        try estate.configure(
            policy: TestPolicy.closed(
                "retry: { attempts: 1 }, hooks: { before: { command: [\(estate.root)/nothing] } }"))
        try await estate.withDaemon { _ in
            let ended = try await estate.holdfast("backup", "documents")
            #expect(ended.code == 1)
            #expect(ended.err.contains("\(estate.root)/nothing"))
        }
        #expect(try estate.points().isEmpty)
    }

    /// A hook that writes its environment beside its name.
    private func printer(_ estate: Estate) throws -> String {
        try estate.script("print", "env | grep ^HOLDFAST_ > '\(estate.root)/seen.'$HOLDFAST_HOOK")
    }

    private func variables(_ estate: Estate, _ hook: String) throws -> [String: String] {
        let pairs = try estate.read("seen.\(hook)").split(separator: "\n").map {
            $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        }
        return Dictionary(
            pairs.map { (String($0[0]), $0.count > 1 ? String($0[1]) : "") },
            uniquingKeysWith: { first, _ in first })
    }
}

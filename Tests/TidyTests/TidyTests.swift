import Foundation
import Testing

/// Files and habits that a compiler does not check.
@Suite("The tree is tidy")
struct TidyTests {
    /// What each room may import besides what Swift itself brings.
    private static let rooms: [String: Set<String>] = [
        "Sources/HoldfastCore": ["Foundation"],
        "Sources/HoldfastConfig": ["HoldfastCore", "Crypto", "Dispatch", "Foundation", "Yams"],
        "Sources/HoldfastStore": [
            "HoldfastCore", "HoldfastMigrations", "Crypto", "Dispatch", "Foundation", "GRDB",
            "GRDBSQLite",
        ],
        "Sources/HoldfastProviders": [
            "HoldfastCore", "AsyncHTTPClient", "Crypto", "Dispatch", "Foundation", "GRDBSQLite",
            "NIOCore", "NIOHTTP1", "NIOPosix", "Subprocess", "SystemPackage",
        ],
        "Sources/HoldfastEngine": ["HoldfastCore", "Logging"],
        "Sources/HoldfastControl": [
            "HoldfastCore", "AsyncHTTPClient", "Dispatch", "Foundation", "HTTPTypes", "Hummingbird",
            "HummingbirdCore", "Logging", "NIOCore", "NIOHTTP1", "NIOPosix", "ServiceLifecycle",
        ],
        "Sources/HoldfastTesting": ["HoldfastCore", "HoldfastEngine", "Foundation", "Logging"],
        "Sources/holdfast": [
            "ArgumentParser", "CLinux", "Dispatch", "Foundation", "GRDBSQLite",
            "HoldfastConfig", "HoldfastControl", "HoldfastCore", "HoldfastEngine",
            "HoldfastProviders", "HoldfastStore", "Logging", "ServiceLifecycle", "SimulatedClouds",
            "Subprocess", "SystemPackage", "UnixSignals",
        ],
        "Sources/SimulatedClouds": [
            "HoldfastCore", "Foundation", "HTTPTypes", "HummingbirdCore", "Logging", "NIOCore",
            "NIOPosix", "ServiceLifecycle",
        ],
        "migrations": [],
    ]
    /// Parts of the C library and of Swift's own, which every room but Core may use.
    private static let system: Set<String> = ["Glibc", "Synchronization"]

    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file below a folder of the project, with its text.
    private static func files(below folder: String) throws -> [(path: String, text: String)] {
        let base = root.appendingPathComponent(folder)
        let walk = try #require(FileManager.default.enumerator(atPath: base.path))
        var files: [(String, String)] = []
        for case let name as String in walk where name.hasSuffix(".swift") {
            let text = try String(
                contentsOf: base.appendingPathComponent(name), encoding: .utf8)
            files.append(("\(folder)/\(name)", text))
        }
        return files.sorted { $0.0 < $1.0 }
    }

    private static func text(of path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test("A room imports only rooms below it", arguments: rooms.keys.sorted())
    func imports(room: String) throws {
        let allowed = try #require(Self.rooms[room]).union(
            room == "Sources/HoldfastCore" ? [] : Self.system)
        let files = try Self.files(below: room)
        #expect(!files.isEmpty)
        for (path, text) in files {
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let index = words.firstIndex(of: "import"), index <= 2,
                    words.prefix(index).allSatisfy({ $0.hasPrefix("@") || $0 == "public" })
                else { continue }
                let module = String(words[index + 1])
                #expect(allowed.contains(module), "\(path) imports \(module)")
            }
        }
    }

    @Test("Every folder of Sources is a room of the table")
    func everyRoom() throws {
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: Self.root.appendingPathComponent("Sources").path)
        for folder in folders where folder != "CLinux" {
            #expect(Self.rooms["Sources/\(folder)"] != nil, "Sources/\(folder)")
        }
    }

    @Test(
        "Habits that this project does without",
        arguments: [
            #"\bTask(\.detached)?\s*(\(|\{)"#, #"@unchecked Sendable"#,
            #"nonisolated\(unsafe\)"#, #"\btry!"#, #"\bas!"#, #"\bprint\("#,
            "TO" + "DO|FIX" + "ME|XX" + "X",
        ])
    func habits(pattern: String) throws {
        let expression = try Regex(pattern)
        for (path, text) in try Self.files(below: "Sources") {
            // The simulation's one way in, and the hooks' way out of a stop.
            if path.hasSuffix("HoldfastTesting/SimulationExecutor.swift") { continue }
            if path.hasSuffix("Daemon/SubprocessHookRunner.swift"), pattern.contains("Task") {
                continue
            }
            for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
                .enumerated()
            {
                let code = line.split(separator: "//", maxSplits: 1).first ?? ""
                let isOurs =
                    pattern == #"\bprint\("#
                    && (code.contains(".print(") || code.contains("func print(")
                        || code.contains("else { print("))
                guard !isOurs else { continue }
                #expect(!code.contains(expression), "\(path):\(number + 1): \(line)")
            }
        }
    }

    @Test(
        "Time and chance come from outside",
        arguments: ["HoldfastCore", "HoldfastEngine", "HoldfastStore", "HoldfastProviders"])
    func world(room: String) throws {
        let pattern = try Regex(#"\bDate\(\)|\bUUID\(\)|\.random\(in: [^,)]*\)|SystemRandom"#)
        for (path, text) in try Self.files(below: "Sources/\(room)") {
            #expect(!text.contains(pattern), "\(path)")
        }
    }

    @Test("A file has one topic, so it is not long")
    func size() throws {
        for folder in ["Sources", "Tests"] {
            for (path, text) in try Self.files(below: folder) {
                let count = text.split(separator: "\n", omittingEmptySubsequences: false).count
                #expect(count <= 520, "\(path) has \(count) lines")
            }
        }
    }

    @Test("Every test file asserts something")
    func assertions() throws {
        for (path, text) in try Self.files(below: "Tests") where text.contains("@Test(") {
            let asserts = ["#expect", "#require", "Issue.record", "expectGolden"].contains {
                text.contains($0)
            }
            #expect(asserts, "\(path)")
        }
    }

    @Test(
        "Every word of the model is explained in the documents",
        arguments: [
            ("Model/Event.swift", "EventKind", "docs/audit-format.md"),
            ("Model/RecoveryPoint.swift", "PointState", "docs/audit-format.md"),
            ("Model/RecoveryPoint.swift", "PointState", "docs/openapi.yaml"),
            ("Model/Job.swift", "JobState", "docs/audit-format.md"),
            ("Model/Job.swift", "JobState", "docs/openapi.yaml"),
            ("Model/Run.swift", "RunState", "docs/audit-format.md"),
            ("Model/Run.swift", "RunState", "docs/openapi.yaml"),
        ])
    func words(file: String, type: String, document: String) throws {
        let source = try Self.text(of: "Sources/HoldfastCore/" + file)
        let body = try #require(
            source.components(separatedBy: "enum \(type):").dropFirst().first?
                .components(separatedBy: "\n}").first)
        let cases = body.split(separator: "\n").filter { $0.hasPrefix("    case ") }
        let text = try Self.text(of: document)
        #expect(!cases.isEmpty)
        for line in cases {
            let name = line.dropFirst("    case ".count)
            let word =
                name.split(separator: "\"").dropFirst().first
                ?? name.prefix { $0.isLetter }
            #expect(text.contains(word), "\(document) does not tell of \(type) '\(word)'")
        }
    }

    @Test("The migrations that are embedded are those of the folder")
    func migrations() throws {
        let folder = Self.root.appendingPathComponent("migrations")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".sql") }.sorted()
        let list = try String(
            contentsOf: folder.appendingPathComponent("Migrations.swift"), encoding: .utf8)
        let package = try String(
            contentsOf: Self.root.appendingPathComponent("Package.swift"), encoding: .utf8)
        for (index, file) in files.enumerated() {
            #expect(file.hasPrefix("v000\(index + 1)_"), "\(file)")
            #expect(list.contains(file.replacingOccurrences(of: ".", with: "_")), "\(file)")
            #expect(package.contains(file), "\(file)")
        }
        #expect(!files.isEmpty)
    }
}

import Foundation
import GRDBSQLite
import HoldfastCore

/// The demonstration's machine: a directory and a database that keep changing, and a configuration
/// that backs them up.
struct DemoEstate: Sendable {
    let root: String

    var configurationPath: String { root + "/etc/holdfast.yaml" }
    var stateDirectory: String { root + "/state" }
    var socketPath: String { root + "/holdfast.sock" }
    var repository: String { root + "/repository" }
    var restored: String { root + "/restored" }
    private var documents: String { root + "/documents" }
    private var database: String { root + "/orders.sqlite" }

    /// A new estate below the temporary directory.
    static func create() throws -> DemoEstate {
        let estate = DemoEstate(root: try newDirectory())
        try estate.furnish()
        return estate
    }

    /// A new directory below the temporary one.
    static func newDirectory() throws -> String {
        let base = FileManager.default.temporaryDirectory.path
        var template = Array(
            "\(base)/holdfast-demo.\(String(repeating: "X", count: 6))".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(
                .failed, "can't make a directory below \(base): \(String(cString: strerror(errno)))"
            )
        }
        return String(
            decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func furnish() throws {
        for folder in ["/etc", "/state", "/documents/letters", "/documents/ledgers", "/restored"] {
            try FileManager.default.createDirectory(
                atPath: root + folder, withIntermediateDirectories: true)
        }
        try write(configuration, to: configurationPath)
        for number in 1...40 {
            try write(
                String(
                    repeating: "Dear customer \(number), thank you for your order.\n", count: 60),
                to: "\(documents)/letters/letter-\(number).txt")
        }
        try execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE orders (id INTEGER PRIMARY KEY, placed TEXT NOT NULL, amount INTEGER);
            """)
        try change(0)
    }

    /// What happens on the machine in one step.
    func change(_ step: Int) throws {
        try write(
            "entry \(step)\n" + String(repeating: "\(step * 7919 % 10_007) ", count: 400),
            to: "\(documents)/ledgers/ledger-\(step % 25).txt")
        try execute(
            """
            WITH RECURSIVE more(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < 50)
            INSERT INTO orders (placed, amount) SELECT 'step \(step)', n * \(step + 1) FROM more;
            """)
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    private func execute(_ sql: String) throws {
        var connection: OpaquePointer?
        defer { sqlite3_close(connection) }
        guard sqlite3_open(database, &connection) == SQLITE_OK else {
            throw CommandFailure(.failed, "can't open the sample database \(database)")
        }
        sqlite3_busy_timeout(connection, 5000)
        guard sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK else {
            let words = sqlite3_errmsg(connection).map { String(cString: $0) } ?? ""
            throw CommandFailure(.failed, "the sample database refused a change: \(words)")
        }
    }

    private var configuration: String {
        """
        version: 1
        timezone: UTC

        providers:
          disk: { type: local, repository: \(repository) }

        policies:
          hourly-documents:            # every hour; on the demonstration's clock every second
            plan: hourly
            every: 1h
            window: 1h
            retention: { keep_hourly: 6, keep_daily: 2, min_age: 1h, grace: 2h }
            objective: { rpo: 3h }
          six-hourly-orders:
            plan: hourly
            every: 6h
            window: 2h
            retention: { keep_last: 4, min_age: 1h, grace: 6h }

        targets:
          - { name: documents, provider: disk, directory: \(documents), policy: hourly-documents }
          - { name: orders, provider: disk, sqlite: \(database), policy: six-hourly-orders }
        """ + "\n"
    }
}

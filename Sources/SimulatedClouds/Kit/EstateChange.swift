import HoldfastCore

/// What somebody does to the machines and volumes of a simulated account, past the vendor's
/// interface.
public enum EstateChange: Hashable, Sendable {
    /// What can be made.
    public enum Kind: String, Hashable, Sendable {
        case machine
        case volume
    }

    /// Makes one that runs. `at` is where: a volume's machine or data center; `nil`: as the vendor's
    /// own estate has it.
    case create(Kind, name: String, at: String? = nil)
    /// Gives a machine or volume another name.
    case rename(id: String, name: String)
    /// Switches a machine off.
    case stop(id: String)
    /// Switches a machine on.
    case start(id: String)
    /// Ends a machine's contract on a day, such as `2026-12-24`; an empty one takes that back.
    case cancel(id: String, day: String)
    /// Removes a machine, volume or data center.
    case remove(id: String)

    /// Reads `{"create": "machine", "name": "web-9"}`, `{"rename": "ID", "name": "web-9"}`,
    /// `{"stop": "ID"}`, `{"start": "ID"}`, `{"cancel": "ID", "on": "2026-12-24"}` or
    /// `{"remove": "ID"}`.
    ///
    /// - Throws: `InvalidEstateChange`.
    public init(json bytes: [UInt8]) throws(InvalidEstateChange) {
        let json = JSON.reading(bytes)
        func text(_ name: String) -> String? { json?[name]?.text }
        if let word = text("create"), let kind = Kind(rawValue: word), let name = text("name") {
            self = .create(kind, name: name, at: text("at"))
        } else if let id = text("rename"), let name = text("name") {
            self = .rename(id: id, name: name)
        } else if let id = text("stop") {
            self = .stop(id: id)
        } else if let id = text("start") {
            self = .start(id: id)
        } else if let id = text("cancel"), let day = text("on"), Self.isDay(day) {
            self = .cancel(id: id, day: day)
        } else if let id = text("remove") {
            self = .remove(id: id)
        } else {
            throw InvalidEstateChange(
                #"an estate is changed by JSON such as {"create": "machine", "name": "web-9"}, "#
                    + #"{"rename": "ID", "name": "web-9"}, {"stop": "ID"}, {"start": "ID"}, "#
                    + #"{"cancel": "ID", "on": "2026-12-24"}, {"remove": "ID"}; 'create' takes "#
                    + #"machine or volume, and "at"; "on" may be empty"#)
        }
    }

    private static func isDay(_ text: String) -> Bool {
        text.isEmpty || (text.count == 10 && Timestamp(rfc3339: text + "T00:00:00Z") != nil)
    }
}

/// Why an estate could not be changed.
public struct InvalidEstateChange: Error, Hashable, CustomStringConvertible, Sendable {
    /// What is wrong with it.
    public let description: String

    init(_ words: String) {
        description = words
    }

    /// The vendor tells of no end.
    static func uncancellable(_ vendor: String) -> InvalidEstateChange {
        InvalidEstateChange("\(vendor) tells nobody of a contract that ends; use 'remove'")
    }

    /// Nothing has that id, or not what is asked for.
    static func unknown(_ id: String) -> InvalidEstateChange {
        InvalidEstateChange("'\(id)' names nothing that could be changed so")
    }
}

/// Elapsed time as operators write it: `90s`, `30m`, `4h`, `1h30m`, `2d`, `1w`.
///
/// A day is 24 hours and a week seven such days; `m` is minutes. (In `keep_within`, which counts
/// calendar time, `m` is months: see `CalendarSpan`.)
public enum DurationText {
    private static let units: [(unit: Unicode.Scalar, seconds: Int)] = [
        ("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
    ]

    /// What a message tells the user to write.
    public static let hint = "a duration such as 90s, 30m, 4h, 1h30m or 7d"

    /// Reads a duration of up to 100 years; `nil` for anything else. Units come from large to
    /// small, each at most once; `0s` is a duration.
    public static func parse(_ text: some StringProtocol) -> Duration? {
        var scanner = DigitScanner(text.utf8)
        var total = 0
        var remaining = units[...]
        repeat {
            guard let count = scanner.number() else { return nil }
            guard let index = remaining.firstIndex(where: { scanner.skip($0.unit) }) else {
                return nil
            }
            total += count * units[index].seconds
            guard total <= 100 * 366 * 86_400 else { return nil }
            remaining = units[(index + 1)...]
        } while !scanner.isAtEnd
        return .seconds(total)
    }

    /// Writes a duration with its two largest units that matter: `4h`, `1h30m`, `2d3h`, `45s`.
    /// Under a second it is `0s`; a negative one has a leading `-`.
    public static func brief(_ duration: Duration) -> String {
        let seconds = duration.wholeSeconds
        if seconds < 0 { return "-" + brief(.zero - duration) }
        var rest = Int(seconds)
        var parts: [String] = []
        for (unit, size) in units.dropFirst() {
            let count = rest / size
            rest %= size
            if count > 0 { parts.append("\(count)\(unit)") } else if !parts.isEmpty { break }
            if parts.count == 2 { break }
        }
        return parts.isEmpty ? "0s" : parts.joined()
    }

    /// Writes a duration exactly, so that `parse` reads the same one back (whole seconds).
    public static func exact(_ duration: Duration) -> String {
        var rest = Int(duration.wholeSeconds)
        var text = ""
        for (unit, size) in units.dropFirst() where rest >= size {
            text += "\(rest / size)\(unit)"
            rest %= size
        }
        return text.isEmpty ? "0s" : text
    }
}

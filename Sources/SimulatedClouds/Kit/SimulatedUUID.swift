/// Makes ids that look like the vendor's, and are the same in the same run.
enum SimulatedUUID {
    /// A UUID made of a number.
    ///
    /// - Parameter prefix: Eight hexadecimal digits, another eight for each kind of thing.
    static func text(_ prefix: String, _ number: Int64) -> String {
        let digits = String(number, radix: 16)
        let zeros = String(repeating: "0", count: max(0, 12 - digits.count))
        return "\(prefix)-0000-4000-8000-\(zeros)\(digits)"
    }
}

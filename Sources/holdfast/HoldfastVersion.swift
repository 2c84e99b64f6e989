/// The program's version.
enum HoldfastVersion {
    /// As semantic versioning has it; the changelog's newest heading.
    static let current = "0.1.0"
}

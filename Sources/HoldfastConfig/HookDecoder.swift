import HoldfastCore

/// Reads `hooks`.
enum HookDecoder {
    /// Linux passes more, but no hook needs it.
    static let argumentCountMax = 256
    static let timeoutRange = Duration.seconds(1)...Duration.days(1)

    private enum Moment: String, CaseIterable {
        case before
        case after
        case onFailure = "on_failure"
    }

    /// Reads the section of a policy; without one no command runs.
    static func decode(in policy: Section) -> Hooks {
        guard
            let section = policy.section(
                "hooks", hint: "write 'before', 'after' or 'on_failure' under it")
        else { return Hooks() }
        section.expectKeys(Moment.allCases.map(\.rawValue))
        return Hooks(
            before: hook(.before, in: section), after: hook(.after, in: section),
            onFailure: hook(.onFailure, in: section))
    }

    private static func hook(_ moment: Moment, in hooks: Section) -> Hook? {
        guard
            let section = hooks.section(
                moment.rawValue, hint: "write 'command: [/path/of/program, argument]' under it")
        else { return nil }
        section.expectKeys(["command", "timeout", "on_error"])
        let timeout = section.duration("timeout", in: timeoutRange) ?? .seconds(30)
        let onError = section.choice("on_error", as: Hook.OnError.self)
        if moment == .onFailure, onError == .fail, let value = section["on_error"]?.value {
            section.error(
                value.position, "on_error",
                "the attempt has failed already when this hook runs; "
                    + "use 'continue' or remove the key")
        }
        guard let command = command(in: section) else { return nil }
        return Hook(
            command: command, timeout: timeout,
            onError: onError ?? (moment == .before ? .fail : .continue))
    }

    /// The list under `command`, which has to be there.
    static func command(in section: Section) -> [String]? {
        let hint = "use a list: the program's absolute path, then one item for each argument"
        guard let value = section["command"]?.value else {
            section.error("'command' is missing; \(hint)")
            return nil
        }
        if case .scalar(let text, _) = value.content, !value.isNull {
            section.error(
                value.position, "command",
                "a command is a list of the program and its arguments, because no shell takes it "
                    + "apart; use \(vector(text))")
            return nil
        }
        guard let items = section.list("command", hint: hint) else { return nil }
        guard let program = items.first else {
            section.error(value.position, "command", "the list is empty; \(hint)")
            return nil
        }
        guard items.count <= argumentCountMax else {
            section.error(
                value.position, "command",
                "\(items.count) items are too many; use at most \(argumentCountMax)")
            return nil
        }
        if AbsolutePath.normalised(program.text) == nil {
            section.error(
                program.position, "command[\(program.index)]",
                AbsolutePath.problem(with: program.text))
        }
        for item in items.dropFirst() where item.text.utf8.contains(0) {
            section.error(
                item.position, "command[\(item.index)]",
                "an argument can't have a NUL character; remove it")
        }
        return items.map(\.text)
    }

    /// The words of a command line as a list, for the message; quotes are left to the reader.
    private static func vector(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).prefix(8).map { word in
            word.contains { "'\"[]{},#&*!|>%@`:".contains($0) } ? "'\(word)'" : String(word)
        }
        let list = "[" + words.joined(separator: ", ") + "]"
        return text.contains { "'\"|<>;&$".contains($0) }
            ? "[/path/of/program, argument], or a script of your own for what needs a shell" : list
    }
}

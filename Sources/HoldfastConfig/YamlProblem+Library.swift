import Yams

extension YamlProblem {
    /// Puts an error of the YAML library into this program's words; its place is kept.
    init(_ error: any Error, in text: String) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let position = Position(mark)
            let found = Self.character(at: position, in: text)
            self.init(
                position: position,
                message: Self.words(for: problem, context: context, found: found))
        case YamlError.reader(let problem, _, _, _):
            self.init(position: .start, message: "the text can't be read as YAML: \(problem)")
        case YamlError.memory:
            self.init(position: .start, message: "there is not enough memory to read the file")
        default:
            self.init(position: .start, message: "the text is not valid YAML: \(error)")
        }
    }

    private static func words(
        for problem: String, context: YamlError.Context?, found: Unicode.Scalar?
    ) -> String {
        let since = context.map { " (it begins in line \($0.mark.line))" } ?? ""
        if problem.hasPrefix("Maximum nesting level") {
            return "more than \(YamlTree.nestingMax) levels stand inside one another\(since); "
                + "no configuration needs that many"
        }
        switch problem {
        case "found character that cannot start any token":
            guard let found else { break }
            return found == "\t"
                ? "a tab is used for indentation; use spaces"
                : "a value can't begin with '\(found)'; put it in quotes"
        case "found a tab character that violates indentation",
            "found a tab character where an indentation space is expected":
            return "a tab is used for indentation; use spaces"
        case "mapping values are not allowed in this context":
            return "a ':' can't stand here; check the indentation, "
                + "or put text that has ': ' in it in quotes"
        case "block sequence entries are not allowed in this context":
            return "a list item ('-') can't stand here; begin the list on its own line"
        case "could not find expected ':'":
            return "a ':' is missing after the key\(since); write 'key: value'"
        case "did not find expected key":
            return "a key is expected here; check indentation and quotes of this mapping\(since)"
        case "did not find expected '-' indicator":
            return "a '-' is expected here; check the indentation of this list\(since)"
        case "did not find expected ',' or ']'":
            return "a ',' or ']' is missing in this list\(since)"
        case "did not find expected ',' or '}'":
            return "a ',' or '}' is missing in this mapping\(since)"
        case "found unexpected end of stream":
            return "the file ends inside quotes\(since); close them"
        case "did not find expected node content":
            return "a value is missing here; write one, or remove what leads to it"
        case "but found another document":
            return "a second YAML document begins here ('---'); put it into a file of its own"
        case "did not find expected <document start>":
            return "the document has ended before this line; check its indentation"
        default: break
        }
        return "this is not valid YAML: \(problem)\(since); correct the syntax"
    }

    private static func character(at position: Position, in text: String) -> Unicode.Scalar? {
        var line = 1
        var column = 1
        for scalar in text.unicodeScalars {
            if line == position.line, column == position.column {
                return scalar == YamlComposer.asterisk ? "*" : scalar
            }
            column += 1
            if scalar == "\n" {
                line += 1
                column = 1
            }
            if line > position.line { return nil }
        }
        return nil
    }
}

import HoldfastControl
import HoldfastCore

extension EventsCommand {
    /// Prints what the daemon tells until it stops.
    func followNews() async throws {
        let isJSON = json.isOn
        try await socket.client.follow(
            query: [
                "after": after.map(String.init), "policy": page.policy, "target": page.target,
                "state": kind,
            ]
        ) { news in
            isJSON ? Self.printLine(news) : Self.printText(news)
        }
        Output.endProgress()
        throw CommandFailure(.unreachable, "the daemon ended the stream; is it stopping?")
    }

    /// A line of `--follow --json`.
    private struct Line: Encodable {
        let event: EventWire?
        let progress: JobWire?
    }

    private static func printLine(_ news: FollowedNews) {
        let line =
            switch news {
            case .event(let event): Line(event: event, progress: nil)
            case .progress(let job): Line(event: nil, progress: job)
            }
        do {
            Output.line(String(decoding: try WireCoding.encode(line), as: UTF8.self))
        } catch {
            Output.error("holdfast: an entry can't be written as JSON: \(error)")
        }
    }

    private static func printText(_ news: FollowedNews) {
        switch news {
        case .event(let event):
            Output.endProgress()
            let subject = [event.policy, event.target].compactMap { $0 }.joined(separator: "/")
            Output.line(
                Table.harmless(
                    [
                        String(event.id), event.at.rfc3339, event.kind, event.actor,
                        subject.isEmpty ? Show.none : subject,
                        Show.brief(event.detail, to: 160),
                    ].joined(separator: "  ")))
        case .progress(let job):
            Output.progress(Table.harmless("\(job.target): \(Show.progress(of: job) ?? "running")"))
        }
    }
}

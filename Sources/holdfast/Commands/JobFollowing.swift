import HoldfastControl
import HoldfastCore

/// Waits for a job's end, and shows a person how far it has come.
struct JobFollowing {
    let client: ControlClient

    /// Between two looks at the job.
    private static let pause = Duration.milliseconds(200)

    /// The job as it is at its end.
    func end(of first: JobWire) async throws -> JobWire {
        var job = first
        let beginning = ContinuousClock.now
        while !job.isEnded {
            Output.progress(Self.line(job, elapsed: ContinuousClock.now - beginning))
            try await Task.sleep(for: Self.pause)
            job = try await client.get(JobWire.self, "/v1/jobs/\(job.id)")
        }
        Output.endProgress()
        return job
    }

    private static func line(_ job: JobWire, elapsed: Duration) -> String {
        let time = DurationText.brief(elapsed)
        guard job.state == "running" else {
            let reason = job.error.map { ": \(Show.brief($0))" } ?? ""
            return "\(job.target): waiting\(reason) (\(time))"
        }
        return "\(job.target): \(Show.progress(of: job) ?? "running") (\(time))"
    }
}

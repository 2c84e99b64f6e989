import Testing

@testable import SimulatedClouds

@Suite("Fault plans")
struct FaultPlanTests {
    private func plan(_ json: String) throws -> FaultPlan {
        try FaultPlan(json: Array(json.utf8))
    }

    /// Which of ten equal requests are hit, counted from 1.
    private func hits(
        _ members: String, method: String = "GET", target: String = "/v2/droplets?page=2"
    ) throws -> [Int] {
        var plan = try plan(#"{"faults":[{"fault":"lost_reply"\#(members)}]}"#)
        return (1...10).filter { _ in !plan.deeds(for: CloudRequest(method, target)).isEmpty }
    }

    @Test(
        "Skip, count and every choose among the requests that match",
        arguments: [
            ("", [1]), (#","skip":3"#, [4]), (#","count":2"#, [1, 2]),
            (#","skip":8,"count":5"#, [9, 10]), (#","every":4"#, [4, 8]),
            (#","every":4,"count":1"#, [4]), (#","every":3,"skip":2"#, [5, 8]),
            (#","method":"POST""#, []), (#","method":"get""#, [1]),
            (#","path":"/v2/drop*""#, [1]), (#","path":"/v2/*/actions""#, []),
            (#","path":"/v2/droplets""#, [1]), (#","path":"/v2/droplets?page=2""#, [1]),
            (#","path":"*?*page=3*""#, []), (#","path":"*?*page=2*""#, [1]),
        ])
    func choosing(members: String, expected: [Int]) throws {
        #expect(try hits(members) == expected)
    }

    @Test(
        "A star stands for any text",
        arguments: [
            ("*", "", true), ("a*c", "abbc", true), ("a*c", "ac", true), ("a*c", "ab", false),
            ("*a*b*", "xxaxxbxx", true), ("a", "aa", false), ("", "a", false), ("a*", "a", true),
            ("*ab", "aab", true),
        ])
    func wildcard(pattern: String, text: String, fits: Bool) {
        #expect(Wildcard(pattern).matches(text) == fits)
    }

    @Test(
        "A plan that can't be read says where and what would be right",
        arguments: [
            ("[]", "a fault plan is JSON"), ("{", "a fault plan is JSON"),
            (#"{"faults":[7]}"#, "faults[0] is no object"),
            (#"{"faults":[{"fault":"lost"}]}"#, "faults[0].fault is one of status"),
            (#"{"faults":[{"fault":"delay"}]}"#, "faults[0].milliseconds is missing"),
            (#"{"faults":[{"fault":"status","status":"x"}]}"#, "faults[0].status is a number"),
            (#"{"faults":[{"fault":"status","status":99}]}"#, "from 200 to 599"),
            (
                #"{"faults":[{"fault":"status","status":500,"body":"xml"}]}"#,
                "faults[0].body is json, text or html"
            ),
            (
                #"{"faults":[{"fault":"cut_after"},{"fault":"cut_after","seconds":1}]}"#,
                "faults[1].seconds is not known to 'cut_after'"
            ),
            (#"{"faults":[{"fault":"cut_after","count":0}]}"#, "faults[0].count is a number"),
            (#"{"faults":[{"fault":"cut_after","path":1}]}"#, "faults[0].path is a text"),
        ])
    func unreadable(json: String, words: String) throws {
        let error = #expect(throws: InvalidFaultPlan.self) { try plan(json) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
}

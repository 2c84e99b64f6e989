import HoldfastCore
import HoldfastTesting
import Testing

@Suite("Schedules that a vendor can keep by itself")
struct NativeTimetableTests {
    private func schedule(
        _ plan: Plan, hour: Int = 4, minute: Int = 0, zone: TimeZoneRules = .utc
    ) throws -> Schedule {
        Schedule(
            plan: plan, opensAt: try #require(LocalTime(hour: hour, minute: minute)),
            length: .hours(4), zone: zone)
    }

    private func refusal(_ schedule: Schedule) -> NativeTimetable.Unsuitable? {
        do throws(NativeTimetable.Unsuitable) {
            _ = try NativeTimetable(schedule)
            return nil
        } catch {
            return error
        }
    }

    @Test("A day, or one weekday, on a full hour in UTC is what vendors can express")
    func suitable() throws {
        let daily = try NativeTimetable(try schedule(.daily, hour: 20))
        #expect(daily.weekday == nil)
        #expect(daily.hour == 20)
        #expect(daily.length == .hours(4))
        let weekly = try NativeTimetable(try schedule(.weekly([.sunday]), hour: 0))
        #expect(weekly.weekday == .sunday)
        #expect(weekly.hour == 0)
    }

    @Test("Anything else is refused, with the key that is wrong and what to do")
    func unsuitable() throws {
        let berlin = try ZoneFiles.rules("Europe/Berlin")
        let cases: [(Schedule, key: String, words: String)] = [
            (try schedule(.hourly(every: 4), hour: 0), "plan", "'hourly' is no plan"),
            (
                try schedule(.monthly(MonthDays(days: [1], includesLast: false))), "plan",
                "use 'daily' or 'weekly'"
            ),
            (try schedule(.weekly([.sunday, .monday])), "weekday", "one weekday; use one"),
            (try schedule(.daily, zone: berlin), "timezone", "add 'timezone: UTC'"),
            (try schedule(.daily, minute: 30), "at", "use a full hour"),
            // The first thing that is wrong is told.
            (try schedule(.daily, minute: 30, zone: berlin), "timezone", "Europe/Berlin"),
        ]
        for (schedule, key, words) in cases {
            let error = try #require(refusal(schedule))
            #expect(error.key == key)
            #expect(error.reason.contains(words), "\(error.reason)")
        }
    }

    @Test("Every name of UTC is UTC", arguments: NativeTimetable.zoneNames.sorted())
    func namesOfUTC(name: String) throws {
        let zone = try TimeZoneRules(name: name, tzif: ZoneFiles.bytes("slim/Etc/UTC"))
        let schedule = try schedule(.daily, zone: zone)
        #expect(refusal(schedule) == nil)
    }
}

import Testing

@testable import SimulatedClouds

@Suite("Settings by name")
struct CloudSettingsTests {
    @Test("Each kind of value is taken")
    func values() throws {
        var settings = PiecesSettings()
        for assignment in [
            "framing=split", "backup_seconds=7", "signed_in=false", "cloud_status=NONE",
            #"connected_statuses=["PENDING"]"#, "application_header=application",
        ] {
            try settings.set(assignment)
        }
        #expect(settings.framing == .split && settings.backupSeconds == 7 && !settings.signedIn)
        #expect(settings.cloudStatus == .none && settings.connectedStatuses == [.pending])
        #expect(settings.applicationHeader == "application")
        var other = DigitalOceanSettings()
        try other.set("restore_takes_snapshots=true")
        #expect(other.restoreTakesSnapshots && other.rateHour == 5000)
    }

    @Test(
        "What is not understood changes nothing and is told with what would be right",
        arguments: [
            ("framing", "use NAME=VALUE"), ("=x", "use NAME=VALUE"), ("fram=lines", "framing"),
            ("framing=x", "lines, joined, array, data, split"), ("backup_seconds=-1", "0 to 86400"),
            ("backup_seconds=x", "backup_seconds"), ("signed_in=7", "signed_in"),
            ("connected_statuses=x", "connected_statuses"),
        ])
    func refused(assignment: String, words: String) {
        var settings = PiecesSettings()
        let error = #expect(throws: InvalidSetting.self) { try settings.set(assignment) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(settings == PiecesSettings())
    }
}

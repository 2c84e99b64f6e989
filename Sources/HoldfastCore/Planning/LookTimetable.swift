/// When the points of each target are compared with its provider's listing: once a period, and the
/// targets of a provider are spread over it, so that they don't all ask at once.
public enum LookTimetable {
    /// The newest instant, not after `now`, at which a target is due.
    ///
    /// It is the same in every process, so planning it twice makes one job, and never on a full
    /// minute, where the windows of the vendors' own policies open.
    ///
    /// - Parameter period: A second or more; a fraction of a second is cut off.
    public static func newestOpening(
        of target: TargetID, every period: Duration, notAfter now: Timestamp
    ) -> Timestamp {
        let seconds = max(period.wholeSeconds, 1)
        var hash = StableHash()
        hash.combine(target.text)
        let offset = Int64(hash.value % UInt64(seconds))
        let elapsed = now.roundedDownToSecond.seconds - offset
        var count = elapsed / seconds
        if elapsed < 0, elapsed % seconds != 0 { count -= 1 }
        let opening = beside(count * seconds + offset)
        return opening <= now ? opening : beside((count - 1) * seconds + offset)
    }

    private static func beside(_ seconds: Int64) -> Timestamp {
        Timestamp(seconds: seconds % 60 == 0 ? seconds + 1 : seconds)
    }
}

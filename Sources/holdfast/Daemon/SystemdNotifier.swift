import Foundation
import Glibc
import HoldfastCore
import HoldfastEngine

/// Tells systemd how the daemon is, over the socket in `NOTIFY_SOCKET` (sd_notify's protocol).
struct SystemdNotifier: Sendable {
    private let path: String?

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        path = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    }

    func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }
    func stopping() { send("STOPPING=1\nSTATUS=letting running jobs end") }
    func alive() { send("WATCHDOG=1") }

    func reloading() {
        let microseconds = ClockReading.milliseconds(of: CLOCK_MONOTONIC) * 1000
        send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)")
    }

    /// The sign of life that systemd asks for; `nil` when it asks for none.
    ///
    /// Half of `WatchdogSec`, so that one late sign is no death.
    static func heartbeat(
        _ notifier: SystemdNotifier,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Heartbeat? {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text),
            microseconds > 0
        else { return nil }
        if let pid = environment["WATCHDOG_PID"], pid != String(getpid()) { return nil }
        return Heartbeat(interval: .microseconds(microseconds / 2)) { notifier.alive() }
    }

    private func send(_ message: String) {
        guard let path else { return }
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8.prefix(107))
        // '@' stands for the zero byte of an abstract name.
        if bytes.first == 0x40 { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = MemoryLayout<sa_family_t>.size + bytes.count
        var payload = Array(message.utf8)
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(
                    descriptor, &payload, payload.count, 0, $0, socklen_t(length))
            }
        }
    }
}

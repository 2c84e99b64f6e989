import HoldfastProviders
import Logging

extension VendorExchange {
    /// What changes something is of interest later; what only reads is not, unless something is
    /// looked for.
    func write(to logger: Logger) {
        logger.log(
            level: isChange ? .info : .debug, "a vendor answered",
            metadata: [
                "provider": "\(provider)", "request": "\(request)", "status": "\(status)",
                "request_id": "\(requestID ?? "-")",
            ])
    }
}

import java.io.FileInputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** The same few minutes of a service, for every logging library behind SLF4J. */
public final class Formats {
    private static final Logger log = LoggerFactory.getLogger("com.example.billing.InvoiceService");

    private Formats() {}

    private interface Fault {
        void run() throws Exception;
    }

    public static void main(String[] args) throws InterruptedException {
        log.info("Starting InvoiceService 2.8.1");
        log.debug("Settings: {}", Map.of("workers", 4));
        log.warn("Cache is cold, the first requests will be slow");
        Map<String, Fault> faults = Map.of(
                "customer is missing", () -> List.of((String) null),
                "amount is not a number", () -> Integer.parseInt("12,50"),
                "queue is empty", () -> List.of().iterator().next(),
                "wrong type", () -> ((Integer) (Object) "12").intValue(),
                "index", () -> "12".substring(5),
                "report cannot be read", () -> new FileInputStream("/var/lib/billing/report.csv").close(),
                "ledger refuses", () -> new Socket("127.0.0.1", 9).close());
        int number = 0;
        for (Map.Entry<String, Fault> fault : faults.entrySet()) {
            MDC.put("traceId", String.format("%016x", ++number * 7919L));
            log.info("Job {} started", number);
            try {
                run(fault.getValue());
            } catch (IllegalStateException e) {
                log.error("Job {} failed: {}", number, fault.getKey(), e);
            }
            Thread.sleep(40);
        }
        MDC.clear();
        log.info("InvoiceService stopped");
    }

    private static void run(Fault fault) {
        try {
            fault.run();
        } catch (ConnectException e) {
            throw new IllegalStateException("ledger not reachable", e);
        } catch (Exception e) {
            throw new IllegalStateException("job aborted", e);
        }
    }
}

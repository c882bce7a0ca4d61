import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Imports stock lists and never lets go of them. */
public final class Inventory {
    private static final Logger log = LogManager.getLogger(Inventory.class);
    private final List<String[]> imported = new ArrayList<>();

    public static void main(String[] args) {
        Inventory inventory = new Inventory();
        int rows = Integer.parseInt(args[0]);
        ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(2);
        log.info("Inventory 3.1.0 started, heap limit {} MB", Runtime.getRuntime().maxMemory() >> 20);
        scheduler.scheduleWithFixedDelay(() -> inventory.runImport(rows), 0, 500, TimeUnit.MILLISECONDS);
        scheduler.scheduleWithFixedDelay(inventory::report, 0, 2, TimeUnit.SECONDS);
    }

    private void runImport(int rows) {
        try {
            log.info("Import {}: read {} rows", imported.size() + 1, rows);
            imported.add(readRows(rows));
        } catch (OutOfMemoryError e) {
            log.error("Import {} failed", imported.size() + 1, e);
        }
    }

    private String[] readRows(int rows) {
        String[] result = new String[rows];
        for (int row = 0; row < rows; row++) {
            result[row] = "article-" + imported.size() + "-" + row + "-0000000000000000000000000000";
        }
        return result;
    }

    private void report() {
        Runtime runtime = Runtime.getRuntime();
        long used = (runtime.totalMemory() - runtime.freeMemory()) >> 20;
        log.info("{} imports held, {} MB of heap used", imported.size(), used);
        if (used * 10 > (runtime.maxMemory() >> 20) * 9) {
            log.warn("Heap usage above 90 %");
        }
    }
}

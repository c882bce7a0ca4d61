import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** Programs that end with what the virtual machine itself prints. The argument names the crash. */
public final class Crashes {
    private Crashes() {}

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "null-pointer" -> System.out.println(((String) null).length());
            case "stack-overflow" -> recurse(1);
            case "heap" -> fill();
            case "array-limit" -> System.out.println(new int[Integer.MAX_VALUE].length);
            case "direct-memory" -> directMemory();
            case "threads" -> threads();
            case "class-not-found" -> Class.forName("com.example.plugins.Missing");
            case "port-taken" -> ports();
            case "unknown-host" -> InetAddress.getByName("db.shop.internal");
            case "refused" -> new Socket("127.0.0.1", 9).close();
            case "timeout" -> new Socket().connect(new InetSocketAddress("10.20.250.250", 5432), 500);
            case "no-file" -> Files.readString(Path.of("/etc/billing/settings.properties"));
            case "suppressed" -> suppressed();
            case "future" -> CompletableFuture.supplyAsync(() -> Integer.parseInt("x")).get();
            case "in-thread" -> new Thread(() -> { throw new IllegalStateException("worker died"); }, "worker-3").start();
            case "deadlock" -> deadlock();
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static int recurse(int depth) {
        return recurse(depth + 1) + 1;
    }

    private static void fill() {
        List<byte[]> blocks = new ArrayList<>();
        while (true) {
            blocks.add(new byte[1 << 20]);
        }
    }

    private static void directMemory() {
        List<Object> blocks = new ArrayList<>();
        while (true) {
            blocks.add(java.nio.ByteBuffer.allocateDirect(1 << 20));
        }
    }

    private static void threads() {
        for (int n = 0; n < 500; n++) {
            new Thread(() -> {
                try {
                    Thread.sleep(60_000);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }).start();
        }
    }

    private static void ports() throws Exception {
        try (ServerSocket first = new ServerSocket(8099)) {
            new ServerSocket(first.getLocalPort()).close();
        }
    }

    private static void suppressed() throws Exception {
        try (AutoCloseable connection = () -> { throw new IllegalStateException("close failed"); }) {
            throw new IllegalArgumentException("statement failed");
        }
    }

    /** Two threads that hold what the other wants; a thread dump shows it. */
    private static void deadlock() throws InterruptedException {
        Object orders = new Object();
        Object stock = new Object();
        CountDownLatch both = new CountDownLatch(2);
        for (Object[] locks : new Object[][] {{orders, stock}, {stock, orders}}) {
            new Thread(() -> {
                synchronized (locks[0]) {
                    both.countDown();
                    try {
                        both.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    synchronized (locks[1]) {
                        System.out.println("never");
                    }
                }
            }, locks[0] == orders ? "order-writer" : "stock-writer").start();
        }
    }
}

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.logging.FileHandler;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** A till: pays at the payment service, and logs as its makers' Windows tools like it, in UTF-16 with CRLF. */
public final class Till {
    private static final Logger log = Logger.getLogger("till");

    private Till() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        FileHandler file = new FileHandler(args[0]);
        file.setEncoding("x-UTF-16LE-BOM");
        file.setFormatter(new SimpleFormatter());
        log.addHandler(file);
        log.setUseParentHandlers(false);
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest request = HttpRequest.newBuilder(URI.create("https://api.pay.example.com/payments"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"cents\": 1250}")).build();
        for (int receipt = 1; ; receipt++) {
            try {
                HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
                log.log(Level.INFO, "receipt {0}: paid 12.50 EUR, HTTP {1}", new Object[] {receipt, answer.statusCode()});
            } catch (IOException e) {
                log.log(Level.SEVERE, "receipt " + receipt + ": payment failed", e);
            }
            Thread.sleep(2000);
        }
    }
}

package com.example.shop;

import com.example.shop.orders.OrderRepository;
import com.example.shop.web.OrderController;
import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A small order service: HTTP in front, a connection pool and PostgreSQL behind. */
public final class ShopApi {
    private static final Logger log = LoggerFactory.getLogger(ShopApi.class);

    private ShopApi() {}

    public static void main(String[] args) throws IOException {
        log.info("Starting ShopApi 1.4.2 using Java {}", System.getProperty("java.version"));
        HikariDataSource dataSource;
        try {
            dataSource = new HikariDataSource(new HikariConfig(args[0]));
        } catch (RuntimeException e) {
            log.error("Application startup failed", e);
            System.exit(1);
            return;
        }
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 128);
        server.createContext("/api/orders", new OrderController(new OrderRepository(dataSource)));
        server.setExecutor(Executors.newFixedThreadPool(64));
        server.start();
        log.info("HTTP server started on port 8080");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            log.info("Shutdown requested, draining connections");
            server.stop(1);
            dataSource.close();
        }, "shutdown"));
    }
}

package com.example.shop.web;

import com.example.shop.orders.OrderRepository;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** GET counts the orders, POST adds one. */
public final class OrderController implements HttpHandler {
    private static final Logger log = LoggerFactory.getLogger(OrderController.class);
    private final OrderRepository orders;

    public OrderController(OrderRepository orders) {
        this.orders = orders;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String requestId = UUID.randomUUID().toString().substring(0, 8);
        MDC.put("requestId", requestId);
        try {
            if (exchange.getRequestMethod().equals("POST")) {
                long id = orders.insert("customer-" + requestId, 1999);
                log.info("Order {} placed, 19.99 EUR", id);
                reply(exchange, 201, "{\"id\":" + id + "}");
            } else {
                reply(exchange, 200, "{\"orders\":" + orders.count() + "}");
            }
        } catch (SQLException e) {
            log.error("{} {} failed", exchange.getRequestMethod(), exchange.getRequestURI(), e);
            reply(exchange, 500, "{\"error\":\"internal\"}");
        } finally {
            MDC.clear();
        }
    }

    private static void reply(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}

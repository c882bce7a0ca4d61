// The same few minutes of a service for pino, bunyan and winston. Usage: loggers.js FOLDER
const fs = require("fs");
const net = require("net");
const path = require("path");
const bunyan = require("bunyan");
const pino = require("pino");
const winston = require("winston");

const folder = process.argv[2];
const file = (name) => path.join(folder, name);

const faults = {
  "settings are broken": () => JSON.parse("{timeout: 5"),
  "customer is missing": () => undefined.name,
  "report cannot be read": () => fs.readFileSync("/var/lib/billing/report.csv"),
  "too deep": () => new Array(-1),
  "wrong call": () => (42).charge(),
};

// Each library has its own order of arguments, hence the three little functions.
function serve(info, warn, error) {
  info("billing starting", { version: "2.8.1", workers: 4 });
  warn("cache is cold", { hitRate: 0 });
  let job = 0;
  for (const [title, fault] of Object.entries(faults)) {
    job += 1;
    info("job started", { job, tenant: `t-00${job}` });
    try {
      fault();
    } catch (err) {
      error(title, err, { job });
    }
  }
  net.connect(9, "127.0.0.1").on("error", (err) => error("ledger not reachable", err, { job }));
}

const p = pino({ name: "billing" }, pino.destination({ dest: file("pino.jsonl"), sync: true }));
serve((msg, more) => p.info(more, msg), (msg, more) => p.warn(more, msg), (msg, err, more) => p.error({ err, ...more }, msg));

const b = bunyan.createLogger({ name: "billing", streams: [{ path: file("bunyan.jsonl") }], serializers: bunyan.stdSerializers });
serve((msg, more) => b.info(more, msg), (msg, more) => b.warn(more, msg), (msg, err, more) => b.error({ err, ...more }, msg));

const { combine, timestamp, errors, json, simple, printf, splat } = winston.format;
const formats = {
  "winston-json.jsonl": combine(errors({ stack: true }), timestamp(), json()),
  "winston-simple.log": simple(),
  "winston-printf.log": combine(splat(), timestamp({ format: "YYYY-MM-DD HH:mm:ss" }),
    printf(({ timestamp, level, message, stack }) => `${timestamp} [${level.toUpperCase()}]: ${message}${stack ? "\n" + stack : ""}`)),
};
for (const [name, format] of Object.entries(formats)) {
  const w = winston.createLogger({ format, transports: [new winston.transports.File({ filename: file(name) })] });
  serve((msg, more) => w.info(msg, more), (msg, more) => w.warn(msg, more),
    (msg, err, more) => w.error(msg, { ...more, stack: err.stack, code: err.code }));
}

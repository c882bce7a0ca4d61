// Programs that end with what Node.js itself prints. Usage: crashes.js NAME (without a name: prints the names)
const fs = require("fs");
const http = require("http");
const net = require("net");
const { Worker } = require("worker_threads");

const crashes = {
  "type-error": () => undefined.total,
  "reference-error": () => totall,
  "unhandled-rejection": () => Promise.reject(new Error("payment provider answered 503")),
  "rejected-with-text": () => Promise.reject("no luck"),
  "port-taken": () => net.createServer().listen(8099, () => net.createServer().listen(8099)),
  "port-forbidden": () => { process.setuid(65534); net.createServer().listen(80); },
  refused: () => http.get("http://127.0.0.1:9/health"),
  "no-name": () => http.get("http://db.shop.internal/health"),
  "hang-up": () => net.createServer((socket) => socket.destroy()).listen(8098, () => http.get("http://127.0.0.1:8098/")),
  "fetch-fails": () => fetch("http://127.0.0.1:9/health"),
  "no-file": () => fs.readFileSync("/etc/billing/settings.json"),
  "no-permission": () => { process.setuid(65534); fs.writeFileSync("/etc/billing.lock", ""); },
  "no-module": () => require("billing-plugins"),
  "stack-overflow": function recurse() { return recurse() + 1; },
  "emitted-error": () => new (require("events"))().emit("error", new Error("queue closed")),
  "cause": () => { throw new Error("order 17 failed", { cause: new RangeError("stock below zero") }); },
  "worker-out-of-memory": () => new Worker("const a = []; for (;;) a.push(new Array(1e5).fill(1.5));",
    { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } }),
  heap: () => { const kept = []; for (;;) kept.push({ order: kept.length, text: "x".repeat(100) + kept.length }); },
  "listeners": () => { const e = new (require("events"))(); for (let n = 0; n < 11; n++) e.on("data", () => {}); },
  "deprecated": () => new Buffer(4),
};

const name = process.argv[2];
if (name) crashes[name]();
else console.log(Object.keys(crashes).join(" "));

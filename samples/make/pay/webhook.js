// Tells the payment service about delivered parcels; logs one JSON object a line.
const fs = require("fs");
const https = require("https");

const log = fs.createWriteStream("/srv/jobs/logs/webhook.jsonl", { flags: "a" });
const write = (level, msg, more) =>
  log.write(JSON.stringify({ level, time: new Date().toISOString(), service: "webhook", msg, ...more }) + "\n");
const agent = new https.Agent({ ca: fs.readFileSync("/srv/jobs/ca.pem") });
let parcel = 7000;

setInterval(() => {
  const id = ++parcel;
  const request = https.request(
    "https://api.pay.example.com/webhooks/delivered", { method: "POST", agent },
    (answer) => {
      answer.resume();
      write("info", "delivered", { parcel: id, status: answer.statusCode });
    });
  request.on("error", (error) => write("error", "webhook failed", { parcel: id, err: { code: error.code, message: error.message, stack: error.stack } }));
  request.end(JSON.stringify({ parcel: id }));
}, 2000);

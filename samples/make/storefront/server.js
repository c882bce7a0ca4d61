// The shop's front end, logging JSON lines to standard output.
const http = require("http");
const write = (level, msg, more) =>
  console.log(JSON.stringify({ level, time: new Date().toISOString(), pid: process.pid, msg, ...more }));

const version = process.argv[2];
const server = http.createServer((request, response) => {
  write("info", "request", { method: request.method, url: request.url, ua: request.headers["user-agent"] });
  response.setHeader("X-Storefront-Version", version);
  response.end("<!doctype html><title>Storefront</title>");
});
server.listen(3000, () => write("info", `storefront ${version} listening on port 3000`));

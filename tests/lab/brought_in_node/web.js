// Answers users; asks stock.
"use strict";
const http = require("node:http");
const { begin, caller } = require("./otlp.js");

const stock = new URL(process.env.STOCK_URL || "http://127.0.0.1:8124");
const agent = new http.Agent({ keepAlive: true });

function ask(path, parent, answered) {
  const span = begin(path === "/stock" ? "GET /stock" : "GET /stock/{id}", "client", parent, {
    "http.request.method": "GET",
    "server.address": stock.hostname,
    "server.port": Number(stock.port),
    "peer.service": "stock",
  });
  const asked = http.request(new URL(path, stock), { agent, timeout: 2000, headers: { traceparent: span.traceparent } });
  let done = false;
  const finish = (status, body) => {
    if (done) return;
    done = true;
    span.end(status >= 500, { "http.response.status_code": status });
    answered(status, body);
  };
  asked.on("response", (answer) => {
    let body = "";
    answer.on("data", (part) => (body += part));
    answer.on("end", () => finish(answer.statusCode, body));
    answer.on("error", () => finish(502, ""));
  });
  asked.on("timeout", () => asked.destroy(new Error("late")));
  asked.on("error", () => finish(504, ""));
  asked.end();
}

http
  .createServer((request, response) => {
    if (request.url === "/health") return response.end("ok");
    const route = request.url.startsWith("/items/") ? "/items/{id}" : "/items";
    const span = begin(`GET ${route}`, "server", caller(request), { "http.request.method": "GET", "http.route": route });
    ask(`/stock${request.url.slice("/items".length)}`, span, (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body);
      span.end(status >= 500, { "http.response.status_code": status });
    });
  })
  .listen(8123, "127.0.0.1");

// Knows what there is.
"use strict";
const http = require("node:http");
const { begin, caller } = require("./otlp.js");

http
  .createServer((request, response) => {
    const route = request.url === "/stock" ? "/stock" : "/stock/{id}";
    const span = begin(`GET ${route}`, "server", caller(request), { "http.request.method": "GET", "http.route": route });
    setTimeout(() => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ left: 7 }));
      span.end(false, { "http.response.status_code": 200 });
    }, 3);
  })
  .listen(8124, "127.0.0.1");

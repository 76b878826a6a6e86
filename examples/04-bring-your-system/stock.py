"""How many copies of each book there are."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import otlp

COPIES = {number: number % 5 for number in range(40)}


class Stock(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with otlp.span("GET /copies", otlp.SERVER, self.headers.get("traceparent", "")) as said:
            body, said["status"] = json.dumps(COPIES).encode(), 200
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("127.0.0.1", 8124), Stock).serve_forever()

"""A bookshop: lists books and shows one, each with the copies that the stock has."""

import json
import os
import urllib.request
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import otlp

STOCK = os.environ.get("STOCK_URL", "http://127.0.0.1:8124")
BOOKS = {number: f"Volume {number}" for number in range(40)}


def copies():
    """Ask the stock, for half a second at most."""
    at = urlsplit(STOCK)
    with otlp.span("GET", otlp.CLIENT, **{"server.address": at.hostname, "server.port": at.port}) as said:
        request = urllib.request.Request(f"{STOCK}/copies", headers=otlp.header(said))
        with urllib.request.urlopen(request, timeout=0.5) as reply:
            said["status"] = reply.status
            return json.load(reply)


class Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/health":
            self.answer(200, {"well": True})
            return
        one = self.path.removeprefix("/books/") if self.path.startswith("/books/") else ""
        name = "GET /books/{id}" if one else "GET /books"
        with otlp.span(name, otlp.SERVER, self.headers.get("traceparent", "")) as said:
            try:
                left = copies()
                said["status"] = 200
                books = {each: {"title": title, "copies": left[str(each)]} for each, title in BOOKS.items()}
                self.answer(200, books[int(one)] if one else books)
            except (OSError, HTTPException) as error:
                said["status"], said["error.type"] = 502, type(error).__name__
                self.answer(502, {"error": "no answer from the stock"})

    def answer(self, status, said):
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


ThreadingHTTPServer(("127.0.0.1", 8123), Web).serve_forever()

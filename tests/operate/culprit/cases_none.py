"""Incidents that no change on record brought: traffic, providers, certificates, nodes, names, stores."""

from __future__ import annotations

from tests.operate.culprit.incident import Case, change, event, flag, log, metric

CASES = [
    Case(
        "flash-sale-surge",
        entity="checkout",
        edges=(("web", "checkout"), ("checkout", "payment")),
        changes=[
            change(-30, "a31", "checkout: extract coupon parser", "checkout/coupon.go", "checkout", """
@@ func parse(s string) Coupon {
-	c := Coupon{Code: strings.ToUpper(s)}
-	return c
+	return newCoupon(s)
"""),
            change(-14, "b41", "checkout: raise pool from 40 to 60", "checkout/config/db.yaml", "checkout", """
@@ db:
-  max_conns: 40
+  max_conns: 60
"""),
            flag(-20, "new_cart_banner", "web"),
        ],
        logs=[log("checkout", "WARN", "acquire connection: waited 900ms", -10, 200), log("checkout", "ERROR", "context deadline exceeded", -9, 300)],
        metrics=[metric("checkout", "http_requests_per_second", 200, 1900, -11), metric("web", "http_requests_per_second", 500, 4600, -11), metric("checkout", "cpu_utilization", 0.35, 0.99, -10), metric("checkout", "http_p99_ms", 150, 5200, -10)],
        culprit="",
    ),
    Case(
        "payment-provider-outage",
        entity="payment",
        edges=(("checkout", "payment"),),
        changes=[
            change(-25, "a32", "payment: refactor stripe client wrapper", "payment/stripe_client.py", "payment", """
@@ class StripeClient:
-    def charge(self, amount, token):
-        r = self.http.post("/v1/charges", data=dict(amount=amount, source=token))
-        return r.json()
+    def charge(self, amount, token):
+        return self._post("/v1/charges", dict(amount=amount, source=token)).json()
"""),
            change(-40, "b42", "payment: raise stripe timeout", "payment/config.yaml", "payment", """
@@ stripe:
-  timeout_seconds: 5
+  timeout_seconds: 10
"""),
        ],
        logs=[log("payment", "ERROR", "stripe charge failed: 503 Service Unavailable from api.stripe.com", -12, 260), log("checkout", "WARN", "payment declined by provider error, offering retry", -11, 90)],
        metrics=[metric("payment", "http_5xx_rate", 0.002, 0.48, -12)],
        documents={"docs/status_feed.json": '[{"provider": "Stripe", "time": "2026-03-01T11:46:00Z", "status": "major outage", "text": "Elevated error rates on charges. Investigating."}]'},
        culprit="",
    ),
    Case(
        "certificate-expired",
        entity="auth-proxy",
        edges=(("web", "auth-proxy"), ("auth-proxy", "identity")),
        changes=[
            change(-33, "a33", "auth-proxy: raise log detail for handshakes", "auth-proxy/tls.go", "auth-proxy", """
@@ func handshake(c net.Conn) {
+	log.Debug("handshake start", "peer", c.RemoteAddr())
"""),
            change(-70, "b43", "identity: bump go to 1.22.1", "identity/Dockerfile", "identity", """
@@
-FROM golang:1.22.0
+FROM golang:1.22.1
"""),
        ],
        logs=[log("auth-proxy", "ERROR", "dial identity: tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-03-01T12:00:03Z is after 2026-03-01T12:00:00Z", -10, 500)],
        metrics=[metric("auth-proxy", "http_5xx_rate", 0.0, 0.97, -10)],
        culprit="",
    ),
    Case(
        "spot-node-lost",
        entity="transcoder",
        edges=(("upload", "transcoder"),),
        changes=[
            change(-22, "a34", "transcoder: preallocate frame buffer", "transcoder/src/frame.cpp", "transcoder", """
@@ Frame decode(Packet p) {
-  std::vector<uint8_t> buf;
+  std::vector<uint8_t> buf;
+  buf.reserve(p.size());
"""),
            change(-16, "b44", "transcoder: replicas 6 -> 8", "charts/transcoder/values.yaml", "transcoder", """
@@
-replicas: 6
+replicas: 8
"""),
        ],
        logs=[log("upload", "ERROR", "transcoder unavailable: no healthy upstream", -8, 60)],
        metrics=[metric("transcoder", "available_replicas", 8, 2, -9), metric("transcoder", "queue_depth", 5, 900, -8)],
        events=[event(-10, "node-controller", "NodeNotReady", "Node ip-10-0-3-7 status is now: NodeNotReady"), event(-10.5, "aws-node-termination-handler", "SpotInterruption", "Spot interruption notice for instance i-0ab, node ip-10-0-3-7 will be terminated")],
        culprit="",
    ),
    Case(
        "dns-failure",
        entity="shipping",
        edges=(("order", "shipping"), ("shipping", "rates")),
        changes=[
            change(-26, "a35", "shipping: reuse http client", "shipping/client.go", "shipping", """
@@ func get(u string) (*http.Response, error) {
-	c := &http.Client{}
-	return c.Get(u)
+	return sharedClient.Get(u)
"""),
            change(-13, "b45", "shipping: bump zap v1.26.0 to v1.27.0", "shipping/go.mod", "shipping", """
@@ require (
-	go.uber.org/zap v1.26.0
+	go.uber.org/zap v1.27.0
"""),
        ],
        logs=[log("shipping", "ERROR", "Get \"http://rates.default.svc/quote\": dial tcp: lookup rates.default.svc on 10.96.0.10:53: server misbehaving", -11, 300), log("coredns", "ERROR", "plugin/errors: 2 rates.default.svc. A: read udp: i/o timeout", -12, 800)],
        metrics=[metric("shipping", "http_error_rate", 0.001, 0.6, -11), metric("coredns", "dns_request_duration_p99_seconds", 0.002, 2.1, -12)],
        culprit="",
    ),
    Case(
        "database-failover",
        entity="accounts",
        edges=(("web", "accounts"), ("accounts", "accounts-db")),
        changes=[
            change(-20, "a36", "accounts: use constants for column names", "accounts/repo.py", "accounts", """
@@ class Repo:
-    Q = "SELECT id, email FROM accounts WHERE id = %s"
+    Q = f"SELECT {ID}, {EMAIL} FROM accounts WHERE {ID} = %s"
"""),
            change(-55, "b46", "accounts: tune retry backoff from 100ms to 120ms", "accounts/config.yaml", "accounts", """
@@ retry:
-  backoff: 100ms
+  backoff: 120ms
"""),
        ],
        logs=[log("accounts-db", "WARN", "automatic failover: promoting replica accounts-db-1 to primary", -9, 1), log("accounts", "ERROR", "psycopg.errors.ReadOnlySqlTransaction: cannot execute INSERT in a read-only transaction", -9, 140)],
        metrics=[metric("accounts", "write_error_rate", 0.0, 0.8, -9)],
        culprit="",
    ),
    Case(
        "credential-stuffing",
        entity="login",
        edges=(("web", "login"),),
        changes=[
            change(-18, "a37", "login: rename session cookie helper", "login/session.go", "login", """
@@
-func setCookie(w http.ResponseWriter, v string) {
+func writeSessionCookie(w http.ResponseWriter, v string) {
"""),
            change(-35, "b47", "login: bcrypt bump v0.17.0 to v0.17.1", "login/go.mod", "login", """
@@ require (
-	golang.org/x/crypto v0.17.0
+	golang.org/x/crypto v0.17.1
"""),
        ],
        logs=[log("login", "WARN", "login failed: invalid password", -14, 6000), log("login", "WARN", "cpu saturated, queueing password checks", -12, 50)],
        metrics=[metric("login", "requests_per_second", 30, 700, -14), metric("login", "cpu_utilization", 0.2, 0.99, -14), metric("login", "http_p99_ms", 200, 4100, -13)],
        culprit="",
    ),
    Case(
        "disk-filled-by-old-data",
        entity="metrics-store",
        edges=(("grafana", "metrics-store"),),
        changes=[
            change(-28, "a38", "metrics-store: tidy label matcher", "metrics-store/match.go", "metrics-store", """
@@ func match(a, b string) bool {
-	if a == b {
-		return true
-	}
-	return false
+	return a == b
"""),
        ],
        logs=[log("metrics-store", "ERROR", "write wal segment: no space left on device", -7, 90)],
        metrics=[metric("metrics-store", "disk_used_ratio", 0.7, 1.0, -100), metric("metrics-store", "ingest_error_ratio", 0.0, 0.9, -7)],
        culprit="",
    ),
    Case(
        "provider-rate-limits-us",
        entity="geocoder",
        edges=(("delivery", "geocoder"),),
        changes=[
            change(-21, "a39", "geocoder: add table tests", "geocoder/geo_test.go", "geocoder", "@@\n+func TestX(t *testing.T) {}\n"),
            change(-15, "b48", "geocoder: move map key to const", "geocoder/google.go", "geocoder", """
@@
-	u := base + "?key=" + os.Getenv("MAPS_KEY")
+	u := base + "?key=" + mapsKey
"""),
        ],
        logs=[log("geocoder", "ERROR", "maps.googleapis.com: OVER_QUERY_LIMIT: You have exceeded your daily request quota for this API", -9, 400)],
        metrics=[metric("geocoder", "http_error_rate", 0.001, 0.9, -9)],
        culprit="",
    ),
    Case(
        "nothing-but-latency",
        entity="quotes",
        edges=(("web", "quotes"), ("quotes", "legacy-mainframe")),
        changes=[
            change(-30, "a40", "quotes: rename package util -> text", "quotes/text/pad.go", "quotes", """
@@
-package util
+package text
"""),
            change(-12, "b49", "quotes: cache TTL 5m -> 6m", "quotes/config.yaml", "quotes", """
@@ cache:
-  ttl: 5m
+  ttl: 6m
"""),
        ],
        logs=[log("quotes", "WARN", "legacy-mainframe answered after 8200ms", -9, 120)],
        metrics=[metric("quotes", "http_p99_ms", 300, 8400, -9), metric("legacy-mainframe", "response_time_ms", 150, 8100, -9.5)],
        culprit="",
    ),
]
